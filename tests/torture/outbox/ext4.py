"""The power fails under a real ext4: the kernel replays its journal, then the outbox is judged.

A day is lived on an ext4 whose blocks come from a server that notes each write and each flush
(`recorder.py`, by nbdkit; nbdfuse makes a file of it, and the kernel's loop device a disk). A state is what
the disk may be at one moment: all that was written before the last flush, and of the rest any part, torn at
512 bytes. Needs root.
"""

import os
import random
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.torture.outbox.child import Say, in_child, scratch
from tests.torture.outbox.judge import Told, judge
from tests.torture.outbox.proofs import Proof
from tests.torture.outbox.recorder import FLUSH, HEAD
from tests.torture.outbox.workload import Day

DISK_BYTES = 32 * 2**20
_DAY_STEPS = 120
_SECTOR = 512
_PATIENCE_S = 10.0
_LAZY = "lazy_itable_init=0,lazy_journal_init=0,nodiscard"
_MKFS = ("-q", "-m", "0", "-b", "4096", "-J", "size=4", "-E", _LAZY)


@dataclass(frozen=True, slots=True)
class Written:
    """One write, or (without data) a flush, at `at_s` of the monotonic clock."""

    at_s: float
    offset: int
    data: bytes


def images(states: int, seed: int = 1) -> Proof:
    proof = Proof("the power fails under ext4: nothing acknowledged is lost or altered, and no false alarm")
    if os.geteuid() != 0:
        proof.seen.append("not tried: to mount a disk needs root")
        return proof
    rng = random.Random(seed)
    with scratch() as work:
        try:
            fresh, trace, said = _lived(work, seed)
        except (OSError, subprocess.CalledProcessError) as error:
            proof.seen.append(f"not tried: {error} {getattr(error, 'stderr', '')}".strip())
            return proof
        told_at = [_said(line) for line in said]
        first, last = (_index(trace, told_at[at][0]) for at in (0, -1))  # before the disk was taken away
        cuts = sorted(rng.randrange(first, last) for _ in range(states))
        for at, image in _states(fresh, trace, cuts, rng):
            (work / "image").write_bytes(image)
            told = Told().hear(line for at_s, line in told_at if at_s <= trace[at].at_s)
            proof.note(told, _judged(work, told), f"cut after block write {at} of seed {seed}")
    return proof


def _states(
    fresh: bytes, trace: Sequence[Written], cuts: Sequence[int], rng: random.Random
) -> Iterator[tuple[int, bytes]]:
    """For each cut what the disk may be then."""
    durable, pending, done = bytearray(fresh), list[Written](), 0
    for cut in cuts:
        for each in trace[done : cut + 1]:
            if each.data:
                pending.append(each)
            else:
                for write in pending:
                    _apply(durable, write)
                pending.clear()
        done = cut + 1
        image = bytearray(durable)
        share = rng.choice((0.0, 0.5, 0.9))
        for write in pending:
            if rng.random() < share:
                _apply(image, write, rng.randrange(len(write.data) + _SECTOR) // _SECTOR * _SECTOR)
        yield cut, bytes(image)


def _apply(disk: bytearray, write: Written, torn_at: int | None = None) -> None:
    data = write.data[:torn_at]
    disk[write.offset : write.offset + len(data)] = data


def _judged(work: Path, told: Told) -> list[str]:
    try:
        with _mounted("loop,noatime", work / "image", work / "check") as folder:
            return judge(folder / "outbox", told) if (folder / "outbox").exists() or told.put else []
    except subprocess.CalledProcessError as error:
        return [f"the file system does not mount: {error.stderr}"]


def _lived(work: Path, seed: int) -> tuple[bytes, list[Written], list[str]]:
    """The disk before the day, what was written to it, and what was said when."""
    image, trace, said = work / "disk", work / "trace", work / "said"
    image.touch()
    os.truncate(image, DISK_BYTES)
    _run("mkfs.ext4", *_MKFS, str(image))
    fresh = image.read_bytes()
    with _recorded(work, image, trace) as device, _mounted("noatime,commit=1", device, work / "fs") as folder:
        fallen = in_child(partial(_day, folder / "outbox", said, seed))
        assert not fallen, fallen
    return fresh, list(_read(trace)), said.read_text().splitlines()


def _day(directory: Path, said: Path, seed: int) -> None:
    with said.open("w", buffering=1) as file:
        say: Say = lambda line: file.write(f"{time.monotonic()} {line}\n")  # noqa: E731
        say("begun")
        Day(directory, say, seed).live(_DAY_STEPS)
        say("ended")


def _index(trace: Sequence[Written], at_s: float) -> int:
    return next(at for at, each in enumerate(trace) if each.at_s >= at_s)


def _said(line: str) -> tuple[float, str]:
    at_s, _, rest = line.partition(" ")
    return float(at_s), rest


def _read(trace: Path) -> Iterator[Written]:
    content, at = trace.read_bytes(), 0
    while at < len(content):
        at_s, what, offset, length = HEAD.unpack_from(content, at)
        at += HEAD.size
        yield Written(at_s, offset, b"" if what == FLUSH else content[at : at + length])
        at += length


@contextmanager
def _recorded(work: Path, image: Path, trace: Path) -> Iterator[Path]:
    """The image as a block device whose writes are noted."""
    socket, point = work / "nbd.sock", work / "nbd"
    point.mkdir()
    plugin = Path(__file__).with_name("recorder.py")
    server = ["nbdkit", "-f", "-U", str(socket), "python", str(plugin), f"image={image}", f"trace={trace}"]
    with ExitStack() as stack:
        stack.enter_context(_running(server))
        _wait_for(socket)
        stack.enter_context(_running(["nbdfuse", str(point / "disk"), f"nbd+unix:///?socket={socket}"]))
        _wait_for(point / "disk")
        stack.callback(_run, "umount", str(point))
        device = _run("losetup", "-f", "--show", str(point / "disk")).strip()
        stack.callback(_run, "losetup", "-d", device)
        yield Path(device)


@contextmanager
def _mounted(options: str, what: Path, point: Path) -> Iterator[Path]:
    point.mkdir(exist_ok=True)
    _run("mount", "-t", "ext4", "-o", options, str(what), str(point))
    try:
        yield point
    finally:
        _run("umount", str(point))


@contextmanager
def _running(command: Sequence[str]) -> Iterator[None]:
    process = subprocess.Popen(command)
    try:
        yield
    finally:
        process.terminate()
        process.wait(_PATIENCE_S)


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not path.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{path} does not appear")
        time.sleep(0.02)


def _run(*command: str) -> str:
    """Raises CalledProcessError."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
