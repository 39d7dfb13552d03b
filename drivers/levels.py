"""How loud a chunk of sound is. Pure."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]

FULL_SCALE = 32768
CLIPPED_AT = 32760
SILENCE_DBFS = -96.0


@dataclass(frozen=True, slots=True)
class Level:
    """Peak and RMS in dB below full scale (0 is the loudest, -96 is silence); `clipped` counts samples."""

    peak_dbfs: float
    rms_dbfs: float
    clipped: int


def measure_level(samples: Samples) -> Level:
    """The level of int16 samples; silence when there are none."""
    if samples.size == 0:
        return Level(SILENCE_DBFS, SILENCE_DBFS, 0)
    size = np.abs(samples.astype(np.float32))
    return Level(
        peak_dbfs=_dbfs(float(size.max())),
        rms_dbfs=_dbfs(math.sqrt(float(np.mean(np.square(size))))),
        clipped=int(np.count_nonzero(size >= CLIPPED_AT)),
    )


def _dbfs(amplitude: float) -> float:
    if amplitude < 1:
        return SILENCE_DBFS
    return max(SILENCE_DBFS, 20 * math.log10(amplitude / FULL_SCALE))
