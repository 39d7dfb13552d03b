"""The end of a session: what was used is to be cleaned, and nothing else is asked for."""

import pytest

from devices.reading import Kind
from kiosk.events import InstrumentState, InstrumentStatus, WaveformShown
from tests.ui import samples, steps
from tests.ui.conftest import Desk


def test_only_what_was_used_is_to_be_disinfected(desk: Desk) -> None:
    steps.consultation(desk)
    desk.kiosk.measure(samples.oximeter())
    desk.kiosk.measure(samples.thermometer())
    desk.settle()
    desk.click("end")
    desk.click("end_confirm")
    desk.wait_for("closing")
    listed = {kind for kind in Kind if desk.is_shown(f"clean_{kind.value}")}
    assert listed == {Kind.OXIMETER, Kind.THERMOMETER}


@pytest.mark.parametrize("used", [False, True])
def test_an_ecg_is_to_be_disinfected_when_it_was_used(desk: Desk, used: bool) -> None:
    steps.consultation(desk)
    desk.kiosk.plug(InstrumentStatus("ecg", Kind.ECG, "ECG", InstrumentState.READY))
    if used:
        desk.kiosk.publish(WaveformShown(samples.ecg(tuple(range(64)))))
    desk.settle()
    desk.bridge.end_consultation()
    desk.wait_for("closing")
    assert desk.is_shown("clean_ecg") == used
    desk.bridge.finish()
    desk.wait_for("welcome")
    assert not desk.window.state.waves, "the next person has not used it"
