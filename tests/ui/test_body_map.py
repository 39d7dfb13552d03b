"""Where the stethoscope is: the drawing, the physician's wish, and what the kiosk is asked."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from kiosk.body_points import RECORDED, BodyPoint, Ear
from tests.ui import samples, steps
from tests.ui.conftest import Desk, OpenDesk
from ui.reasons import Step
from ui.text import NAMES, texts
from ui.theme import BLUE, TOUCH_PX
from ui.widgets.body_map import BodyMap


def talking(desk: Desk, **call: object) -> Desk:
    steps.consultation(desk)
    desk.kiosk.plug(*samples.instruments())
    desk.kiosk.connect()
    desk.kiosk.set_call(replace(desk.kiosk.call, **call))  # type: ignore[arg-type]
    desk.settle()
    return desk


def place(desk: Desk, point: BodyPoint) -> QWidget:
    return desk.find(f"point_{point}")


@pytest.mark.parametrize(("language", "scale"), [("fr", 1.0), ("en", 2.0), ("ar", 1.0), ("ar", 2.0)])
def test_every_point_can_be_touched_and_none_covers_another(
    open_desk: OpenDesk, language: str, scale: float
) -> None:
    desk = talking(open_desk(language, scale), stethoscope_on=True)
    desk.press("record_sound")
    places = [place(desk, point) for point in BodyPoint]
    for made in places:
        assert min(made.width(), made.height()) >= TOUCH_PX
        assert (
            made.accessibleName()
            == texts(language).consultation.body_points[BodyPoint(made.objectName().removeprefix("point_"))]
        )
        assert made.parentWidget().rect().contains(made.geometry())  # type: ignore[union-attr]
        assert not any(made.geometry().intersects(other.geometry()) for other in places if other is not made)


@pytest.mark.parametrize("language", NAMES)
def test_the_heart_has_its_side_in_every_language(open_desk: OpenDesk, language: str) -> None:
    """Seen from the front the patient's left is at the right, seen from the back at the left."""
    desk = talking(open_desk(language), stethoscope_on=True)
    desk.press("record_sound")

    def x(point: BodyPoint) -> int:
        return place(desk, point).x()

    assert x(BodyPoint.AORTIC) < x(BodyPoint.PULMONIC) < x(BodyPoint.BACK_UPPER_LEFT)
    assert x(BodyPoint.FRONT_LOWER_RIGHT) < x(BodyPoint.TRICUSPID) < x(BodyPoint.MITRAL)
    assert x(BodyPoint.BACK_UPPER_LEFT) < x(BodyPoint.BACK_UPPER_RIGHT)


def words_of(desk: Desk, direction: Qt.LayoutDirection, left: str, right: str) -> list[bytes]:
    """The picture of the two corners above the front, with these words for the sides."""
    text = texts("fr").consultation
    changed = type(text)(**{**vars(text), "body_left": left, "body_right": right})
    QApplication.setLayoutDirection(direction)
    drawing = BodyMap(changed, "", lambda point: None)
    drawing.resize(drawing.sizeHint())
    picture = drawing.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    height = drawing.fontMetrics().height()
    corners = [picture.copy(0, 0, 100, height), picture.copy(320, 0, 100, height)]
    return [bytes(corner.constBits()) for corner in corners]


def test_the_words_left_and_right_do_not_change_sides(desk: Desk) -> None:
    forward = words_of(desk, Qt.LayoutDirection.LeftToRight, "III", "OO")
    backward = words_of(desk, Qt.LayoutDirection.RightToLeft, "III", "OO")
    swapped = words_of(desk, Qt.LayoutDirection.LeftToRight, "OO", "III")
    assert forward == backward
    assert forward != swapped


def test_what_the_physician_asked_for_is_said_and_shown(desk: Desk) -> None:
    talking(desk, point="mitral")
    said = texts("fr").consultation.steps[Step.STETHOSCOPE_POINT].format(point=RECORDED[BodyPoint.MITRAL])
    assert desk.screen.title.text() == said
    desk.press("record_sound")
    middle = TOUCH_PX // 2
    colours = {
        point: place(desk, point).grab().toImage().pixelColor(middle, 12).name() for point in BodyPoint
    }
    assert [point for point, colour in colours.items() if colour == BLUE] == [BodyPoint.MITRAL]
    desk.press("point_mitral")
    assert desk.kiosk.sites == ["mitral"]


def test_a_recording_and_a_narrow_line_are_said(desk: Desk) -> None:
    talking(desk, stethoscope_on=True, stethoscope_live=False)
    assert desk.screen.title.text() == texts("fr").consultation.steps[Step.STETHOSCOPE_NARROW]
    desk.kiosk.set_call(replace(desk.kiosk.call, recording=True))
    desk.settle()
    assert desk.screen.title.text() == texts("fr").consultation.steps[Step.STETHOSCOPE_RECORDING]
    assert not desk.is_shown("record_sound")


def test_the_names_stand_below_the_drawing(desk: Desk) -> None:
    talking(desk, stethoscope_on=True)
    desk.press("record_sound")
    said = {line.text() for line in desk.find("panel").findChildren(QLabel)}
    for number, point in enumerate(BodyPoint, start=1):
        assert f"{number}. {RECORDED[point]}" in said


@pytest.mark.parametrize("language", NAMES)
def test_every_point_has_a_name_of_its_own(language: str) -> None:
    names = texts(language).consultation.body_points
    assert set(names) == {*BodyPoint, *Ear}
    assert len(set(names.values())) == len(names)
