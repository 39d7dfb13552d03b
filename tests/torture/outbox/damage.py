"""Every kind of harm to every file: it is found, and what was acknowledged comes back from the other side."""

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

from offline_queue.errors import OutboxError
from offline_queue.rebuild import rebuild
from tests.offline_queue.helpers import KEY, OWNER
from tests.torture.outbox.child import scratch
from tests.torture.outbox.judge import Told, judge
from tests.torture.outbox.proofs import Proof, lived
from tests.torture.outbox.workload import MARK

Harm = Callable[[Path, Path, random.Random], object]


def damages(tries: int, seed: int = 1) -> Proof:
    """One file of an outbox is harmed, in turns; where it does not open any more, `recover` is asked."""
    proof = Proof(
        "one file is damaged, cut, emptied, gone, swapped or older: nothing acknowledged is lost or altered"
    )
    rng = random.Random(seed)
    with scratch() as whole, scratch() as earlier:
        told = Told().hear(lived(whole, seed, earlier))
        names = sorted(path.name for path in whole.iterdir() if path.suffix not in (".ballast", ".lock"))
        for number in range(tries):
            name = names[number % len(names)]
            kind = list(_HARMS)[number // len(names) % len(_HARMS)]
            with scratch() as copy:
                shutil.copytree(whole, copy, dirs_exist_ok=True)
                _HARMS[kind](copy / name, earlier / name, rng)
                proof.note(told, _after_harm(copy, told), f"{name} {kind}, try {number}")
    return proof


def _after_harm(copy: Path, told: Told) -> list[str]:
    wrong = judge(copy, told, sound=False)
    if not wrong:
        return []
    try:
        rebuild(copy, KEY, OWNER, outside=copy / MARK)
    except OutboxError as error:
        return [*wrong, f"cannot be recovered: {error}"]
    return judge(copy, told.unsent(), sound=False)


def _flip(path: Path, _earlier: Path, rng: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


def _zero_a_page(path: Path, _earlier: Path, rng: random.Random) -> None:
    content = bytearray(path.read_bytes())
    start = rng.randrange(len(content)) // 4096 * 4096
    content[start : start + 4096] = bytes(len(content[start : start + 4096]))
    path.write_bytes(content)


def _cut(path: Path, _earlier: Path, rng: random.Random) -> None:
    os.truncate(path, rng.randrange(path.stat().st_size))


def _other(path: Path, _earlier: Path, rng: random.Random) -> None:
    path.write_bytes(rng.randbytes(path.stat().st_size))


def _older(path: Path, earlier: Path, _rng: random.Random) -> None:
    if earlier.exists():
        shutil.copy(earlier, path)
    else:
        path.unlink()


_HARMS: dict[str, Harm] = {
    "has one bit flipped": _flip,
    "has a page of zeros": _zero_a_page,
    "is cut": _cut,
    "is empty": lambda path, _earlier, _rng: path.write_bytes(b""),
    "is gone": lambda path, _earlier, _rng: path.unlink(),
    "is something else": _other,
    "is as it was earlier": _older,
}
