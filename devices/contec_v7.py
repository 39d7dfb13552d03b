"""Contec's "Communication protocol of pulse oximeter V7.0": packets, what is in them, and commands.

A packet is a type byte below 80h, a byte with the high bits of the data, then up to seven data bytes, all
with their own high bit set. There is no checksum: what the high bits and the length of a packet do not
betray cannot be detected.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum

from devices.event import FrameError, Rejected
from devices.framing import MarkedFramer


class Command(IntEnum):
    """The only commands that may be sent: none erases (AE), and none sets the clock."""

    START = 0xA1
    STOP = 0xA2
    SEGMENTS = 0xA3
    LENGTH = 0xA4
    START_TIME = 0xA5
    DATA = 0xA6
    STOP_DATA = 0xA7
    DEVICE_ID = 0xAA
    KEEP_ALIVE = 0xAF


_OF_A_SEGMENT = (Command.LENGTH, Command.START_TIME, Command.DATA)
_CONTROL, REALTIME = 0x7D, 0x01
_NO_SPO2, _NO_PULSE, _NO_INDEX = (0, 0x7F), (0, 0xFF), 0xFFFF
_LONGEST, _LONGEST_JUNK = 9, 16  # bytes
# Data bytes by packet type; the texts (model, vendor, version) have no fixed length.
_DATA_BYTES = {
    **dict.fromkeys((0x01, 0x04, 0x05, 0x11, 0x15, _CONTROL), 7),
    **dict.fromkeys((0x07, 0x08, 0x0F, 0x12), 6),
    0x09: 4,
    **dict.fromkeys((0x0A, 0x0B), 2),
    **dict.fromkeys((0x0D, 0x0E, 0x10), 1),
    0x0C: 0,
}
# By the seven high bits: a mask over seven data bytes that clears those which are not really set.
_KEPT = [
    int.from_bytes(bytes(0x7F | (high >> at & 1) << 7 for at in range(7)), "little") for high in range(128)
]
_OPEN_ENDED = (0x02, 0x03, 0x06, 0x13, 0x14)


def command(opcode: Command, user: int = 0, segment: int = 0) -> bytes:
    """The nine bytes of a command; of what `user` has recorded, where it is about a recording."""
    data = bytes((opcode, user, segment, 0, 0, 0, 0))
    high = sum((byte >> 7) << at for at, byte in enumerate(data))
    return bytes((_CONTROL, 0x80 | high)) + bytes(0x80 | byte for byte in data)


def may_send(packet: bytes) -> bool:
    """Whether it is one of `Command`, and no other argument with it than a user and a segment."""
    try:
        _, (opcode, user, segment, *_) = unpack(packet)
        known = Command(opcode)
    except ValueError:
        return False
    return packet == (command(known, user, segment) if known in _OF_A_SEGMENT else command(known))


def unpack(packet: bytes) -> tuple[int, bytes]:
    """Type and data with the high bits put back. FrameError unless the high bits and the length are right."""
    if not 2 <= len(packet) <= _LONGEST:
        raise FrameError(f"a packet of {len(packet)} bytes")
    if packet[0] & 0x80 or min(packet[1:]) < 0x80:
        raise FrameError("wrong high bits")
    if packet[0] not in _DATA_BYTES and packet[0] not in _OPEN_ENDED:
        raise FrameError(f"unknown packet type {packet[0]:02X}")
    marked = int.from_bytes(packet[2:], "little")
    data = (marked & _KEPT[packet[1] & 0x7F]).to_bytes(len(packet) - 2, "little")
    if len(data) != _DATA_BYTES.get(packet[0], len(data)):
        raise FrameError(f"type {packet[0]:02X} with {len(data)} data bytes")
    return packet[0], data


@dataclass(frozen=True, slots=True)
class Realtime:
    """The data of a type 01 packet. `None` is "no value": 7F or 0 for SpO2, FF or 0 for the pulse rate."""

    signal: int
    searching_too_long: bool
    low_spo2: bool
    beep: bool
    probe_error: bool
    pleth: int
    searching: bool
    bar: int
    pi_invalid: bool
    pr: int | None
    spo2: int | None
    pi: Decimal | None

    @classmethod
    def parse(cls, data: bytes) -> "Realtime":
        state, wave, bar, pulse, spo2 = data[:5]
        index = int.from_bytes(data[5:7], "little")
        pi_invalid = bool(bar & 0x10)
        return cls(
            signal=state & 0x0F,
            searching_too_long=bool(state & 0x10),
            low_spo2=bool(state & 0x20),
            beep=bool(state & 0x40),
            probe_error=bool(state & 0x80),
            pleth=wave & 0x7F,
            searching=bool(wave & 0x80),
            bar=bar & 0x0F,
            pi_invalid=pi_invalid,
            pr=None if pulse in _NO_PULSE else pulse,
            spo2=None if spo2 in _NO_SPO2 else spo2,
            pi=None if pi_invalid or index == _NO_INDEX else _hundredths(index),
        )


def _hundredths(value: int) -> Decimal:
    return Decimal(value).scaleb(-2)


class Framer:
    """Cuts the byte stream into packets."""

    def __init__(self) -> None:
        self._parts = MarkedFramer(lambda byte: byte < 0x80)

    def split(self, data: bytes) -> Iterator[bytes | Rejected]:
        """Whole packets with right high bits and length; everything else as Rejected."""
        return map(_checked, self._parts.split(data))

    def answers(self, data: bytes) -> Iterator[bytes | Rejected]:
        """As `split`, and the last packet as soon as it is as long as its type: nothing may follow it."""
        yield from self.split(data)
        if last := self._parts.take_held(_is_complete):
            yield last


def _checked(packet: bytes) -> bytes | Rejected:
    if packet[0] >= 0x80:
        return Rejected("bytes outside any packet", packet)
    try:
        unpack(packet)
    except FrameError as error:
        return Rejected(str(error), packet)
    return packet


def _is_complete(packet: bytes) -> bool:
    return len(packet) >= 2 and len(packet) - 2 == _DATA_BYTES.get(packet[0], -1)


def describe_packet(packet: bytes) -> dict[str, object]:
    """Any packet the device sends, by its type. Raises FrameError."""
    kind, data = unpack(packet)
    return {"type": kind, **_describe_data(kind, data)}


def _describe_data(kind: int, data: bytes) -> dict[str, object]:
    if kind == REALTIME:
        frame = Realtime.parse(data)
        described: dict[str, object] = {name: getattr(frame, name) for name in Realtime.__slots__}
        return described | {"pi": None if frame.pi is None else float(frame.pi)}
    if kind in (0x07, 0x12):
        return _describe_time(kind, data)
    if kind == 0x08:
        return {"bytes": int.from_bytes(data[2:6], "little")}
    if kind in (0x09, 0x0F):
        return _describe_stored(kind, data)
    if kind in (0x04, 0x05):
        return {"text": data[kind == 0x05 :].decode("latin-1")}
    return {"data": data.hex()}


def _describe_time(kind: int, data: bytes) -> dict[str, object]:
    if kind == 0x07:
        return {"date": f"{data[2]:02}{data[3]:02}-{data[4]:02}-{data[5]:02}"}
    return {"time": f"{data[2]:02}:{data[3]:02}:{data[4]:02}"}


def _describe_stored(kind: int, data: bytes) -> dict[str, object]:
    pairs = stored(kind, data)
    if kind == 0x0F:
        return {"samples": [list(pair) for pair in pairs]}
    index = int.from_bytes(data[2:4], "little")
    spo2, pulse = pairs[0]
    return {"spo2": spo2, "pr": pulse, "pi": None if index == _NO_INDEX else float(_hundredths(index))}


def stored(kind: int, data: bytes) -> list[tuple[int | None, int | None]]:
    """SpO2 and pulse rate of the seconds in a packet 09 or 0F; `None` as in `Realtime`."""
    pairs = ((data[at], data[at + 1]) for at in range(0, 6 if kind == 0x0F else 2, 2))
    return [
        (None if spo2 in _NO_SPO2 else spo2, None if pulse in _NO_PULSE else pulse) for spo2, pulse in pairs
    ]


def describe_command(packet: bytes) -> dict[str, object]:
    """A command to the device: nine bytes of type 7D. Raises FrameError."""
    kind, data = unpack(packet)
    if kind != _CONTROL:
        raise FrameError("not a control command")
    return {"type": kind, "opcode": data[0]}
