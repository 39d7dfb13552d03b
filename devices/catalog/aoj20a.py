"""AOJ-20A infrared thermometer: says by itself what it has measured; nothing is ever sent to it.

Source: viatomEcho/LepuBle, Viatom's own.
"""

from decimal import Decimal

from devices.device import BleMatch, Device
from devices.event import Event, FrameError, Rejected
from devices.framing import LengthFramer
from devices.gatt import FramedDecoder, uuid
from devices.measuring import measured, quantity
from devices.metrics import BODY_TEMPERATURE
from devices.reading import Kind

SERVICE, NOTIFY = 0xFFE0, 0xFFE1
_START, _HEAD = b"\xaa\x01", 4
_LONGEST = 20
_MEASURED, _ERROR = 0xC1, 0xCE
_DATA_BYTES = {_MEASURED: 3, _ERROR: 1}  # whatever their length says
_OF_A_BODY, _OF_A_THING = (1, 2, 3), 4  # forehead of an adult, of a child, ear


def _is_sound(frame: bytes) -> bool:
    check = 0
    for byte in frame[1:-1]:
        check ^= byte
    return check == frame[-1]


def _size_of(head: bytes) -> int:
    size = _HEAD + _DATA_BYTES.get(head[2], head[3]) + 1
    return size if size <= _LONGEST else 0


def unpack(frame: bytes) -> tuple[int, bytes]:
    """Command and data. Raises FrameError."""
    if len(frame) <= _HEAD or not frame.startswith(_START) or len(frame) != _size_of(frame):
        raise FrameError("not a frame")
    if not _is_sound(frame):
        raise FrameError("wrong checksum")
    return frame[2], frame[_HEAD:-1]


def temperature(data: bytes) -> Decimal:
    """Degrees Celsius."""
    return Decimal(int.from_bytes(data[:2], "big")).scaleb(-2)


class Decoder(FramedDecoder):
    """A thing's temperature is no reading, and neither is its room's. What it keeps has to be asked for."""

    def __init__(self) -> None:
        super().__init__(uuid(NOTIFY), LengthFramer(_START, _HEAD, _size_of, _is_sound))

    def _frame(self, frame: bytes) -> list[Event]:
        command, data = unpack(frame)
        if command == _ERROR:
            return [Rejected(f"its error {data[0]:02X}", frame)]
        if command != _MEASURED:
            return []
        if data[2] not in _OF_A_BODY:
            return [Rejected("not the temperature of a body", frame)]
        celsius = quantity(BODY_TEMPERATURE, temperature(data))
        return [measured((celsius,), frozenset(), frame, live=True)]


def describe(data: bytes) -> dict[str, object]:
    """Raises FrameError."""
    command, content = unpack(data)
    if command == _MEASURED:
        return {"cmd": command, "temp": float(temperature(content)), "mode": content[2]}
    if command == _ERROR:
        return {"cmd": command, "error": content[0]}
    return {"cmd": command, "data": content.hex()}


DEVICE = Device(
    key="aoj20a",
    name="AOJ-20A",
    kind=Kind.THERMOMETER,
    match=BleMatch(
        uuid(SERVICE), (uuid(NOTIFY),), names=("AOJ-20A",), announced=False, results_notified=True
    ),  # a service that everything has
    metrics=(BODY_TEMPERATURE,),
    reference="LepuBle",
    experimental=True,
    limits="its records are not read; °C is taken for granted",
    decoder=Decoder,
    protocols=(("aoj20a", describe),),
)
