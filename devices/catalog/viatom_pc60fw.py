"""Viatom PC-60FW fingertip oximeters: numbers once a second, over a service that many other things have too.

Source: the layout on which LepuBle and viatom_pc60fw agree. The rate of its wave is not known: the samples
are described, never shown.
"""

from devices.creative import Numbers, framer, unpack
from devices.device import BleMatch, Device
from devices.event import Event
from devices.gatt import FramedDecoder
from devices.metrics import PERFUSION_INDEX, PULSE_RATE, SPO2
from devices.reading import Kind
from devices.streamed import StreamedOximeter

SERVICE = "6e400001-b5a3-f393-e0a9-e50e24dcca9e"
NOTIFY = "6e400003-b5a3-f393-e0a9-e50e24dcca9e"
NAMES = (
    "PC-60F",
    "PC-60NW",
    "PC-66B",
    "POD-1",
    "POD-2B",
    "PF-10",
    "OxySmart",
)  # as the maker's library has them
_TOKEN_LIVE, _NUMBERS = 0x0F, 1


class Decoder(FramedDecoder):
    """Frames that are no numbers (waves, the battery) are ignored."""

    def __init__(self) -> None:
        super().__init__(NOTIFY, framer())
        self._stream = StreamedOximeter(1)

    def _frame(self, frame: bytes) -> list[Event]:
        token, kind, data = unpack(frame)
        if (token, kind) != (_TOKEN_LIVE, _NUMBERS):
            return []
        numbers = Numbers.parse(data)
        return self._stream.frame(numbers.state(), None, numbers.quantities(), frame)


def describe(data: bytes) -> dict[str, object]:
    """Any frame by its token and type. Raises FrameError."""
    token, kind, rest = unpack(data)
    head: dict[str, object] = {"token": token, "type": kind}
    match (token, kind):
        case (0x0F, 1):
            return head | Numbers.parse(rest).describe()
        case (0x0F, 2):
            return head | {"wave": [sample & 0x7F for sample in rest]}
        case (0xF0, 3) if rest:
            return head | {"battery": rest[0]}
    return head | {"data": rest.hex()}


DEVICE = Device(
    key="viatom_pc60fw",
    name="Viatom PC-60FW",
    kind=Kind.OXIMETER,
    match=BleMatch(SERVICE, (NOTIFY,), names=NAMES),
    metrics=(SPO2, PULSE_RATE, PERFUSION_INDEX),
    reference="Viatom PC-60FW protocol",
    limits="the wave is not shown: its rate is not known",
    decoder=Decoder,
    protocols=(("pc60fw", describe),),
)
