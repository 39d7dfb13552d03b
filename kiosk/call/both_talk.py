"""While both talk, some of the microphone is let through beside what the echo canceller leaves. Pure.

AEC3 removes 35 to 45 dB of echo, but while both talk it also cuts holes into the near voice. Then a part of
the plain microphone fills them: the physician hears himself faintly, under a patient he understands.
"""

import numpy as np

from drivers.chunks import CHUNK_SAMPLES, Samples

LATENCY_SAMPLES = 431  # of AEC3 at 48 kHz: its output against its input
SHARE = 0.3
# What is left of the microphone's power: under -15 dB it was echo, over -6 dB somebody near is talking.
_ECHO_DB, _NEAR_DB = -15.0, -6.0
_AUDIBLE = 1000.0  # mean square of int16; about -60 dB of full scale
_POWER_KEPT, _RISE, _FALL = 0.6, 0.7, 0.2  # of one chunk to the next


class BothTalk:
    """Give it each chunk before and after the canceller."""

    def __init__(self) -> None:
        self._delayed: Samples = np.zeros(LATENCY_SAMPLES, dtype=np.int16)
        self._before = self._after = 0.0
        self._share = 0.0

    def mix(self, microphone: Samples, cleaned: Samples) -> Samples:
        """One chunk, as the physician should hear it."""
        line = np.concatenate((self._delayed, microphone))
        plain, self._delayed = line[: len(cleaned)], line[len(cleaned) :]
        share = self._next_share(_power(plain), _power(cleaned))
        ramp = np.linspace(self._share, share, CHUNK_SAMPLES)
        self._share = share
        return np.asarray(np.rint(cleaned + ramp * (plain.astype(np.float64) - cleaned)), dtype=np.int16)

    def _next_share(self, before: float, after: float) -> float:
        self._before = _POWER_KEPT * self._before + (1 - _POWER_KEPT) * before
        self._after = _POWER_KEPT * self._after + (1 - _POWER_KEPT) * after
        left_db = 10 * np.log10((self._after + 1) / (self._before + 1))
        near = float(np.clip((left_db - _ECHO_DB) / (_NEAR_DB - _ECHO_DB), 0, 1))
        wanted = SHARE * near if self._after > _AUDIBLE else 0.0
        return self._share + (wanted - self._share) * (_RISE if wanted > self._share else _FALL)


def _power(samples: Samples) -> float:
    return float(np.mean(samples.astype(np.float64) ** 2))
