"""Synthetic moving pictures for the simulated cameras: an ear canal, and a drawn person. Nobody real."""

import math
from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

WIDTH, HEIGHT, RATE_HZ = 640, 480, 30
LOOP_FRAMES = 90
BARCODE_BITS, BARCODE_CELL, BARCODE_HEIGHT = 32, 20, 16
Color = tuple[int, int, int]


def _blank(color: Color) -> Image:
    return np.full((HEIGHT, WIDTH, 3), color, dtype=np.uint8)


def _ellipse(
    image: Image, center: tuple[int, int], axes: tuple[int, int], color: Color, angle: float = 0
) -> None:
    cv2.ellipse(image, center, axes, angle, 0, 360, color, -1, cv2.LINE_AA)


@cache
def _canal_light() -> NDArray[np.float32]:
    """The otoscope's own lamp: bright in the middle, dark to the round edge."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    radius = np.hypot(x - WIDTH / 2, y - HEIGHT / 2) / (HEIGHT / 2)
    light: NDArray[np.float32] = np.clip(1.15 - radius**2, 0, 1) * (radius < 0.97)
    return light[..., None]


def _canal_wall(image: Image, shift: tuple[int, int]) -> None:
    for ring in range(9, 0, -1):
        tone = ring / 9
        center = (320 + shift[0] * (9 - ring) // 9, 240 + shift[1] * (9 - ring) // 9)
        color = (int(70 + 40 * tone), int(90 + 60 * tone), int(165 + 60 * tone))
        _ellipse(image, center, (int(120 + 200 * tone), int(100 + 160 * tone)), color, 12)


def _ear_drum(image: Image, shift: tuple[int, int]) -> None:
    x, y = 320 + shift[0], 240 + shift[1]
    _ellipse(image, (x, y), (118, 98), (150, 160, 200), 12)
    _ellipse(image, (x, y), (110, 90), (196, 204, 222), 12)
    cv2.line(image, (x - 18, y - 78), (x - 4, y + 8), (150, 172, 214), 11, cv2.LINE_AA)
    _ellipse(image, (x - 4, y + 10), (9, 9), (170, 188, 222))
    cone = np.array([(x + 2, y + 14), (x + 52, y + 62), (x + 22, y + 74)], dtype=np.int32)
    cv2.fillPoly(image, [cone], (236, 244, 250), cv2.LINE_AA)


def ear_canal(index: int) -> Image:
    """Frame `index` of an ear canal with its drum, moving as in an unsteady hand."""
    turn = 2 * math.pi * index / LOOP_FRAMES
    shift = (int(26 * math.sin(turn)), int(18 * math.sin(2 * turn + 1)))
    image = _blank((60, 80, 150))
    _canal_wall(image, shift)
    _ear_drum(image, shift)
    soft = cv2.GaussianBlur(image, (0, 0), 2.0)
    return np.asarray(soft * _canal_light(), dtype=np.uint8)


def _room(image: Image) -> None:
    cv2.rectangle(image, (0, 360), (WIDTH, HEIGHT), (198, 206, 210), -1)
    cv2.rectangle(image, (40, 40), (190, 200), (236, 222, 196), -1)
    cv2.rectangle(image, (40, 40), (190, 200), (250, 250, 250), 6)
    cv2.line(image, (115, 40), (115, 200), (250, 250, 250), 5)


def _body(image: Image, x: int, y: int) -> None:
    _ellipse(image, (x, 520), (190, 160), (150, 110, 60))
    cv2.rectangle(image, (x - 34, y + 90), (x + 34, y + 170), (140, 172, 214), -1)
    _ellipse(image, (x, y + 168), (46, 26), (140, 172, 214))


def _face(image: Image, x: int, y: int, blink: bool, smile: int) -> None:
    _ellipse(image, (x, y - 22), (104, 122), (72, 84, 96))
    _ellipse(image, (x, y), (90, 116), (152, 186, 226))
    _ellipse(image, (x, y - 96), (84, 42), (72, 84, 96))
    for side in (-1, 1):
        eye = (x + side * 36, y - 12)
        _ellipse(image, eye, (15, 2 if blink else 9), (250, 250, 250))
        _ellipse(image, eye, (7, 2 if blink else 8), (60, 52, 44))
        cv2.line(image, (eye[0] - 17, y - 36), (eye[0] + 17, y - 38), (80, 92, 104), 5, cv2.LINE_AA)
        _ellipse(image, (x + side * 52, y + 28), (16, 11), (148, 170, 232))
    cv2.line(image, (x, y - 4), (x - 8, y + 26), (124, 158, 204), 4, cv2.LINE_AA)
    cv2.ellipse(image, (x, y + 46), (32, 10 + smile), 0, 10, 170, (92, 92, 186), 5, cv2.LINE_AA)


def portrait(index: int) -> Image:
    """Frame `index` of a drawn person before a window, nodding, blinking and smiling."""
    turn = 2 * math.pi * index / LOOP_FRAMES
    x, y = 330 + int(14 * math.sin(turn)), 215 + int(7 * math.sin(2 * turn))
    image = _blank((214, 220, 222))
    _room(image)
    _body(image, x, y)
    _face(image, x, y, blink=index % 45 < 4, smile=int(5 + 4 * math.sin(turn)))
    return image


def covered(index: int) -> Image:
    """Frame `index` of a camera behind its cover: black, and the noise of the sensor."""
    noise = np.random.default_rng(index).integers(0, 12, (HEIGHT, WIDTH, 3))
    return np.asarray(noise, dtype=np.uint8)


PICTURES: dict[str, Callable[[int], Image]] = {
    "ear_canal": ear_canal,
    "portrait": portrait,
    "covered": covered,
}


def stamp_barcode(image: Image, milliseconds: int) -> None:
    """Write the low 32 bits of a time in ms as black and white cells over the top edge, in place."""
    for bit in range(BARCODE_BITS):
        left = bit * BARCODE_CELL
        image[:BARCODE_HEIGHT, left : left + BARCODE_CELL] = 255 if milliseconds >> bit & 1 else 0


def read_barcode(gray: Image) -> int:
    """The number that `stamp_barcode` wrote, from a grey (or Y plane) picture of 640 columns."""
    middle = gray[BARCODE_HEIGHT // 2]
    return sum(
        1 << bit for bit in range(BARCODE_BITS) if middle[bit * BARCODE_CELL + BARCODE_CELL // 2] > 127
    )


def encode_jpeg(image: Image) -> bytes:
    """One picture as a webcam would send it."""
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 85])
    if not done:
        raise RuntimeError("JPEG encoding failed")
    return data.tobytes()
