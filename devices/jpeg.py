"""Where a JPEG begins and ends, and how large a picture it says that it is. Pure.

Source: ITU-T T.81, B.1.1.3 (marker codes) and B.2.2 (frame header).
"""

from devices.event import FrameError
from devices.pictures import Picture

START, END = b"\xff\xd8", b"\xff\xd9"
_BASELINE, _SCAN, _FIRST, _LAST = 0xC0, 0xDA, 0xC0, 0xFE
_SIDES_AT, _SIDES_BYTES = 5, 4  # after the marker: length, precision, then height and width


def picture(data: bytes, most_pixels: int) -> Picture:
    """Without what lies behind its end. Raises FrameError.

    Baseline alone, and of a size that it may have: a few bytes must not make whoever opens it work for long.
    """
    end = data.rfind(END)
    if not data.startswith(START) or end < 0:
        raise FrameError("not a whole picture")
    width, height = _sides(data)
    if not 0 < width * height <= most_pixels:
        raise FrameError(f"a picture of {width} x {height}")
    return Picture(data[: end + len(END)], width, height)


def _sides(data: bytes) -> tuple[int, int]:
    at = len(START)
    while at + 4 <= len(data) and data[at] == 0xFF and _FIRST <= data[at + 1] <= _LAST:
        if data[at + 1] == _BASELINE:
            sides = data[at + _SIDES_AT : at + _SIDES_AT + _SIDES_BYTES]
            return int.from_bytes(sides[2:], "big"), int.from_bytes(sides[:2], "big")
        if data[at + 1] == _SCAN:
            break
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    raise FrameError("not a baseline JPEG")
