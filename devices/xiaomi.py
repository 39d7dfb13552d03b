"""What Xiaomi's scales have in common: many frames while somebody stands, one weight when it settles. Pure.

Each frame says whether its weight has settled, and whether nobody stands there any more: the settled weight
is then sent once more, with nobody on it. A scale notifies its frames, and advertises the newest of them too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from devices.event import Event, FrameError, Signal, SignalState
from devices.gatt import rejected, unexpected
from devices.ieee11073 import DateTime, json_number
from devices.measuring import measured, pounds_to_kg, quantity
from devices.metrics import BODY_WEIGHT

_KG_STEP, _OTHER_STEP, _KG_PER_JIN = Decimal("0.005"), Decimal("0.01"), Decimal("0.5")
_OVERLOAD = 0xFFF0
_FIRST_YEAR = 2015  # a clock that was never set begins in 1970


def weight(unit: str, raw: int) -> Decimal | None:
    """In `unit`; None: more than the scale can bear."""
    return None if raw >= _OVERLOAD else raw * (_KG_STEP if unit == "kg" else _OTHER_STEP)


@dataclass(frozen=True, slots=True)
class Standing:
    """One frame. `weight` in `unit` (kg, lb, jin) as sent; None: overloaded."""

    unit: str
    stable: bool
    removed: bool
    time: DateTime
    weight: Decimal | None

    def kg(self) -> Decimal | None:
        if self.weight is None or self.unit == "kg":
            return self.weight
        return pounds_to_kg(self.weight) if self.unit == "lb" else self.weight * _KG_PER_JIN

    def describe(self) -> dict[str, object]:
        """JSON-ready."""
        return {
            "stable": self.stable,
            "removed": self.removed,
            "datetime": str(self.time),
            "weight": None if self.weight is None else json_number(self.weight),
            "unit": self.unit,
        }


class StandingDecoder:
    """One measurement for each person who steps on: the first settled weight, until it moves again.

    `parse`: one value of `characteristic`, or of what is advertised for `service`. It may raise FrameError.
    """

    def __init__(self, characteristic: str, service: str, parse: Callable[[bytes], Standing]) -> None:
        self._characteristic = characteristic
        self._service = service
        self._parse = parse
        self._advertised = b""
        self._settled = False

    def reconnected(self) -> None:
        """Whoever was heard to step on in its advertisements stands there still (see `Remembering`)."""

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        if source not in (self._characteristic, self._service):
            return [unexpected(source, data)]
        if source == self._service and self._is_old(data):
            return []
        try:
            return self._frame(self._parse(data), data)
        except FrameError as error:
            return [rejected(str(error), data)]

    def _is_old(self, data: bytes) -> bool:
        """An advertisement is repeated, also once it was notified that nobody stands there any more."""
        before, self._advertised = self._advertised, bytes(data)
        return data == before

    def _frame(self, frame: Standing, data: bytes) -> list[Event]:
        if frame.removed:
            self._settled = False
            return []
        if self._settled or not frame.stable:
            self._settled = self._settled and frame.stable
            return [] if frame.stable else [Signal(SignalState.SEARCHING)]
        self._settled = True
        stamp = frame.time if frame.time.year >= _FIRST_YEAR else None
        return [measured((quantity(BODY_WEIGHT, frame.kg()),), frozenset(), data, stamp)]
