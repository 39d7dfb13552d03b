"""What a stethoscope board samples: a beating heart at 4 kHz, by its own clock, with what may go wrong."""

import time

import numpy as np

from tests.fakes import heart

RATE_HZ = 4_000
_BEATS = 6


def chest() -> bytes:
    """Some beats as s16le with its converter's noise; they can be repeated without a seam."""
    step = heart.RATE_HZ // RATE_HZ
    beats = np.tile(heart.heart_beat(), _BEATS)[::step]
    noise = np.random.default_rng(3).normal(0, 4, len(beats))
    return np.rint(beats + noise).astype("<i2").tobytes()


class Samples:
    """Each `take` gives the bytes since the last, at a true 4 kHz. The faults may be set at any moment.

    `speed`: how many times too fast. `drop_bytes`: so many are missing from the next ones. `is_silent`: no
    bytes at all; what was sampled meanwhile is lost. `leaks`: one byte of each `take` is.
    """

    def __init__(self) -> None:
        self._chest = chest()
        self._at = 0
        self._began_s = time.monotonic()
        self.speed = 1.0
        self.drop_bytes = 0
        self.is_silent = False
        self.leaks = False

    def take(self) -> bytes:
        now_s = time.monotonic()
        count = 2 * int((now_s - self._began_s) * RATE_HZ * self.speed)
        self._began_s += count / 2 / RATE_HZ / self.speed
        if self.is_silent:
            self._next(count)
            return b""
        self.drop_bytes += self.leaks
        dropped = min(self.drop_bytes, count)
        self.drop_bytes -= dropped
        self._next(dropped)
        return self._next(count - dropped)

    def restart(self) -> None:
        """Sampling begins now."""
        self._began_s = time.monotonic()

    def _next(self, count: int) -> bytes:
        places = (self._at + np.arange(count)) % len(self._chest)
        self._at = (self._at + count) % len(self._chest)
        return bytes(np.frombuffer(self._chest, np.uint8)[places])
