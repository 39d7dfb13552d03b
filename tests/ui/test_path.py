"""The whole way of a session, with a keyboard alone and with a finger alone."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPointingDevice
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from kiosk.session import Outcome, Sex
from tests.ui import samples
from tests.ui.conftest import Desk

COMMANDS = ["begin", "identify", "answer_consent", "end_consultation", "finish"]


def _type(desk: Desk, name: str, text: str) -> None:
    QTest.keyClicks(desk.tab_to(name), text)


def _patient_is_jeanne(desk: Desk) -> None:
    session = desk.kiosk.session
    assert session is not None and session.patient is not None
    patient = session.patient
    assert (patient.family, patient.given, patient.sex) == ("Durand", "Jeanne", Sex.FEMALE)
    assert patient.birth_date.isoformat() == "1944-05-03"


def test_a_keyboard_is_enough(desk: Desk) -> None:
    desk.press("start")
    desk.wait_for("identity")
    for name, text in (
        ("family", "Durand"), ("given", "Jeanne"), ("day", "3"), ("month", "5"), ("year", "1944"),
    ):  # fmt: skip
        _type(desk, name, text)
    desk.press("sex_female", Qt.Key.Key_Space)
    desk.press("next")
    desk.wait_for("consent")
    _patient_is_jeanne(desk)
    desk.press("accept")
    desk.wait_for("consultation")
    desk.kiosk.measure(samples.oximeter())
    desk.press("mute")
    assert desk.kiosk.call.muted
    desk.press("end")
    desk.press("end_confirm")
    desk.wait_for("closing")
    desk.press("clean_oximeter", Qt.Key.Key_Space)
    desk.press("finish")
    desk.wait_for("welcome")
    assert desk.kiosk.asked == COMMANDS


class Finger:
    """Real touch events; the screen keyboard writes."""

    def __init__(self, desk: Desk, device: QPointingDevice) -> None:
        self._desk = desk
        self._device = device

    def tap(self, name: str) -> None:
        widget = self._desk.find(name)
        self._desk.screen.area.ensureWidgetVisible(widget)
        QApplication.processEvents()
        middle = widget.mapTo(self._desk.window, QPoint(widget.width() // 2, widget.height() // 2))
        under = self._desk.window.childAt(middle)
        assert under is not None and (under is widget or widget.isAncestorOf(under)), (
            f"{name} is covered by {under}"
        )
        QTest.touchEvent(self._desk.window, self._device).press(0, middle, self._desk.window)
        QTest.touchEvent(self._desk.window, self._device).release(0, middle, self._desk.window)
        self._desk.settle()

    def write(self, field: str, text: str) -> None:
        self.tap(field)
        for letter in text:
            shown = letter if self._desk.is_shown(f"key_{letter}") else letter.lower()
            self.tap(f"key_{shown}")


def test_a_finger_is_enough(desk: Desk) -> None:
    finger = Finger(desk, QTest.createTouchDevice())
    finger.tap("start")
    desk.wait_for("identity")
    finger.write("family", "durand")
    family = desk.find("family")
    assert isinstance(family, QLineEdit) and family.text() == "Durand", "a capital comes first by itself"
    finger.write("given", "jeanne")
    finger.write("day", "03")
    finger.write("month", "05")
    finger.write("year", "1944")
    finger.tap("key_Cacher")
    finger.tap("sex_female")
    finger.tap("next")
    desk.wait_for("consent")
    _patient_is_jeanne(desk)
    finger.tap("accept")
    desk.wait_for("consultation")
    finger.tap("end")
    finger.tap("end_confirm")
    desk.wait_for("closing")
    finger.tap("finish")
    desk.wait_for("welcome")
    assert desk.kiosk.asked == COMMANDS


def test_a_refusal_is_respected(desk: Desk) -> None:
    from tests.ui import steps

    steps.refused(desk)
    session = desk.kiosk.session
    assert session is not None and session.outcome is Outcome.REFUSED
    assert session.consent is not None and session.consent.text == desk.window.texts.consent
    assert session.consent.text_version == "fr-1"
    desk.press("home")
    desk.wait_for("welcome")


def test_the_answers_weigh_the_same(desk: Desk) -> None:
    from tests.ui import steps

    steps.consent(desk)
    yes, no = desk.find("accept"), desk.find("refuse")
    assert yes.property("role") == no.property("role")
    assert yes.size() == no.size()
