"""Microlife cuffs: 4D, FF to the cuff or 3A from it, the length of what follows, data, sum.

Source: blood-pressure-monitor-fl, one source.
"""

from devices.event import FrameError

_START, _DIRECTIONS = 0x4D, (0xFF, 0x3A)
_HEAD = 4


def describe(data: bytes) -> dict[str, object]:
    if len(data) <= _HEAD or data[0] != _START or data[1] not in _DIRECTIONS:
        raise FrameError("not a frame")
    length = int.from_bytes(data[2:4], "big")
    if len(data) != _HEAD + length:
        raise FrameError("not as long as it says")
    if sum(data[:-1]) & 0xFF != data[-1]:
        raise FrameError("wrong checksum")
    return {"dir": data[1], "len": length, "data": data[_HEAD:-1].hex()}


PROTOCOLS = (("microlife_frame", describe),)
