"""A stethoscope clip for the record: PCM WAV at 8 kHz, cut down from the 48 kHz that was captured.

No gain, no noise reduction: a linear-phase low-pass, flat to 3 kHz, then every sixth sample.
"""

import io
import wave

import numpy as np
from numpy.typing import NDArray

CAPTURE_RATE_HZ = 48_000
CLIP_RATE_HZ = 8_000
_STEP = CAPTURE_RATE_HZ // CLIP_RATE_HZ
_TAPS = 241
_CUTOFF_HZ = 3_600


def wav_clip(pcm: NDArray[np.int16]) -> bytes:
    """`pcm`: mono samples at 48 kHz. Returns a WAV file, 16 bit mono at 8 kHz."""
    filtered = np.convolve(pcm.astype(np.float64), _low_pass(), mode="same")[::_STEP]
    samples = np.clip(np.rint(filtered), -32768, 32767).astype("<i2")
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(CLIP_RATE_HZ)
        file.writeframes(samples.tobytes())
    return out.getvalue()


def _low_pass() -> NDArray[np.float64]:
    """Windowed sinc (Blackman), unity gain at 0 Hz."""
    n = np.arange(_TAPS) - (_TAPS - 1) / 2
    taps = np.sinc(2 * _CUTOFF_HZ / CAPTURE_RATE_HZ * n) * np.blackman(_TAPS)
    return np.asarray(taps / taps.sum(), dtype=np.float64)
