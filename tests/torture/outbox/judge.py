"""What was said against what is found: nothing acknowledged is lost, altered or forgotten to be delivered.

Nor does the second mark say of what is whole that it is gone, older or another: then it would not open.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from offline_queue.audit.trail import read_trail
from offline_queue.audit.verify import Flaw, Kept, check
from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.item import Item, ItemState
from offline_queue.outcome import Backoff
from offline_queue.rebuild import rebuild
from offline_queue.sentinel import DATABASE
from offline_queue.store import Store
from tests.offline_queue.helpers import KEY, OWNER
from tests.torture.outbox.workload import MARK


@dataclass
class Told:
    """`begun`: a delivery that was not confirmed before the end: either way is right. `forgets`: what was
    delivered need not be known any more.
    """

    put: dict[str, str] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)
    fallen: list[str] = field(default_factory=list)
    done: set[str] = field(default_factory=set)
    forgets: bool = False

    def hear(self, lines: Iterable[str]) -> "Told":
        for line in lines:
            match line.split():
                case ["put", item, digest]:
                    self.put[item] = digest
                case ["send", item]:
                    self.begun.add(item)
                case ["done", item]:
                    self.done.add(item)
                case ["fell:", *how]:
                    self.fallen.append(f"the program fell: {' '.join(how)}")
        return self

    def forgotten_when_done(self) -> "Told":
        """Without what was delivered: a clock ten years ahead lets its tombstone go."""
        left = {name: digest for name, digest in self.put.items() if name not in self.done}
        return Told(left, self.begun, self.fallen, forgets=True)

    def unsent(self) -> "Told":
        """Without what may have been delivered: of that, a lost database leaves no tombstone."""
        return Told({name: digest for name, digest in self.put.items() if name not in self.begun})


def judge(
    directory: Path, told: Told, *, sound: bool = True, key: bytes = KEY, whole: bool | None = None
) -> list[str]:
    """Opens the outbox and returns what is wrong. `sound`: nothing may be reported as damaged either.
    `whole`: of the audit chain nothing may be missing, as of a sound outbox.
    """
    wrong = _items(directory, told, sound, key)
    return wrong or _chain(directory, key, sound if whole is None else whole)


def _items(directory: Path, told: Told, sound: bool, key: bytes) -> list[str]:
    try:
        store = Store(directory, key, OWNER, Backoff(), outside=directory / MARK)
    except Exception as error:  # noqa: BLE001 - whatever keeps it from opening is what is wrong
        return [f"does not open: {type(error).__name__}: {error}"]
    try:
        while store.verify_next():
            pass
        items = {item.id: item for n in range(3) for item in store.items(f"s{n}")}
        wrong = [f"{name}: {fault}" for name in told.put if (fault := _fault(items.get(name), name, told))]
        if sound and store.findings:
            wrong.append(f"reported as damaged: {[finding.found.value for finding in store.findings]}")
        return told.fallen + wrong + ([] if told.forgets else _state(store, items))
    except Exception as error:  # noqa: BLE001 - see above
        return [f"cannot be read: {type(error).__name__}: {error}"]
    finally:
        store.close()


def judge_log_alone(directory: Path, told: Told) -> list[str]:
    """The database is lost too: what was acknowledged and not sent is in the witness log."""
    for name in (DATABASE, f"{DATABASE}-wal"):
        (directory / name).unlink(missing_ok=True)
    try:
        rebuild(directory, KEY, OWNER, outside=directory / MARK)
    except OutboxError as error:
        nothing_yet = not told.put and error.reason is OutboxReason.WRONG_KEY_OR_DAMAGED
        return [] if nothing_yet else [f"from the log alone: {error}"]
    return [f"from the log alone: {wrong}" for wrong in judge(directory, told.unsent(), whole=False)]


def _chain(directory: Path, key: bytes, whole: bool) -> list[str]:
    """What is there of it fits, and what the checkpoints say."""
    try:
        trail = read_trail(directory, key, OWNER)
    except OutboxError as error:
        return [f"the audit chain cannot be read: {error}"]
    found = check(OWNER, trail.events, Kept(named=trail.sent))
    flaws = [flaw for flaw in found if whole or flaw.flaw is not Flaw.MISSING]
    return [f"the audit chain: {flaw.flaw} {flaw.first} to {flaw.last}" for flaw in flaws]


def _fault(item: Item | None, name: str, told: Told) -> str:
    if item is None:
        return "lost"
    if name in told.done:
        return "" if (item.state, item.receipt) == (ItemState.DELIVERED, "receipt") else "sent again"
    if item.state is ItemState.DELIVERED:
        return "" if name in told.begun else "never sent, yet delivered"
    return "" if hashlib.sha256(item.payload).hexdigest() == told.put[name] else "altered"


def _state(store: Store, items: dict[str, Item]) -> list[str]:
    """The kiosk's state and its items came in one transaction: both or neither."""
    newest = max(items.values(), key=lambda item: item.sequence, default=None)
    wanted = newest and newest.id.encode()
    found = store.get_state("last")
    return [] if found == wanted else [f"the state says {found!r}, the newest item is {wanted!r}"]
