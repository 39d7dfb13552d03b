"""Readings that may be somebody else's, until the helper decides or the session ends. In memory only.

Why they are bounded, when they are forgotten and who sees them: docs/decisions/0012-which-patient.md.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from devices.reading import SHY, Clock, DeviceIdentity, Kind, Quality, Reading
from kiosk.events import Event, NoticeReason, SetAsideChanged

LIMIT = 8
HOLD = timedelta(minutes=15)
_STREAM_GAP = timedelta(seconds=15)  # every instrument that streams says something new sooner
_STREAMS = 32
_RETAKEN = 2  # results of one measurement that somebody takes again at once


@dataclass(frozen=True, slots=True)
class _Waiting:
    reading: Reading
    due_s: float


@dataclass(frozen=True, slots=True)
class _Stream:
    """`length`: readings that followed one another up to the newest."""

    newest: Reading
    length: int

    def asked_about(self, later: Reading) -> bool:
        """What was measured before the consultation was another question. Of what shows its results one by
        one, a second one soon is taken again; some that are worn go on and on.
        """
        before = Quality.BEFORE_CONSULTATION
        same_time = (before in self.newest.quality) == (before in later.quality)
        return same_time and self.length >= (_RETAKEN if later.kind in SHY else 1)


class Aside:
    """At most `LIMIT` readings. The screens hear of them from `show` to `clear`, in a consultation."""

    def __init__(self, emit: Callable[[Event], None], clock_s: Callable[[], float] = time.monotonic) -> None:
        self._emit = emit
        self._clock_s = clock_s
        self._waiting: list[_Waiting] = []
        self._more = 0
        self._streams: dict[tuple[Kind, DeviceIdentity], _Stream] = {}
        self.shown = False

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The newest measured first; one whose time is not known comes last."""
        return tuple(waiting.reading for waiting in self._waiting)

    def add(self, reading: Reading, age: timedelta) -> None:
        """`age`: it is forgotten `HOLD` after it was measured, unless a consultation comes first."""
        self._drop(lambda earlier: _continues(earlier, reading))
        new = _Waiting(reading, self._clock_s() + (HOLD - age).total_seconds())
        self._waiting.append(new)
        self._waiting.sort(key=_newest, reverse=True)
        if len(self._waiting) > LIMIT:
            self._waiting.remove(_least_wanted(self._waiting, new))
            self._more += self.shown
        self._tell()

    def count(self) -> None:
        """One more that is not to be seen; before a consultation nobody asks how many there were."""
        self._more += self.shown
        self._tell()

    def is_old_question(self, reading: Reading) -> bool:
        """An unknown unit streams on: one card for a stream that stands still, and no question twice."""
        stream = (reading.kind, reading.identity)
        earlier = self._streams.pop(stream, None)
        goes_on = earlier is not None and _follows(earlier.newest, reading)
        self._streams[stream] = _Stream(reading, earlier.length + 1 if earlier and goes_on else 1)
        if len(self._streams) > _STREAMS:
            self._streams.pop(next(iter(self._streams)))
        return self.shown and earlier is not None and goes_on and earlier.asked_about(reading)

    def find(self, reading_id: UUID) -> Reading | None:
        return next((r for r in self.readings if r.id == reading_id), None)

    def remove(self, reading_id: UUID) -> None:
        self._leave(lambda reading: reading.id == reading_id)

    def goes_on(self, reading: Reading) -> None:
        """A stream that began too early goes on in the consultation: its beginning is not missed."""
        self._leave(lambda earlier: _continues(earlier, reading))

    def forget_due(self) -> tuple[Reading, ...]:
        """Forget what has waited too long for a consultation; returns what that was."""
        due = [waiting for waiting in self._waiting if waiting.due_s <= self._clock_s()]
        self._waiting = [waiting for waiting in self._waiting if waiting not in due]
        return tuple(waiting.reading for waiting in due)

    def show(self) -> None:
        """A consultation begins: the helper may decide."""
        self.shown = True
        if self._waiting or self._more:
            self._tell()

    def clear(self) -> None:
        """The session is over: the next patient's helper sees nothing of it."""
        had_any = bool(self._waiting or self._more)
        self._waiting.clear()
        self._more = 0
        if had_any:
            self._tell()
        self.shown = False

    def _leave(self, wanted: Callable[[Reading], bool]) -> None:
        if self._drop(wanted):
            self._tell()

    def _drop(self, wanted: Callable[[Reading], bool]) -> bool:
        before = len(self._waiting)
        self._waiting = [waiting for waiting in self._waiting if not wanted(waiting.reading)]
        return len(self._waiting) != before

    def _tell(self) -> None:
        if self.shown:
            self._emit(SetAsideChanged(self.readings, self._more))


def notice_of(reading: Reading) -> NoticeReason:
    """Of two reasons the one that does not pass with time."""
    unknown = Quality.UNKNOWN_UNIT in reading.quality
    return NoticeReason.UNKNOWN_UNIT_SET_ASIDE if unknown else NoticeReason.OLD_READING_SET_ASIDE


def _newest(waiting: _Waiting) -> tuple[bool, float]:
    return not _is_unsure(waiting), waiting.reading.taken_at.timestamp()


def _least_wanted(waiting: list[_Waiting], new: _Waiting) -> _Waiting:
    """The oldest, but for a recording, which somebody asked for. What nobody can date may be of now: it goes
    only where several came, the first of them.
    """
    unsure = [each for each in waiting if _is_unsure(each) and each is not new]
    if len(unsure) > 1:
        return min(unsure, key=lambda each: each.due_s)
    dated = [each for each in waiting if not _is_unsure(each)]
    return min(dated, key=lambda each: (Quality.RECORDING in each.reading.quality, each.reading.taken_at))


def _is_unsure(waiting: _Waiting) -> bool:
    return Quality.TIME_UNSURE in waiting.reading.quality


def _continues(earlier: Reading, later: Reading) -> bool:
    """As `_follows`, from an instrument that streams."""
    return later.kind not in SHY and _follows(earlier, later)


def _follows(earlier: Reading, later: Reading) -> bool:
    """Both came live, from one instrument, one right after the other."""
    live = all(r.clock is Clock.KIOSK and Quality.TIME_UNSURE not in r.quality for r in (earlier, later))
    same = (earlier.kind, earlier.identity) == (later.kind, later.identity)
    return live and same and timedelta(0) <= later.taken_at - earlier.taken_at <= _STREAM_GAP
