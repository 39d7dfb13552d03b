"""The one sentence: what matters most now."""

from dataclasses import replace

import pytest

from devices.reading import Kind
from kiosk.events import CallChanged, CallPhase, InstrumentState, InstrumentStatus
from tests.ui import samples
from ui.guidance import next_step
from ui.instruments import can_measure, in_trouble, listed, shows_wave, working
from ui.reasons import Step
from ui.state import State

TALKING = CallChanged(CallPhase.CONNECTED)


@pytest.mark.parametrize(
    ("phase", "step"),
    [
        (CallPhase.OFF, Step.PREPARING),
        (CallPhase.WAITING, Step.PASS_LINK),
        (CallPhase.CONNECTING, Step.WAIT_CONNECTING),
        (CallPhase.CONNECTED, Step.COMPARE_WORDS),
        (CallPhase.RECONNECTING, Step.WAIT_RECONNECTING),
        (CallPhase.TAMPERED, Step.TAMPERED),
        (CallPhase.SERVER_UNREACHABLE, Step.MEASURE_OFFLINE),
        (CallPhase.LEFT, Step.PHYSICIAN_AWAY),
        (CallPhase.ENDED, Step.PHYSICIAN_LEFT),
    ],
)
def test_every_phase_of_the_call_has_a_step(phase: CallPhase, step: Step) -> None:
    assert next_step(State(call=CallChanged(phase), instruments=samples.instruments())) is step


def test_measures_follow_one_another() -> None:
    state = State(call=TALKING, instruments=samples.instruments())
    steps = []
    for taken in (samples.oximeter, samples.cuff, samples.thermometer, samples.scale, samples.glucometer):
        state.add_reading(taken())
        steps.append(next_step(state))
    assert steps == [Step.CUFF, Step.THERMOMETER, Step.SCALE, Step.GLUCOMETER, Step.FINISH]


def test_what_was_set_aside_is_asked_about_before_it_is_measured_again() -> None:
    state = State(call=TALKING, instruments=samples.instruments())
    state.set_aside = (samples.old_thermometer(),)
    assert next_step(state) is Step.SET_ASIDE
    state.set_aside = ()
    assert next_step(state) is Step.COMPARE_WORDS


def test_a_cuff_that_shows_itself_only_by_measuring_is_asked_for() -> None:
    expected = [(Kind.CUFF, InstrumentState.ABSENT), (Kind.OXIMETER, InstrumentState.ABSENT)]
    shown = tuple(InstrumentStatus(f"expected:{kind}", kind, "", state) for kind, state in expected)
    state = State(call=TALKING, instruments=shown)
    state.add_reading(samples.thermometer())
    assert next_step(state) is Step.CUFF


def test_the_camera_is_listed_only_when_it_fails() -> None:
    camera = InstrumentStatus("face_camera", Kind.CAMERA, "Camera", InstrumentState.MEASURING)
    assert listed((camera,)) == ()
    broken = replace(camera, state=InstrumentState.FAULTY)
    assert listed((broken,)) == (broken,)


def test_only_what_is_there_is_asked_for() -> None:
    state = State(call=TALKING, instruments=samples.instruments(InstrumentState.LOST))
    state.add_reading(samples.oximeter())
    assert next_step(state) is Step.FINISH


def test_a_running_cuff_comes_first() -> None:
    cuff = InstrumentStatus("c", Kind.CUFF, "c", InstrumentState.MEASURING)
    assert next_step(State(call=CallChanged(CallPhase.WAITING), instruments=(cuff,))) is Step.CUFF_RUNNING


@pytest.mark.parametrize("state", [InstrumentState.MEASURING, InstrumentState.READY, InstrumentState.LOST])
def test_a_strangers_unit_asks_nothing_of_the_helper(state: InstrumentState) -> None:
    theirs = (InstrumentStatus("ble:1", Kind.CUFF, "c", state, known=False),)
    assert next_step(State(call=CallChanged(CallPhase.WAITING), instruments=theirs)) is Step.PASS_LINK
    assert not working(theirs) and not in_trouble(theirs)
    assert not can_measure(theirs, Kind.CUFF) and not shows_wave(theirs, Kind.CUFF)
