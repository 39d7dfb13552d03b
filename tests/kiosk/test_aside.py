"""What waits for the helper's decision is bounded in number and in time."""

from dataclasses import replace
from datetime import timedelta

from devices.reading import Clock, Kind, Quality, Reading
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


def finger(value: str, ago_s: float = 0.0) -> Reading:
    """Of an instrument that streams."""
    return replace(temperature(value, ago_s), kind=Kind.OXIMETER)


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


def test_what_nobody_can_date_is_not_pushed_out_by_an_old_memory() -> None:
    """Today's result of a cuff whose clock runs ahead comes after all that it remembers."""
    waiting = Waiting()
    for number in range(LIMIT):
        waiting.aside.add(dated(str(number), ago_s=9000 - number), timedelta(0))
    today = replace(dated("36", ago_s=-3600), quality=frozenset({Quality.TIME_UNSURE}))
    waiting.aside.add(today, timedelta(0))
    waiting.aside.add(dated("8", ago_s=5000), timedelta(0))
    assert waiting.values() == ["8", *[str(number) for number in range(LIMIT - 1, 1, -1)], "36"]


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
    first = finger("36.0", ago_s=30)
    other = replace(first, identity=replace(first.identity, serial="another"))
    for reading in (first, replace(finger("37.0", ago_s=10), identity=other.identity), dated("38.0")):
        waiting.aside.add(reading, timedelta(0))
    waiting.aside.goes_on(finger("37.0"))  # 30 s later: another measurement
    assert len(waiting.values()) == 3
    waiting.aside.goes_on(replace(finger("37.0"), identity=other.identity))
    assert sorted(waiting.values()) == ["36.0", "38.0"]


def test_two_results_one_after_the_other_are_two() -> None:
    waiting = Waiting()
    waiting.aside.add(temperature("39.1", ago_s=5), timedelta(0))
    waiting.aside.add(temperature("36.8"), timedelta(0))
    assert waiting.values() == ["36.8", "39.1"]


def test_what_was_on_the_finger_before_the_consultation_is_asked_about_anew_in_it() -> None:
    aside = Waiting().aside
    early = replace(finger("97", ago_s=2), quality=frozenset({Quality.BEFORE_CONSULTATION}))
    aside.is_old_question(early)
    aside.show()
    assert not aside.is_old_question(finger("96", ago_s=1))
    assert aside.is_old_question(finger("95"))


def test_a_thermometer_that_is_worn_does_not_ask_again_and_again() -> None:
    aside = Waiting().aside
    aside.show()
    asked = [aside.is_old_question(temperature(f"36.{n}", ago_s=20 - n)) for n in range(4)]
    assert asked == [False, False, True, True], "a second one may be taken again"
    aside.is_old_question(temperature("36.9", ago_s=0))
    assert not aside.is_old_question(temperature("37.0", ago_s=-20)), "it had paused"


def test_cleared_it_tells_those_who_look_and_then_nobody() -> None:
    waiting = Waiting()
    waiting.aside.show()
    waiting.aside.add(dated("36"), timedelta(0))
    waiting.aside.clear()
    assert waiting.told[-1] == SetAsideChanged(())
    waiting.aside.add(dated("37"), timedelta(0))
    assert len(waiting.told) == 2
