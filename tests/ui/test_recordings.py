"""What an instrument has recorded is read at the helper's press, and shown as what it is."""

from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from devices import metrics
from devices.reading import Clock, Kind, Quality, Reading
from kiosk.events import CallChanged, CallPhase, InstrumentState, InstrumentStatus, Reason
from tests.ui import samples, steps
from tests.ui.conftest import Desk
from ui.guidance import next_step
from ui.reasons import Step
from ui.screens.consultation import Consultation
from ui.state import State
from ui.text import fr

ID = "usb:10c4:ea60:0001"
RING = InstrumentStatus(ID, Kind.OXIMETER, "Ring", InstrumentState.READY, recordings=True)
HANDS_OVER = replace(RING, reason=Reason.HANDING_OVER)
READ, STOP = fr.INSTRUMENT.read_recording, fr.INSTRUMENT.stop_recording


def night() -> Reading:
    """As the kiosk sets it aside."""
    told = samples.reading(
        Kind.OXIMETER,
        (metrics.RECORDED, "28000"), (metrics.SPO2_RECORDED, "27000"),
        (metrics.SPO2_LOWEST, "82"), (metrics.SPO2_AVERAGE, "95.4"),
        quality=frozenset({Quality.RECORDING, Quality.FROM_MEMORY, Quality.BEFORE_CONSULTATION}),
    )  # fmt: skip
    return replace(told, taken_at=samples.AT - timedelta(hours=10), clock=Clock.CORRECTED)


def words(widget: QWidget) -> str:
    return "\n".join(line.text() for line in widget.findChildren(QLabel) if line.isVisible() and line.text())


def consultation(desk: Desk) -> Consultation:
    assert isinstance(desk.screen, Consultation)
    return desk.screen


@pytest.fixture
def consulting(desk: Desk) -> Desk:
    steps.consultation(desk)
    return desk


def shown(desk: Desk, *instruments: InstrumentStatus) -> list[str]:
    """What may be pressed beside the instruments."""
    desk.kiosk.plug(*instruments)
    desk.settle()
    return [f"recording_{each.id}" for each in instruments if desk.is_shown(f"recording_{each.id}")]


def pressed(desk: Desk) -> QPushButton:
    found = desk.find(f"recording_{ID}")
    assert isinstance(found, QPushButton)
    return found


def test_it_is_offered_where_it_can_be_read_and_only_there(consulting: Desk) -> None:
    assert shown(consulting, RING) == [f"recording_{ID}"]
    other = replace(RING, recordings=False)
    stranger, measuring = replace(RING, known=False), replace(RING, state=InstrumentState.MEASURING)
    lost = replace(RING, state=InstrumentState.LOST, reason=Reason.UNPLUGGED)
    for status in (other, stranger, measuring, lost):
        assert shown(consulting, status) == []


def test_a_press_asks_for_it_and_the_next_one_stops_it(consulting: Desk) -> None:
    shown(consulting, RING)
    assert pressed(consulting).text() == READ
    consulting.click(f"recording_{ID}")
    shown(consulting, HANDS_OVER)
    assert pressed(consulting).text() == STOP
    assert fr.INSTRUMENT.reasons[Reason.HANDING_OVER] in words(consultation(consulting).instruments)
    consulting.click(f"recording_{ID}")
    assert consulting.kiosk.asked[-2:] == [f"read_recording {ID} True", f"read_recording {ID} False"]


def test_a_button_that_goes_away_hands_the_focus_on(consulting: Desk) -> None:
    shown(consulting, RING)
    pressed(consulting).setFocus()
    shown(consulting, replace(RING, state=InstrumentState.MEASURING))
    focus = consulting.window.focusWidget()
    assert focus is not None and focus.isVisible()


def test_what_waits_says_when_it_began_how_long_it_is_and_what_it_is_not(consulting: Desk) -> None:
    consulting.kiosk.put_aside(night())
    consulting.settle()
    said = words(consultation(consulting).aside)
    for part in (
        "Durée de l'enregistrement 7:46:40 h:min:s",
        "Oxygène (SpO2) le plus bas 82 %",
        "Oxygène (SpO2) moyen 95.4 %",
        fr.READING.quality[Quality.RECORDING],
        "Commencé",
    ):
        assert part in said
    assert "Mesurée" not in said


def test_who_attaches_it_is_asked_who_wore_the_device(consulting: Desk) -> None:
    consulting.kiosk.put_aside(night())
    consulting.settle()
    consulting.press(f"attach_{consulting.kiosk.aside[0].id}")
    panel = words(consulting.find("panel"))
    assert fr.CONSULTATION.attach_recording in panel
    assert fr.CONSULTATION.attach_explain not in panel
    consulting.press("attach_confirm")
    assert fr.READING.quality[Quality.RECORDING] in words(consultation(consulting).board)


@pytest.mark.parametrize("attached", [True, False])
def test_it_never_covers_what_was_measured_and_is_no_measurement(attached: bool) -> None:
    state = State(call=CallChanged(CallPhase.CONNECTED), instruments=samples.instruments())
    recording = night()
    if attached:
        recording = replace(recording, quality=recording.quality | {Quality.ATTACHED_BY_HELPER})
    state.add_reading(recording)
    assert not state.measured(Kind.OXIMETER)
    assert next_step(state) is Step.OXIMETER
    measured = samples.oximeter()
    for order in ((measured, recording), (recording, measured)):
        state.readings = list(order)
        assert state.latest()[Kind.OXIMETER] is measured
