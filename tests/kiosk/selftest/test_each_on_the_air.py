"""Every simulated Bluetooth instrument, one fault each: one line with its name, red where it streams.

What shows itself only when it measures is at rest while it is away; where it speaks and says nothing that can
be understood, somebody should know.
"""

import pytest

from devices.catalog import by_key
from devices.reading import SHY, Kind
from drivers.instrument import InstrumentState
from kiosk.selftest.instruments import PARTS, check_kinds
from kiosk.selftest.report import Problem, Verdict
from tests.drivers.ble_room import Room
from tests.drivers.listener import running
from tests.fakes.ble_peripheral import Peripheral
from tests.fakes.each_on_the_air import SHY_ONES, STREAMS, Simulator

CONNECTED = tuple(each for each in SHY_ONES if not each.key.startswith("xiaomi"))
"""Whose result does not come in an advertisement already."""


def told(room: Room, kind: Kind) -> list[tuple[str, Verdict, Problem, str]]:
    """What a site that owns one of this kind is told, but that it works."""
    newest = {status.id: status for status in room.listener.statuses}
    checks = check_kinds([kind], newest.values())
    return [(c.part, c.verdict, c.problem, c.subject) for c in checks if c.verdict is not Verdict.GREEN]


async def switch_on(room: Room, simulator: Simulator) -> tuple[Peripheral, str]:
    """It and its id."""
    unit = simulator.make(room.radio)
    id_ = await room.switch_on(unit)
    await simulator.use(unit)
    return unit, id_


@pytest.mark.parametrize("simulator", STREAMS, ids=lambda simulator: simulator.key)
async def test_a_stream_that_ends_is_one_red_line(simulator: Simulator, room: Room) -> None:
    kind, name = simulator.kind, by_key()[simulator.key].name
    unit, id_ = await switch_on(room, simulator)
    async with running(room.links().run()):
        await room.listener.until_state(id_, InstrumentState.MEASURING)
        assert told(room, kind) == []
        await unit.hide()
        await room.listener.until(lambda: state(room, id_) is InstrumentState.LOST)
        assert told(room, kind) == [(PARTS[kind], Verdict.RED, Problem.NOT_WORKING, name)]


@pytest.mark.parametrize("simulator", SHY_ONES, ids=lambda simulator: simulator.key)
async def test_who_has_given_its_result_rests(simulator: Simulator, room: Room) -> None:
    unit, id_ = await switch_on(room, simulator)
    async with running(room.links().run()):
        await room.listener.until(lambda: bool(room.listener.readings))
        await unit.hide()
        await room.listener.until(lambda: state(room, id_) in (InstrumentState.READY, InstrumentState.LOST))
    is_worn = state(room, id_) is InstrumentState.LOST  # it had not said all
    assert told(room, simulator.kind) == ([amber(simulator)] if is_worn else [])


@pytest.mark.parametrize("simulator", (*STREAMS, *CONNECTED), ids=lambda simulator: simulator.key)
async def test_who_answers_nothing_is_one_line(simulator: Simulator, room: Room) -> None:
    unit, id_ = await switch_on(room, simulator)
    unit.answers.clear()
    async with running(room.links().run()):
        await room.listener.until(lambda: state(room, id_) is InstrumentState.LOST)
        verdict = Verdict.AMBER if simulator.kind in SHY else Verdict.RED
        assert [found[:3] for found in told(room, simulator.kind)] == [
            (PARTS[simulator.kind], verdict, Problem.NOT_WORKING)
        ]
    unit.answers.set()


def amber(simulator: Simulator) -> tuple[str, Verdict, Problem, str]:
    return PARTS[simulator.kind], Verdict.AMBER, Problem.NOT_WORKING, by_key()[simulator.key].name


def state(room: Room, id_: str) -> InstrumentState | None:
    now = room.listener.now(id_)
    return now and now[0]
