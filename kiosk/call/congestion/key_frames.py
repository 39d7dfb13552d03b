"""At most one forced key frame in a while: on a bad line each costs the next one."""

import asyncio
from collections.abc import Callable

_APART_S = 0.7


class KeyFrames:
    """`ask` makes one now, or once when the time has come, however often it is asked."""

    def __init__(self, make: Callable[[], None]) -> None:
        self._make = make
        self._made_s: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def ask(self) -> None:
        if self._timer is not None:
            return
        loop = asyncio.get_running_loop()
        wait_s = 0.0 if self._made_s is None else self._made_s + _APART_S - loop.time()
        if wait_s <= 0:
            self._now()
        else:
            self._timer = loop.call_later(wait_s, self._now)

    def _now(self) -> None:
        self._timer = None
        self._made_s = asyncio.get_running_loop().time()
        self._make()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
