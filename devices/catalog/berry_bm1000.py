"""BerryMed BM1000 and its relatives: Berry's five-byte BCI stream as notifications.

Source: Berry BCI protocol as implemented independently by berry-oximeter and mykioxi.
"""

from devices.berry_bci import Frame, describe
from devices.device import BleMatch, Device
from devices.event import Event
from devices.five_bytes import FrameStream
from devices.gatt import unexpected
from devices.metrics import PLETH, PULSE_RATE, SPO2
from devices.reading import Kind

SERVICE = "49535343-fe7d-4ae5-8fa9-9fafd205e455"
STREAM = "49535343-1e4d-4bd9-ba61-23c647249616"
FRAMES_HZ = 100
_SAMPLES_PER_CHUNK = 10


class Decoder:
    """The stream of one connection; a frame may begin in one notification and end in the next."""

    def __init__(self) -> None:
        self._stream = FrameStream(Frame.parse, FRAMES_HZ, _SAMPLES_PER_CHUNK)

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        return self._stream.feed(data) if source == STREAM else [unexpected(source, data)]


DEVICE = Device(
    key="berry_bm1000",
    name="BerryMed BM1000",
    kind=Kind.OXIMETER,
    match=BleMatch(SERVICE, (STREAM,), names=("BerryMed",)),  # a service of many serial bridges
    metrics=(SPO2, PULSE_RATE, PLETH),
    reference="Berry BCI protocol",
    limits="live values; its records are not read",
    decoder=Decoder,
    protocols=(("berry_bci", describe),),
)
