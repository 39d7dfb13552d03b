"""What both sides of the bench send: the same pictures and the same voice, as arrays and as files."""

import wave
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.chunks import RATE_HZ
from tests.fakes import pictures

Planes = NDArray[np.uint8]
VOICE_S = 6
_NOISE = 3.0  # of 219 grey levels: without it the drawn person costs next to nothing
_PITCH_HZ, _SYLLABLES_HZ = 140.0, 3.5


@dataclass(frozen=True, slots=True)
class Format:
    """Of each of the kiosk's two pictures. `barcode`: the time stands over the top edge (of 640 columns)."""

    width: int
    height: int
    rate_hz: int
    barcode: bool = False


VGA15 = Format(640, 480, 15)
VGA30_TIMED = Format(640, 480, 30, barcode=True)
HD30 = Format(1280, 720, 30)


def loop(shape: Format) -> list[Planes]:
    """The film as I420, `pictures.LOOP_FRAMES` pictures long, with the noise of a small camera's sensor."""
    chance = np.random.default_rng(5)
    made = []
    for index in range(pictures.LOOP_FRAMES):
        planes = _i420(pictures.portrait(index), shape)
        noise = chance.normal(0.0, _NOISE, (shape.height, shape.width))
        planes[: shape.height] = np.clip(planes[: shape.height] + noise, 16, 235)
        made.append(planes)
    return made


def _i420(image: pictures.Image, shape: Format) -> Planes:
    if (shape.width, shape.height) != (pictures.WIDTH, pictures.HEIGHT):
        image = np.asarray(cv2.resize(image, (shape.width, shape.height)), dtype=np.uint8)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420), dtype=np.uint8)


def stamped(planes: Planes, milliseconds: int) -> Planes:
    """A copy with the time over its top edge, as `pictures.stamp_barcode` writes it, in grey."""
    copy = planes.copy()
    cells = [235 if milliseconds >> bit & 1 else 16 for bit in range(pictures.BARCODE_BITS)]
    copy[: pictures.BARCODE_HEIGHT] = np.repeat(np.array(cells, dtype=np.uint8), pictures.BARCODE_CELL)
    height = len(planes) * 2 // 3
    chroma_rows = pictures.BARCODE_HEIGHT // 4  # a row of this array holds two of a chroma plane
    copy[height : height + chroma_rows] = 128
    copy[height + height // 4 : height + height // 4 + chroma_rows] = 128
    return copy


def y4m(path: Path, shape: Format) -> Path:
    """The film for Chromium's simulated camera: raw pictures, so that reading it costs no decoding."""
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{shape.width} H{shape.height} F{shape.rate_hz}:1 Ip A1:1 C420jpeg\n".encode())
        for planes in loop(shape):
            file.write(b"FRAME\n" + planes.tobytes())
    return path


@cache
def voice() -> NDArray[np.int16]:
    """Something like speech without pauses: harmonics that wander from syllable to syllable. A loop."""
    at_s = np.arange(RATE_HZ * VOICE_S) / RATE_HZ
    chance = np.random.default_rng(3)
    phase = 2 * np.pi * _PITCH_HZ * at_s + 3 * np.sin(2 * np.pi * 0.5 * at_s)
    syllable = (at_s * _SYLLABLES_HZ).astype(int)
    sound = np.zeros_like(at_s)
    for harmonic in range(1, 20):
        strength = chance.random(int(VOICE_S * _SYLLABLES_HZ) + 1)[syllable] / harmonic
        sound += strength * np.sin(harmonic * phase)
    envelope = 0.35 + 0.65 * np.sin(np.pi * ((at_s * _SYLLABLES_HZ) % 1.0))
    sound *= envelope
    return np.asarray(sound / np.abs(sound).max() * 0.5 * 32767, dtype=np.int16)


def wav(path: Path) -> Path:
    """The voice for Chromium's simulated microphone."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(voice().tobytes())
    return path
