"""One target under atheris: python -m tests.torture.fuzz TARGET [options of libFuzzer] CORPUS

Exits with an error when an input breaks an invariant; libFuzzer writes that input to its artifact prefix.
"""

import signal
import sys
from collections.abc import Callable
from types import FrameType

import atheris

with atheris.instrument_imports(include=["devices"]):
    from tests.torture.targets import targets

    TARGETS = targets()  # the catalogue is imported here, and not before


_LIMIT_S = 20.0  # of the processor's time: on a busy or sleeping machine no input takes longer by it


class Endless(Exception):
    """One input has kept the processor busy for too long."""


def _give_up(_number: int, _frame: FrameType | None) -> None:
    raise Endless(f"more than {_LIMIT_S:.0f} s of the processor")


def _limited(check: Callable[[bytes], None]) -> Callable[[bytes], None]:
    def limited(data: bytes) -> None:
        signal.setitimer(signal.ITIMER_VIRTUAL, _LIMIT_S)
        check(data)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)

    return limited


def main() -> None:
    program, name, *options = sys.argv
    signal.signal(signal.SIGVTALRM, _give_up)
    atheris.Setup([program, *options], _limited(TARGETS[name].check))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
