"""A device's clock over GATT: local time without a zone, as Date Time (2A08) or Current Time (2A2B). Pure.

Sources: GATT Specification Supplement, Date Time, Current Time, Day of Week; Current Time Service 1.1 (1805).
"""

from collections.abc import Callable
from datetime import datetime

from devices.event import FrameError
from devices.ieee11073 import Describe, date_time, describe_date_time

DATE_TIME, CURRENT_TIME = 0x2A08, 0x2A2B

_DATE_TIME_BYTES, _CURRENT_TIME_BYTES = 7, 10
_SET_BY_HAND = 1  # adjust reason: a manual update
_DAYS_OF_WEEK = range(8)  # 1 is Monday, 0 unknown


def shown(value: bytes) -> datetime | None:
    """What a value of either says; None when the clock is not set, or the value is no date."""
    try:
        return date_time(value[:_DATE_TIME_BYTES]).known()
    except FrameError:
        return None


def as_date_time(when: datetime) -> bytes:
    """A value of 2A08: seven bytes, as wall clock."""
    fields = (when.month, when.day, when.hour, when.minute, when.second)
    return when.year.to_bytes(2, "little") + bytes(fields)


def as_current_time(when: datetime) -> bytes:
    """A value of 2A2B: ten bytes, as wall clock, to 1/256 s."""
    return as_date_time(when) + bytes((when.isoweekday(), when.microsecond * 256 // 1_000_000, _SET_BY_HAND))


WRITTEN: dict[int, Callable[[datetime], bytes]] = {DATE_TIME: as_date_time, CURRENT_TIME: as_current_time}
"""How each is written; whoever has both is set by the first."""


def describe_current_time(data: bytes) -> dict[str, object]:
    """Raises FrameError."""
    if len(data) != _CURRENT_TIME_BYTES or data[7] not in _DAYS_OF_WEEK:
        raise FrameError("not a current time of 10 bytes")
    rest = {"day_of_week": data[7], "fractions256": data[8], "adjust_reason": data[9]}
    return describe_date_time(data[:_DATE_TIME_BYTES]) | rest


PROTOCOLS: tuple[tuple[str, Describe], ...] = (("current_time", describe_current_time),)
