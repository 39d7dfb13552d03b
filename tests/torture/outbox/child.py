"""A day of the outbox in a process of its own, which may be killed; and a place for its files."""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from offline_queue.errors import OutboxError

Say = Callable[[str], object]
_MEMORY = Path("/dev/shm")
_REFUSED = 3


def said(run: Callable[[Say], None]) -> list[str]:
    """Runs it in a child; returns the lines it said before its end. The last one is `fell: ...` when that was
    neither its own nor a kill.
    """
    return both(run)[0]


def both(*runs: Callable[[Say], None]) -> list[list[str]]:
    """As `said`, of several that run at the same time."""
    begun = [_begun(run) for run in runs]
    heard = []
    for reading, number in begun:
        with os.fdopen(reading, "rb") as pipe:
            lines = pipe.read().decode().splitlines()
        heard.append(lines + _fall(number))
    return heard


def _begun(run: Callable[[Say], None]) -> tuple[int, int]:
    """What the child says can be read there, and its number."""
    reading, writing = os.pipe()

    def child() -> None:
        run(lambda line: os.write(writing, f"{line}\n".encode()))

    number = _begin(child)
    os.close(writing)
    return reading, number


def in_child(run: Callable[[], None]) -> list[str]:
    """See `said`."""
    return _fall(_begin(run))


def _fall(child: int) -> list[str]:
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return [] if code in (0, _REFUSED, -signal.SIGKILL) else [f"fell: exit code {code}"]


@contextmanager
def scratch() -> Iterator[Path]:
    """An empty folder, in memory where there is such a place: the speed of a disk is not what is tried."""
    path = Path(tempfile.mkdtemp(dir=_MEMORY if _MEMORY.is_dir() else None))
    try:
        yield path
    finally:
        shutil.rmtree(path)


def _begin(run: Callable[[], None]) -> int:
    """A fork: to import everything anew would take longer than the day itself."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        run()
        code = 0
    except OutboxError:  # the disk kept it from opening or closing: what was said before counts
        code = _REFUSED
    except Exception as error:  # noqa: BLE001 - the parent judges by what was said and what is on the disk
        os.write(2, f"a day ended with {type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(code)
