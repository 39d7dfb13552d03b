"""Who is remembered of those that came within reach."""

from collections.abc import Callable

import pytest

from drivers import ble_seen
from drivers.ble_seen import Seen
from drivers.instrument import InstrumentState
from tests.drivers.ble_room import Room
from tests.drivers.listener import running
from tests.fakes.ble_peripherals import Thermometer

DAY_S = 24 * 3600.0


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def _busy(*ids: str) -> Callable[[str], bool]:
    return ids.__contains__


def test_whoever_was_not_seen_for_a_day_is_forgotten_when_another_comes() -> None:
    clock = Clock()
    seen = Seen(clock)
    assert seen.note("a", _busy()) == seen.note("b", _busy()) == []
    clock.now_s += DAY_S / 2
    assert seen.note("b", _busy()) == []
    clock.now_s += DAY_S / 2 + 1
    assert seen.note("c", _busy()) == ["a"]


def test_of_too_many_the_one_that_was_not_seen_longest_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ble_seen, "_MOST", 2)
    seen = Seen()
    assert seen.note("a", _busy()) == seen.note("b", _busy()) == seen.note("a", _busy()) == []
    assert seen.note("c", _busy()) == ["b"]
    assert seen.note("d", _busy()) == ["a"]


def test_one_that_is_served_stays_and_is_seen_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ble_seen, "_MOST", 2)
    clock = Clock()
    seen = Seen(clock)
    seen.note("a", _busy())
    clock.now_s += 2 * DAY_S
    assert seen.note("b", _busy("a")) == []
    assert seen.note("c", _busy("a", "b")) == ["c"], "there is no room"
    assert seen.note("c", _busy()) == ["a"]


async def test_a_peripheral_that_changes_its_address_does_not_pile_up(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ble_seen, "_MOST", 2)
    units = [Thermometer(room.radio, address=f"C0:0C:00:00:00:{n:02X}") for n in range(4)]
    ids = [await room.switch_on(unit) for unit in units]
    async with running(room.links().run()):
        for count, (id_, unit) in enumerate(zip(ids, units, strict=True)):
            await unit.measure("36.9")
            await room.listener.until(lambda: len(room.listener.readings) > count)  # noqa: B023
            await room.listener.until_state(id_, InstrumentState.READY)
        states = [(room.listener.now(id_) or ("never seen",))[0] for id_ in ids]
        assert states == [InstrumentState.ABSENT] * 2 + [InstrumentState.READY] * 2
        await units[0].measure("37.4")
        await room.listener.until_state(ids[0], InstrumentState.READY)
    assert [str(each.quantities[0].value) for each in room.listener.readings] == ["36.9"] * 4 + ["37.4"]
