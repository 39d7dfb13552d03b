"""LifeScan OneTouch UltraEasy and UltraMini glucose meters, over their PL2303 cable.

Source: glucometer-protocols and glucometerutils (frames, commands, records; results are always in mg/dL). The
meter is asked for how many results it has, and for the first and the last of them: which end of its memory is
the newest is not told, so the later one is taken. Its memory and its clock are never written.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from devices.crc import crc16_ccitt
from devices.device import Device, SerialMatch
from devices.event import Event, FrameError, Measured, Rejected, Send
from devices.framing import LengthFramer
from devices.measuring import quantity
from devices.metrics import GLUCOSE_MASS
from devices.polled import Once
from devices.reading import Kind, Quality

_START, _END = b"\x02", 0x03
_EMPTY, _LONGEST = 6, 64  # bytes of a packet: without message, and as long as they come
_ACKNOWLEDGE, _DISCONNECT = 0x04, 0x08
_READ_RECORD, _HOW_MANY = b"\x05\x1f", 501  # a record that does not exist is answered with their number
_COUNT_BYTES, _RECORD_BYTES = 4, 10
_EPOCH = datetime(1970, 1, 1)


def packet(link: int, message: bytes = b"") -> bytes:
    body = bytes((_START[0], _EMPTY + len(message), link)) + message + bytes((_END,))
    return body + crc16_ccitt(body).to_bytes(2, "little")


CONNECT = packet(_DISCONNECT)  # whatever was going on is over


def ask(link: int, record: int) -> bytes:
    return packet(link, _READ_RECORD + record.to_bytes(2, "little"))


def unpack(data: bytes) -> tuple[int, bytes]:
    """Link control and message. Raises FrameError."""
    if len(data) < _EMPTY or data[:1] != _START or data[1] != len(data) or data[-3] != _END:
        raise FrameError("not a packet")
    if crc16_ccitt(data[:-2]) != int.from_bytes(data[-2:], "little"):
        raise FrameError("wrong checksum")
    return data[2], data[3:-3]


def may_send(command: bytes) -> bool:
    """Acknowledgements, and the reading of records: nothing that erases (05 1A), sets or configures."""
    try:
        link, message = unpack(command)
    except FrameError:
        return False
    if message:
        return link < _ACKNOWLEDGE and message[:2] == _READ_RECORD and len(message) == len(_READ_RECORD) + 2
    return link & ~3 in (_ACKNOWLEDGE, _DISCONNECT)


@dataclass(frozen=True, slots=True)
class Record:
    taken: datetime
    mg_dl: int

    @classmethod
    def parse(cls, message: bytes) -> "Record":
        """Raises FrameError."""
        if len(message) != _RECORD_BYTES:
            raise FrameError("not a result")
        seconds, value = (int.from_bytes(message[at : at + 4], "little") for at in (2, 6))
        return cls(_EPOCH + timedelta(seconds=seconds), value)


class Decoder:
    """A conversation: connected, how many, the first, the last. Each time that the meter connects, anew."""

    def __init__(self) -> None:
        self._framer = LengthFramer(_START, 2, _size_of, _is_sound)
        self._link = 0
        self._wanted: list[int] = []
        self._found: list[tuple[Record, bytes]] = []
        self._once = Once()

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        """Bytes of the serial stream, cut anywhere."""
        return [event for part in self._framer.split(data) for event in self._part(part)]

    def _part(self, part: bytes | Rejected) -> list[Event]:
        if isinstance(part, Rejected):
            return [part]
        link, message = unpack(part)
        if link & _DISCONNECT:
            self._link, self._wanted, self._found = 0, [_HOW_MANY], []
            return [Send(ask(self._link, _HOW_MANY))]
        if link & _ACKNOWLEDGE:
            return []
        self._link = link >> 1 & 1 | (~link & 1) << 1  # what it expects of us, what we expect next
        acknowledged = Send(packet(_ACKNOWLEDGE | self._link))
        try:
            return [acknowledged, *self._message(message, part)]
        except FrameError as error:
            return [acknowledged, Rejected(str(error), part)]

    def _message(self, message: bytes, part: bytes) -> list[Event]:
        if not self._wanted:
            raise FrameError("a message that nobody asked for")
        if self._wanted.pop(0) == _HOW_MANY:
            self._wanted = _ends(message)
        else:
            self._found.append((Record.parse(message), part))
        if self._wanted:
            return [Send(ask(self._link, self._wanted[0]))]
        return self._newest()

    def _newest(self) -> list[Event]:
        found, self._found = self._found, []
        if not found:
            return []
        record, part = max(found, key=lambda each: each[0].taken)
        value = (quantity(GLUCOSE_MASS, Decimal(record.mg_dl), invalid=(0,)),)
        return self._once.events(Measured(value, frozenset({Quality.FROM_MEMORY}), record.taken, part))


def _ends(message: bytes) -> list[int]:
    """The first and the last of so many records. Raises FrameError."""
    if len(message) != _COUNT_BYTES:
        raise FrameError("not a number of results")
    count = int.from_bytes(message[2:4], "little")
    return sorted({0, count - 1}) if 0 < count < _HOW_MANY else []


def _size_of(head: bytes) -> int:
    return head[1] if _EMPTY <= head[1] <= _LONGEST else 0


def _is_sound(frame: bytes) -> bool:
    return frame[-3] == _END and crc16_ccitt(frame[:-2]) == int.from_bytes(frame[-2:], "little")


def describe(data: bytes) -> dict[str, object]:
    link, message = unpack(data)
    return {"link": link, "message": message.hex()}


DEVICE = Device(
    key="lifescan_ultraeasy",
    name="OneTouch UltraEasy",
    kind=Kind.GLUCOMETER,
    match=SerialMatch(
        usb_ids=((0x067B, 0x2303),), baud=9600, checked=True, quiet=True,
        start=(CONNECT,), keep_alive=CONNECT, keep_alive_s=10.0, may_send=may_send,
    ),
    metrics=(GLUCOSE_MASS,),
    reference="glucometer-protocols, glucometerutils",
    experimental=True,
    limits="its last result is read, none before; what marks control solution is not known; its cable is one "
    "that many devices have; Verio, Select Plus and Ultra2 are not read",
    decoder=Decoder,
    protocols=(("lifescan", describe),),
)  # fmt: skip
