"""Every screen, measured: touch targets, text that is not cut off, names, help everywhere."""

from collections.abc import Callable
from functools import partial

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QPushButton, QWidget

from tests.ui import steps
from tests.ui.conftest import Desk, OpenDesk
from ui.theme import TOUCH_PX

LOOKS = [
    ("fr", 1.0, (1920, 1080)),
    ("fr", 1.0, (1024, 768)),
    ("fr", 2.0, (1280, 800)),
    ("en", 1.0, (1280, 800)),
    ("ar", 1.0, (1280, 800)),
    ("ar", 2.0, (1920, 1080)),
]
looks = pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look[0]}-{look[1]}-{look[2][0]}")
everywhere = pytest.mark.parametrize("go", steps.ALL, ids=lambda go: go.__name__)
Go = Callable[[Desk], None]


def _visible(desk: Desk, kind: type[QWidget]) -> list[QWidget]:
    return [w for w in desk.window.findChildren(kind) if w.isVisible()]


@looks
@everywhere
def test_a_screen_can_be_used(open_desk: OpenDesk, go: Go, look: tuple[str, float, tuple[int, int]]) -> None:
    desk = open_desk(*look)
    go(desk)
    QApplication.processEvents()
    for target in (*_visible(desk, QAbstractButton), *_visible(desk, QLineEdit)):
        size = target.size()
        assert min(size.width(), size.height()) >= TOUCH_PX, (target.objectName(), size)
        assert target.accessibleName(), target
    for made in _visible(desk, QPushButton):
        assert made.width() >= made.sizeHint().width(), f"{made.objectName()}: its text is cut off"
    for widget in (*_visible(desk, QAbstractButton), *_visible(desk, QLabel), *_visible(desk, QLineEdit)):
        left = widget.mapTo(desk.window, QPoint(0, 0)).x()
        assert left >= 0 and left + widget.width() <= desk.window.width(), f"{widget} is beside the screen"
        assert widget.fontInfo().pixelSize() >= 20
    assert desk.find("help").isEnabled()


@everywhere
def test_everything_is_reached_with_the_tab_key(desk: Desk, go: Go) -> None:
    go(desk)
    wanted = {
        w.objectName()
        for kind in (QAbstractButton, QLineEdit)
        for w in _visible(desk, kind)
        if w.isEnabled() and not w.objectName().startswith("key_")
    }
    for name in sorted(wanted):
        if not name.startswith("sex_"):  # one stop for the group; arrows go on inside it
            desk.tab_to(name)


@everywhere
def test_the_focus_is_seen(desk: Desk, go: Go) -> None:
    go(desk)
    for made in _visible(desk, QPushButton):
        if not made.isEnabled() or made.focusPolicy() is Qt.FocusPolicy.NoFocus:
            continue
        without = made.grab().toImage()
        had = made.hasFocus()
        made.setFocus(Qt.FocusReason.TabFocusReason)
        QApplication.processEvents()
        assert had or made.grab().toImage() != without, f"{made.objectName()} does not show its focus"


@everywhere
def test_help_opens_and_closes_everywhere(desk: Desk, go: Go) -> None:
    go(desk)
    desk.click("help")
    words = " ".join(w.text() for w in desk.find("panel").findChildren(QLabel))
    assert "02 41 00 00 00" in words and "112" in words
    desk.press("panel_close")
    assert not desk.is_shown("panel")


def test_arabic_runs_from_right_to_left(open_desk: OpenDesk) -> None:
    desk = open_desk()
    french = desk.find("help").mapTo(desk.window, QPoint(0, 0)).x()
    desk.click("language_ar")
    arabic = desk.find("help").mapTo(desk.window, QPoint(0, 0)).x()
    assert french > desk.window.width() / 2 > arabic
    desk.press("start")
    desk.wait_for("identity")
    family, given = desk.find("family"), desk.find("given")
    assert family.mapTo(desk.window, QPoint(0, 0)).x() > given.mapTo(desk.window, QPoint(0, 0)).x()
    desk.bridge.cancel()
    desk.wait_for("welcome")
    assert desk.window.texts.code == "fr", "the next patient finds the site's language"


def test_the_keyboard_on_the_screen_leaves_the_field_in_sight(open_desk: OpenDesk) -> None:
    for scale, size in ((1.0, (1024, 768)), (2.0, (1024, 768)), (2.0, (1920, 1080))):
        desk = open_desk("fr", scale, size)
        steps.identity(desk)
        desk.screen.area.ensureWidgetVisible(desk.find("year"))
        desk.click("year")
        desk.qtbot.waitUntil(partial(_in_sight, desk, "year"), timeout=10_000)
        for key in desk.window.findChildren(QPushButton):
            if key.isVisible() and key.objectName().startswith("key_"):
                assert min(key.width(), key.height()) >= TOUCH_PX


def _in_sight(desk: Desk, name: str) -> bool:
    field, area = desk.find(name), desk.screen.area.viewport()
    top = field.mapTo(area, QPoint(0, 0)).y()
    return top >= 0 and top + field.height() <= area.height()
