"""The one next step for a helper who does this once a week. Pure: state in, step out."""

from devices.reading import Kind
from kiosk.events import CallPhase
from ui.instruments import can_measure, is_measuring
from ui.reasons import Step
from ui.state import State

_CALL_FIRST = {
    CallPhase.TAMPERED: Step.TAMPERED,
    CallPhase.RECONNECTING: Step.WAIT_RECONNECTING,
    CallPhase.CONNECTING: Step.WAIT_CONNECTING,
    CallPhase.LEFT: Step.PHYSICIAN_AWAY,
    CallPhase.ENDED: Step.PHYSICIAN_LEFT,
    CallPhase.OFF: Step.PREPARING,
    CallPhase.WAITING: Step.PASS_LINK,
}
_MEASURES = (
    (Kind.OXIMETER, Step.OXIMETER),
    (Kind.CUFF, Step.CUFF),
    (Kind.THERMOMETER, Step.THERMOMETER),
    (Kind.SCALE, Step.SCALE),
    (Kind.GLUCOMETER, Step.GLUCOMETER),
)


def next_step(state: State) -> Step:
    """What matters most: a measurement that runs, the call, what was set aside, what is to be measured."""
    if is_measuring(state.instruments, Kind.CUFF):
        return Step.CUFF_RUNNING
    if state.call.phase in _CALL_FIRST:
        return _CALL_FIRST[state.call.phase]
    if state.call.otoscope_on:
        return Step.OTOSCOPE_RUNNING
    return _stethoscope(state) or _next_measure(state)


def _stethoscope(state: State) -> Step | None:
    call = state.call
    if call.recording:
        return Step.STETHOSCOPE_RECORDING
    if call.point:
        return Step.STETHOSCOPE_POINT
    if not call.stethoscope_on:
        return None
    return Step.STETHOSCOPE_RUNNING if call.stethoscope_live else Step.STETHOSCOPE_NARROW


def _next_measure(state: State) -> Step:
    offline = state.call.phase is CallPhase.SERVER_UNREACHABLE
    if state.set_aside:
        return Step.SET_ASIDE
    if not state.readings:
        return Step.MEASURE_OFFLINE if offline else Step.COMPARE_WORDS
    for kind, step in _MEASURES:
        if can_measure(state.instruments, kind) and not state.measured(kind):
            return step
    return Step.MEASURE_OFFLINE if offline else Step.FINISH
