"""TaiDoc and FORA glucose meters over Bluetooth (the frames of the TD-42xx).

Source: glucometer-protocols, glucometerutils (frames, records); the Bluetooth service from one source. The
meter is asked for its model and its newest result. Nothing clears its memory (52), sets its clock (33) or
starts a cuff (43).
"""

from datetime import datetime

from devices.device import BleMatch, Device, Event, FrameError, Measured
from devices.gatt import rejected, unexpected
from devices.measuring import quantity
from devices.metrics import GLUCOSE_MASS
from devices.reading import Kind, Quality

SERVICE = "00001523-1212-efde-1523-785feabcd123"
CHARACTERISTIC = "00001524-1212-efde-1523-785feabcd123"
_START, _SIZE = 0x51, 8
_ASKED, _ANSWERED = 0xA3, 0xA5
_MODEL, _TIME, _VALUE = 0x24, 0x25, 0x26
_ALLOWED = (_MODEL, _TIME, _VALUE)
_METERS = 0x4  # the first of the model's four digits: others are cuffs and thermometers
_MEALS = {
    0x00: frozenset[Quality](),
    0x40: frozenset({Quality.BEFORE_MEAL}),
    0x80: frozenset({Quality.AFTER_MEAL}),
}


def request(command: int) -> bytes:
    """A question about the meter or its newest result. ValueError for anything else."""
    if command not in _ALLOWED:
        raise ValueError(f"{command:02X} is not allowed")
    body = bytes((_START, command, 0, 0, 0, 0, _ASKED))
    return body + bytes((sum(body) & 0xFF,))


def unpack(data: bytes) -> tuple[int, bytes, int]:
    """Command, four bytes of message, direction. Raises FrameError."""
    if len(data) != _SIZE or data[0] != _START or data[6] not in (_ASKED, _ANSWERED):
        raise FrameError("not a frame of eight bytes")
    if sum(data[:-1]) & 0xFF != data[-1]:
        raise FrameError("wrong checksum")
    return data[1], data[2:6], data[6]


def date_time(message: bytes) -> datetime:
    """To the minute. Raises FrameError."""
    if len(message) != 4:
        raise FrameError("a date and time has four bytes")
    day = int.from_bytes(message[:2], "little")
    try:
        return datetime(2000 + (day >> 9), day >> 5 & 0x0F, day & 0x1F, message[3], message[2])
    except ValueError as error:
        raise FrameError("not a date and time") from error


class Decoder:
    """One connection; a result is believed once the model is a glucose meter's and its time is known."""

    def __init__(self) -> None:
        self._is_meter = False
        self._taken: datetime | None = None

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        """One notification, which is one frame."""
        if source != CHARACTERISTIC:
            return [unexpected(source, data)]
        try:
            return self._answer(bytes(data))
        except FrameError as error:
            return [rejected(str(error), data)]

    def _answer(self, data: bytes) -> list[Event]:
        command, message, direction = unpack(data)
        if direction != _ANSWERED:
            raise FrameError("no answer")
        if command == _MODEL:
            self._is_meter, self._taken = message[1] >> 4 == _METERS, None
        elif command == _TIME:
            self._taken = date_time(message)
        elif command == _VALUE:
            return self._result(message, data)
        return []

    def _result(self, message: bytes, data: bytes) -> list[Event]:
        taken, self._taken = self._taken, None
        if taken is None or not self._is_meter or message[3] not in _MEALS:
            raise FrameError("a result without its model and time")
        value = (quantity(GLUCOSE_MASS, int.from_bytes(message[:2], "little"), invalid=(0,)),)
        return [Measured(value, _MEALS[message[3]] | {Quality.FROM_MEMORY}, taken, data)]


def describe(data: bytes) -> dict[str, object]:
    command, message, direction = unpack(data)
    return {"cmd": command, "message": message.hex(), "dir": direction}


def describe_date_time(data: bytes) -> dict[str, object]:
    return {"datetime": date_time(data).isoformat(timespec="minutes")}


DEVICE = Device(
    key="taidoc_glucose",
    name="TaiDoc / FORA glucose meter",
    kind=Kind.GLUCOMETER,
    match=BleMatch(
        SERVICE, (CHARACTERISTIC,), names=("TAIDOC", "TaiDoc", "FORA"), write=CHARACTERISTIC,
        start=(request(_MODEL), request(_TIME), request(_VALUE)),
    ),
    metrics=(GLUCOSE_MASS,),
    reference="glucometer-protocols, glucometerutils",
    experimental=True,
    limits="its last result is read, none before; its advertised names are assumed; meters with a USB cable "
    "(a HID bridge) are not read",
    decoder=Decoder,
    protocols=(("td42xx", describe), ("td42xx_datetime", describe_date_time)),
)  # fmt: skip
