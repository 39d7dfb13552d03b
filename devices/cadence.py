"""How often a stream becomes readings: a display refreshed every frame is not sixty readings a second."""

from collections.abc import Hashable


class Cadence:
    """Says when a streamed measurement is worth a reading, counted in frames.

    A change is due once `soonest` frames have passed since the last reading; the same content is due again
    after `latest` frames, so that a steady patient still leaves a trace.
    """

    def __init__(self, soonest: int, latest: int) -> None:
        self._soonest = soonest
        self._latest = latest
        self._frames = latest
        self._last: Hashable = None

    @property
    def too_soon(self) -> bool:
        """Whatever the next frame says, it cannot be due."""
        return self._frames + 1 < self._soonest

    def skip(self) -> None:
        """A frame went by that carries nothing to measure."""
        self._frames += 1

    def due(self, content: Hashable, *, repeat: bool = True) -> bool:
        """Whether this frame's content becomes a reading. `repeat` False: only if it changed."""
        self._frames += 1
        changed = content != self._last
        if self._frames < (self._soonest if changed else self._latest) or not (changed or repeat):
            return False
        self._last, self._frames = content, 0
        return True
