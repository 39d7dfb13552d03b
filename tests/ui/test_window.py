"""The window: it stays, it forgets, it tells what went wrong, and it comes fast."""

import logging
import subprocess
import sys
from concurrent.futures import Future
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from kiosk.events import Notice, NoticeReason, ResumeOffered
from kiosk.session import Patient, Phase, Session, SessionKind, Sex
from tests.ui import samples, steps
from tests.ui.conftest import Desk, OpenDesk
from tests.ui.small_kiosk import PIN, SmallKiosk
from ui import faults
from ui.bridge import Bridge
from ui.reasons import BlockReason
from ui.settings import ScreenSettings
from ui.state import Fault
from ui.text import fr, fr_first
from ui.window import Window

INTERRUPTED = Session(
    UUID(int=9),
    "S-1",
    SessionKind.TELECONSULTATION,
    datetime(2026, 11, 23, 14, 32, tzinfo=UTC),
    Phase.CONSULTATION,
    Patient(UUID(int=7), "Durand", "Jeanne", date(1944, 5, 3), Sex.FEMALE),
)


def _words(desk: Desk) -> str:
    return "\n".join(w.text() for w in desk.window.findChildren(QLabel) if w.isVisible())


@pytest.mark.parametrize(
    ("key", "modifier"),
    [
        (Qt.Key.Key_F4, Qt.KeyboardModifier.AltModifier),
        (Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier),
    ],
)
def test_no_key_ends_it(desk: Desk, key: Qt.Key, modifier: Qt.KeyboardModifier) -> None:
    QTest.keyClick(desk.window, key, modifier)
    desk.window.close()
    desk.settle()
    assert desk.window.isVisible()


def test_nothing_can_be_asked_before_the_kiosk_is_ready(open_desk: OpenDesk) -> None:
    desk = open_desk(attach=False)
    assert not desk.find("start").isEnabled()
    desk.bridge.attach(desk.kiosk, desk.runtime.submit)
    desk.qtbot.waitUntil(lambda: desk.find("start").isEnabled(), timeout=10_000)
    assert desk.find("start").hasFocus()


def test_an_interrupted_session_is_offered_without_a_name(desk: Desk) -> None:
    desk.kiosk.publish(ResumeOffered(INTERRUPTED))
    desk.settle()
    words = _words(desk)
    assert "J. D." in words and "Durand" not in words
    assert not desk.is_shown("start"), "first decide about the one that was cut short"
    desk.press("resume_yes")
    assert desk.kiosk.asked == ["resume True"]


def test_nothing_of_a_person_stays(desk: Desk) -> None:
    steps.closing(desk)
    desk.bridge.finish()
    desk.wait_for("welcome")
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    state = desk.window.state
    assert not state.readings and not state.set_aside and state.session is None and not state.call.link
    everything = " ".join(w.text() for w in desk.window.findChildren(QLabel))
    assert "Durand" not in everything and "97" not in everything


@pytest.mark.parametrize("reason", NoticeReason)
def test_each_notice_is_one_sentence_until_understood(desk: Desk, reason: NoticeReason) -> None:
    desk.kiosk.publish(Notice(reason, "first"))
    desk.kiosk.publish(Notice(reason, "again"))
    desk.settle()
    assert fr.NOTICES[reason] in _words(desk)
    desk.press("notice_understood")
    assert not desk.is_shown("notice")


@pytest.mark.parametrize("reason", BlockReason)
def test_a_blocked_kiosk_says_why_and_offers_no_start(desk: Desk, reason: BlockReason) -> None:
    desk.bridge.block(reason)
    desk.wait_for("blocked")
    assert fr.BLOCKED.reasons[reason] in _words(desk)
    assert not desk.is_shown("start")


@pytest.mark.qt_no_exception_capture
def test_an_exception_in_a_slot_is_logged_and_shown(
    desk: Desk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    faults.install(lambda: desk.window.show_message(Fault.SLOT))

    name = steps.JEANNE.family

    def slot() -> None:
        raise RuntimeError(name)

    with caplog.at_level(logging.CRITICAL):
        QTimer.singleShot(0, slot)
        desk.qtbot.waitUntil(lambda: desk.is_shown("notice"), timeout=10_000)
    assert fr_first.COMMON.fault in _words(desk)
    assert "RuntimeError" in caplog.text and "in slot" in caplog.text
    assert name not in caplog.text, "a message may quote a patient"


def test_the_technician_needs_the_code(desk: Desk) -> None:
    steps.technician(desk)
    for digit in "1111":
        desk.click(f"pin_{digit}")
    desk.click("pin_enter")
    desk.qtbot.waitUntil(lambda: fr.TECHNICIAN.pin_wrong in _words(desk), timeout=10_000)
    assert not desk.is_shown("run_again")
    QTest.keyClicks(desk.screen, PIN)
    QTest.keyClick(desk.screen, Qt.Key.Key_Return)
    desk.qtbot.waitUntil(lambda: desk.is_shown("run_again"), timeout=10_000)
    desk.qtbot.waitUntil(lambda: "Oxymètre (Contec CMS50D+)" in _words(desk), timeout=10_000)
    desk.press("close_technician")
    desk.wait_for("welcome")


class _Windows(QObject):
    """Notes every widget that becomes a window of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.seen.append(type(watched).__name__)
        return False


def test_there_is_only_one_window(desk: Desk) -> None:
    """The compositor would show a second one over the whole screen."""
    watcher = _Windows()
    app = QApplication.instance()
    assert app is not None
    app.installEventFilter(watcher)
    steps.busy_consultation(desk)
    desk.click("end")
    desk.click("end_continue")
    desk.kiosk.measure(samples.cuff())
    desk.settle()
    desk.bridge.cancel()
    desk.wait_for("welcome")
    steps.identity(desk)
    desk.click("family")
    app.removeEventFilter(watcher)
    assert watcher.seen == []


FIRST_PAINT = """
import sys
from ui.gui import run_gui
from ui.settings import ScreenSettings
from PySide6 import QtWidgets
from PySide6.QtCore import QObject
LIBRARIES = {"numpy", "av", "cv2", "aiortc", "aiohttp", "bleak", "sqlcipher3", "asyncio", "segno", "serial"}
STANDARD = {"dataclasses", "datetime", "decimal", "uuid", "json", "importlib.resources"}
OURS = {
    "devices.reading", "drivers.instrument", "kiosk.events", "kiosk.session", "kiosk.selftest.report",
    "ui.instruments", "ui.reasons", "ui.text.fr", "ui.text.en", "ui.text.ar", "ui.text.reading",
    "ui.widgets.field", "ui.widgets.keyboard", "ui.widgets.notice", "ui.widgets.panel",
}
# PySide makes a class when it is first named, and a whole family of them when it must find out what a widget
# or a style from inside Qt is: the first screen names neither of these.
CLASSES = {"QCalendarWidget", "QStyle"}
def made(kind):
    return {kind.__name__}.union(*map(made, kind.__subclasses__()))
def painted(_bridge):
    print(sorted((LIBRARIES | STANDARD | OURS) & set(sys.modules)))
    print(sorted(CLASSES & made(QObject)))
    QtWidgets.QApplication.exit(0)
ticks = []
code = run_gui(ScreenSettings(size=(800, 600)), painted, lambda: ticks.append(1), lambda: print("bye"))
print(code)
"""


def test_nothing_heavy_comes_before_the_first_picture() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FIRST_PAINT], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.split("\n")[:4] == ["[]", "[]", "bye", "0"]


ENDED_BY_SYSTEM = """
import os, signal
from ui.gui import run_gui
from ui.settings import ScreenSettings
end = lambda _bridge: os.kill(os.getpid(), signal.SIGTERM)
run_gui(ScreenSettings(), end, lambda: None, lambda: print("closed"))
"""


def test_the_system_may_end_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ENDED_BY_SYSTEM], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.strip() == "closed"


def test_the_first_screen_claims_nothing_before_the_kiosk_is_ready(qtbot: QtBot) -> None:
    window = Window(Bridge(), ScreenSettings(full_screen=False))
    window.show()
    assert fr_first.WELCOME.delivery_done not in _shown(window)
    window.bridge.attach(SmallKiosk(window.bridge.publish), lambda _command: Future())
    qtbot.waitUntil(lambda: fr_first.WELCOME.delivery_done in _shown(window), timeout=10_000)
    window.may_close = True
    window.close()


def _shown(window: QWidget) -> list[str]:
    return [line.text() for line in window.findChildren(QLabel) if line.isVisible()]
