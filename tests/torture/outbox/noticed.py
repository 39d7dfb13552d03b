"""One bit of each kind of byte is flipped: that is noticed, or nothing has changed by it."""

import random
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from offline_queue.audit.trail import read_trail
from offline_queue.errors import OutboxError
from offline_queue.keys import load_key, replace_key
from offline_queue.outcome import Backoff
from offline_queue.sentinel import DATABASE, SENTINEL, WITNESS
from offline_queue.slots import SLOTS, read_slots
from offline_queue.store import Store
from tests.offline_queue.helpers import KEY, OWNER
from tests.torture.outbox.child import scratch
from tests.torture.outbox.judge import Told
from tests.torture.outbox.proofs import Proof, lived

_KEY_FILE = "outbox.key"
_WAL = f"{DATABASE}-wal"
_PAGE, _WAL_HEADER, _FRAME_HEADER, _LOG_HEADER = 4096, 32, 24, 24
Spot = tuple[str, int]
"""A file, and a byte of it."""


def flips(tries: int, seed: int = 1) -> Proof:
    """Each class of bytes as often as the others."""
    proof = Proof("one bit is flipped, in each kind of byte: it is noticed, or all is as it was")
    rng, found = random.Random(seed), Counter[tuple[str, str]]()
    with scratch() as whole, scratch() as earlier:
        told = Told().hear(lived(whole, seed, earlier))
        replace_key(whole / _KEY_FILE, KEY)
        at_rest = shutil.copytree(whole, earlier / "rest")
        wanted = _content(at_rest)  # closed in good order, so without a write-ahead log
        for number in range(tries):
            kind = list(_CLASSES)[number % len(_CLASSES)]
            folder = at_rest if kind in _AT_REST else whole
            name, offset = _CLASSES[kind](folder, rng)
            became = _after(folder, (name, offset), rng, wanted)
            found[kind, became] += 1
            is_wrong = became == "altered" or (became == "the same" and kind in _ALWAYS_NOTICED)
            proof.note(told, [became] if is_wrong else [], f"{kind}: {name} byte {offset}")
    proof.seen += [_line(kind, found) for kind in _CLASSES]
    return proof


def _line(kind: str, found: Counter[tuple[str, str]]) -> str:
    counts = (found[kind, "noticed"], found[kind, "the same"], found[kind, "altered"])
    return "{}: noticed {}, nothing changed by it {}, unnoticed {}".format(kind, *counts)


def _after(whole: Path, spot: Spot, rng: random.Random, wanted: object) -> str:
    name, offset = spot
    content = bytearray((whole / name).read_bytes())
    content[offset] ^= 1 << rng.randrange(8)
    try:
        found = _read(whole, (name, bytes(content)))
    except OutboxError:
        return "noticed"
    return "noticed" if found is None else "the same" if found == wanted else "altered"


def _read(whole: Path, *instead: tuple[str, bytes]) -> object:
    """Of a copy, with other files instead: to open it changes it."""
    with scratch() as copy:
        shutil.copytree(whole, copy, dirs_exist_ok=True)
        for name, content in instead:
            (copy / name).write_bytes(content)
        return _content(copy)


def _content(directory: Path) -> object:
    """What is kept, whole and in its order; None when something was reported as damaged."""
    key = load_key(directory / _KEY_FILE)
    store = Store(directory, key, OWNER, Backoff())
    try:
        while store.verify_next():
            pass
        if store.findings or not store.is_sound:
            return None
        items = [item for n in range(3) for item in store.items(f"s{n}")]
        kept = [(item.id, item.sequence, item.state, item.payload, item.receipt) for item in items]
        state = store.get_state("last")
    finally:
        store.close()
    return (
        kept,
        state,
        read_slots(directory),
        [event.hash for event in read_trail(directory, key, OWNER).events],
    )


def _in(name: str, first: int, end: int | None = None) -> Callable[[Path, random.Random], Spot]:
    """Any byte of a file from there on."""

    def choose(folder: Path, rng: random.Random) -> Spot:
        return name, rng.randrange(first, end or (folder / name).stat().st_size)

    return choose


def _in_a_frame(first: int, end: int) -> Callable[[Path, random.Random], Spot]:
    """Of the write-ahead log: a frame that counts, not what an earlier round has left behind it."""

    def choose(folder: Path, rng: random.Random) -> Spot:
        return _WAL, rng.choice(_live_frames((folder / _WAL).read_bytes())) + rng.randrange(first, end)

    return choose


def _live_frames(content: bytes) -> Sequence[int]:
    """Where they begin (https://sqlite.org/fileformat2.html#walformat): the salt is the header's."""
    starts = range(_WAL_HEADER, len(content), _FRAME_HEADER + _PAGE)
    return [start for start in starts if content[start + 8 : start + 16] == content[16:24]]


def _in_a_segment(first: int, end: int | None = None) -> Callable[[Path, random.Random], Spot]:
    def choose(folder: Path, rng: random.Random) -> Spot:
        path = rng.choice(sorted(folder.glob(f"{WITNESS}*")))
        return path.name, rng.randrange(first, end or path.stat().st_size)

    return choose


_CLASSES: dict[str, Callable[[Path, random.Random], Spot]] = {
    "database, header": _in(DATABASE, 0, 100),
    "database, page": _in(DATABASE, 100),
    "database at rest, header": _in(DATABASE, 0, 100),
    "database at rest, page": _in(DATABASE, 100),
    "write-ahead log, header": _in(_WAL, 0, _WAL_HEADER),
    "write-ahead log, frame's header": _in_a_frame(0, _FRAME_HEADER),
    "write-ahead log, frame's page": _in_a_frame(_FRAME_HEADER, _FRAME_HEADER + _PAGE),
    "witness log, header": _in_a_segment(0, _LOG_HEADER),
    "witness log, record": _in_a_segment(_LOG_HEADER),
    "sentinel": _in(SENTINEL, 0),
    "slots": _in(SLOTS, 0),
    "key": _in(_KEY_FILE, 0),
}
_AT_REST = {"database at rest, header", "database at rest, page"}
_ALWAYS_NOTICED = {*_AT_REST, "key"}
"""Elsewhere a byte may not count any more: a page that the write-ahead log has newer, a frame behind the last
commit, a record that nobody had been told of, the name of a field that is empty."""
