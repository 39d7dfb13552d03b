"""`telecabine outbox ...`, `keys ...` and `audit ...`: the outbox as its technician and its owner see it."""

import argparse
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from kiosk import audit_command
from kiosk.audit import Told
from kiosk.audit_notes import leave_note
from kiosk.config import Config, ConfigError, load_config
from kiosk.core_dumps import forbid_core_dumps
from kiosk.data_dir import chip, key_file, mark_file, notes_dir, store_dir
from kiosk.fhir.errors import FhirError
from kiosk.fhir.server import Undelivered
from kiosk.reconcile_command import open_store, private_key, reconcile
from kiosk.store_key import usable_key
from offline_queue.audit.event import NewEvent
from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.export import Exported, export
from offline_queue.item import ItemState
from offline_queue.keys import sealed_file
from offline_queue.rebuild import rebuild
from offline_queue.reconcile import Found
from offline_queue.rotation import finish, ready_key, rotate
from offline_queue.sealing import seal_key, unseal_key
from offline_queue.slots import add_slot, open_slot, read_slots, remove_slot
from offline_queue.snapshot import Glance, glance, verify
from offline_queue.waiting import Waiting

_FOUND = {
    Found.DATABASE_BEHIND: "the database had lost what was put last; the log has it",
    Found.DATABASE_LACKS: "items are missing or altered in the database; the log has them",
    Found.DATABASE_DAMAGED: "the database is damaged: `telecabine outbox recover` makes it anew",
    Found.LOG_GONE: "the witness log is gone; the database has everything",
    Found.LOG_DAMAGED: "the witness log is damaged; the database has everything",
    Found.SENTINEL_GONE: "the sentinel is gone or damaged: an older copy of the outbox would not be noticed",
}
_STATES = {
    ItemState.WAITING: "waits",
    ItemState.PARKED: "rests",
    ItemState.QUARANTINED: "was refused",
    ItemState.DELIVERED: "was delivered",
}
_RECOVER = "`telecabine outbox recover` (the kiosk stopped) makes the database anew from the witness log"
_ADVICE = {
    OutboxReason.WRONG_KEY_OR_DAMAGED: f"{_RECOVER}, if the key is right; the old files are put aside",
    OutboxReason.MISSING: f"{_RECOVER}; what neither has is lost: it says how many items, and begins again "
    "behind them with --accept-loss. If the folder was moved, put it back instead",
    OutboxReason.OLDER: "somebody put older files back (a backup, a copied disk): put the newest ones back. "
    "`telecabine outbox recover` cannot find what these never had: it says how many items, and goes on from "
    "these with --accept-loss",
    OutboxReason.SWAPPED: "put the folder back that was in use here: it may hold records that were never "
    "delivered. `telecabine outbox recover --accept-loss` goes on with what is here now",
    OutboxReason.KEY_MISSING: "put the key file back, or open a copy with the organisation's key: "
    "`telecabine outbox recover --key ORG.pem --from COPY --to FOLDER`",
    OutboxReason.KEY_NOT_UNSEALED: "is the chip on, and this user in the group tss? One that was changed or "
    "cleared never opens the key again. Erase nothing; open a copy with the organisation's key: "
    "`telecabine outbox recover --key ORG.pem --from COPY --to FOLDER`",
    OutboxReason.BUSY: "a kiosk has it open: stop it first (systemctl stop telecabine)",
}
_ADVICE_OF_RECOVER = _ADVICE | {
    OutboxReason.WRONG_KEY_OR_DAMAGED: "this is not the key of this outbox, or nothing of it is left",
    OutboxReason.MISSING: "to go on without them: `telecabine outbox recover --accept-loss`",
    OutboxReason.SWAPPED: "to go on with it all the same: `telecabine outbox recover --accept-loss`",
    OutboxReason.KEY_MISSING: "it wants the private key of an organisation that `telecabine keys list` shows",
}


def run(options: argparse.Namespace) -> int:
    """One command. Exit code 0 good, 1 something is wrong with the outbox, 2 a wrong call or settings."""
    forbid_core_dumps()
    try:
        if options.command == "outbox recover" and (options.key or options.copy or options.to or options.wav):
            return _recover_copy(options)  # of another kiosk: its settings are not here
        return _COMMANDS[options.command](load_config(options.config), options)
    except (ConfigError, FhirError, OSError) as error:
        return _fail(str(error))
    except Undelivered as error:
        return _fail(f"the server: {getattr(error.outcome, 'reason', error)}")
    except OutboxError as error:
        advice = _ADVICE_OF_RECOVER if options.command == "outbox recover" else _ADVICE
        return _fail(f"{error}\n{advice.get(error.reason, '')}".strip())


def _status(config: Config, _options: argparse.Namespace) -> int:
    seen = _glance(config)
    counts = seen.look.counts
    print(f"waiting      {counts.waiting}")
    print(f"resting      {counts.parked} (tried again by themselves)")
    print(f"refused      {counts.quarantined} (tried again by `telecabine outbox retry`)")
    print(f"delivered    {counts.delivered} (of the last 30 days)")
    if seen.look.oldest is not None:
        print(f"oldest       {_age(seen.look.oldest)}")
    if seen.look.last_answer:
        print(f"last answer  {seen.look.last_answer}")
    return 0


def _glance(config: Config) -> Glance:
    return glance(store_dir(config), usable_key(config), config.kiosk.id, mark_file(config))


def _list(config: Config, _options: argparse.Namespace) -> int:
    for held in _glance(config).streams:
        print(_line(held))
    return 0


def _line(held: Waiting) -> str:
    rest = "" if held.due is None else f", again in {max(0, round(held.due - time.time()))} s"
    age = "" if held.since is None else f", for {_age(held.since)}"
    reason = f": {held.reason}" if held.reason else ""
    what = f"{held.kind} {_STATES[held.state]}"
    return f"{held.stream}  {held.count} waiting{age}, {what}, tries: {held.attempts}{rest}{reason}"


def _age(since: float) -> timedelta:
    return timedelta(seconds=round(max(0.0, time.time() - since)))


def _verify(config: Config, _options: argparse.Namespace) -> int:
    try:
        findings = verify(store_dir(config), usable_key(config), config.kiosk.id, mark_file(config))
    except OutboxError as error:
        print(f"{error.reason}: {error.detail}")
        print(_ADVICE.get(error.reason, ""))
        return 1
    for finding in findings:
        print(_FOUND[finding.found] + (f" ({finding.items} items)" if finding.items else ""))
    if not findings:
        print("database, witness log and sentinel agree")
    elif not {finding.found for finding in findings} & {Found.DATABASE_DAMAGED, Found.SENTINEL_GONE}:
        print("the next start of the kiosk sets this right")
    return 1 if findings else 0


def _retry(config: Config, options: argparse.Namespace) -> int:
    with closing(open_store(config)) as store:
        count = store.retry(options.session)
        if count:
            store.put([], {}, [NewEvent(Told.OUTBOX_RETRIED, options.session or "", {"streams": count})])
    if options.session and not count:
        return _fail(f"no such session waits: {options.session}")
    print(f"{count} sessions will be tried as soon as the kiosk runs")
    return 0


def _export(config: Config, options: argparse.Namespace) -> int:
    try:
        leave_note(notes_dir(config), Told.OUTBOX_EXPORTED, "clear")  # first: what is out is out
    except OSError as error:  # a dying disk is what one exports from
        print(f"telecabine: the audit chain will not know of this: {error}", file=sys.stderr)
    return _tell(export(store_dir(config), usable_key(config), options.to), options)


def _recover(config: Config, options: argparse.Namespace) -> int:
    made = rebuild(
        store_dir(config),
        usable_key(config),
        config.kiosk.id,
        accept_loss=options.accept_loss,
        outside=mark_file(config),
    )
    lost = "nobody knows how many" if made.lost is None else f"at most {made.lost}"
    print(f"{made.counts.unfinished} records wait, {lost} are lost; the old files are in {made.aside}")
    return 0


def _recover_copy(options: argparse.Namespace) -> int:
    if not (options.key and options.copy and options.to):
        return _fail("--key, --from and --to belong together")
    key = open_slot(options.copy, private_key(options.key))
    return _tell(export(options.copy, key, options.to), options)


def _tell(exported: Exported, options: argparse.Namespace) -> int:
    counts = exported.counts
    print(f"{counts.unfinished} records are in {options.to}, in clear; {counts.delivered} were delivered")
    if exported.lost:
        print(f"at most {exported.lost} are lost")
    if options.wav:
        _tell_wavs(options.to)
    return 1 if exported.lost else 0


def _tell_wavs(folder: Path) -> None:
    from kiosk.exported_sounds import write_wavs  # and with it what decodes sound

    written, unreadable = write_wavs(folder)
    print(f"{written} auscultations are beside their records, as WAV")
    if unreadable:
        print(f"{unreadable} readings cannot be read here")


def _list_keys(config: Config, _options: argparse.Namespace) -> int:
    for line in _machine_keys(key_file(config)):
        print(line)
    for slot in read_slots(store_dir(config)):
        print(f"{slot.name}  public key {slot.fingerprint}")
    return 0


def _machine_keys(path: Path) -> list[str]:
    """One line, but while the key is on its way into the chip."""
    sealed = [f"machine  tpm2 {sealed_file(path)}"] if sealed_file(path).exists() else []
    in_file = path.exists() or not sealed
    return sealed + [f"machine  file {path} (weaker: whoever has the disk has the key)"] * in_file


def _add_key(config: Config, options: argparse.Namespace) -> int:
    # Also of a kiosk that was never started.
    key = ready_key(store_dir(config), key_file(config), chip(config))
    slot = add_slot(store_dir(config), key, options.name, options.public.read_bytes())
    print(f"{slot.name} can open this outbox: public key {slot.fingerprint}")
    return 0


def _remove_key(config: Config, options: argparse.Namespace) -> int:
    try:
        remove_slot(store_dir(config), options.name)
    except LookupError:
        return _fail(f"there is no slot {options.name}")
    print("done; older copies can still be opened: `telecabine keys rotate` makes a new key")
    return 0


def _rotate(config: Config, _options: argparse.Namespace) -> int:
    rotate(store_dir(config), key_file(config), config.kiosk.id, chip(config), mark_file(config))
    print("everything is written with a new key")
    return 0


def _seal(config: Config, _options: argparse.Namespace) -> int:
    if not read_slots(store_dir(config)):
        return _fail("without an organisation's key a broken chip loses all: first `telecabine keys add`")
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


def _fail(sentence: str) -> int:
    print(f"telecabine: {sentence}", file=sys.stderr)
    return 2


_COMMANDS: dict[str, Callable[[Config, argparse.Namespace], int]] = {
    "outbox status": _status,
    "outbox list": _list,
    "outbox verify": _verify,
    "outbox retry": _retry,
    "outbox export": _export,
    "outbox recover": _recover,
    "outbox reconcile": reconcile,
    "keys list": _list_keys,
    "keys add": _add_key,
    "keys remove": _remove_key,
    "keys rotate": _rotate,
    "audit verify": audit_command.verify,
    "audit list": audit_command.list_events,
    "keys seal": _seal,
    "keys unseal": _unseal,
}
