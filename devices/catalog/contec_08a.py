"""Contec 08A cuffs at their USB cable (HID): the last result in the memory of the first user.

Reports of 64 bytes, the rest of each zero. Source: MarkMLl/contec08a: captures, with the table that the
maker's own program made of them. It was started at the cuff; nothing here starts, sets or erases anything.

All bytes of a result but the systolic pressure have bit 7 set as a mark, and no capture shows a pressure or
a pulse that would need it. Pressures that the mean contradicts are refused. Nothing would contradict a pulse:
one of 150 may come as 22, so it is not given.
"""

from dataclasses import dataclass

from devices.device import Device, HidMatch
from devices.event import Event, FrameError, Rejected, Signal, SignalState
from devices.framing import ReportFramer
from devices.ieee11073 import DateTime
from devices.measuring import measured, quantity
from devices.metrics import DIASTOLIC, MEAN_PRESSURE, SYSTOLIC
from devices.polled import Once
from devices.reading import Kind, Quality

REPORT_BYTES = 64
_MARK, _LOW = 0x80, 0x7F
_RECORD_BYTES = 14
_FIXED = {0: 0x82, 1: 0x80, 8: 0x80, 12: 0x80, 13: 0x91}
_MARKED = (3, 4, 5, 6, 7, 9, 10, 11)
_COUNT_HEAD, _COUNT_AT = bytes.fromhex("46418080"), 4
_ANSWERS = (0x40, 0x48, 0x4A)
_LONGEST = 100  # results of one user
_MEAN_OFF_MMHG = 20  # a bit that was misread is worth 128 mmHg, or 43 of the mean


def _request(command: str) -> bytes:
    return bytes.fromhex(command).ljust(REPORT_BYTES, b"\x00")


HELLO, COUNT, RESULTS = map(_request, ("408ffffefdfc", "428ffffefdfc", "434101040200"))


@dataclass(frozen=True, slots=True)
class Record:
    """mmHg, beats a minute, and the cuff's own time to the minute."""

    sys: int
    dia: int
    pr: int
    map: int
    taken: DateTime

    @classmethod
    def parse(cls, data: bytes) -> "Record":
        """Raises FrameError."""
        if len(data) != _RECORD_BYTES or any(data[at] != byte for at, byte in _FIXED.items()):
            raise FrameError("not a result")
        if not all(data[at] & _MARK for at in _MARKED):
            raise FrameError("a byte without its mark")
        dia, pulse, mean, year, month, day, hour, minute = (data[at] & _LOW for at in _MARKED)
        return cls(data[2], dia, pulse, mean, DateTime(2000 + year, month, day, hour, minute, 0))

    @property
    def agrees(self) -> bool:
        """Its three pressures are of one measurement."""
        return abs((self.sys + 2 * self.dia) / 3 - self.map) <= _MEAN_OFF_MMHG


class Decoder:
    """Results are told by their number, and sent from the oldest on: the last of them is the result.

    Each one before it is understood too: a long memory is no noise.
    """

    def __init__(self) -> None:
        self._reports = ReportFramer(REPORT_BYTES)
        self._awaited = 0
        self._once = Once()

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        """Reports, whole or cut."""
        return [event for report in self._reports.split(data) for event in self._report(report)]

    def _report(self, report: bytes) -> list[Event]:
        if report.startswith(_COUNT_HEAD):
            self._awaited = min(report[_COUNT_AT] & _LOW, _LONGEST)
        elif report[0] == _FIXED[0]:
            return self._record(report)
        elif report[0] not in _ANSWERS:
            return [Rejected("an unknown report", report)]
        return [Signal(SignalState.READY)]

    def _record(self, report: bytes) -> list[Event]:
        if not self._awaited:
            return [Rejected("a result that was not announced", report)]
        self._awaited -= 1
        return [Signal(SignalState.READY)] if self._awaited else self._last(report)

    def _last(self, report: bytes) -> list[Event]:
        try:
            record = Record.parse(report.rstrip(b"\x00"))
        except FrameError as error:
            return [Rejected(str(error), report)]
        if not record.agrees:
            return [Rejected("the mean pressure contradicts the others", report)]
        pressures = ((SYSTOLIC, record.sys), (DIASTOLIC, record.dia), (MEAN_PRESSURE, record.map))
        values = tuple(quantity(metric, number) for metric, number in pressures)
        return self._once.events(measured(values, frozenset({Quality.FROM_MEMORY}), report, record.taken))


def describe(data: bytes) -> dict[str, object]:
    """Raises FrameError."""
    record = Record.parse(data)
    numbers: dict[str, object] = {name: getattr(record, name) for name in ("sys", "dia", "pr", "map")}
    return numbers | {"datetime": str(record.taken)[: -len(":00")]}


DEVICE = Device(
    key="contec_08a",
    name="Contec 08A",
    kind=Kind.CUFF,
    match=HidMatch(
        usb_ids=((0x0483, 0x5750),), report_bytes=REPORT_BYTES, quiet=True,
        start=(HELLO, COUNT, RESULTS), keep_alive=RESULTS, keep_alive_s=10.0,
    ),
    metrics=(SYSTOLIC, DIASTOLIC, MEAN_PRESSURE),
    reference="MarkMLl/contec08a",
    experimental=True,
    limits=(
        "the last result of its first user; the pulse is not told: a fast one may come as a slow one; "
        "its USB id is its chip maker's, which other things have too"
    ),
    decoder=Decoder,
    protocols=(("contec08a_record", describe),),
)  # fmt: skip
