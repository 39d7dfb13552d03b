"""Any oximeter that follows the Bluetooth SIG Pulse Oximeter Profile (service 0x1822).

Source: Pulse Oximeter Service 1.0.1, sections 3.1 to 3.3; GATT Specification Supplement, PLX Spot-check
Measurement (2A5E), PLX Continuous Measurement (2A5F), PLX Features (2A60). What it kept is asked for where it
says that it dates it: see `record_access`.
"""

from dataclasses import dataclass

from devices.cadence import Cadence
from devices.device import BleMatch, Device, Features
from devices.event import Event, Signal, SignalState
from devices.gatt import Fields, GattDecoder, uuid
from devices.ieee11073 import DateTime, Number, json_number
from devices.measuring import all_absent, measured, quantity
from devices.metrics import PERFUSION_INDEX, PULSE_RATE, SPO2
from devices.reading import Absent, Kind, Quality, Quantity
from devices.record_access import CONTROL_POINT, REPORT_LAST, answered

SERVICE, SPOT, CONTINUOUS, FEATURES = 0x1822, 0x2A5E, 0x2A5F, 0x2A60

# A continuous measurement comes about once a second: at once when it changes, else every five.
_SOONEST, _LATEST = 1, 5
_NO_SPO2 = (0, 127, 255)
_NO_PULSE = (0, 255, 511, 65535)

_KEEPS_DATED = 1 << 2 | 1 << 3  # of the features: spot checks are kept, with their time
_ONGOING = 1 << 5
_UNKNOWN = DateTime(0, 0, 0, 0, 0, 0)
_MEASUREMENT_REFUSED = 1 << 13 | 1 << 14 | 1 << 15  # unavailable, questionable, invalid
_MEASUREMENT_QUALITY = {
    6: Quality.EARLY_ESTIMATE,
    9: Quality.FROM_MEMORY,
    10: Quality.DEMO,
    11: Quality.DEMO,
    12: Quality.QUESTIONABLE,
    14: Quality.QUESTIONABLE,
}
_SENSOR_OFF = 1 << 11 | 1 << 13 | 1 << 15  # not on the user, displaced, disconnected
_DEVICE_REFUSED = 1 << 1 | 1 << 14  # malfunction of the equipment, of the sensor
_WEAK = 1 << 3 | 1 << 4  # inadequate signal, poor signal
_ANALYSING = 1 << 9
_DEVICE_QUALITY = {
    2: Quality.POOR_SIGNAL,
    3: Quality.POOR_SIGNAL,
    4: Quality.POOR_SIGNAL,
    5: Quality.LOW_PERFUSION,
    6: Quality.POOR_SIGNAL,
    7: Quality.POOR_SIGNAL,
    8: Quality.QUESTIONABLE,
    10: Quality.POOR_SIGNAL,
    12: Quality.QUESTIONABLE,
}


@dataclass(frozen=True, slots=True)
class Frame:
    """What 2A5E and 2A5F have in common, and the fields of either."""

    spo2: Number
    pulse_rate: Number
    fast: tuple[Number, Number] | None = None
    slow: tuple[Number, Number] | None = None
    time: DateTime | None = None
    measurement_status: int | None = None
    device_status: int | None = None
    amplitude_index: Number | None = None
    clock_not_set: bool = False

    @classmethod
    def spot(cls, data: bytes) -> "Frame":
        """2A5E. Raises FrameError; the reserved flag bits are ignored."""
        fields = Fields(data)
        flags = fields.uint(1)
        frame = cls(
            spo2=fields.sfloat(),
            pulse_rate=fields.sfloat(),
            time=fields.date_time() if flags & 1 else None,
            measurement_status=fields.uint(2) if flags & 2 else None,
            device_status=fields.uint(3) if flags & 4 else None,
            amplitude_index=fields.sfloat() if flags & 8 else None,
            clock_not_set=bool(flags & 16),
        )
        fields.end()
        return frame

    @classmethod
    def continuous(cls, data: bytes) -> "Frame":
        """2A5F. Raises FrameError; the reserved flag bits are ignored."""
        fields = Fields(data)
        flags = fields.uint(1)
        frame = cls(
            spo2=fields.sfloat(),
            pulse_rate=fields.sfloat(),
            fast=(fields.sfloat(), fields.sfloat()) if flags & 1 else None,
            slow=(fields.sfloat(), fields.sfloat()) if flags & 2 else None,
            measurement_status=fields.uint(2) if flags & 4 else None,
            device_status=fields.uint(3) if flags & 8 else None,
            amplitude_index=fields.sfloat() if flags & 16 else None,
        )
        fields.end()
        return frame

    def describe(self) -> dict[str, object]:
        """JSON-ready; optional fields only when sent."""
        numbers = {
            "spo2": self.spo2,
            "pr": self.pulse_rate,
            "spo2_fast": self.fast and self.fast[0],
            "pr_fast": self.fast and self.fast[1],
            "spo2_slow": self.slow and self.slow[0],
            "pr_slow": self.slow and self.slow[1],
        }
        described: dict[str, object] = {k: json_number(v) for k, v in numbers.items() if v is not None}
        optional = {
            "datetime": None if self.time is None else str(self.time),
            "measurement_status": self.measurement_status,
            "device_status": self.device_status,
            "pai": None if self.amplitude_index is None else json_number(self.amplitude_index),
        }
        return described | {k: v for k, v in optional.items() if v is not None}

    def quantities(self) -> tuple[Quantity, ...]:
        """The normal values (not the fast and slow ones), or why there are none."""
        absent = self._absent()
        if absent is not None:
            metrics = (SPO2, PULSE_RATE, PERFUSION_INDEX)[: 2 if self.amplitude_index is None else 3]
            return tuple(Quantity(metric, absent=absent) for metric in metrics)
        numbers = (quantity(SPO2, self.spo2, _NO_SPO2), quantity(PULSE_RATE, self.pulse_rate, _NO_PULSE))
        if self.amplitude_index is None:
            return numbers
        return (*numbers, quantity(PERFUSION_INDEX, self.amplitude_index))

    def _absent(self) -> Absent | None:
        device = self.device_status or 0
        if device & _SENSOR_OFF:
            return Absent.SENSOR_OFF
        refused = device & _DEVICE_REFUSED or (self.measurement_status or 0) & _MEASUREMENT_REFUSED
        return Absent.INVALID if refused else None

    @property
    def ongoing(self) -> bool:
        return bool((self.measurement_status or 0) & _ONGOING)

    def date(self) -> DateTime | None:
        """What goes on is of now; what is over is of an unknown day if the device's clock was never set."""
        if not self.clock_not_set:
            return self.time
        return None if self.ongoing else _UNKNOWN

    def quality(self) -> frozenset[Quality]:
        measurement = _marks(self.measurement_status or 0, _MEASUREMENT_QUALITY)
        return measurement | _marks(self.device_status or 0, _DEVICE_QUALITY)

    def signal(self) -> SignalState:
        device = self.device_status or 0
        if device & _SENSOR_OFF:
            return SignalState.SENSOR_OFF
        if all_absent(self.quantities()) and device & _ANALYSING:
            return SignalState.SEARCHING
        return SignalState.POOR_SIGNAL if device & _WEAK else SignalState.MEASURING


def _marks(status: int, bits: dict[int, Quality]) -> frozenset[Quality]:
    return frozenset(mark for bit, mark in bits.items() if status >> bit & 1)


class Decoder(GattDecoder):
    """Spot checks are one measurement each; the continuous ones are thinned out (see `Cadence`).

    From the features on, where they say that it is asked for what it kept, and until it has answered, what is
    over comes from its memory.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                SPOT: self._spot,
                CONTINUOUS: self._continuous,
                FEATURES: self._features,
                CONTROL_POINT: self._answer,
            }
        )
        self._cadence = Cadence(_SOONEST, _LATEST)
        self._signal: SignalState | None = None
        self._is_asked = False

    def reconnected(self) -> None:
        self._is_asked = False
        self._signal, self._cadence = None, Cadence(_SOONEST, _LATEST)

    def _spot(self, data: bytes) -> list[Event]:
        frame = Frame.spot(data)
        self._once(SPOT, data, frame.time is not None)
        # A spot check that is still going on has not settled; a continuous one always goes on.
        unsettled = {Quality.EARLY_ESTIMATE} if frame.ongoing else set()
        kept = {Quality.FROM_MEMORY} if self._is_asked and not frame.ongoing else set()
        quality, finished = frame.quality() | unsettled | kept, not frame.ongoing
        return [measured(frame.quantities(), quality, data, frame.date(), finished=finished)]

    def _continuous(self, data: bytes) -> list[Event]:
        frame = Frame.continuous(data)
        events: list[Event] = []
        if frame.signal() is not self._signal:
            self._signal = frame.signal()
            events.append(Signal(self._signal))
        quantities, quality = frame.quantities(), frame.quality()
        if self._cadence.due((quantities, quality), repeat=not all_absent(quantities)):
            events.append(measured(quantities, quality, data))
        return events

    def _features(self, data: bytes) -> list[Event]:
        self._is_asked = keeps_dated(data)
        describe_features(data)
        return []

    def _answer(self, data: bytes) -> list[Event]:
        self._is_asked = False
        return answered(data) if data else []


def keeps_dated(features: bytes) -> bool:
    """Of a value of 2A60: it keeps spot checks, and says of when they are."""
    return int.from_bytes(features[:2], "little") & _KEEPS_DATED == _KEEPS_DATED


def describe_spot(data: bytes) -> dict[str, object]:
    frame = Frame.spot(data)
    return frame.describe() | {"clock_not_set": frame.clock_not_set}


def describe_continuous(data: bytes) -> dict[str, object]:
    return Frame.continuous(data).describe()


def describe_features(data: bytes) -> dict[str, object]:
    """2A60: what the oximeter supports."""
    fields = Fields(data)
    features = fields.uint(2)
    described: dict[str, object] = {"features": features}
    if features & 1:
        described["measurement_support"] = fields.uint(2)
    if features & 2:
        described["device_support"] = fields.uint(3)
    fields.end()
    return described


DEVICE = Device(
    key="sig_pulse_oximeter",
    name="Bluetooth pulse oximeter",
    kind=Kind.OXIMETER,
    match=BleMatch(
        uuid(SERVICE),
        (uuid(SPOT), uuid(CONTINUOUS)),
        features=Features(uuid(FEATURES), uuid(CONTROL_POINT), REPORT_LAST, keeps_dated),
    ),
    metrics=(SPO2, PULSE_RATE, PERFUSION_INDEX),
    reference="Bluetooth SIG Pulse Oximeter Service 1.0.1; GATT Specification Supplement",
    any_make=True,
    limits="of its memory the last spot check is read, where it dates what it keeps",
    decoder=Decoder,
    protocols=(
        ("plx_spot", describe_spot),
        ("plx_continuous", describe_continuous),
        ("plx_features", describe_features),
    ),
)
