"""OEM oximeter boards that speak Berry's BCI protocol over a USB serial bridge.

Source: Berry BCI protocol as implemented independently by berry-oximeter and mykioxi; speed and rate of the
serial boards from one source.
"""

from devices.berry_bci import Frame
from devices.device import Device, SerialMatch
from devices.event import Event
from devices.five_bytes import FrameStream
from devices.metrics import PLETH, PULSE_RATE, SPO2
from devices.reading import Kind

FRAMES_HZ = 60
SAMPLES_PER_CHUNK = 6


class Decoder:
    """The stream, cut anywhere."""

    def __init__(self) -> None:
        self._stream = FrameStream(Frame.parse, FRAMES_HZ, SAMPLES_PER_CHUNK)

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        return self._stream.feed(data)


DEVICE = Device(
    key="berry_serial",
    name="BCI oximeter board",
    kind=Kind.OXIMETER,
    match=SerialMatch(usb_ids=((0x10C4, 0xEA60),), baud=4800),
    metrics=(SPO2, PULSE_RATE, PLETH),
    reference="Berry BCI protocol at 4800 baud",
    experimental=True,
    limits="its rate is not the same on every board: 60 frames a second are assumed",
    decoder=Decoder,
)
