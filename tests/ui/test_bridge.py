"""The door between the threads."""

import threading

from PySide6.QtCore import Qt, QThread
from pytestqt.qtbot import QtBot

from kiosk.events import CallChanged, CallPhase, DeliveryChanged, Event
from kiosk.pin_door import PinAnswer
from kiosk.runtime import Runtime
from tests.ui.small_kiosk import SmallKiosk
from ui.bridge import Bridge


def test_an_event_of_another_thread_arrives_in_the_gui_thread_in_order(qtbot: QtBot) -> None:
    bridge = Bridge()
    here = QThread.currentThread()
    seen: list[tuple[object, bool]] = []
    direct = Qt.ConnectionType.DirectConnection  # sees the thread that really emits
    bridge.call_changed.connect(lambda e: seen.append((e, QThread.currentThread() is here)), direct)
    bridge.delivery_changed.connect(lambda e: seen.append((e, QThread.currentThread() is here)), direct)
    events: list[Event] = [
        CallChanged(CallPhase.WAITING),
        DeliveryChanged(1, 0, 0, True),
        CallChanged(CallPhase.ENDED),
    ]

    def publish() -> None:
        for event in events:
            bridge.publish(event)

    other = threading.Thread(target=publish)
    other.start()
    other.join()
    assert seen == [], "never from the publishing thread"
    qtbot.waitUntil(lambda: len(seen) == 3, timeout=10_000)
    assert seen == [(event, True) for event in events]


def test_a_command_before_the_kiosk_is_there_is_not_lost_in_silence(qtbot: QtBot) -> None:
    bridge = Bridge()
    with qtbot.waitSignal(bridge.command_failed, timeout=10_000):
        bridge.begin()


def test_answers_come_back_as_signals(qtbot: QtBot, runtime: Runtime) -> None:
    bridge = Bridge()
    with qtbot.waitSignal(bridge.ready, timeout=10_000):
        bridge.attach(SmallKiosk(bridge.publish), runtime.submit)
    with qtbot.waitSignal(bridge.pin_checked, timeout=10_000) as answer:
        bridge.check_pin("0000")
    assert answer.args == [PinAnswer(False)]
    with qtbot.waitSignal(bridge.selftest_done, timeout=10_000) as answer:
        bridge.run_selftest()
    assert answer.args is not None and answer.args[0].red
    with qtbot.waitSignal(bridge.command_failed, timeout=10_000):
        bridge.new_link()
