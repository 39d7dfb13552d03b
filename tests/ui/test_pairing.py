"""The technician pairs with an instrument that wants a code: by finger and by keyboard."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from kiosk.events import PairingEnd, PairingStep
from tests.ui.conftest import Desk, OpenDesk
from tests.ui.test_call_figures import LOOKS
from tests.ui.test_units import CUFF, LINES, TARGET_PX, behind_the_code
from ui.text import fr
from ui.widgets.panel import Panel

PAIR, UNPAIR = f"pair_{CUFF.address}", f"unpair_{CUFF.address}"


def said(desk: Desk) -> set[str]:
    panel = desk.window.findChild(Panel)
    return {shown.text() for shown in panel.findChildren(QLabel)} if isinstance(panel, Panel) else set()


def pairing(desk: Desk) -> None:
    """Until the code is asked for."""
    desk.kiosk.units.told = (replace(LINES[1], paired=False),)
    behind_the_code(desk)
    desk.press(PAIR)
    desk.qtbot.waitUntil(lambda: desk.is_shown("pair_stop"), timeout=10_000)
    desk.qtbot.waitUntil(lambda: fr.UNITS.pair_seeking not in said(desk), timeout=10_000)


def focus(desk: Desk) -> QWidget:
    return QApplication.focusWidget() or desk.window


def is_over(desk: Desk, end: PairingEnd) -> None:
    desk.qtbot.waitUntil(lambda: fr.UNITS.pair_ends[end] in said(desk), timeout=10_000)
    desk.press("panel_close")


def test_the_code_is_touched_and_the_bond_forgotten_again(desk: Desk) -> None:
    pairing(desk)
    for digit in desk.kiosk.pairing.code:
        desk.click(f"code_{digit}")
    assert desk.kiosk.pairing.code in said(desk)
    desk.click("code_enter")
    is_over(desk, PairingEnd.PAIRED)
    desk.qtbot.waitUntil(lambda: desk.is_shown(UNPAIR), timeout=10_000)
    desk.press(UNPAIR)
    desk.qtbot.waitUntil(lambda: desk.is_shown(PAIR), timeout=10_000)


def test_the_code_is_typed_on_a_keyboard_at_once(desk: Desk) -> None:
    pairing(desk)
    QTest.keyClicks(focus(desk), "00000")
    QTest.keyClick(focus(desk), Qt.Key.Key_Return)
    is_over(desk, PairingEnd.WRONG_CODE)
    assert desk.kiosk.pairing.told == "00000"
    assert desk.is_shown(PAIR)


def test_the_same_code_on_both_is_said_to_be(desk: Desk) -> None:
    desk.kiosk.pairing.step = PairingStep.COMPARE
    pairing(desk)
    assert any(desk.kiosk.pairing.code in words for words in said(desk))
    desk.press("pair_same")
    is_over(desk, PairingEnd.PAIRED)


@pytest.mark.parametrize("by", ["button", "escape"])
def test_it_is_stopped(desk: Desk, by: str) -> None:
    pairing(desk)
    if by == "button":
        desk.press("pair_stop")
    else:
        QTest.keyClick(focus(desk), Qt.Key.Key_Escape)
    desk.qtbot.waitUntil(lambda: desk.kiosk.pairing.stopped, timeout=10_000)
    desk.settle()
    assert not desk.is_shown("panel")


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_the_digits_can_be_touched(open_desk: OpenDesk, look: tuple[str, float, tuple[int, int]]) -> None:
    desk = open_desk(*look)
    desk.kiosk.units.told = (replace(LINES[1], paired=False),)
    behind_the_code(desk)
    desk.click(PAIR)
    desk.qtbot.waitUntil(lambda: desk.is_shown("code_enter"), timeout=10_000)
    panel = desk.window.findChild(Panel)
    assert isinstance(panel, Panel)
    for made in panel.findChildren(QPushButton):
        assert min(made.width(), made.height()) >= TARGET_PX, made.objectName()
        assert made.width() >= made.fontMetrics().horizontalAdvance(made.text())
        assert made.accessibleName()
