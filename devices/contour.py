"""What the records of a Contour glucose meter say (ASTM E1394).

Source: glucometerutils, glucodump, GNU Gluco Control and Tidepool's uploader, which agree on what is read.
"""

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from devices import astm
from devices.event import ClockShown, Event, FrameError, Measured
from devices.ieee11073 import DateTime, json_number
from devices.measuring import measured, quantity
from devices.metrics import GLUCOSE_MASS, GLUCOSE_MOLAR
from devices.reading import Quality

_HEADER_FIELDS, _RESULT_FIELDS, _ORDER_FIELDS = 14, 9, 12
_NUMBER, _COUNT = re.compile(r"[0-9]{1,4}(\.[0-9]{1,2})?"), re.compile(r"[0-9]{1,5}")
_TIME = re.compile(r"[0-9]{12}([0-9]{2})?")
_TO_THE_MINUTE = 12  # digits
_UNITS = {"mg/dL": GLUCOSE_MASS, "mmol/L": GLUCOSE_MOLAR}
_MARKS = {
    "B": Quality.BEFORE_MEAL,
    "A": Quality.AFTER_MEAL,
    "F": Quality.FASTING,
    "<": Quality.QUESTIONABLE,  # outside of what it can measure
    ">": Quality.QUESTIONABLE,
}
_CONTROL, _CONTROL_ORDER = "C", "Q"


@dataclass(frozen=True, slots=True)
class Result:
    """As the meter shows it. `marks`: what was noted, in the meter's letters."""

    number: str
    value: Decimal
    unit: str
    marks: frozenset[str]
    taken: DateTime

    @classmethod
    def parse(cls, fields: list[str]) -> "Result":
        """Raises FrameError."""
        if len(fields) < _RESULT_FIELDS or fields[0] != "R" or fields[2] != "^^^Glucose":
            raise FrameError("not a result of glucose")
        value, unit, marks = fields[3], fields[4].split("^")[0], fields[6].split("/")
        if unit not in _UNITS or not _NUMBER.fullmatch(value):
            raise FrameError("a number or a unit that is not known")
        return cls(fields[1], Decimal(value), unit, frozenset(marks) - {""}, _date_time(fields[8]))

    @property
    def is_control(self) -> bool:
        """A test of the meter with its solution: never a patient's value."""
        return _CONTROL in self.marks

    def as_control(self) -> "Result":
        return replace(self, marks=self.marks | {_CONTROL})

    def measured(self, frame: bytes) -> Measured:
        value = (quantity(_UNITS[self.unit], self.value, invalid=(0,)),)
        marks = frozenset(_MARKS[mark] for mark in self.marks & _MARKS.keys())
        return measured(value, marks | {Quality.FROM_MEMORY}, frame, self.taken)

    def describe(self) -> dict[str, object]:
        """JSON-ready."""
        value = json_number(self.value)
        return {"unit": self.unit, "value": value, "marks": sorted(self.marks), "datetime": str(self.taken)}


def control_order(fields: list[str]) -> str | None:
    """An order says of which result that it is of control solution; None: of none."""
    is_control = len(fields) >= _ORDER_FIELDS and fields[11] == _CONTROL_ORDER
    return fields[1] if is_control else None


def clock_shown(header: list[str]) -> list[Event]:
    """What the meter's own clock shows, to the minute or to the second, or nothing. Raises FrameError."""
    shown = _date_time(header[13]).known() if len(header) >= _HEADER_FIELDS else None
    return [] if shown is None else [ClockShown(shown, to_the_minute=len(header[13]) == _TO_THE_MINUTE)]


def _date_time(digits: str) -> DateTime:
    """To the minute, or to the second. Raises FrameError."""
    if not _TIME.fullmatch(digits):
        raise FrameError("not a date and time")
    month, day, hour, minute = (int(digits[at : at + 2]) for at in range(4, 12, 2))
    return DateTime(int(digits[:4]), month, day, hour, minute, int(digits[12:] or 0))


def _header(fields: list[str]) -> dict[str, object]:
    maker = fields[4].split("^") if len(fields) >= _HEADER_FIELDS else []
    if len(maker) < 3 or not _COUNT.fullmatch(fields[6]):
        raise FrameError("not a header of a meter")
    now = str(_date_time(fields[13]))
    return {"model": maker[0], "serial": maker[2], "results": int(fields[6]), "datetime": now}


def describe(data: bytes) -> dict[str, object]:
    """A frame, from STX to LF. Raises FrameError."""
    frame = astm.Frame.parse(data)
    fields = frame.fields
    about: dict[str, object] = {"number": frame.number, "type": fields[0]}
    if fields[0] == "R":
        return about | Result.parse(fields).describe()
    if fields[0] == "H":
        return about | _header(fields)
    return about | {"fields": fields[1:]}
