"""The Opus decoder with repair of what was lost: libopus itself, because FFmpeg's wrapper hides that part."""

import ctypes
import ctypes.util
import logging
from typing import Any, Protocol

import numpy as np

from drivers.chunks import RATE_HZ, Samples
from kiosk.call.receiving.opus_packet import PACKET_MAX

_logger = logging.getLogger(__name__)
_STEP = RATE_HZ * 25 // 10_000  # libopus conceals in multiples of 2.5 ms


class Decoder(Protocol):
    """Opus to 48 kHz mono. A packet that is no Opus gives None; nothing raises."""

    def decode(self, packet: bytes) -> Samples | None: ...
    def conceal(self, samples: int, following: bytes = b"") -> Samples: ...


class Libopus:
    """RFC 6716, through libopus. Raises OSError when it is not installed (Debian: libopus0)."""

    def __init__(self) -> None:
        self._library = _load()
        fault = ctypes.c_int()
        self._state = self._library.opus_decoder_create(RATE_HZ, 1, ctypes.byref(fault))
        if fault.value or not self._state:
            raise OSError(f"libopus cannot make a decoder: {fault.value}")
        self._sound = np.zeros(PACKET_MAX, dtype=np.int16)
        # Once: each such pointer is a cycle, which stays until the garbage collector looks at everything.
        self._place = self._sound.ctypes.data_as(ctypes.POINTER(ctypes.c_int16))

    def decode(self, packet: bytes) -> Samples | None:
        return self._run(packet, PACKET_MAX, 0) if packet else None

    def conceal(self, samples: int, following: bytes = b"") -> Samples:
        """What was lost: the end from the copy in `following` when it has one, the rest from the past."""
        parts = []
        for left in range(samples, 0, -PACKET_MAX):
            count = min(left, PACKET_MAX)
            last = count == left
            found = self._run(following if last else b"", -(-count // _STEP) * _STEP, int(last))
            parts.append(np.zeros(count, dtype=np.int16) if found is None else found[-count:])
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int16)

    def _run(self, packet: bytes, room: int, fec: int) -> Samples | None:
        count = self._library.opus_decode(
            self._state, packet or None, len(packet), self._place, room, fec if packet else 0
        )
        return self._sound[:count].copy() if count > 0 else None

    def __del__(self) -> None:
        if getattr(self, "_state", None):
            self._library.opus_decoder_destroy(self._state)


def _load() -> Any:
    library = ctypes.CDLL(ctypes.util.find_library("opus") or "libopus.so.0")
    library.opus_decoder_create.restype = ctypes.c_void_p
    library.opus_decoder_create.argtypes = [ctypes.c_int32, ctypes.c_int, ctypes.POINTER(ctypes.c_int)]
    library.opus_decoder_destroy.restype = None
    library.opus_decoder_destroy.argtypes = [ctypes.c_void_p]
    library.opus_decode.restype = ctypes.c_int
    library.opus_decode.argtypes = [
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_int32,
        ctypes.POINTER(ctypes.c_int16),
        ctypes.c_int,
        ctypes.c_int,
    ]
    return library


class FfmpegOpus:
    """Without libopus: FFmpeg's decoder, silence for what was lost."""

    def __init__(self) -> None:
        import av  # lazy: only where libopus is missing

        self._av = av
        self._codec: Any = av.CodecContext.create("opus", "r")
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)

    def decode(self, packet: bytes) -> Samples | None:
        try:
            frames = self._codec.decode(self._av.Packet(packet)) if packet else []
        except self._av.FFmpegError:
            return None
        parts = [piece.to_ndarray().reshape(-1) for f in frames for piece in self._resampler.resample(f)]
        return np.concatenate(parts).astype(np.int16) if parts else None

    def conceal(self, samples: int, following: bytes = b"") -> Samples:
        return np.zeros(samples, dtype=np.int16)


def opus_decoder() -> Decoder:
    """The best one that this machine has."""
    try:
        return Libopus()
    except OSError as error:
        _logger.warning("libopus (Debian: libopus0) is missing, lost sound is not repaired: %s", error)
        return FfmpegOpus()
