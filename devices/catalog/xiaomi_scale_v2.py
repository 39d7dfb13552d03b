"""Xiaomi body composition scale: the weight as it stands on it, once it has settled.

Source: the 13-byte record as openScale and hassio-addons read it; Tasmota, pull request 25049.
"""

from dataclasses import dataclass
from decimal import Decimal

from devices.device import BleMatch, Device, Event, FrameError, Signal, SignalState
from devices.gatt import Fields, rejected, unexpected, uuid
from devices.ieee11073 import DateTime, json_number
from devices.measuring import measured, pounds_to_kg, quantity
from devices.metrics import BODY_WEIGHT
from devices.reading import Kind

SERVICE, RECORD = 0x181B, 0x2A9C

_POUNDS = 1
_IMPEDANCE, _STABLE, _JIN, _REMOVED = 1 << 1, 1 << 5, 1 << 6, 1 << 7
_KG_STEP, _OTHER_STEP, _KG_PER_JIN = Decimal("0.005"), Decimal("0.01"), Decimal("0.5")
_OVERLOAD = 0xFFF0
_NO_IMPEDANCE = (0, 0xFFFD, 0xFFFE)
_FIRST_YEAR = 2015  # a clock that was never set begins in 1970


@dataclass(frozen=True, slots=True)
class Frame:
    """`weight` in `unit` (kg, lb, jin) as sent; None: overloaded. `impedance_ohm` None: not measured."""

    unit: str
    stable: bool
    removed: bool
    time: DateTime
    impedance_ohm: int | None
    weight: Decimal | None

    @classmethod
    def parse(cls, data: bytes) -> "Frame":
        """Raises FrameError."""
        fields = Fields(data)
        units, state = fields.uint(1), fields.uint(1)
        unit = "lb" if units & _POUNDS else "jin" if state & _JIN else "kg"
        time, impedance, raw = fields.date_time(), fields.uint(2), fields.uint(2)
        fields.end()
        measured_impedance = state & _IMPEDANCE and impedance not in _NO_IMPEDANCE
        return cls(
            unit, bool(state & _STABLE), bool(state & _REMOVED), time,
            impedance if measured_impedance else None,
            None if raw >= _OVERLOAD else raw * (_KG_STEP if unit == "kg" else _OTHER_STEP),
        )  # fmt: skip

    def kg(self) -> Decimal | None:
        if self.weight is None or self.unit == "kg":
            return self.weight
        return pounds_to_kg(self.weight) if self.unit == "lb" else self.weight * _KG_PER_JIN

    def describe(self) -> dict[str, object]:
        """JSON-ready."""
        return {
            "stable": self.stable,
            "removed": self.removed,
            "impedance": self.impedance_ohm,
            "datetime": str(self.time),
            "weight": None if self.weight is None else json_number(self.weight),
            "unit": self.unit,
        }


class Decoder:
    """One measurement for each person who steps on it: the first settled weight, until it moves again."""

    def __init__(self) -> None:
        self._settled = False

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        if source != uuid(RECORD):
            return [unexpected(source, data)]
        try:
            return self._frame(Frame.parse(data), data)
        except FrameError as error:
            return [rejected(str(error), data)]

    def _frame(self, frame: Frame, data: bytes) -> list[Event]:
        if frame.removed:  # the settled weight once more, with nobody on it
            self._settled = False
            return []
        if self._settled or not frame.stable:
            self._settled = self._settled and frame.stable
            return [] if frame.stable else [Signal(SignalState.SEARCHING)]
        self._settled = True
        stamp = frame.time if frame.time.year >= _FIRST_YEAR else None
        return [measured((quantity(BODY_WEIGHT, frame.kg()),), frozenset(), data, stamp)]


def describe(data: bytes) -> dict[str, object]:
    return Frame.parse(data).describe()


DEVICE = Device(
    key="xiaomi_scale_v2",
    name="Xiaomi body composition scale",
    kind=Kind.SCALE,
    match=BleMatch(uuid(SERVICE), (uuid(RECORD),), names=("MIBCS", "MIBFS")),
    metrics=(BODY_WEIGHT,),
    reference="Xiaomi scale, 13-byte record",
    experimental=True,
    limits="the weight is read, not what it makes of its impedance; its advertised names are not certain",
    decoder=Decoder,
    protocols=(("mi_scale_v2", describe),),
)
