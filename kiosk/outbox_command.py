"""`telecabine outbox ...`, and the door to `keys ...` and `audit ...`, for a technician and the owner."""

import argparse
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kiosk import audit_command, key_command
from kiosk.audit import Told
from kiosk.audit_notes import leave_note
from kiosk.config import Config, ConfigError, load_config
from kiosk.core_dumps import forbid_core_dumps
from kiosk.data_dir import mark_file, notes_dir, store_dir
from kiosk.fhir.errors import FhirError
from kiosk.fhir.server import Undelivered
from kiosk.outbox_words import ADVICE, ADVICE_OF_A_COPY, ADVICE_OF_RECOVER, FOUND, NEVER_STARTED, WrongCall
from kiosk.reconcile_command import open_store, private_key, reconcile
from kiosk.store_key import usable_key
from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.export import Exported, export, make_empty
from offline_queue.item import ItemState
from offline_queue.rebuild import rebuild
from offline_queue.reconcile import Found
from offline_queue.sentinel import holds_outbox
from offline_queue.slots import open_slot
from offline_queue.snapshot import Glance, glance, verify
from offline_queue.waiting import Waiting

_STATES = {
    ItemState.WAITING: "waits",
    ItemState.PARKED: "rests",
    ItemState.QUARANTINED: "was refused",
    ItemState.DELIVERED: "was delivered",
}


def run(options: argparse.Namespace) -> int:
    """One command. Exit code 0 good, 1 something is wrong with the outbox, 2 a wrong call or settings."""
    forbid_core_dumps()
    try:
        if _is_of_a_copy(options):
            return _recover_copy(options)  # of another kiosk: its settings are not here
        return _COMMANDS[options.command](load_config(options.config), options)
    except (ConfigError, FhirError, OSError, WrongCall) as error:
        return _fail(str(error))
    except Undelivered as error:
        return _fail(f"the server: {getattr(error.outcome, 'reason', error)}")
    except OutboxError as error:
        return _fail(f"{error}\n{_advice(error, options)}".strip())


def _is_of_a_copy(options: argparse.Namespace) -> bool:
    named = options.command == "outbox recover" and (options.key, options.copy, options.to, options.wav)
    return bool(named and any(named))


def _advice(error: OutboxError, options: argparse.Namespace) -> str:
    if _is_of_a_copy(options):
        return ADVICE_OF_A_COPY.get(error.reason, "")
    if error.reason is OutboxReason.KEY_MISSING and _was_never_started(load_config(options.config)):
        return NEVER_STARTED
    advice = ADVICE_OF_RECOVER if options.command == "outbox recover" else ADVICE
    return advice.get(error.reason, "")


def _was_never_started(config: Config) -> bool:
    return not holds_outbox(store_dir(config)) and not mark_file(config).exists()


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


def _verify(config: Config, options: argparse.Namespace) -> int:
    try:
        findings = verify(store_dir(config), usable_key(config), config.kiosk.id, mark_file(config))
    except OutboxError as error:
        print(f"{error.reason}: {error.detail}")
        print(_advice(error, options))
        return 1
    for finding in findings:
        print(FOUND[finding.found] + (f" ({finding.items} items)" if finding.items else ""))
    if not findings:
        print("database, witness log and sentinel agree")
    elif not {finding.found for finding in findings} & {Found.DATABASE_DAMAGED, Found.SENTINEL_GONE}:
        print("the next start of the kiosk sets this right")
    return 1 if findings else 0


def _retry(config: Config, options: argparse.Namespace) -> int:
    with closing(open_store(config)) as store:
        count = store.retry(options.session)
    if options.session and not count:
        raise WrongCall(f"no such session waits: {options.session}")
    print(f"{count} sessions will be tried as soon as the kiosk runs")
    return 0


def _export(config: Config, options: argparse.Namespace) -> int:
    key = usable_key(config)
    make_empty(options.to)
    try:
        leave_note(notes_dir(config), Told.OUTBOX_EXPORTED, "clear")  # first: what is out is out
    except OSError as error:  # a dying disk is what one exports from
        print(f"telecabine: the audit chain will not know of this: {error}", file=sys.stderr)
    return _tell(export(store_dir(config), key, options.to), options)


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
    if not (options.key and options.copy):
        raise WrongCall("--key and --from belong together")
    if not holds_outbox(options.copy):
        raise WrongCall(f"there is no outbox in {options.copy}: name the folder that has outbox.slots in it")
    options.to = options.to or Path(f"recovered-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
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
    "audit verify": audit_command.verify,
    "audit list": audit_command.list_events,
    **key_command.COMMANDS,
}
