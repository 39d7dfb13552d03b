"""What becomes of what a simulated instrument says: the same faults for each of them, and scripts of them."""

import asyncio
from collections.abc import Iterator, Sequence

Step = tuple[float, str, int]
"""Seconds to wait, then which of `FAULTS`, and how often it strikes."""

FAULTS = ("corrupt", "truncate", "silence", "flood", "mend")


class Faults:
    """A base of simulators. Whatever they say goes out through `suffered`.

    `silent`: it says nothing. `frames_damaged`: what did not go out as it was meant.
    """

    silent = False
    frames_damaged = 0
    _corrupt = _truncate = 0
    _times = 1

    def corrupt(self, count: int = 5) -> None:
        """The next messages arrive as bytes that nobody understands."""
        self._corrupt += count

    def truncate(self, count: int = 1) -> None:
        """The next messages break off in the middle."""
        self._truncate += count

    def silence(self, _count: int = 1) -> None:
        self.silent = True

    def flood(self, times: int = 20) -> None:
        """Each message is said so often."""
        self._times = times

    def mend(self, _count: int = 1) -> None:
        """The end of all of these."""
        self.silent, self._corrupt, self._truncate, self._times = False, 0, 0, 1

    async def play(self, script: Sequence[Step]) -> None:
        """One fault after the other. Raises KeyError where one is not known."""
        known = {name: getattr(self, name) for name in FAULTS}
        for after_s, name, count in script:
            await asyncio.sleep(after_s)
            known[name](count)

    def suffered(self, message: bytes) -> Iterator[bytes]:
        """What goes out in the place of `message`."""
        for _ in range(0 if self.silent else self._times):
            yield self._damaged(message)

    def spoilt(self, message: bytes) -> bytes:
        """As many bytes, of which no message of this protocol consists."""
        return b"\xff" * len(message)

    def _damaged(self, message: bytes) -> bytes:
        if not (self._corrupt or self._truncate):
            return message
        self.frames_damaged += 1
        if self._corrupt:
            self._corrupt -= 1
            return self.spoilt(message)
        self._truncate -= 1
        return message[: len(message) // 2]
