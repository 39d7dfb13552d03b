"""BerryMed BM1000 and its relatives: the five-byte BCI stream as notifications.

Source: Berry BCI protocol as implemented independently by berry-oximeter and mykioxi.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from devices.device import BleMatch, Device, Event, FrameError, Rejected, SignalState
from devices.framing import MarkedFramer
from devices.gatt import unexpected
from devices.measuring import quantity, sensor_off
from devices.metrics import PLETH, PULSE_RATE, SPO2
from devices.reading import Kind, Quality, Quantity
from devices.streamed import StreamedOximeter

SERVICE = "49535343-fe7d-4ae5-8fa9-9fafd205e455"
STREAM = "49535343-1e4d-4bd9-ba61-23c647249616"
FRAMES_HZ = 100
_SAMPLES_PER_CHUNK = 10
_SIZE = 5
_NO_SPO2 = (0, 127)
_NO_PULSE = (0, 255)


@dataclass(frozen=True, slots=True)
class Frame:
    """`None` is "no value": 7F or 0 for SpO2, FF or 0 for the pulse rate."""

    strength: int
    no_signal: bool
    probe_unplugged: bool
    beep: bool
    pleth: int
    bar: int
    no_finger: bool
    searching: bool
    pr: int | None
    spo2: int | None

    @classmethod
    def parse(cls, data: bytes) -> "Frame":
        """Raises FrameError. Only the first byte of a frame has its high bit set."""
        if len(data) != _SIZE or data[0] < 0x80 or max(data[1:]) >= 0x80:
            raise FrameError("not a frame of five bytes")
        state, pleth, bar, pulse, spo2 = data
        pulse |= (bar & 0x40) << 1
        return cls(
            strength=state & 0x0F,
            no_signal=bool(state & 0x10),
            probe_unplugged=bool(state & 0x20),
            beep=bool(state & 0x40),
            pleth=pleth,
            bar=bar & 0x0F,
            no_finger=bool(bar & 0x10),
            searching=bool(bar & 0x20),
            pr=None if pulse in _NO_PULSE else pulse,
            spo2=None if spo2 in _NO_SPO2 else spo2,
        )

    def state(self) -> SignalState:
        if self.probe_unplugged or self.no_finger:
            return SignalState.SENSOR_OFF
        if self.searching:
            return SignalState.SEARCHING
        return SignalState.POOR_SIGNAL if self.no_signal else SignalState.MEASURING

    def quantities(self) -> tuple[Quantity, ...]:
        if self.state() is SignalState.SENSOR_OFF:
            return sensor_off(SPO2, PULSE_RATE)
        return (quantity(SPO2, self.spo2), quantity(PULSE_RATE, self.pr))

    def quality(self) -> frozenset[Quality]:
        return frozenset({Quality.POOR_SIGNAL}) if self.no_signal else frozenset()


class Framer:
    """Cuts notifications into frames."""

    def __init__(self) -> None:
        self._parts = MarkedFramer(lambda byte: byte >= 0x80)

    def split(self, data: bytes) -> Iterator[tuple[Frame, bytes] | Rejected]:
        for part in self._parts.split(data):
            try:
                yield Frame.parse(part), part
            except FrameError as error:
                yield Rejected(str(error), part)


class Decoder:
    """The stream of one connection; a frame may begin in one notification and end in the next."""

    def __init__(self) -> None:
        self._framer = Framer()
        self._stream = StreamedOximeter(FRAMES_HZ, _SAMPLES_PER_CHUNK)

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        if source != STREAM:
            return [unexpected(source, data)]
        events: list[Event] = []
        for part in self._framer.split(data):
            if isinstance(part, Rejected):
                events += self._stream.rejected(part)
            else:
                frame, raw = part
                numbers, quality = frame.quantities(), frame.quality()
                events += self._stream.frame(frame.state(), frame.pleth, numbers, raw, quality)
        return events


def describe(data: bytes) -> dict[str, object]:
    """One frame, or the frames of a notification. Raises FrameError."""
    frames = [Frame.parse(data[at : at + _SIZE]) for at in range(0, max(len(data), 1), _SIZE)]
    described = [{name: getattr(frame, name) for name in Frame.__slots__} for frame in frames]
    return described[0] if len(described) == 1 else {"frames": described}


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
