"""`telecabine keys ...`: who can open the outbox: this machine, and the organisation."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from kiosk.config import Config
from kiosk.data_dir import chip, key_file, mark_file, store_dir
from kiosk.outbox_words import WrongCall
from offline_queue.keys import load_key, sealed_file
from offline_queue.lock import alone
from offline_queue.rotation import finish, ready_key, rotate
from offline_queue.sealing import seal_key, unseal_key
from offline_queue.slots import add_slot, read_slots, remove_slot
from offline_queue.slots_back import bring_slots_back

Command = Callable[[Config, argparse.Namespace], int]


def _list(config: Config, _options: argparse.Namespace) -> int:
    for line in _machine_keys(key_file(config)):
        print(line)
    for slot in read_slots(store_dir(config)):
        print(f"{slot.name}  public key {slot.fingerprint}")
    return 0


def _machine_keys(path: Path) -> list[str]:
    """One line, but while the key is on its way into the chip."""
    sealed = [f"machine  tpm2 {sealed_file(path)}"] if sealed_file(path).exists() else []
    in_file = [f"machine  file {path} (weaker: whoever has the disk has the key)"] if path.exists() else []
    return sealed + in_file or [f"machine  no key: {path} is not there"]


def _add(config: Config, options: argparse.Namespace) -> int:
    if not options.name.strip():
        raise WrongCall("a slot needs a name: whose key is it?")
    ready_key(store_dir(config), key_file(config), chip(config))  # Also of a kiosk that was never started.
    with _slots_at_hand(config) as directory:
        key = load_key(key_file(config), chip(config))
        slot = add_slot(directory, key, options.name, options.public.read_bytes())
    print(f"{slot.name} can open this outbox: public key {slot.fingerprint}")
    return 0


def _remove(config: Config, options: argparse.Namespace) -> int:
    try:
        with _slots_at_hand(config) as directory:
            remove_slot(directory, options.name)
    except LookupError:
        raise WrongCall(f"there is no slot {options.name}") from None
    print("done; older copies can still be opened: `telecabine keys rotate` makes a new key")
    return 0


@contextmanager
def _slots_at_hand(config: Config) -> Iterator[Path]:
    """The outbox's folder, its slots' file in it, and no change of the key meanwhile: the slots that one
    leaves are sealed for another key."""
    directory, file = store_dir(config), key_file(config)
    finish(directory, file)
    with alone(file.parent):
        if bring_slots_back(directory, partial(load_key, file, chip(config)), config.kiosk.id):
            names = ", ".join(slot.name for slot in read_slots(directory))
            print(f"the slots' file was lost or damaged, and came back from the outbox: {names}")
        yield directory


def _rotate(config: Config, _options: argparse.Namespace) -> int:
    rotate(store_dir(config), key_file(config), config.kiosk.id, chip(config), mark_file(config))
    print("everything is written with a new key")
    return 0


def _seal(config: Config, _options: argparse.Namespace) -> int:
    if not read_slots(store_dir(config)):
        raise WrongCall("without an organisation's key a broken chip loses all: first `telecabine keys add`")
    finish(store_dir(config), key_file(config))
    if seal_key(key_file(config), chip(config)):
        print("the chip keeps the key; a disk may keep old files: `telecabine keys rotate` makes a new key")
    else:
        print("the chip keeps the key already")
    return 0


def _unseal(config: Config, _options: argparse.Namespace) -> int:
    finish(store_dir(config), key_file(config))
    unseal_key(key_file(config), chip(config))
    print(f"the key is in {key_file(config)}: whoever has the disk has the key")
    return 0


COMMANDS: dict[str, Command] = {
    "keys list": _list,
    "keys add": _add,
    "keys remove": _remove,
    "keys rotate": _rotate,
    "keys seal": _seal,
    "keys unseal": _unseal,
}
