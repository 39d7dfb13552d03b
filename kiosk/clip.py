"""A stethoscope clip: for the record every sample as captured, for a poor line a reduced copy. FLAC both.

The record has the rate of the instrument, written in the file; an owner may have it as WAV. No gain, no noise
reduction. The reduced copy (4 kHz) went through a linear-phase low-pass, flat to 1.5 kHz.
"""

import io
import wave
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.int16]

CONTENT_TYPE = "audio/flac"
CAPTURE_RATE_HZ = 48_000
LINE_RATE_HZ = 4_000
_FILTER_S = 0.01
_STREAMINFO_END = 42
_CUTOFF_HZ = 1_750


class ClipError(ValueError):
    """A FLAC file without a sample in it: its head alone, as a damaged store may hold it."""

    def __init__(self) -> None:
        super().__init__("the file has a head and no sound")


def record_clip(pcm: Pcm, rate_hz: int = CAPTURE_RATE_HZ) -> bytes:
    """`pcm`: mono samples as the sound server gave them. Decoding gives back the same samples."""
    return encode_flac(pcm, rate_hz)


def line_clip(clip: bytes) -> bytes:
    """The reduced copy of a clip of the record: 16 bit mono at 4 kHz, about 30 kbit a second."""
    return encode_flac(reduced(*decode_flac(clip)), LINE_RATE_HZ)


def reduced(pcm: Pcm, rate_hz: int) -> Pcm:
    """Any rate to 4 kHz: nothing is moved in time, and what 4 kHz cannot hold is left out."""
    if rate_hz == LINE_RATE_HZ:
        return pcm
    taps = _low_pass(rate_hz)
    # Whole seconds, with room for the filter's ends: both rates have a whole number of samples in them.
    length_s = -(-(len(pcm) + len(taps)) // rate_hz)
    size, line_size = length_s * rate_hz, length_s * LINE_RATE_HZ
    spectrum = np.fft.rfft(pcm, size) * np.fft.rfft(_centred(taps, size))
    filtered = np.fft.irfft(spectrum, line_size) * (LINE_RATE_HZ / rate_hz)
    kept = filtered[: -(-len(pcm) * LINE_RATE_HZ // rate_hz)]
    return np.clip(np.rint(kept), -32768, 32767).astype(np.int16)


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
    """The samples of a mono file and their rate in Hz. Raises av.FFmpegError (it is none), or ClipError."""
    import av

    with av.open(io.BytesIO(data), "r", format="flac") as file:
        pieces = [frame.to_ndarray().reshape(-1) for frame in file.decode(audio=0)]
        rate_hz = file.streams.audio[0].rate
    if not pieces:
        raise ClipError
    return np.concatenate(pieces).astype(np.int16, copy=False), rate_hz


def flac_rate_hz(data: bytes) -> int | None:
    """What the header says (RFC 9639, section 8.2), without decoding; None when it is no FLAC file."""
    if data[:4] != b"fLaC" or len(data) < _STREAMINFO_END:
        return None
    return int.from_bytes(data[18:21]) >> 4


def wav(clip: bytes) -> bytes:
    """A clip of the record as 16 bit PCM WAV, sample by sample the same. Raises av.FFmpegError, ClipError."""
    pcm, rate_hz = decode_flac(clip)
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(pcm.astype("<i2").tobytes())
    return out.getvalue()


def _low_pass(rate_hz: int) -> NDArray[np.float64]:
    """Windowed sinc (Blackman), unity gain at 0 Hz, an odd number of taps."""
    count = round(rate_hz * _FILTER_S) | 1
    n = np.arange(count) - (count - 1) / 2
    taps = np.sinc(2 * _CUTOFF_HZ / rate_hz * n) * np.blackman(count)
    return np.asarray(taps / taps.sum(), dtype=np.float64)


def _centred(taps: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """`taps` around the first of `size` samples: so a circular convolution moves nothing."""
    padded = np.zeros(size)
    padded[: len(taps)] = taps
    return np.roll(padded, -(len(taps) // 2))
