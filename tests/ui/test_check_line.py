"""The check before the call: one light and one sentence beside the link, the figures for the technician."""

from dataclasses import replace
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QLabel

from kiosk.events import CallCheck, CallCheckChanged, CheckPart, CheckReason, Light, PartCheck
from tests.ui import steps
from tests.ui.conftest import Desk, OpenDesk
from ui.screens.consultation import Consultation
from ui.text import texts
from ui.widgets.check_line import CheckLine

GREEN = CallCheck(tuple(PartCheck(part, Light.GREEN) for part in CheckPart))
BLACK = CallCheck(
    (
        PartCheck(CheckPart.CAMERA, Light.RED, CheckReason.CAMERA_BLACK, "640x480, luma 21"),
        *GREEN.parts[1:3],
        PartCheck(CheckPart.LINE, Light.ORANGE, CheckReason.LINE_WEAK, "up 200 kbit/s, RTT 80 ms"),
    )
)
LOOKS = [
    ("fr", 1.0, (1280, 800)),
    ("fr", 2.0, (1280, 800)),
    ("en", 1.0, (1024, 768)),
    ("ar", 1.0, (1280, 800)),
]


def line_of(desk: Desk) -> CheckLine:
    assert isinstance(desk.screen, Consultation)
    return desk.screen.stage.invitation.check


def tell(desk: Desk, check: CallCheck) -> None:
    desk.kiosk.publish(CallCheckChanged(check))
    desk.settle()


def test_it_runs_by_itself_and_says_what_it_finds(desk: Desk) -> None:
    text = texts("fr").call_check
    steps.consultation(desk)
    assert not line_of(desk).isVisible()
    for check, light, said in (
        (
            replace(GREEN, parts=(PartCheck(CheckPart.CAMERA), *GREEN.parts[1:]), running=True),
            Light.UNKNOWN,
            text.running,
        ),
        (GREEN, Light.GREEN, text.good),
        (BLACK, Light.RED, text.reasons[CheckReason.CAMERA_BLACK]),
        (replace(BLACK, running=True), Light.RED, text.reasons[CheckReason.CAMERA_BLACK]),
        (CallCheck((PartCheck(CheckPart.CAMERA), *GREEN.parts[1:])), Light.UNKNOWN, text.unsure),
    ):
        tell(desk, check)
        line = line_of(desk)
        assert line.isVisible()
        assert (line.lamp.light, line.words.text()) == (light, said)
        assert line.accessibleName() == f"{text.lights[light]}. {said}"


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_it_stands_on_the_invitation_uncut(
    open_desk: OpenDesk, look: tuple[str, float, tuple[int, int]]
) -> None:
    desk = open_desk(*look)
    steps.consultation(desk)
    tell(desk, BLACK)
    QApplication.processEvents()
    line = line_of(desk)
    assert line.words.text() == texts(look[0]).call_check.reasons[CheckReason.CAMERA_BLACK]
    assert line.words.height() >= line.words.heightForWidth(line.words.width())
    top = line.mapTo(desk.window, QPoint(0, line.height())).y()
    assert top < desk.screen.height(), "seen without scrolling"


def test_the_technician_sees_the_figures_also_later(desk: Desk) -> None:
    steps.consultation(desk)
    tell(desk, BLACK)
    desk.bridge.cancel()
    desk.wait_for("welcome")
    steps.report(desk)
    text = texts("fr").call_check
    wanted = {text.last, "up 200 kbit/s, RTT 80 ms", text.reasons[CheckReason.LINE_WEAK]}

    def words() -> set[str]:
        return {shown.text() for shown in desk.screen.findChildren(QLabel) if shown.isVisible()}

    desk.qtbot.waitUntil(lambda: wanted <= words())


def test_the_next_person_does_not_see_the_check_of_the_one_before(desk: Desk) -> None:
    steps.consultation(desk)
    tell(desk, BLACK)
    desk.bridge.cancel()
    desk.wait_for("welcome")
    desk.kiosk.session = None
    desk.settle()
    assert desk.window.state.check is None


def test_light_shapes_differ(desk: Desk) -> None:
    """Colour never speaks alone: in grey the four lamps are still four."""
    steps.consultation(desk)
    tell(desk, GREEN)
    lamp = line_of(desk).lamp
    areas = []
    for light in Light:
        lamp.show_light(light)
        picture = lamp.grab().toImage()
        points = [(x, y) for x in range(picture.width()) for y in range(picture.height())]
        areas.append(sum(picture.pixelColor(*at).lightness() < 200 for at in points))
    areas.sort()
    assert all(more - less > 20 for less, more in pairwise(areas)), areas
