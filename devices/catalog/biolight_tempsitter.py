"""Biolight (IRULU) Temp Sitter: a thermometer that is worn, and says its temperature again and again.

Source: notifications of one, published with a question how to read them; the name from two applications.
"""

from decimal import Decimal

from devices.cadence import Cadence
from devices.device import BleMatch, Device
from devices.event import Event, FrameError
from devices.framing import LengthFramer
from devices.gatt import FramedDecoder, uuid
from devices.measuring import measured, quantity
from devices.metrics import BODY_TEMPERATURE
from devices.reading import Kind

SERVICE, NOTIFY = 0xFFE0, 0xFFE1
_START, _SIZE = b"\xaa\x06\x11\x00", 8
_SOONEST, _LATEST = 1, 30  # frames


def _is_sound(frame: bytes) -> bool:
    return sum(frame[1:-1]) & 0xFF == frame[-1]


def parse(frame: bytes) -> Decimal:
    """Degrees Celsius. Raises FrameError."""
    if len(frame) != _SIZE or not frame.startswith(_START):
        raise FrameError("not a frame of eight bytes")
    if not _is_sound(frame):
        raise FrameError("wrong checksum")
    return Decimal(int.from_bytes(frame[4:6], "little")).scaleb(-2)


class Decoder(FramedDecoder):
    """Every change is a reading."""

    def __init__(self) -> None:
        super().__init__(uuid(NOTIFY), LengthFramer(_START, len(_START), lambda _: _SIZE, _is_sound))
        self._cadence = Cadence(_SOONEST, _LATEST)

    def _frame(self, frame: bytes) -> list[Event]:
        celsius = parse(frame)
        if not self._cadence.due(celsius):
            return []
        return [measured((quantity(BODY_TEMPERATURE, celsius),), frozenset(), frame, live=True)]


def describe(data: bytes) -> dict[str, object]:
    """Raises FrameError."""
    return {"temp": float(parse(data))}


DEVICE = Device(
    key="biolight_tempsitter",
    name="Biolight Temp Sitter",
    kind=Kind.THERMOMETER,
    match=BleMatch(
        uuid(SERVICE), (uuid(NOTIFY),), names=("BLT_MODT",), announced=False
    ),  # a service that everything has
    metrics=(BODY_TEMPERATURE,),
    reference="published notifications of a Temp Sitter",
    experimental=True,
    limits="how it says that it is not worn is not known; what it shows is the skin's temperature",
    decoder=Decoder,
    protocols=(("tempsitter", describe),),
)
