"""What waits to be delivered, on the technician's screen."""

from dataclasses import replace
from functools import partial

import pytest
from PySide6.QtWidgets import QLabel

from kiosk.outbox_copy import CopyMade
from kiosk.outbox_reasons import CopyTrouble, Obstacle
from offline_queue.item import Counts
from tests.ui import steps
from tests.ui.conftest import Desk, OpenDesk
from tests.ui.small_kiosk import COPIED, OUTBOX, PIN
from tests.ui.test_call_figures import LOOKS, words
from ui.text import texts
from ui.text.outbox_figures import copy_words, held_lines, lines


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


def test_what_waits_is_listed_in_words(desk: Desk) -> None:
    steps.technician(desk)
    assert texts("fr").outbox.held not in words(desk), "only behind the code"
    desk.bridge.check_pin(PIN)
    refused = held_lines(OUTBOX, texts("fr"))[0]
    desk.qtbot.waitUntil(lambda: set(refused[:4]) <= set(words(desk)), timeout=10_000)
    assert "HTTP 422 invalid" in refused.answer and "the server" not in refused.answer
    assert refused.name == "Séance (envois : 2)" and "D'abord : Mesure" in refused.facts
    desk.kiosk.outbox = replace(OUTBOX, held=OUTBOX.held[1:], counts=Counts(14))
    more = texts("fr").outbox.held_more.format(count=10)
    desk.qtbot.waitUntil(lambda: more in words(desk) and refused.name not in words(desk), timeout=10_000)
    desk.kiosk.outbox = replace(OUTBOX, held=(), counts=Counts())
    desk.qtbot.waitUntil(lambda: texts("fr").outbox.held not in words(desk), timeout=10_000)


@pytest.mark.parametrize("trouble", [None, *CopyTrouble])
def test_the_screen_says_where_the_copy_is_or_why_there_is_none(
    desk: Desk, trouble: CopyTrouble | None
) -> None:
    steps.technician(desk)
    desk.bridge.check_pin(PIN)
    desk.qtbot.waitUntil(lambda: desk.is_shown("copy_outbox"), timeout=10_000)
    if trouble:
        desk.kiosk.copied = CopyMade("", trouble=trouble)
    desk.press("copy_outbox")
    assert "copy_outbox" in desk.kiosk.asked
    wanted = texts("fr").outbox.copy_troubles[trouble] if trouble else COPIED.place
    desk.qtbot.waitUntil(lambda: any(wanted in each for each in words(desk)), timeout=10_000)
    assert desk.find("copy_outbox").isEnabled()
    assert desk.find("copy_outbox").height() >= 72


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_the_card_is_uncut(open_desk: OpenDesk, look: tuple[str, float, tuple[int, int]]) -> None:
    desk = open_desk(*look)
    desk.kiosk.outbox = replace(OUTBOX, paused="http 401 security", oldest_s=9 * 86400.0)
    steps.technician(desk)
    desk.bridge.check_pin(PIN)
    told = {part for pair in lines(desk.kiosk.outbox, texts(look[0])) for part in pair}
    told |= {part for line in held_lines(desk.kiosk.outbox, texts(look[0])) for part in line[:4] if part}
    told.add(copy_words(COPIED, texts(look[0]).outbox))
    desk.qtbot.waitUntil(lambda: desk.is_shown("copy_outbox"), timeout=10_000)
    desk.press("copy_outbox")
    desk.qtbot.waitUntil(lambda: told <= set(words(desk)), timeout=10_000)
    for shown in desk.screen.findChildren(QLabel):
        if shown.isVisible() and shown.text() in told:
            desk.qtbot.waitUntil(partial(is_uncut, shown), timeout=10_000)


def is_uncut(shown: QLabel) -> bool:
    return shown.height() >= shown.heightForWidth(shown.width())


def test_the_card_goes_on_after_a_command_that_failed(desk: Desk) -> None:
    steps.technician(desk)
    desk.bridge.check_pin(PIN)
    desk.qtbot.waitUntil(lambda: desk.is_shown("retry_delivery"), timeout=10_000)
    desk.kiosk.outbox_is_broken = True
    desk.press("retry_delivery")
    desk.qtbot.waitUntil(lambda: desk.is_shown("notice"), timeout=10_000)
    desk.press("notice_understood")
    desk.kiosk.outbox = replace(OUTBOX, counts=Counts(delivered=418))
    desk.qtbot.waitUntil(lambda: "418" in words(desk), timeout=10_000)


def test_a_copy_that_runs_is_not_taken_back_by_another_command_that_fails(desk: Desk) -> None:
    copying = texts("fr").outbox.copying
    steps.technician(desk)
    desk.bridge.check_pin(PIN)
    desk.qtbot.waitUntil(lambda: desk.is_shown("copy_outbox"), timeout=10_000)
    desk.kiosk.outbox_is_broken = True
    desk.kiosk.stick_is_free.clear()
    desk.press("copy_outbox")
    desk.press("retry_delivery")
    desk.qtbot.waitUntil(lambda: desk.is_shown("notice"), timeout=10_000)
    assert copying in words(desk) and not desk.find("copy_outbox").isEnabled()
    desk.runtime.loop.call_soon_threadsafe(desk.kiosk.stick_is_free.set)
    desk.qtbot.waitUntil(lambda: desk.find("copy_outbox").isEnabled(), timeout=10_000)
    assert copying not in words(desk)


@pytest.mark.parametrize("asks", [False, True])
def test_the_focus_comes_back_unless_somebody_has_taken_it_elsewhere(desk: Desk, asks: bool) -> None:
    steps.technician(desk)
    desk.bridge.check_pin(PIN)
    desk.qtbot.waitUntil(lambda: desk.is_shown("copy_outbox"), timeout=10_000)
    desk.kiosk.stick_is_free.clear()
    desk.press("copy_outbox")
    if asks:
        desk.click("help")
    desk.runtime.loop.call_soon_threadsafe(desk.kiosk.stick_is_free.set)
    desk.qtbot.waitUntil(lambda: desk.find("copy_outbox").isEnabled(), timeout=10_000)
    assert desk.find("panel_close" if asks else "copy_outbox").hasFocus()


def test_an_answer_without_a_number_is_said_in_the_technicians_language() -> None:
    unreachable = replace(OUTBOX.held[1], obstacle=Obstacle.NO_ANSWER, answer="the server cannot be reached")
    strange = replace(unreachable, obstacle=Obstacle.OTHER, answer="left by an earlier version")
    known, unknown = held_lines(replace(OUTBOX, held=(unreachable, strange)), texts("fr"))
    assert known.answer == texts("fr").outbox.obstacles[Obstacle.NO_ANSWER]
    assert "left by an earlier version" in unknown.answer


def test_the_audit_chain_keeps_its_own_name() -> None:
    chain = held_lines(OUTBOX, texts("fr"))[2]
    assert chain.name == texts("fr").outbox.kinds["audit"] and "D'abord" not in chain.facts
