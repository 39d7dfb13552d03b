"""What may be somebody else's is shown apart, and only the helper's own word attaches it."""

from uuid import UUID

import pytest
from PySide6.QtWidgets import QLabel, QWidget

from devices.reading import Clock, Kind, Quality
from tests.ui import samples, steps
from tests.ui.conftest import Desk
from ui.screens.consultation import Consultation
from ui.text import fr, texts
from ui.text.reading import moment_text


def words(widget: QWidget) -> str:
    return "\n".join(line.text() for line in widget.findChildren(QLabel) if line.isVisible() and line.text())


@pytest.fixture
def asked(desk: Desk) -> Desk:
    """A consultation with two readings that wait for the helper's word, and two that are not shown."""
    steps.consultation(desk)
    desk.kiosk.put_aside(samples.old_cuff(), samples.old_thermometer(), more=2)
    desk.settle()
    return desk


def aside(desk: Desk) -> QWidget:
    assert isinstance(desk.screen, Consultation)
    return desk.screen.aside


def first_id(desk: Desk) -> UUID:
    return desk.kiosk.aside[0].id


def test_it_says_what_when_and_by_which_instrument(asked: Desk) -> None:
    said = words(aside(asked))
    when = moment_text(samples.old_cuff().taken_at, texts("fr"))
    assert when.startswith("le 21/11/2026 à ")
    for part in (
        fr.CONSULTATION.set_aside_explain,
        "Tension systolique 128 mmHg",
        fr.READING.taken[Clock.CORRECTED].format(when=when),
        "A&D UA-651BLE",
        fr.READING.quality[Quality.BEFORE_CONSULTATION],
        fr.READING.quality[Quality.TIME_UNSURE],
        fr.CONSULTATION.set_aside_more.format(count=2),
    ):
        assert part in said
    assert not asked.is_shown("all_readings"), "they are none of the session's readings"


def test_nothing_is_said_where_nothing_waits(desk: Desk) -> None:
    steps.consultation(desk)
    assert not aside(desk).isVisible()


def test_attaching_asks_once_with_the_name_and_the_values(asked: Desk) -> None:
    asked.press(f"attach_{first_id(asked)}")
    panel = words(asked.find("panel"))
    assert "Jeanne Durand" in panel and "128 mmHg" in panel and fr.CONSULTATION.attach_explain in panel
    asked.press("attach_back")
    assert len(asked.kiosk.aside) == 2, "looking at it decides nothing"
    asked.press(f"attach_{first_id(asked)}")
    asked.press("attach_confirm")
    assert isinstance(asked.screen, Consultation)
    assert fr.READING.quality[Quality.ATTACHED_BY_HELPER] in words(asked.screen.board)
    assert "128 mmHg" not in words(aside(asked))
    focus = asked.window.focusWidget()
    assert focus is not None and focus.objectName() == f"attach_{first_id(asked)}", "the next question"


def test_one_touch_says_that_it_is_not_this_person(asked: Desk) -> None:
    for left in (1, 0):
        asked.click(f"discard_{first_id(asked)}")
        assert len(asked.kiosk.aside) == left
    assert not asked.window.state.readings
    focus = asked.window.focusWidget()
    assert focus is not None and focus.objectName() == "mute"


def test_what_is_measured_in_the_consultation_stays_on_top(asked: Desk) -> None:
    asked.kiosk.measure(samples.thermometer())
    asked.settle()
    asked.press(f"attach_{asked.kiosk.aside[1].id}")
    asked.press("attach_confirm")
    latest = asked.window.state.latest()[Kind.THERMOMETER]
    assert Quality.ATTACHED_BY_HELPER not in latest.quality
    asked.press("all_readings")
    assert fr.READING.quality[Quality.ATTACHED_BY_HELPER] in words(asked.find("panel"))
