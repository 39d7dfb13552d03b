"""Creative Medical PC-300 and PC-100 spot-check monitors: cuff, oximeter, thermometer and glucose in one box.

The box measures when its own buttons are pressed; nothing is sent to it. Source: LepuBle and PC300_UI agree
on the frames. On glucose in mg/dL they do not (a factor of ten): it is refused.
"""

from dataclasses import dataclass
from decimal import Decimal

from devices import cuff
from devices.creative import Numbers, framer, unpack
from devices.device import Device, SerialMatch
from devices.event import Event, FrameError, Rejected, Signal, SignalState
from devices.measuring import measured, quantity
from devices.metrics import BODY_TEMPERATURE, GLUCOSE_MOLAR, PERFUSION_INDEX, PULSE_RATE, SPO2
from devices.reading import Kind, Quality, Quantity
from devices.streamed import StreamedOximeter

_CUFF_NOW, _CUFF_RESULT, _CUFF_ERROR = (0x42, 1), (0x43, 1), (0x43, 2)
_OXIMETER = (0x53, 1)
# By board, as bit 7 of the byte says. Two makes of the first differ in their codes: only what neither denies.
_ERRORS = {
    0: Quality.NO_PULSE,
    1: Quality.CUFF_AIR,
    4: Quality.MOTION,
    5: Quality.OUT_OF_RANGE,
    6: Quality.CUFF_AIR,
    14: Quality.LOW_BATTERY,
    15: Quality.LOW_BATTERY,
}
_ERRORS_1 = {
    1: Quality.CUFF_AIR,
    2: Quality.OVERPRESSURE,
    3: Quality.NO_PULSE,
    4: Quality.MOTION,
    5: Quality.OUT_OF_RANGE,
    6: Quality.CUFF_AIR,
    7: Quality.DEVICE_FAULT,
    8: Quality.DEVICE_FAULT,
    9: Quality.MOTION,
    10: Quality.CUFF_AIR,
    11: Quality.DEVICE_FAULT,
    12: Quality.TOOK_TOO_LONG,
    14: Quality.LOW_BATTERY,
}
_TEMPERATURE = (0x72, 1)
_GLUCOSE = 0x73
_DONE, _TOO_HOT = 2, 0x0520
_EVIDENCE_BYTES = 64


@dataclass(frozen=True, slots=True)
class Pressure:
    """mmHg and beats a minute."""

    irregular: bool
    sys: int
    map: int
    dia: int
    pr: int

    @classmethod
    def parse(cls, data: bytes) -> "Pressure":
        """Raises FrameError."""
        _need(data, 5)
        return cls(bool(data[0] & 0x80), (data[0] & 0x7F) << 8 | data[1], data[2], data[3], data[4])

    def quantities(self) -> tuple[Quantity, ...]:
        return cuff.quantities(self.sys, self.dia, self.map, self.pr)


@dataclass(frozen=True, slots=True)
class Temperature:
    """`state`: 0 idle, 1 measuring, 2 done, 3 no result in time."""

    state: int
    probe_off: bool
    celsius: Decimal | None

    @classmethod
    def parse(cls, data: bytes) -> "Temperature":
        """Raises FrameError."""
        _need(data, 3)
        hundredths = int.from_bytes(data[1:3], "big")
        celsius = None if hundredths == _TOO_HOT else Decimal(3000 + hundredths).scaleb(-2)
        return cls(data[0] >> 5 & 3, bool(data[0] & 0x10), celsius)


@dataclass(frozen=True, slots=True)
class Glucose:
    """`level`: 0 normal, 1 low, 2 high, in the box's words. In mmol/L: mg/dL is refused."""

    level: int
    mmol: Decimal

    @classmethod
    def parse(cls, data: bytes) -> "Glucose":
        """Raises FrameError."""
        _need(data, 3)
        if data[0] & 1:
            raise FrameError("glucose in mg/dL: its scale is not known")
        digits = data[1:3].hex()
        if not digits.isdecimal():
            raise FrameError("glucose that is no decimal number")
        return cls(data[0] >> 4 & 3, Decimal(digits).scaleb(-1))


def _need(data: bytes, size: int) -> None:
    if len(data) < size:
        raise FrameError("too short for what it is")


class Decoder:
    """Of frames that are no results (waves, ECG, versions, the cuff at work) only the state is said."""

    def __init__(self) -> None:
        self._framer = framer()
        self._oximeter = StreamedOximeter(1)
        self._signal = Signal(SignalState.SENSOR_OFF)

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        """Bytes of the serial stream, cut anywhere."""
        return [event for part in self._framer.split(data) for event in self._part(part)]

    def _part(self, part: bytes | Rejected) -> list[Event]:
        if isinstance(part, Rejected):
            return [part]
        try:
            return self._frame(part) or [self._signal]  # a sound frame: the box is there and understood
        except FrameError as error:
            return [Rejected(str(error), part[:_EVIDENCE_BYTES])]

    def _frame(self, part: bytes) -> list[Event]:
        token, kind, data = unpack(part)
        if (token, kind) != _OXIMETER:
            return _result((token, kind), data, part)
        numbers = Numbers.parse(data)
        self._signal = Signal(numbers.state())
        return self._oximeter.frame(numbers.state(), None, numbers.quantities(), part)


def _why(data: bytes) -> frozenset[Quality]:
    _need(data, 1)
    return cuff.why(data[0] & 0x7F, _ERRORS_1 if data[0] & 0x80 else _ERRORS)


def _result(what: tuple[int, int], data: bytes, part: bytes) -> list[Event]:
    if what == _CUFF_RESULT:
        pressure = Pressure.parse(data)
        marks = frozenset({Quality.IRREGULAR_PULSE} if pressure.irregular else ())
        return [measured(pressure.quantities(), marks, part, kind=Kind.CUFF)]
    if what == _CUFF_ERROR:
        return [measured(cuff.failed(), _why(data), part, kind=Kind.CUFF)]
    if what == _TEMPERATURE:
        found = Temperature.parse(data)
        if found.state != _DONE or found.probe_off:
            return []
        value = (quantity(BODY_TEMPERATURE, found.celsius),)
        return [measured(value, frozenset(), part, kind=Kind.THERMOMETER)]
    if what[0] == _GLUCOSE:
        glucose = Glucose.parse(data)
        marks = frozenset({Quality.QUESTIONABLE} if glucose.level else ())
        value = (quantity(GLUCOSE_MOLAR, glucose.mmol, invalid=(0,)),)
        return [measured(value, marks, part, kind=Kind.GLUCOMETER)]
    return []


def describe(data: bytes) -> dict[str, object]:
    """Any frame by its token and type. Raises FrameError."""
    token, kind, rest = unpack(data)
    return {"token": token, "type": kind} | _describe_data((token, kind), rest)


def _describe_data(what: tuple[int, int], data: bytes) -> dict[str, object]:
    if what == _OXIMETER:
        return Numbers.parse(data).describe()
    if what == _CUFF_RESULT:
        pressure = Pressure.parse(data)
        return {name: getattr(pressure, name) for name in Pressure.__slots__}
    if what == _CUFF_NOW:
        _need(data, 2)
        return {"pressure": (data[0] & 0x0F) << 8 | data[1], "beat": bool(data[0] & 0x10)}
    if what == _CUFF_ERROR:
        _need(data, 1)
        return {"err_type": data[0] >> 7, "err": data[0] & 0x7F}
    if what == _TEMPERATURE:
        found = Temperature.parse(data)
        celsius = None if found.celsius is None else float(found.celsius)
        return {"state": found.state, "probe_off": found.probe_off, "temp": celsius}
    if what[0] == _GLUCOSE:
        glucose = Glucose.parse(data)
        return {"level": glucose.level, "mmol": float(glucose.mmol)}
    return {"data": data.hex()}


DEVICE = Device(
    key="creative_pc300",
    name="Creative PC-300",
    kind=Kind.OXIMETER,
    also=(Kind.CUFF, Kind.THERMOMETER, Kind.GLUCOMETER),
    match=SerialMatch(usb_ids=((0x10C4, 0xEA60),), baud=115200, checked=True, quiet=True),
    metrics=(
        SPO2, PULSE_RATE, PERFUSION_INDEX, *cuff.METRICS, BODY_TEMPERATURE, GLUCOSE_MOLAR,
    ),
    reference="LepuBle, PC300_UI",
    experimental=True,
    limits="the speed and the bridge of its serial line are assumed; glucose in mg/dL is refused, as sources "
    "disagree on its scale; its cuff is started at the box alone; waves and ECG are not shown",
    decoder=Decoder,
    protocols=(("pc300", describe),),
)  # fmt: skip
