"""What the kiosk found by itself: a sentence for the helper, all lines for the technician, a touch test."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from kiosk.choices import Role
from kiosk.events import SelfTestChanged
from kiosk.parts import PartOption
from kiosk.pin_door import PinAnswer
from kiosk.selftest.report import Part, Problem, Report, Zone, green, red
from offline_queue.item import Counts
from tests.ui import steps
from tests.ui.conftest import Desk, OpenDesk
from tests.ui.small_kiosk import OPENED, OUTBOX, PIN, REPORT
from ui.text import fr, texts
from ui.text.selftest import made_at_text
from ui.widgets.fault_card import FaultCard
from ui.widgets.touch_test import TouchTest

WELL = Report((green(Part.OXIMETER),), OPENED)
ADVICE = fr.TECHNICIAN.problems[Problem.NOT_FOUND]


def words(desk: Desk) -> list[str]:
    return [shown.text() for shown in desk.window.findChildren(QLabel) if shown.isVisible()]


def tell(desk: Desk, report: Report) -> None:
    desk.kiosk.publish(SelfTestChanged(report))
    desk.settle()


def test_the_helper_reads_one_sentence_and_may_look_again(desk: Desk) -> None:
    tell(desk, WELL)
    assert not desk.is_shown("selftest_again"), "nothing to say"
    tell(desk, REPORT)
    (sentence,) = (said for said in words(desk) if "Oxymètre" in said)
    assert ADVICE in sentence and "CMS50D" not in sentence
    assert made_at_text(REPORT, fr.TECHNICIAN) in words(desk)
    two = replace(REPORT, checks=(*REPORT.checks, red(Part.LINE, Problem.NO_NETWORK)))
    tell(desk, two)
    (sentence,) = (said for said in words(desk) if "Autres pannes : 1" in said)
    assert "Ligne internet" in sentence, "without it nobody comes at all"
    desk.kiosk.found = WELL
    desk.press("selftest_again")
    desk.qtbot.waitUntil(lambda: not desk.is_shown("selftest_again"), timeout=10_000)
    assert desk.kiosk.asked == ["run_selftest"]


def test_the_sentence_is_there_again_after_a_session(desk: Desk) -> None:
    tell(desk, REPORT)
    steps.identity(desk)
    desk.bridge.cancel()
    desk.wait_for("welcome")
    assert any(ADVICE in said for said in words(desk))


def test_the_technician_sees_what_was_found_and_when(desk: Desk) -> None:
    tell(desk, REPORT)
    steps.technician(desk)
    assert "Oxymètre (Contec CMS50D+)" not in words(desk), "only behind the code"
    desk.bridge.check_pin(PIN)
    desk.qtbot.waitUntil(lambda: desk.is_shown("run_again"), timeout=10_000)
    assert desk.kiosk.asked == [], "it is not lost by looking at it"
    said = words(desk)
    assert made_at_text(REPORT, fr.TECHNICIAN) in said
    assert said.index("Oxymètre (Contec CMS50D+)") < said.index("Clé de chiffrement"), "the worst first"
    desk.press("run_again")
    desk.qtbot.waitUntil(lambda: desk.kiosk.asked == ["run_selftest"], timeout=10_000)


def test_the_technician_chooses_a_microphone_among_what_is_plugged_in(desk: Desk) -> None:
    steps.report(desk)
    desk.qtbot.waitUntil(lambda: desk.is_shown("choose_stethoscope"), timeout=10_000)
    assert "Pas branché : usb:0d8c:0014:ST-7" in words(desk)
    desk.press("choose_stethoscope")
    assert fr.TECHNICIAN.choice_explain in words(desk)
    desk.press("option_1")
    desk.settle()
    assert desk.kiosk.parts.chosen[Role.STETHOSCOPE] == "path:1-3"
    assert "USB Audio Device Mono (1-3)" in words(desk) and not desk.is_shown("option_1")
    desk.press("choose_stethoscope")
    desk.press("option_usual")
    desk.settle()
    assert desk.kiosk.parts.chosen[Role.STETHOSCOPE] == ""


def test_what_is_plugged_in_is_looked_for_when_somebody_chooses(desk: Desk) -> None:
    steps.report(desk)
    desk.qtbot.waitUntil(lambda: desk.is_shown("choose_stethoscope"), timeout=10_000)
    looked = desk.kiosk.parts.looked
    desk.kiosk.outbox = replace(OUTBOX, counts=Counts(delivered=418))
    desk.qtbot.waitUntil(lambda: "418" in words(desk), timeout=10_000)  # it has looked again meanwhile
    assert desk.kiosk.parts.looked == looked
    desk.kiosk.parts.sounds = (PartOption("path:1-9", "Left & right, a sound card of a very long name"),)
    desk.press("choose_stethoscope")
    shown = desk.find("option_0")
    assert shown.accessibleName() == "Left & right, a sound card of a very long name"
    assert isinstance(shown, QPushButton)
    assert shown.text().splitlines() == ["Left && right, a sound card of", "a very long name"]


@pytest.fixture
def touch(desk: Desk) -> Iterator[TouchTest]:
    steps.report(desk)
    desk.press("touch_test")
    (test,) = desk.window.findChildren(TouchTest)
    yield test
    desk.settle()


def at(test: TouchTest, point: QPoint) -> None:
    QTest.mouseClick(test, Qt.MouseButton.LeftButton, pos=point)


def test_every_zone_is_touched(desk: Desk, touch: TouchTest) -> None:
    places = []
    for _ in Zone:
        places.append(touch.target.center())
        at(touch, touch.target.center())
    desk.settle()
    assert len({(place.x(), place.y()) for place in places}) == len(Zone)
    assert not touch.isVisible()
    assert fr.TECHNICIAN.parts[Part.SCREEN] in words(desk)
    assert fr.TECHNICIAN.problems[Problem.NEEDS_SOMEBODY] not in words(desk)


def test_a_zone_that_feels_nothing_is_named(desk: Desk, touch: TouchTest) -> None:
    for zone in Zone:
        if zone in (Zone.TOP_RIGHT, Zone.CENTRE):
            touch._patience.timeout.emit()  # nobody waits six seconds in a test
        else:
            at(touch, touch.target.center())
    desk.settle()
    assert "Écran tactile (en haut à droite, au centre)" in words(desk)
    assert fr.TECHNICIAN.problems[Problem.DEAD_ZONES] in words(desk)


def test_a_zone_that_feels_the_finger_elsewhere_is_named(desk: Desk, touch: TouchTest) -> None:
    for zone in Zone:
        if zone is Zone.BOTTOM_LEFT:
            at(touch, touch.target.center() + QPoint(90, 0))
            at(touch, touch.target.center() + QPoint(90, 0))
        else:
            at(touch, touch.target.center())
    desk.settle()
    assert "Écran tactile (en bas à gauche)" in words(desk)
    assert fr.TECHNICIAN.problems[Problem.BESIDE_TARGET] in words(desk)


def test_escape_leaves_the_touch_test_as_if_it_had_not_been(desk: Desk, touch: TouchTest) -> None:
    QTest.keyClick(touch, Qt.Key.Key_Escape)
    desk.settle()
    assert not touch.isVisible()
    assert fr.TECHNICIAN.problems[Problem.NEEDS_SOMEBODY] in words(desk)


@pytest.mark.parametrize(
    "look", [("fr", 2.0, (1280, 800)), ("en", 1.0, (1024, 768)), ("ar", 2.0, (1280, 800))]
)
def test_nothing_is_cut(open_desk: OpenDesk, look: tuple[str, float, tuple[int, int]]) -> None:
    desk = open_desk(*look)
    tell(desk, REPORT)
    (card,) = desk.window.findChildren(FaultCard)
    assert card.sentence.height() >= card.sentence.heightForWidth(card.sentence.width())
    assert desk.find("selftest_again").height() >= 72
    test = TouchTest(desk.window, texts(look[0]).technician)
    QApplication.processEvents()
    for shown in test.findChildren(QLabel):
        assert shown.height() >= shown.heightForWidth(shown.width()), shown.text()
        for _ in Zone:
            assert not shown.geometry().intersects(test.target), shown.text()


def test_after_too_many_wrong_codes_the_technician_is_told_how_long_to_wait(desk: Desk) -> None:
    steps.technician(desk)
    desk.kiosk.door = PinAnswer(False, wait_s=61)
    desk.bridge.check_pin("0000")
    told = texts("fr").technician.pin_shut.format(minutes=2)

    def is_told() -> bool:
        return told in [shown.text() for shown in desk.screen.findChildren(QLabel)]

    desk.qtbot.waitUntil(is_told, timeout=10_000)
