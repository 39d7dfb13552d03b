"""Every simulated Bluetooth instrument, one fault each: one line with its name, red where it streams.

What shows itself only when it measures is at rest while it is away; where it speaks and says nothing that can
be understood, somebody should know.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import pytest

from devices.catalog import by_key
from devices.reading import SHY, Kind
from drivers.instrument import InstrumentState
from kiosk.selftest.instruments import PARTS, check_kinds
from kiosk.selftest.report import Problem, Verdict
from tests.drivers.ble_room import Room
from tests.drivers.listener import running
from tests.fakes.ble_and import AndCuff, AndScale, AndThermometer
from tests.fakes.ble_body import BodyScale, GlucoseMeter, HeartRateSensor, MiScale, Scale, TaiDocMeter
from tests.fakes.ble_cuffs import Bm85
from tests.fakes.ble_makes import (
    MightySat,
    aoj20a_thermometer,
    jks50f_oximeter,
    temp_sitter,
    vtm20f,
    yonker_cuff,
)
from tests.fakes.ble_oximeters import BerryOximeter, ContecBle, NoninOximeter, Pc60fw
from tests.fakes.ble_peripheral import Peripheral
from tests.fakes.ble_peripherals import Cuff, Pressure, PulseOximeter, Thermometer
from tests.fakes.ble_ring import O2Ring
from tests.fakes.radio import Radio

TODAY = datetime(2026, 11, 28, 9, 30)
PRESSURE = Pressure(121, 79, 93, 68)


@dataclass(frozen=True, slots=True)
class Simulator:
    """`use`: how it gets something to say, where it does not by itself."""

    key: str
    make: Callable[[Radio], Peripheral]
    use: Callable[..., Awaitable[None]] = Peripheral.advertise

    @property
    def kind(self) -> Kind:
        return by_key()[self.key].kind


STREAMS = (
    Simulator("sig_pulse_oximeter", PulseOximeter),
    Simulator("berry_bm1000", BerryOximeter),
    Simulator("nonin_3230", NoninOximeter),
    Simulator("viatom_pc60fw", Pc60fw),
    Simulator("viatom_o2ring", O2Ring),
    Simulator("contec_ble", ContecBle),
    Simulator("masimo_mightysat", MightySat),
    Simulator("viatom_vtm20f", vtm20f),
    Simulator("jks50f", jks50f_oximeter),
    Simulator("sig_heart_rate", HeartRateSensor),
)
SHY_ONES = (
    Simulator("sig_blood_pressure", Cuff, lambda cuff: cuff.measure(PRESSURE)),
    Simulator("beurer_bm85", Bm85, lambda cuff: cuff.measure(PRESSURE)),
    Simulator("and_cuff", AndCuff, lambda cuff: cuff.measure(PRESSURE)),
    Simulator("yonker_ibpa1", yonker_cuff),
    Simulator("sig_thermometer", Thermometer, lambda thermometer: thermometer.measure("37.2")),
    Simulator("aoj20a", aoj20a_thermometer),
    Simulator("biolight_tempsitter", temp_sitter),
    Simulator("sig_weight_scale", Scale, lambda scale: scale.measure(68.4)),
    Simulator("and_thermometer", AndThermometer, lambda thermometer: thermometer.measure("37.2")),
    Simulator("and_scale", AndScale, lambda scale: scale.measure(68.4)),
    Simulator("sig_body_composition", BodyScale, lambda scale: scale.measure(68.4)),
    Simulator("xiaomi_scale_v1", MiScale, lambda scale: scale.measure(68.4)),
    Simulator("sig_glucose", GlucoseMeter, lambda meter: meter.measure("0.00104", meal=3)),
    Simulator("taidoc_glucose", lambda radio: TaiDocMeter(radio, 104, TODAY)),
)
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
