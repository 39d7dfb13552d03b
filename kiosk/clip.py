"""A stethoscope clip: for the record every sample as captured, for a poor line a reduced copy. FLAC both.

No gain, no noise reduction. The reduced copy (4 kHz) went through a linear-phase low-pass, flat to 1.5 kHz.
"""

import io
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.int16]

CONTENT_TYPE = "audio/flac"
CAPTURE_RATE_HZ = 48_000
LINE_RATE_HZ = 4_000
_STEP = CAPTURE_RATE_HZ // LINE_RATE_HZ
_TAPS = 481
_CUTOFF_HZ = 1_750


def record_clip(pcm: Pcm) -> bytes:
    """`pcm`: mono samples at 48 kHz, as the sound server gave them. Decoding gives back the same samples."""
    return encode_flac(pcm, CAPTURE_RATE_HZ)


def line_clip(clip: bytes) -> bytes:
    """The reduced copy of a clip of the record: 16 bit mono at 4 kHz, about 30 kbit a second."""
    return encode_flac(reduced(decode_flac(clip)[0]), LINE_RATE_HZ)


def reduced(pcm: Pcm) -> Pcm:
    """48 kHz to 4 kHz: nothing is moved in time, and what 4 kHz cannot hold is left out."""
    filtered = np.convolve(pcm.astype(np.float64), _low_pass(), mode="same")[::_STEP]
    return np.clip(np.rint(filtered), -32768, 32767).astype(np.int16)


def encode_flac(pcm: Pcm, rate_hz: int) -> bytes:
    """A FLAC file (RFC 9639) with its length and its MD5 in the header."""
    import av

    out = io.BytesIO()
    with av.open(out, "w", format="flac") as file:
        stream = file.add_stream("flac", rate=rate_hz)
        stream.format, stream.layout = "s16", "mono"
        samples = np.ascontiguousarray(pcm, dtype=np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate_hz, 0, Fraction(1, rate_hz)
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


def decode_flac(data: bytes) -> tuple[Pcm, int]:
    """The samples of a mono file and their rate in Hz. Raises av.FFmpegError when it is not one."""
    import av

    with av.open(io.BytesIO(data), "r", format="flac") as file:
        pieces = [frame.to_ndarray().reshape(-1) for frame in file.decode(audio=0)]
        rate_hz = file.streams.audio[0].rate
    return np.concatenate(pieces).astype(np.int16, copy=False), rate_hz


def _low_pass() -> NDArray[np.float64]:
    """Windowed sinc (Blackman), unity gain at 0 Hz."""
    n = np.arange(_TAPS) - (_TAPS - 1) / 2
    taps = np.sinc(2 * _CUTOFF_HZ / CAPTURE_RATE_HZ * n) * np.blackman(_TAPS)
    return np.asarray(taps / taps.sum(), dtype=np.float64)
