"""Work counted in lines of Python executed: the same on every machine, however busy it is."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class TooMuchWork(AssertionError):
    """More lines were executed than allowed."""


@contextmanager
def at_most(limit: int) -> Iterator[None]:
    """Raise TooMuchWork as soon as what the block calls executes more lines."""
    left = limit

    def trace(_frame: FrameType, _event: str, _argument: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise TooMuchWork(f"more than {limit} lines executed")
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)
