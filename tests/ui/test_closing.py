"""The end of a session: what was used is to be cleaned, and nothing else is asked for."""

from devices.reading import Kind
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
