"""aiortc finds the level of each sent chunk in Python, sample by sample: for each sound, 1 % of a core."""

import math

import numpy as np
from aiortc import rtp
from av import AudioFrame

_FUNCTION = "compute_audio_level_dbov"
_LEVEL_MIN_DBOV = -127


def quick_level() -> None:
    """From now on, every sender of this process computes it at once. May be called again."""
    if not hasattr(rtp, _FUNCTION):
        raise AttributeError(f"this aiortc has no {_FUNCTION}: look for how it finds the level now")
    setattr(rtp, _FUNCTION, level_dbov)


def level_dbov(frame: AudioFrame) -> int:
    """RFC 6464: the level against the loudest possible signal, in dB, from -127 to 0."""
    samples = np.asarray(frame.to_ndarray(), dtype=np.float32).reshape(-1)
    rms = math.sqrt(float(np.dot(samples, samples)) / samples.size) / 32767
    return round(min(0.0, max(_LEVEL_MIN_DBOV, 20 * math.log10(rms)))) if rms > 0 else _LEVEL_MIN_DBOV
