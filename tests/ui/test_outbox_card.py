"""What waits to be delivered, on the technician's screen."""

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QApplication, QLabel

from offline_queue.item import Counts
from tests.ui import steps
from tests.ui.conftest import Desk, OpenDesk
from tests.ui.small_kiosk import OUTBOX, PIN
from tests.ui.test_call_figures import LOOKS, words
from ui.text import texts
from ui.text.outbox_figures import lines


def test_the_technician_sees_what_waits_and_tries_again(desk: Desk) -> None:
    steps.technician(desk)
    assert texts("fr").outbox.title not in words(desk), "only behind the code"
    desk.bridge.check_pin(PIN)
    told = [value for _, value in lines(OUTBOX, texts("fr"))]
    assert told[1:5] == ["4", "2", "412", "2 h"]
    desk.qtbot.waitUntil(lambda: set(told) <= set(words(desk)), timeout=10_000)
    desk.press("retry_delivery")
    done = replace(OUTBOX, counts=Counts(delivered=418), online=True, oldest_s=None, last_answer="")
    desk.kiosk.outbox = done
    desk.qtbot.waitUntil(lambda: {"418", texts("fr").outbox.online} <= set(words(desk)), timeout=10_000)
    assert "retry_delivery" in desk.kiosk.asked


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_the_card_is_uncut(open_desk: OpenDesk, look: tuple[str, float, tuple[int, int]]) -> None:
    desk = open_desk(*look)
    desk.kiosk.outbox = replace(OUTBOX, paused="http 401 security", oldest_s=9 * 86400.0)
    steps.technician(desk)
    desk.bridge.check_pin(PIN)
    told = {part for pair in lines(desk.kiosk.outbox, texts(look[0])) for part in pair}
    desk.qtbot.waitUntil(lambda: told <= set(words(desk)), timeout=10_000)
    QApplication.processEvents()
    for shown in desk.screen.findChildren(QLabel):
        if shown.isVisible() and shown.text() in told:
            assert shown.height() >= shown.heightForWidth(shown.width()), shown.text()
