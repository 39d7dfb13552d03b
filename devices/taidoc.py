"""What TaiDoc's and FORA's meters are asked, and answer: eight bytes each way, by Bluetooth or by wire.

Source: glucometer-protocols, glucometerutils (TD-42xx: frames, commands, records). The newest result is
record 0; its value is always in mg/dL. Neither its time nor the clock has seconds. Nothing clears the memory
(52), sets the clock (33) or starts a cuff (43).
"""

from datetime import datetime

from devices.event import ClockShown, Event, FrameError, Measured
from devices.measuring import quantity
from devices.metrics import GLUCOSE_MASS
from devices.polled import Once
from devices.reading import Quality

START, SIZE = 0x51, 8
CONNECT, CLOCK, MODEL, TIME, VALUE = 0x22, 0x23, 0x24, 0x25, 0x26
_ALLOWED = (CONNECT, CLOCK, MODEL, TIME, VALUE)
_ASKED, _ANSWERED = 0xA3, 0xA5
_METERS = 0x4  # the first of the model's four digits: others are cuffs and thermometers
# What is none of these is no patient's: C0 is said to be control solution.
_MEALS = {
    0x00: frozenset[Quality](),
    0x40: frozenset({Quality.BEFORE_MEAL}),
    0x80: frozenset({Quality.AFTER_MEAL}),
}


def request(command: int) -> bytes:
    """A question about the meter or its newest result. ValueError for anything else."""
    if command not in _ALLOWED:
        raise ValueError(f"{command:02X} is not allowed")
    body = bytes((START, command, 0, 0, 0, 0, _ASKED))
    return body + bytes((sum(body) & 0xFF,))


def is_sound(frame: bytes) -> bool:
    return sum(frame[:-1]) & 0xFF == frame[-1]


def unpack(data: bytes) -> tuple[int, bytes, int]:
    """Command, four bytes of message, direction. Raises FrameError."""
    if len(data) != SIZE or data[0] != START or data[6] not in (_ASKED, _ANSWERED):
        raise FrameError("not a frame of eight bytes")
    if not is_sound(data):
        raise FrameError("wrong checksum")
    return data[1], data[2:6], data[6]


def answer(data: bytes) -> tuple[int, bytes]:
    """Command and message of a frame of the meter's. Raises FrameError."""
    command, message, direction = unpack(data)
    if direction != _ANSWERED:
        raise FrameError("no answer")
    return command, message


def date_time(message: bytes) -> datetime:
    """To the minute. Raises FrameError."""
    if len(message) != 4:
        raise FrameError("a date and time has four bytes")
    day = int.from_bytes(message[:2], "little")
    try:
        return datetime(2000 + (day >> 9), day >> 5 & 0x0F, day & 0x1F, message[3], message[2])
    except ValueError as error:
        raise FrameError("not a date and time") from error


class Meter:
    """One connection; a result is believed once the model is a glucose meter's and its time is known."""

    def __init__(self) -> None:
        self.is_meter = False
        self._once = Once()
        self._taken: datetime | None = None

    def take(self, command: int, message: bytes, data: bytes) -> list[Event]:
        """An answer, and the frame that it came in. Raises FrameError."""
        if command == MODEL:
            self.is_meter, self._taken = message[1] >> 4 == _METERS, None
        elif command == CLOCK:
            return _clock_shown(message)
        elif command == TIME:
            self._taken = date_time(message)
        elif command == VALUE:
            return self._once.events(self._result(message, data))
        return []

    def _result(self, message: bytes, data: bytes) -> Measured:
        taken, self._taken = self._taken, None
        if taken is None or not self.is_meter:
            raise FrameError("a result without its model and time")
        if message[3] not in _MEALS:
            raise FrameError("not a patient's result")
        value = (quantity(GLUCOSE_MASS, int.from_bytes(message[:2], "little"), invalid=(0,)),)
        return Measured(value, _MEALS[message[3]] | {Quality.FROM_MEMORY}, taken, data)


def _clock_shown(message: bytes) -> list[Event]:
    """Nothing when it was never set: what is no date says nothing of what it is off."""
    try:
        return [ClockShown(date_time(message), to_the_minute=True)]
    except FrameError:
        return []


def describe(data: bytes) -> dict[str, object]:
    """Raises FrameError."""
    command, message, direction = unpack(data)
    return {"cmd": command, "message": message.hex(), "dir": direction}


def describe_date_time(data: bytes) -> dict[str, object]:
    """Raises FrameError."""
    return {"datetime": date_time(data).isoformat(timespec="minutes")}
