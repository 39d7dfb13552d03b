"""All that a device sends while a recording is read, in one piece: each answer comes when it is asked for."""

from datetime import datetime

from tests.fakes import frames
from tests.fakes.contec_recorder import Recorded, night, old_download

_BEGAN = datetime(2026, 11, 29, 22, 41, 7)
_LIVE = bytes.fromhex("9000000000")


def of_old(length_s: int) -> bytes:
    """With live frames before and after."""
    return _LIVE * 3 + old_download(Recorded(night(length_s))) + _LIVE


def of_v7(length_s: int) -> bytes:
    """The answers in order, each given when it is asked for."""
    seconds = b"".join(bytes((spo2 or 0x7F, pulse or 0xFF)) for spo2, pulse in night(length_s))
    filled = seconds + bytes(-len(seconds) % 6)
    answers = (
        (0x0C, b""), (0x0A, b"\x00\x01"),
        (0x07, bytes((0, 0, 20, 26, 11, 29))), (0x12, bytes((0, 0, 22, 41, 7, 0))),
        (0x08, b"\x00\x00" + len(seconds).to_bytes(4, "little")),
        *((0x0F, filled[at : at + 6]) for at in range(0, len(filled), 6)), (0x0C, b""),
    )  # fmt: skip
    return b"".join(frames.contec_v7_packet(kind, data) for kind, data in answers)


def of_ring() -> bytes:
    info = b'{"CurTIME":"2026-11-30,09:00:00","FileList":"20261129224107"}'
    whole = frames.vld(_BEGAN, 30)
    parts = (info, len(whole).to_bytes(4, "little"), whole, b"")
    return b"".join(frames.viatom_reply(part) for part in parts)
