"""The number and time formats of personal health devices: SFLOAT, FLOAT and Date Time.

Sources: IEEE 11073-20601 (nomenclature of the special values) and the Bluetooth GATT Specification
Supplement, sections medfloat16, medfloat32 and Date Time. Over GATT all of them are little-endian.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from devices.event import FrameError


class Special(StrEnum):
    """What a medical float says instead of a number."""

    NAN = "NaN"
    NRES = "NRes"
    POSITIVE_INFINITY = "+INF"
    NEGATIVE_INFINITY = "-INF"
    RESERVED = "reserved"


Number = Decimal | Special
Describe = Callable[[bytes], dict[str, object]]

_SPECIAL_OFFSETS = {
    -1: Special.NAN,
    -2: Special.POSITIVE_INFINITY,
    0: Special.NRES,
    1: Special.RESERVED,
    2: Special.NEGATIVE_INFINITY,
}


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value


def _medical_float(data: bytes, size: int, mantissa_bits: int) -> Number:
    if len(data) != size:
        raise FrameError(f"a number of {size} bytes is needed, not {len(data)}")
    word = int.from_bytes(data, "little")
    mantissa = word & ((1 << mantissa_bits) - 1)
    # The special mantissas lie outside the range of numbers at every exponent, not only at exponent 0.
    special = _SPECIAL_OFFSETS.get(mantissa - (1 << (mantissa_bits - 1)))
    if special is not None:
        return special
    exponent = _signed(word >> mantissa_bits, size * 8 - mantissa_bits)
    return Decimal(_signed(mantissa, mantissa_bits)).scaleb(exponent)


def sfloat(data: bytes) -> Number:
    """Two bytes: 4-bit exponent, 12-bit mantissa. Exact; keeps the decimals sent (36.70 stays 36.70)."""
    return _medical_float(data, 2, 12)


def float32(data: bytes) -> Number:
    """Four bytes: 8-bit exponent, 24-bit mantissa. Exact, as `sfloat`."""
    return _medical_float(data, 4, 24)


@dataclass(frozen=True, slots=True)
class DateTime:
    """The seven fields as sent: the device's local time, no zone; 0 in year, month or day means unknown."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int

    def known(self) -> datetime | None:
        """The naive time, or None when a date field is unknown or the time is impossible."""
        try:
            return datetime(self.year, self.month, self.day, self.hour, self.minute, self.second)
        except ValueError:
            return None

    def later(self, minutes: int) -> "DateTime":
        """As it is when the date is not known, or no date of this calendar comes out."""
        known = self.known()
        try:
            moved = known + timedelta(minutes=minutes) if known else None
        except OverflowError:
            moved = None
        return self if moved is None else DateTime(*moved.timetuple()[:6])

    def __str__(self) -> str:
        date = f"{self.year:04}-{self.month:02}-{self.day:02}"
        return f"{date}T{self.hour:02}:{self.minute:02}:{self.second:02}"


def date_time(data: bytes) -> DateTime:
    """Seven bytes; whether the fields make a date is for `DateTime.known` to say."""
    if len(data) != 7:
        raise FrameError(f"a date and time of 7 bytes is needed, not {len(data)}")
    return DateTime(int.from_bytes(data[:2], "little"), *data[2:])


def json_number(number: Number) -> int | float | str:
    """For JSON: numbers sent without decimals stay int, the others float; specials become their names."""
    if isinstance(number, Special):
        return number.value
    exponent = number.as_tuple().exponent
    return int(number) if isinstance(exponent, int) and exponent >= 0 else float(number)


def describe_date_time(data: bytes) -> dict[str, object]:
    """Raises FrameError."""
    when = date_time(data)
    limits = ((when.month, 12), (when.day, 31), (when.hour, 23), (when.minute, 59), (when.second, 59))
    partly_unknown = 0 in (when.year, when.month, when.day)
    if any(value > limit for value, limit in limits) or (not partly_unknown and when.known() is None):
        raise FrameError(f"{when} is not a date and time")
    return {"datetime": str(when)}


PROTOCOLS: tuple[tuple[str, Describe], ...] = (
    ("sfloat_le", lambda data: {"value": json_number(sfloat(data))}),
    ("float_le", lambda data: {"value": json_number(float32(data))}),
    ("date_time", describe_date_time),
)
