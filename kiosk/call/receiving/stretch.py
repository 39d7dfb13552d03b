"""Sound at a slightly other speed, without a seam from one call to the next. Pure."""

import numpy as np

from drivers.chunks import Samples

_BEFORE, _AFTER = 1, 2  # neighbours that the cubic needs


class Stretch:
    """A queue of samples, read at any speed near 1 by a Catmull-Rom cubic."""

    def __init__(self) -> None:
        self._held = np.zeros(_BEFORE, dtype=np.float32)
        self._at = 0.0

    @property
    def length(self) -> int:
        """Samples that can still be read at speed 1."""
        return max(0, len(self._held) - _BEFORE - _AFTER - int(self._at))

    def push(self, samples: Samples) -> None:
        self._held = np.concatenate((self._held, samples.astype(np.float32)))

    def blend(self, samples: Samples, over: int) -> None:
        """Leave `samples` out but for their last ones, into which the end of the queue passes."""
        over = min(over, len(samples), len(self._held) - _BEFORE)
        fade = np.linspace(0, 1, over, dtype=np.float32)
        end = len(self._held) - over
        self._held[end:] = self._held[end:] * (1 - fade) + samples[len(samples) - over :] * fade

    def needs(self, count: int, ratio: float) -> int:
        """Samples still missing for `pull(count, ratio)`."""
        last = int(self._at + (count - 1) * ratio) + 1
        return max(0, last + _BEFORE + _AFTER - len(self._held))

    def pull(self, count: int, ratio: float) -> Samples:
        """The next `count` samples, of `count * ratio` in the queue. Call `needs` first."""
        at = self._at + np.arange(count) * ratio
        whole = at.astype(np.intp)
        part = (at - whole).astype(np.float32)
        x = self._held
        before, here, after, later = x[whole], x[whole + 1], x[whole + 2], x[whole + 3]
        cubic = 3 * (here - after) + later - before
        square = 2 * before - 5 * here + 4 * after - later
        sound = here + 0.5 * part * (after - before + part * (square + part * cubic))
        self._at += count * ratio
        used = int(self._at)
        self._held, self._at = self._held[used:], self._at - used
        return np.asarray(np.clip(np.rint(sound), -32768, 32767), dtype=np.int16)
