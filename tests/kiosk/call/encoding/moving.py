"""Pictures that move, for the encoders, and what comes out of them again."""

from dataclasses import dataclass
from fractions import Fraction

import av
import cv2
import numpy as np
from aiortc.codecs.base import Decoder
from aiortc.codecs.h264 import h264_depayload
from aiortc.codecs.vpx import vp8_depayload
from aiortc.jitterbuffer import JitterFrame
from numpy.typing import NDArray

from kiosk.call.encoding.pictures import PictureEncoder
from kiosk.call.encoding.target import LiveTarget
from kiosk.call.streams import Size, VideoTarget

CLOCK_HZ = 90_000
NAL_IDR = 5
WIDTH, HEIGHT = 640, 360
FULL = Size(WIDTH, HEIGHT, 30.0)


def scene(width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint8]:
    """A textured wall, four times as large as the picture that wanders over it."""
    rng = np.random.default_rng(7)
    rough = rng.integers(0, 255, (2 * height, 2 * width)).astype(np.float32)
    smooth = np.asarray(cv2.GaussianBlur(rough, (0, 0), 2))
    spread = 30 + 190 * (smooth - smooth.min()) / np.ptp(smooth)
    return np.asarray(np.clip(spread + rng.normal(0, 4, smooth.shape), 0, 255), dtype=np.uint8)


WALL = scene()


def picture(at_s: float) -> av.VideoFrame:
    left = int((np.sin(at_s * 1.2) + 1) / 2 * (WIDTH - 1))
    top = int((np.cos(at_s * 0.8) + 1) / 2 * (HEIGHT - 1))
    i420 = np.full((HEIGHT * 3 // 2, WIDTH), 128, dtype=np.uint8)
    i420[:HEIGHT] = WALL[top : top + HEIGHT, left : left + WIDTH]
    frame = av.VideoFrame.from_numpy_buffer(i420, format="yuv420p")
    frame.pts, frame.time_base = round(at_s * CLOCK_HZ), Fraction(1, CLOCK_HZ)
    return frame


def h264_data(payloads: list[bytes]) -> bytes:
    return b"".join(h264_depayload(payload) for payload in payloads)


def h264_is_key(payloads: list[bytes]) -> bool:
    return any(unit[:1] and unit[0] & 0x1F == NAL_IDR for unit in h264_data(payloads).split(b"\0\0\0\1"))


def vp8_data(payloads: list[bytes]) -> bytes:
    return b"".join(vp8_depayload(payload) for payload in payloads)


def vp8_is_key(payloads: list[bytes]) -> bool:
    """RFC 7741 section 4.3: the lowest bit of a frame's first octet is 0 for a key frame."""
    data = vp8_data(payloads)
    return bool(data) and not data[0] & 1


@dataclass(slots=True)
class Camera:
    """Plays into an encoder, in simulated time that goes on from one `play` to the next."""

    encoder: PictureEncoder
    target: LiveTarget
    at_s: float = 0.0

    def play(self, seconds: float, rate_bps: int, size: Size = FULL) -> list[list[bytes]]:
        """The payloads of each picture."""
        self.target.set(VideoTarget(rate_bps, size))
        sent = []
        for _ in range(round(seconds * size.rate_hz)):
            payloads, timestamp = self.encoder.encode(picture(self.at_s))
            assert timestamp == round(self.at_s * CLOCK_HZ)
            sent.append(payloads)
            self.at_s += 1 / size.rate_hz
        return sent


def rate_bps(sent: list[list[bytes]], seconds: float) -> float:
    return sum(len(payload) for payloads in sent for payload in payloads) * 8 / seconds


def sizes_seen(decoder: Decoder, data: list[bytes]) -> list[tuple[int, int]]:
    """The size of each picture that comes out of a decoder."""
    seen = []
    for number, encoded in enumerate(data):
        for frame in decoder.decode(JitterFrame(encoded, number * 3000)):
            assert isinstance(frame, av.VideoFrame)
            seen.append((frame.width, frame.height))
    return seen
