"""The one sentence: what matters most now."""

import pytest

from devices.reading import Kind
from kiosk.events import CallChanged, CallPhase, InstrumentState, InstrumentStatus
from tests.ui import samples
from ui.guidance import next_step
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
        (CallPhase.ENDED, Step.PHYSICIAN_LEFT),
    ],
)
def test_every_phase_of_the_call_has_a_step(phase: CallPhase, step: Step) -> None:
    assert next_step(State(call=CallChanged(phase), instruments=samples.instruments())) is step


def test_measures_follow_one_another() -> None:
    state = State(call=TALKING, instruments=samples.instruments())
    steps = []
    for reading in (samples.oximeter(), samples.cuff(), samples.thermometer()):
        state.add_reading(reading)
        steps.append(next_step(state))
    assert steps == [Step.CUFF, Step.THERMOMETER, Step.FINISH]


def test_only_what_is_there_is_asked_for() -> None:
    state = State(call=TALKING, instruments=samples.instruments(InstrumentState.LOST))
    state.add_reading(samples.oximeter())
    assert next_step(state) is Step.FINISH


def test_a_running_cuff_comes_first() -> None:
    cuff = InstrumentStatus("c", Kind.CUFF, "c", InstrumentState.MEASURING)
    assert next_step(State(call=CallChanged(CallPhase.WAITING), instruments=(cuff,))) is Step.CUFF_RUNNING
