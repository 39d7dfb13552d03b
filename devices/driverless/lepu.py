"""Lepu / Viatom's second framing (OxyII, BP2) and the records of a BP2 cuff.

Sources: o2ring-s-protocol and viatom-o2ring-ble (framing), viatom_bp2_ha (records): one source for each.
"""

from devices.crc import crc8
from devices.event import FrameError

_START = 0xA5
_HEAD = 7  # start, command, its complement, direction, sequence, length
_RECORD_BYTES = 37


def describe_frame(data: bytes) -> dict[str, object]:
    if len(data) <= _HEAD or data[0] != _START or data[1] ^ 0xFF != data[2]:
        raise FrameError("not a frame")
    if len(data) != _HEAD + int.from_bytes(data[5:7], "little") + 1:
        raise FrameError("not as long as it says")
    if crc8(data[:-1]) != data[-1]:
        raise FrameError("wrong checksum")
    return {"cmd": data[1], "dir": data[3], "seq": data[4], "data": data[_HEAD:-1].hex()}


def describe_record(data: bytes) -> dict[str, object]:
    """Pressures in mmHg; the time in seconds since 1970, by the cuff's own clock."""
    if len(data) != _RECORD_BYTES:
        raise FrameError(f"a record has {_RECORD_BYTES} bytes")
    values = [int.from_bytes(data[at : at + 2], "little") for at in range(13, 21, 2)]
    return {
        "timestamp": int.from_bytes(data[:4], "little"),
        "irregular": bool(data[8]),
        **dict(zip(("sys", "dia", "map", "hr"), values, strict=True)),
    }


PROTOCOLS = (("lepu_a5", describe_frame), ("lepu_bp2_record", describe_record))
