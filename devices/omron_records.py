"""What lies in the memory of Omron's older cuffs: results, the clock, and which result is the newest.

Sources: omblepy, hass-omron and esphome-omron (fields, places, empty slots), captures in their issues.
Records have 14 or 16 bytes, and the same first eight. The 7322 and the 7600 hand out each word with its two
bytes exchanged. Seconds can be up to 63. On what the other bits mean, no two sources agree.
"""

from dataclasses import dataclass

from devices.event import FrameError
from devices.ieee11073 import DateTime
from devices.measuring import quantity
from devices.metrics import CUFF_PULSE_RATE, DIASTOLIC, SYSTOLIC
from devices.reading import Quality, Quantity

METRICS = (SYSTOLIC, DIASTOLIC, CUFF_PULSE_RATE)
CLOCK, INDEX = 0x003C, 0x0010
BLOCK = 16  # bytes of the clock, of the index and of a record
_SHORT, _LONG = 14, 16  # bytes of a record
_SYSTOLIC_OFFSET, _NOT_SYSTOLIC = 25, 0xE2
_LAST_SECOND = 59
_NEVER = 0x8000
_CLOCK_AT, _CLOCK_SUM = 8, 14


@dataclass(frozen=True, slots=True)
class Record:
    """mmHg, beats a minute, the cuff's own time."""

    sys: int
    dia: int
    pr: int
    taken: DateTime
    irregular: bool
    moved: bool

    @classmethod
    def parse(cls, data: bytes) -> "Record":
        """Raises FrameError."""
        if len(data) not in (_SHORT, _LONG):
            raise FrameError("not a record")
        if is_empty(data):
            raise FrameError("an empty slot")
        day, second = int.from_bytes(data[4:6], "little"), int.from_bytes(data[6:8], "little")
        taken = DateTime(
            2000 + (data[3] & 0x3F), day >> 10 & 0x0F, day >> 5 & 0x1F,
            day & 0x1F, second >> 6 & 0x3F, min(second & 0x3F, _LAST_SECOND),
        )  # fmt: skip
        numbers = data[0] + _SYSTOLIC_OFFSET, data[1], data[2]
        return cls(*numbers, taken, bool(day >> 14 & 1), bool(day >> 15))

    def quantities(self) -> tuple[Quantity, ...]:
        numbers = (self.sys, self.dia, self.pr)
        return tuple(quantity(m, n, invalid=(0,)) for m, n in zip(METRICS, numbers, strict=True))

    def quality(self) -> frozenset[Quality]:
        marks = {Quality.IRREGULAR_PULSE} if self.irregular else set()
        return frozenset(marks | ({Quality.MOTION} if self.moved else set()))


def is_empty(data: bytes) -> bool:
    """A slot that never held a result."""
    return data[0] >= _NOT_SYSTOLIC or not any(data[1:8])


def clock(block: bytes) -> DateTime:
    """What it shows. FrameError when there is no clock at this place: it is no memory that we know."""
    if len(block) != BLOCK or sum(block[:_CLOCK_SUM]) & 0xFF != block[_CLOCK_SUM]:
        raise FrameError("no clock where it should be")
    year, month, day, hour, minute, second = block[_CLOCK_AT:_CLOCK_SUM]
    return DateTime(2000 + year, month, day, hour, minute, min(second, _LAST_SECOND))


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a model keeps its results: the first of each user, and for how many there is room."""

    starts: tuple[int, ...]
    count: int

    def newest(self, index: bytes) -> list[int]:
        """The address of each user's newest one. Raises FrameError."""
        if len(index) != BLOCK:
            raise FrameError("not an index")
        nexts = (int.from_bytes(index[at : at + 2], "little") for at in range(0, BLOCK, 2))
        users = [(start, found) for start, found in zip(self.starts, nexts, strict=False) if found != _NEVER]
        return [self._before(start, found & 0xFF) for start, found in users]

    def _before(self, start: int, place: int) -> int:
        if place > self.count:
            raise FrameError("an index beyond the memory")
        return start + (place - 1) % self.count * BLOCK


def describe_short(data: bytes) -> dict[str, object]:
    """One of 14 bytes, of the 7142, which is not read. Raises FrameError."""
    return _described(Record.parse(_sized(data, _SHORT)))


def describe_long(data: bytes) -> dict[str, object]:
    """One of 16 bytes, of the 7361 and the 7155. Raises FrameError."""
    return _described(Record.parse(_sized(data, _LONG)))


def describe_swapped(data: bytes) -> dict[str, object]:
    """One of the 7600, which is not read: it follows the Blood Pressure Profile. Raises FrameError."""
    swapped = bytearray(_sized(data, _SHORT))
    swapped[0::2], swapped[1::2] = data[1::2], data[0::2]
    record = Record.parse(bytes(swapped))
    return {"sys": record.sys, "dia": record.dia, "pr": record.pr, "year": record.taken.year}


def describe_clock(data: bytes) -> dict[str, object]:
    """Raises FrameError."""
    return {"datetime": str(clock(data))}


def _sized(data: bytes, size: int) -> bytes:
    if len(data) != size:
        raise FrameError(f"not a record of {size} bytes")
    return data


def _described(record: Record) -> dict[str, object]:
    return {"sys": record.sys, "dia": record.dia, "pr": record.pr, "datetime": str(record.taken)}
