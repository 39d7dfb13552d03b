"""The line of a call: one light and one sentence for everybody, all figures for the technician."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QLabel

from kiosk.call.figures import (
    CallFigures,
    Codec,
    HeardFigures,
    LineFigures,
    PictureFigures,
    RelayFigures,
    SendingFigures,
    Way,
)
from kiosk.call.reaching.urls import Transport
from kiosk.call.streams import VoiceMode
from kiosk.events import CallPhase, Event, Light, LineQuality, SessionChanged
from kiosk.session import ReadingKept, reduce
from tests.ui import samples, steps
from tests.ui.conftest import Desk, OpenDesk
from tests.ui.small_kiosk import PIN
from ui.screens.consultation import Consultation
from ui.text import texts
from ui.text.call_figures import lines
from ui.widgets.line_light import LineLight

FACE = PictureFigures(640, 480, 15.0, 250)
FIGURES = CallFigures(
    CallPhase.CONNECTED,
    Way.OUR_RELAY,
    RelayFigures("relais.exemple.fr", Transport.TLS),
    SendingFigures(
        LineFigures(480, 451, 12, 1.5, 84),
        FACE,
        replace(FACE, target_kbps=0),
        VoiceMode.LEAN,
        60,
        Codec.H264,
    ),
    HeardFigures(70, 0.4, -12),
)
LOOKS = [
    ("fr", 1.0, (1280, 800)),
    ("fr", 2.0, (1280, 800)),
    ("en", 1.0, (1024, 768)),
    ("ar", 1.0, (1280, 800)),
    ("ar", 2.0, (1280, 800)),
]


def line_of(desk: Desk) -> LineLight:
    assert isinstance(desk.screen, Consultation)
    return desk.screen.line


def words(desk: Desk) -> list[str]:
    return [shown.text() for shown in desk.screen.findChildren(QLabel) if shown.isVisible()]


def talking(desk: Desk) -> None:
    steps.consultation(desk)
    desk.kiosk.plug(*samples.instruments())
    desk.kiosk.connect()
    desk.settle()


def to_technician(desk: Desk) -> None:
    desk.press("help")
    desk.press("technician")
    desk.wait_for("technician")


def test_the_light_and_the_sentence_agree(desk: Desk) -> None:
    steps.consultation(desk)
    assert not line_of(desk).isVisible(), "nothing to judge yet"
    talking(desk)
    text, call = texts("fr").consultation, desk.kiosk.call
    for changes, light, said in (
        ({}, Light.UNKNOWN, text.lines[LineQuality.UNKNOWN]),
        ({"line": LineQuality.GOOD}, Light.GREEN, text.lines[LineQuality.GOOD]),
        ({"line": LineQuality.FAIR}, Light.ORANGE, text.lines[LineQuality.FAIR]),
        ({"line": LineQuality.POOR}, Light.RED, text.lines[LineQuality.POOR]),
        ({"line": LineQuality.FAIR, "picture_paused": True}, Light.RED, text.picture_paused),
        ({"phase": CallPhase.RECONNECTING}, Light.RED, text.phases[CallPhase.RECONNECTING]),
    ):
        desk.kiosk.set_call(replace(call, **changes))
        desk.settle()
        line = line_of(desk)
        assert line.isVisible() and said
        assert (line.lamp.light, line.words.text(), line.accessibleName()) == (light, said, said)
    desk.kiosk.set_call(replace(call, phase=CallPhase.ENDED))
    desk.settle()
    assert not line_of(desk).isVisible()


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_the_longest_sentence_stands_beside_its_light(
    open_desk: OpenDesk, look: tuple[str, float, tuple[int, int]]
) -> None:
    desk = open_desk(*look)
    talking(desk)
    desk.kiosk.set_call(replace(desk.kiosk.call, line=LineQuality.POOR, picture_paused=True))
    desk.settle()
    QApplication.processEvents()
    line = line_of(desk)
    assert line.words.height() >= line.words.heightForWidth(line.words.width())
    assert line.lamp.width() == round(28 * look[1])
    before, after = (w.mapTo(line, QPoint(0, 0)).x() for w in (line.lamp, line.words))
    assert (before < after) is not texts(look[0]).right_to_left


def test_the_technician_sees_the_call_that_runs(desk: Desk) -> None:
    talking(desk)
    desk.kiosk.figures = FIGURES
    to_technician(desk)
    assert texts("fr").call_figures.title not in words(desk), "only behind the code"
    desk.bridge.check_pin(PIN)
    told = [value for _, value in lines(FIGURES, texts("fr"))]
    desk.qtbot.waitUntil(lambda: set(told) <= set(words(desk)), timeout=10_000)
    shown = " ".join(told)
    for part in (
        "relais.exemple.fr (TLS)",
        "480 kbit/s",
        "451 kbit/s",
        "1.5 %",
        "84 ms",
        "640 × 480",
        "-12 ms",
    ):
        assert part in shown
    desk.kiosk.figures = replace(FIGURES, phase=CallPhase.RECONNECTING, sending=None, heard=None)
    cut = texts("fr").consultation.phases[CallPhase.RECONNECTING]
    desk.qtbot.waitUntil(lambda: cut in words(desk), timeout=10_000)
    desk.kiosk.figures = None
    desk.qtbot.waitUntil(lambda: texts("fr").call_figures.title not in words(desk), timeout=10_000)


def test_a_reading_does_not_send_the_technician_away_but_the_end_does(desk: Desk) -> None:
    talking(desk)
    to_technician(desk)
    desk.kiosk.publish(_session_with_a_reading(desk))
    desk.settle()
    assert desk.window.name == "technician"
    desk.press("close_technician")
    desk.wait_for("consultation")
    to_technician(desk)
    desk.bridge.end_consultation()
    desk.wait_for("closing")


def _session_with_a_reading(desk: Desk) -> Event:
    taken = samples.oximeter()
    assert desk.kiosk.session is not None
    desk.kiosk.session = reduce(desk.kiosk.session, ReadingKept(taken.id, taken.kind))
    return SessionChanged(desk.kiosk.session)


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_the_card_is_uncut(open_desk: OpenDesk, look: tuple[str, float, tuple[int, int]]) -> None:
    desk = open_desk(*look)
    talking(desk)
    desk.kiosk.figures = FIGURES
    to_technician(desk)
    desk.bridge.check_pin(PIN)
    told = {part for pair in lines(FIGURES, texts(look[0])) for part in pair}
    desk.qtbot.waitUntil(lambda: told <= set(words(desk)), timeout=10_000)
    QApplication.processEvents()
    for shown in desk.screen.findChildren(QLabel):
        if shown.isVisible() and shown.text() in told:
            assert shown.height() >= shown.heightForWidth(shown.width()), shown.text()
