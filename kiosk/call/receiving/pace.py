"""How many pieces the loudspeaker gets now: one each 20 ms, but the sound card's clock is its own. Pure."""

from drivers.chunks import CHUNK_MS

_TOO_MUCH_S = 0.035
_EMPTY_TICKS = 150


class Pace:
    """Keeps the loudspeaker fed and without a standing queue. Skipping or doubling a piece cuts no sound:
    it only lets more or less wait before it, which is then evened out."""

    def __init__(self) -> None:
        self._empty = 0

    def pieces(self, waiting_s: float | None) -> int:
        """0, 1 or 2 pieces for this tick, by how much the loudspeaker still has waiting (None: unknown)."""
        if waiting_s is None:
            return 1
        if waiting_s > _TOO_MUCH_S:
            self._empty = 0
            return 0
        self._empty = 0 if waiting_s > 0 else self._empty + 1
        if self._empty < _EMPTY_TICKS:
            return 1
        self._empty = 0
        return 2


class Ticks:
    """When the next piece is due, on a monotonic clock. After a long stall it does not catch up."""

    PERIOD_S = CHUNK_MS / 1000
    _BEHIND_MAX_S = 0.1

    def __init__(self, now_s: float) -> None:
        self._due_s = now_s

    def wait_s(self, now_s: float) -> float:
        """How long until the next one; it is taken as done."""
        self._due_s += self.PERIOD_S
        if now_s - self._due_s > self._BEHIND_MAX_S:
            self._due_s = now_s
        return max(0.0, self._due_s - now_s)
