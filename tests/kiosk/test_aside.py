"""What waits for the helper's decision is bounded in number and in time."""

from dataclasses import replace
from datetime import timedelta

from devices.reading import Clock, Quality, Reading
from kiosk.aside import HOLD, LIMIT, Aside
from kiosk.events import Event, SetAsideChanged
from tests.kiosk.bench import temperature


class Waiting:
    """An `Aside` with a clock that a test turns."""

    def __init__(self) -> None:
        self.time_s = 1000.0
        self.told: list[Event] = []
        self.aside = Aside(self.told.append, lambda: self.time_s)

    def values(self) -> list[str]:
        return [str(reading.quantities[0].value) for reading in self.aside.readings]


def dated(value: str, ago_s: float = 0.0) -> Reading:
    return temperature(value, ago_s, Clock.DEVICE)


def test_the_newest_stay_and_the_others_are_counted() -> None:
    waiting = Waiting()
    for number in range(LIMIT + 5):
        waiting.aside.add(dated(str(number), ago_s=1000 - number), timedelta(0))
    assert waiting.values() == [str(number) for number in range(LIMIT + 4, 4, -1)]
    assert waiting.told == [], "nobody looks yet"
    waiting.aside.show()
    assert waiting.told == [SetAsideChanged(waiting.aside.readings)]
    waiting.aside.add(dated("36", ago_s=2000), timedelta(0))
    waiting.aside.count()
    assert waiting.told[-1] == SetAsideChanged(waiting.aside.readings, more=2)


def test_a_clock_that_runs_ahead_pushes_nothing_out() -> None:
    waiting = Waiting()
    waiting.aside.add(dated("36"), timedelta(0))
    unsure = frozenset({Quality.TIME_UNSURE})
    for number in range(LIMIT + 5):
        waiting.aside.add(replace(dated(str(number), ago_s=-9000), quality=unsure), timedelta(0))
    assert waiting.values()[0] == "36" and len(waiting.values()) == LIMIT


def test_it_is_forgotten_some_time_after_it_was_measured() -> None:
    waiting = Waiting()
    waiting.aside.add(dated("36"), timedelta(0))
    waiting.aside.add(dated("37"), timedelta(minutes=10))
    waiting.aside.add(dated("38"), timedelta(days=3))
    assert [str(r.quantities[0].value) for r in waiting.aside.forget_due()] == ["38"]
    waiting.time_s += (HOLD - timedelta(minutes=10)).total_seconds()
    assert len(waiting.aside.forget_due()) == 1 and waiting.values() == ["36"]
    waiting.time_s += 600
    waiting.aside.forget_due()
    assert waiting.values() == []


def test_only_one_stream_that_goes_on_replaces_what_it_said() -> None:
    waiting = Waiting()
    first = temperature("36.0", ago_s=30)
    other = replace(first, identity=replace(first.identity, serial="another"))
    for reading in (first, replace(temperature("37.0", ago_s=10), identity=other.identity), dated("38.0")):
        waiting.aside.add(reading, timedelta(0))
    waiting.aside.goes_on(temperature("37.0"))  # 30 s later: another measurement
    assert len(waiting.values()) == 3
    waiting.aside.goes_on(replace(temperature("37.0"), identity=other.identity))
    assert sorted(waiting.values()) == ["36.0", "38.0"]


def test_cleared_it_tells_those_who_look_and_then_nobody() -> None:
    waiting = Waiting()
    waiting.aside.show()
    waiting.aside.add(dated("36"), timedelta(0))
    waiting.aside.clear()
    assert waiting.told[-1] == SetAsideChanged(())
    waiting.aside.add(dated("37"), timedelta(0))
    assert len(waiting.told) == 2
