"""A window over a small kiosk, on the offscreen platform unless another one is asked for."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from kiosk.runtime import Runtime
from tests.ui.small_kiosk import SmallKiosk, settle
from ui.bridge import Bridge
from ui.gui import make_application, show
from ui.screens.base import Screen
from ui.settings import ScreenSettings
from ui.window import Window


@dataclass
class Desk:
    """The window, the kiosk behind it, and the hands of a helper."""

    window: Window
    bridge: Bridge
    kiosk: SmallKiosk
    runtime: Runtime
    qtbot: QtBot

    @property
    def screen(self) -> Screen:
        return self.window.screen_shown

    def settle(self) -> None:
        """Let every command and every event given so far arrive."""
        for _ in range(3):
            settle(self.runtime.loop)
            QApplication.processEvents()

    def find(self, name: str) -> QWidget:
        """The visible widget of that name."""
        found = [w for w in self.window.findChildren(QWidget, name) if w.isVisible()]
        assert len(found) == 1, f"{name}: {len(found)} visible"
        return found[0]

    def is_shown(self, name: str) -> bool:
        return any(w.isVisible() for w in self.window.findChildren(QWidget, name))

    def wait_for(self, name: str) -> None:
        """Until that screen is shown."""
        self.qtbot.waitUntil(lambda: self.window.name == name, timeout=10_000)
        self.settle()

    def tab_to(self, name: str) -> QWidget:
        """Press Tab until it has the focus: everything must be reachable so."""
        for _ in range(60):
            focus = QApplication.focusWidget()
            if focus is not None and focus.objectName() == name:
                return focus
            QTest.keyClick(focus or self.window, Qt.Key.Key_Tab)
        raise AssertionError(f"{name} cannot be reached with the Tab key")

    def press(self, name: str, key: Qt.Key = Qt.Key.Key_Return) -> None:
        QTest.keyClick(self.tab_to(name), key)
        self.settle()

    def click(self, name: str) -> None:
        widget = self.find(name)
        QTest.mouseClick(
            widget, Qt.MouseButton.LeftButton, pos=QPoint(widget.width() // 2, widget.height() // 2)
        )
        self.settle()


OpenDesk = Callable[..., Desk]


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    running = Runtime()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def open_desk(qtbot: QtBot, runtime: Runtime) -> Iterator[OpenDesk]:
    """Opens a desk; the kiosk is attached unless `attach` is False."""
    windows: list[Window] = []

    def make(
        language: str = "fr", scale: float = 1.0, size: tuple[int, int] = (1280, 800), *, attach: bool = True
    ) -> Desk:
        settings = ScreenSettings("Pharmacie du Bourg", "02 41 00 00 00", language, scale, False, size)
        make_application(settings)
        bridge = Bridge()
        window = Window(bridge, settings)
        windows.append(window)
        show(window, settings)
        desk = Desk(window, bridge, SmallKiosk(bridge.publish), runtime, qtbot)
        if attach:
            bridge.attach(desk.kiosk, runtime.submit)
        qtbot.waitExposed(window)
        window.activateWindow()
        desk.settle()
        return desk

    yield make
    for window in windows:
        window.may_close = True
        window.close()
        window.deleteLater()
    QApplication.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    QApplication.processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)  # its timers end too


@pytest.fixture
def desk(open_desk: OpenDesk) -> Desk:
    return open_desk()
