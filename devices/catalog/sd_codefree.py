"""SD Biosensor CodeFree glucose meter, over its CP210x cable.

Source: glucometer-protocols and glucometerutils. The meter begins when it is switched on, and gives its
results one by one, the newest first, as often as it is asked. All are fetched, because only then does it let
go; the newest is the one that counts. Its clock is never set.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import xor

from devices.device import Device, SerialMatch
from devices.event import Event, FrameError, Measured, Rejected, Send
from devices.framing import LengthFramer
from devices.measuring import quantity
from devices.metrics import GLUCOSE_MASS
from devices.reading import Kind, Quality

_START, _END = b"\x53\x20", 0xAA
_OUT = 0x10
_HEAD, _TAIL = 3, 2  # start, direction, length; checksum, end
_CHALLENGE = b"\x10\x30"
_COUNT, _COUNT_BYTES, _RESULT_BYTES = 0x30, 22, 17
_MEALS = {
    0x00: frozenset[Quality](),
    0x10: frozenset({Quality.BEFORE_MEAL}),
    0x20: frozenset({Quality.AFTER_MEAL}),
}


def packet(message: bytes) -> bytes:
    """To the meter."""
    return bytes((_START[0], _OUT, len(message) + _TAIL)) + message + bytes((reduce(xor, message), _END))


READY, FETCH = packet(b"\x10\x40"), packet(b"\x10\x60")


def may_send(command: bytes) -> bool:
    """That we are there, and that we want the next result."""
    return command in (READY, FETCH)


def unpack(data: bytes) -> bytes:
    """The message. Raises FrameError."""
    if len(data) <= _HEAD + _TAIL or data[:2] != _START or data[2] != len(data) - _HEAD:
        raise FrameError("not a packet of the meter")
    if not _is_sound(data):
        raise FrameError("wrong checksum")
    return data[_HEAD:-_TAIL]


def _is_sound(frame: bytes) -> bool:
    return frame[-1] == _END and reduce(xor, frame[_HEAD:-1]) == 0


@dataclass(frozen=True, slots=True)
class Result:
    taken: datetime
    mg_dl: int
    meal: frozenset[Quality]

    @classmethod
    def parse(cls, message: bytes) -> "Result":
        """Raises FrameError."""
        if len(message) != _RESULT_BYTES or message[9] not in _MEALS:
            raise FrameError("not a result")
        try:
            taken = datetime(2000 + message[2], *message[3:7])
        except ValueError as error:
            raise FrameError("a result of no date") from error
        return cls(taken, int.from_bytes(message[7:9], "big"), _MEALS[message[9]])


class Decoder:
    """A conversation: we are there, how many there are, one after the other."""

    def __init__(self) -> None:
        self._framer = LengthFramer(_START, _HEAD, _size_of, _is_sound)
        self._is_newest = False

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        """Bytes of the serial stream, cut anywhere."""
        return [event for part in self._framer.split(data) for event in self._part(part)]

    def _part(self, part: bytes | Rejected) -> list[Event]:
        if isinstance(part, Rejected):
            return [part]
        message = unpack(part)
        if message == _CHALLENGE:
            return [Send(READY)]
        if len(message) == _COUNT_BYTES and message[0] == _COUNT:
            self._is_newest = True
            return [Send(FETCH)]
        return self._result(message, part) if len(message) == _RESULT_BYTES else []

    def _result(self, message: bytes, part: bytes) -> list[Event]:
        is_newest, self._is_newest = self._is_newest, False
        if not is_newest:
            return [Send(FETCH)]
        try:
            result = Result.parse(message)
        except FrameError as error:
            return [Rejected(str(error), part), Send(FETCH)]
        value = (quantity(GLUCOSE_MASS, result.mg_dl, invalid=(0,)),)
        return [Measured(value, result.meal | {Quality.FROM_MEMORY}, result.taken, part), Send(FETCH)]


def _size_of(head: bytes) -> int:
    return _HEAD + head[2] if head[2] > _TAIL else 0


def describe(data: bytes) -> dict[str, object]:
    message = unpack(data)
    if len(message) != _RESULT_BYTES:
        return {"message": message.hex()}
    result = Result.parse(message)
    meal = [mark.value for mark in result.meal]
    return {"datetime": result.taken.isoformat(timespec="minutes"), "mg_dl": result.mg_dl, "meal": meal}


DEVICE = Device(
    key="sd_codefree",
    name="SD CodeFree",
    kind=Kind.GLUCOMETER,
    match=SerialMatch(
        usb_ids=((0x10C4, 0xEA60),), baud=38400, checked=True, quiet=True, may_send=may_send
    ),
    metrics=(GLUCOSE_MASS,),
    reference="glucometer-protocols, glucometerutils",
    experimental=True,
    limits="its last result is read, none before; it speaks once, when it is switched on: at a cable that "
    "was another's before, it may have to be switched on twice; mg/dL is one source's word",
    decoder=Decoder,
    protocols=(("codefree", describe),),
)  # fmt: skip
