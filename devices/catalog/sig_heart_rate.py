"""Any sensor that follows the Bluetooth SIG Heart Rate Profile (service 0x180D).

Source: Heart Rate Service 1.0; GATT Specification Supplement, Heart Rate Measurement (2A37).
"""

from dataclasses import dataclass

from devices.device import BleMatch, Device
from devices.event import Event, FrameError, SignalState
from devices.gatt import Fields, GattDecoder, uuid
from devices.measuring import quantity, sensor_off
from devices.metrics import HEART_RATE
from devices.reading import Kind
from devices.streamed import StreamedOximeter

SERVICE, MEASUREMENT = 0x180D, 0x2A37

_WIDE, _CONTACT, _CONTACT_KNOWN, _ENERGY, _INTERVALS = 1, 2, 4, 8, 16
_FRAMES_HZ = 1


@dataclass(frozen=True, slots=True)
class Frame:
    """`contact` None: the sensor cannot tell. `intervals`: between beats, in 1/1024 s, oldest first."""

    rate: int
    contact: bool | None
    energy_kj: int | None
    intervals: tuple[int, ...]

    @classmethod
    def parse(cls, data: bytes) -> "Frame":
        """Raises FrameError."""
        fields = Fields(data)
        flags = fields.uint(1)
        rate = fields.uint(2 if flags & _WIDE else 1)
        contact = bool(flags & _CONTACT) if flags & _CONTACT_KNOWN else None
        energy_kj = fields.uint(2) if flags & _ENERGY else None
        intervals = []
        while flags & _INTERVALS and fields.left:
            intervals.append(fields.uint(2))
        fields.end()
        if flags & _INTERVALS and not intervals:
            raise FrameError("cut short: intervals are announced")
        return cls(rate, contact, energy_kj, tuple(intervals))


class Decoder(GattDecoder):
    """The rate as measurements, thinned out; without contact there is nothing to measure."""

    def __init__(self) -> None:
        super().__init__({MEASUREMENT: self._measurement})
        self._stream = StreamedOximeter(_FRAMES_HZ)  # the same states and cadence, without a wave

    def reconnected(self) -> None:
        self._stream = StreamedOximeter(_FRAMES_HZ)

    def _measurement(self, data: bytes) -> list[Event]:
        frame = Frame.parse(data)
        if frame.contact is False:
            return self._stream.frame(SignalState.SENSOR_OFF, None, sensor_off(HEART_RATE), data)
        state = SignalState.MEASURING if frame.rate else SignalState.SEARCHING
        return self._stream.frame(state, None, (quantity(HEART_RATE, frame.rate, (0,)),), data)


def describe(data: bytes) -> dict[str, object]:
    """JSON-ready; optional fields only when sent."""
    frame = Frame.parse(data)
    optional = {
        "contact": frame.contact, "energy_kj": frame.energy_kj, "rr_1024": list(frame.intervals) or None,
    }  # fmt: skip
    return {"hr": frame.rate} | {name: value for name, value in optional.items() if value is not None}


DEVICE = Device(
    key="sig_heart_rate",
    name="Bluetooth heart rate sensor",
    kind=Kind.HEART_RATE_MONITOR,
    match=BleMatch(uuid(SERVICE), (uuid(MEASUREMENT),)),
    metrics=(HEART_RATE,),
    reference="Bluetooth SIG Heart Rate Service 1.0; GATT Specification Supplement",
    any_make=True,
    limits="served only where the settings expect one: passers-by wear them; intervals are not recorded",
    decoder=Decoder,
    protocols=(("heart_rate", describe),),
)
