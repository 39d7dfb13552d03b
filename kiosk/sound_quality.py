"""Whether the stethoscope's sound can be listened to: too loud, nothing at all, or drowned in noise. Pure.

Heart and lungs come and go: between two beats, or two breaths, there is quiet. What never stops is noise:
a fan, traffic, mains hum, a chestpiece that does not lie flat. So windows of 50 ms of the raw samples are
measured between 20 and 1000 Hz over the last five seconds, about one breath. The level that their loudest
tenth exceeds is compared with the one that their quietest tenth stays under: less than 8 dB apart is noise.

A rule of ours and of no standard, for the hand that holds the chestpiece: nothing is kept of it, nothing
waits for it, and what is heard is not interpreted. Speech pauses as a heart does and may go unnoticed; a
sound of the body without any pause may be taken for noise. The physician's ears decide.
"""

import math
from collections import deque

import numpy as np

from drivers.levels import CLIPPED_AT, FULL_SCALE, SILENCE_DBFS, Samples
from kiosk.events import SoundQuality

WINDOW_S = 0.05
SPAN_S = 5.0
LEAST_S = 2.0
LOUD_FOR_S = 1.5
LOW_HZ, HIGH_HZ = 20.0, 1000.0
NOISY_DB = 8.0
SILENT_DBFS = -75.0


class SoundJudge:
    """Takes the raw samples of one source as they come, in pieces of any length."""

    def __init__(self) -> None:
        self._rate_hz = 0
        self.forget()

    def forget(self) -> None:
        """Sound is missing: what comes now is another sound."""
        self._rest = np.zeros(0, dtype=np.int16)
        self._levels_dbfs: deque[float] = deque(maxlen=round(SPAN_S / WINDOW_S))
        self._clipped: deque[bool] = deque(maxlen=round(LOUD_FOR_S / WINDOW_S))

    def add(self, samples: Samples, rate_hz: int) -> None:
        if rate_hz != self._rate_hz:
            self._rate_hz = rate_hz
            self.forget()
        size = round(rate_hz * WINDOW_S)
        waiting = np.concatenate((self._rest, samples))
        while len(waiting) >= size:
            self._look(waiting[:size])
            waiting = waiting[size:]
        self._rest = waiting

    def _look(self, window: Samples) -> None:
        self._levels_dbfs.append(band_dbfs(window, self._rate_hz))
        self._clipped.append(bool((np.abs(window.astype(np.int32)) >= CLIPPED_AT).any()))

    @property
    def quality(self) -> SoundQuality:
        """Of what came last; LISTENING until there is enough of it."""
        if any(self._clipped):
            return SoundQuality.LOUD
        if len(self._levels_dbfs) * WINDOW_S < LEAST_S:
            return SoundQuality.LISTENING
        quiet_dbfs, loud_dbfs = np.percentile(self._levels_dbfs, (10, 90))
        if loud_dbfs < SILENT_DBFS:
            return SoundQuality.SILENT
        return SoundQuality.NOISY if loud_dbfs - quiet_dbfs < NOISY_DB else SoundQuality.CLEAR


def band_dbfs(window: Samples, rate_hz: int) -> float:
    """The RMS between `LOW_HZ` and `HIGH_HZ` (Hann window, without the mean), in dB below full scale."""
    shape = np.hanning(len(window))
    power = np.abs(np.fft.rfft((window - window.mean()) * shape)) ** 2
    frequency_hz = np.fft.rfftfreq(len(window), 1 / rate_hz)
    inside = (frequency_hz >= LOW_HZ) & (frequency_hz <= HIGH_HZ)
    mean_square = 2 * float(power[inside].sum()) / len(window) / float(np.square(shape).sum())
    if mean_square <= 0:
        return SILENCE_DBFS
    return max(SILENCE_DBFS, 10 * math.log10(mean_square / FULL_SCALE**2))
