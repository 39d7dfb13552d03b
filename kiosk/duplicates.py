"""The same act of measurement, delivered again: on another connection, or live and then from memory. Pure.

What one connection repeats does not get here (`devices/gatt.py`, `devices/polled.py`).
"""

import secrets
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from uuid import UUID

from devices.reading import DeviceIdentity, Kind, Quality, Quantity, Reading

REMEMBERED = 256  # acts of one kind and model
TOLERANCE = timedelta(minutes=2)  # a cuff dates the start of its work, and its result is sent after the end

UNDATED = timedelta(
    minutes=15
)  # what nobody dates is taken for the same act so long, then for the next patient's


@dataclass(slots=True)
class _Act:
    id: UUID
    identity: DeviceIdentity
    values: frozenset[bytes]
    taken_at: datetime
    device_time: datetime | None
    from_memory: bool


class Duplicates:
    """Remembers the newest acts of each model, their values as keyed digests: none can be read from here."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(16)
        self._acts: dict[tuple[Kind, str], deque[_Act]] = {}

    def remember(self, reading: Reading) -> None:
        values = self._values(reading)
        acts = self._acts.setdefault(_model(reading), deque(maxlen=REMEMBERED))
        memory = Quality.FROM_MEMORY in reading.quality
        acts.append(_Act(reading.id, reading.identity, values, reading.taken_at, reading.device_time, memory))

    def forget(self, reading: Reading) -> None:
        """Nobody has seen it: when it comes again, it counts."""
        acts = self._acts.get(_model(reading), deque())
        for act in [act for act in acts if act.id == reading.id]:
            acts.remove(act)

    def seen(self, reading: Reading) -> bool:
        """True when this act is remembered; what it measured must have been known by then.

        One live result stands for one record of the device's memory: the next one like it is another act.
        """
        act = self._same(reading)
        if act is None:
            return False
        act.device_time = act.device_time or reading.device_time
        return True

    def _same(self, reading: Reading) -> _Act | None:
        values = self._values(reading)
        alike = [
            act
            for act in self._acts.get(_model(reading), ())
            if values and values <= act.values and _same_unit(act.identity, reading.identity)
        ]
        time = reading.device_time
        if time is not None:
            for act in alike:
                if act.device_time == time:
                    return act
        return _nearest(alike, reading) if Quality.FROM_MEMORY in reading.quality else None

    def _values(self, reading: Reading) -> frozenset[bytes]:
        return frozenset(self._digest(q) for q in reading.quantities if q.value is not None)

    def _digest(self, quantity: Quantity) -> bytes:
        """97 and 97.0 are the same value."""
        assert quantity.value is not None
        text = f"{quantity.metric.key} {quantity.value.normalize()}"
        return blake2b(text.encode(), key=self._key, digest_size=16).digest()


def _model(reading: Reading) -> tuple[Kind, str]:
    return reading.kind, reading.identity.device


def _nearest(alike: list[_Act], record: Reading) -> _Act | None:
    """The act that this record of a memory may be: one that has no device's time of its own yet."""
    open_ = [act for act in alike if act.device_time is None]
    near = [act for act in open_ if abs(act.taken_at - record.taken_at) <= TOLERANCE]
    if not near and record.device_time is None:  # nothing tells two undated records apart
        near = [act for act in open_ if act.from_memory and abs(act.taken_at - record.taken_at) <= UNDATED]
    return min(near, key=lambda act: abs(act.taken_at - record.taken_at), default=None)


def _same_unit(one: DeviceIdentity, other: DeviceIdentity) -> bool:
    """Nothing they say of themselves tells them apart; a connection that was cut short says less."""
    if one.serial and other.serial:
        return one.serial == other.serial
    return not (one.address and other.address) or one.address == other.address
