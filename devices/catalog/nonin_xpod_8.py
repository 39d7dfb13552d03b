"""Nonin oximeters that were told to stream data format 8: four bytes a second, numbers without a wave.

Source: Nonin 9560 OEM specification 6470-000-01; mattjlewis/NoninPulseOx; a sensor that is not connected (bit
6) as in format 2 of older units. No checksum: of a frame the first byte alone is marked, and a frame is over
when the next one begins, so that each is told a second late.
"""

from dataclasses import dataclass

from devices.battery import BatteryNews
from devices.device import Device, SerialMatch
from devices.event import Battery, Event, FrameError, Rejected, Signal, SignalState
from devices.framing import MarkedFramer
from devices.measuring import quantity, sensor_off
from devices.metrics import PULSE_RATE, SPO2
from devices.nonin import rate, saturation
from devices.reading import Kind, Quality, Quantity
from devices.streamed import StreamedOximeter

FRAMES_HZ = 1
_SIZE, _MARK, _FULL_PCT = 4, 0x80, 100


@dataclass(frozen=True, slots=True)
class Frame:
    """`None` is "missing". `smartpoint`: the device's own word that the numbers have settled."""

    hr: int | None
    spo2: int | None
    out_of_track: bool
    low_perfusion: bool
    marginal_perfusion: bool
    artifact: bool
    smartpoint: bool
    sensor_alarm: bool
    low_battery: bool

    @classmethod
    def parse(cls, data: bytes) -> "Frame":
        """Raises FrameError."""
        if len(data) != _SIZE or data[0] < _MARK or max(data[1:]) >= _MARK:
            raise FrameError("not a frame of format 8")
        status, low, percent, more = data
        spo2 = saturation(percent)
        if spo2 is not None and spo2 > _FULL_PCT:
            raise FrameError("more oxygen than there can be")
        return cls(
            hr=rate(status, low),
            spo2=spo2,
            out_of_track=bool(status & 0x20),
            low_perfusion=bool(status & 0x10),
            marginal_perfusion=bool(status & 0x08),
            artifact=bool(status & 0x04),
            smartpoint=bool(more & 0x20),
            sensor_alarm=bool(more & 0x08 or status & 0x40),
            low_battery=bool(more & 0x01),
        )

    def state(self) -> SignalState:
        if self.sensor_alarm:
            return SignalState.SENSOR_OFF
        if self.hr is None and self.spo2 is None:
            return SignalState.SEARCHING
        return SignalState.POOR_SIGNAL if self.out_of_track else SignalState.MEASURING

    def quantities(self) -> tuple[Quantity, ...]:
        if self.sensor_alarm:
            return sensor_off(SPO2, PULSE_RATE)
        return (quantity(SPO2, self.spo2), quantity(PULSE_RATE, self.hr))

    def quality(self) -> frozenset[Quality]:
        if self.sensor_alarm:
            return frozenset()
        marks = {
            Quality.LOW_PERFUSION: self.low_perfusion,
            Quality.POOR_SIGNAL: self.out_of_track or self.artifact,
            Quality.EARLY_ESTIMATE: not self.smartpoint,
        }
        return frozenset(mark for mark, is_set in marks.items() if is_set)


class Decoder:
    """Each frame says at least what the sensor sees, also where that has not changed: nothing else would tell
    a slow stream from one that has ended.
    """

    def __init__(self) -> None:
        self._framer = MarkedFramer(lambda byte: byte >= _MARK)
        self._stream = StreamedOximeter(FRAMES_HZ)
        self._battery = BatteryNews()

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        """Bytes of the serial stream, cut anywhere."""
        return [event for part in self._framer.split(data) for event in self._part(part)]

    def _part(self, part: bytes) -> list[Event]:
        try:
            frame = Frame.parse(part)
        except FrameError as error:
            return [Rejected(str(error), part)]
        events = self._stream.frame(frame.state(), None, frame.quantities(), part, frame.quality())
        battery = self._battery.events(Battery(None, frame.low_battery))
        return [*(events or [Signal(frame.state())]), *battery]


def describe(data: bytes) -> dict[str, object]:
    """Raises FrameError."""
    frame = Frame.parse(data)
    return {name: getattr(frame, name) for name in Frame.__slots__}


DEVICE = Device(
    key="nonin_xpod_8",
    name="Nonin Xpod (format 8)",
    kind=Kind.OXIMETER,
    match=SerialMatch(usb_ids=((0x0403, 0x6001),), baud=9600, every_s=1.0),
    metrics=(SPO2, PULSE_RATE),
    reference="Nonin 9560 OEM specification 6470-000-01, data format 8",
    experimental=True,
    limits="its frames are constructed from the specification; it has no wave, and each number is a second "
    "late; its USB bridge is one that many devices have",
    decoder=Decoder,
    protocols=(("nonin_df8", describe),),
)
