"""Whose the Bluetooth instruments are, on the technician's screen; and that a stranger's is called so."""

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from devices.reading import Kind, Quality
from kiosk.events import InstrumentState, InstrumentStatus, Reason
from kiosk.unit import How, Unit
from kiosk.unit_desk import UnitLine
from tests.ui import samples, steps
from tests.ui.conftest import Desk, OpenDesk
from tests.ui.small_kiosk import PIN
from tests.ui.test_call_figures import LOOKS, words
from ui.screens.technician import Technician
from ui.state import Fault
from ui.text import fr

OXIMETER = Unit("C0:0A:00:00:00:01", "Telesim Oximeter", "OX-0001")
CUFF = Unit("C0:0B:00:00:00:01", "UA-651BLE", "BP-0001")
LINES = (
    UnitLine(OXIMETER, How.UNKNOWN, (Kind.OXIMETER,), "Bluetooth pulse oximeter"),
    UnitLine(CUFF, How.DECLARED, (Kind.CUFF,), "A&D UA-651BLE, UA-1200BLE"),
    UnitLine(Unit("C0:0C:00:00:00:01", "", "TH-0001"), How.CONFIGURED, (Kind.THERMOMETER,), "Thermometer"),
    UnitLine(Unit("C0:0D:00:00:00:01"), How.DECLARED),
)
TARGET_PX = 72


def behind_the_code(desk: Desk) -> None:
    steps.technician(desk)
    desk.bridge.check_pin(PIN)
    assert isinstance(desk.screen, Technician)
    card = desk.screen.unit_list
    desk.qtbot.waitUntil(
        lambda: card.isVisible() and all(shown.isVisible() for shown in card.findChildren(QLabel)),
        timeout=10_000,
    )


def test_a_technician_says_that_it_is_ours_and_forgets_it(desk: Desk) -> None:
    desk.kiosk.units.told = LINES[:1]
    behind_the_code(desk)
    assert {fr.UNITS.hows[How.UNKNOWN], "Oxymètre — \u2066Telesim Oximeter\u2069"} <= set(words(desk))
    desk.press(f"own_{OXIMETER.address}")
    desk.qtbot.waitUntil(lambda: fr.UNITS.hows[How.DECLARED] in words(desk), timeout=10_000)
    desk.press(f"forget_{OXIMETER.address}")
    desk.qtbot.waitUntil(lambda: fr.UNITS.hows[How.UNKNOWN] in words(desk), timeout=10_000)


def test_what_the_settings_name_is_not_forgotten_here(desk: Desk) -> None:
    desk.kiosk.units.told = LINES
    behind_the_code(desk)
    names = {made.objectName() for made in desk.screen.findChildren(QPushButton)}
    assert {name for name in names if name.startswith(("own_", "forget_"))} == {
        "own_C0:0A:00:00:00:01", "forget_C0:0B:00:00:00:01", "forget_C0:0D:00:00:00:01",
    }  # fmt: skip


def test_a_button_stays_under_the_finger_while_nothing_changes(desk: Desk) -> None:
    desk.kiosk.units.told = LINES
    behind_the_code(desk)
    assert isinstance(desk.screen, Technician)
    before = desk.find(f"own_{OXIMETER.address}")
    desk.screen.unit_list.refresh(LINES)
    assert desk.find(f"own_{OXIMETER.address}") is before


def test_without_any_it_says_how_one_appears(desk: Desk) -> None:
    behind_the_code(desk)
    assert fr.UNITS.none in words(desk)


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_the_card_is_uncut_and_can_be_touched(
    open_desk: OpenDesk, look: tuple[str, float, tuple[int, int]]
) -> None:
    desk = open_desk(*look)
    desk.kiosk.units.told = LINES
    behind_the_code(desk)
    assert isinstance(desk.screen, Technician)
    card = desk.screen.unit_list
    shown = card.findChildren(QLabel)
    desk.qtbot.waitUntil(lambda: all(map(_is_uncut, shown)), timeout=10_000)
    buttons = card.findChildren(QPushButton)
    assert len(buttons) == 3
    for made in buttons:
        assert made.height() >= TARGET_PX
        assert made.width() >= made.fontMetrics().horizontalAdvance(made.text())
        assert _is_in_its_row(made)


def _is_in_its_row(made: QWidget) -> bool:
    row = made.parentWidget()
    return row is not None and row.rect().contains(made.geometry())


def _is_uncut(shown: QLabel) -> bool:
    return shown.height() >= shown.heightForWidth(shown.width())


def test_the_helper_sees_that_an_instrument_is_a_strangers(desk: Desk) -> None:
    steps.consultation(desk)
    stranger = InstrumentStatus("ble:1", Kind.OXIMETER, "Oximeter", InstrumentState.MEASURING, known=False)
    desk.kiosk.plug(stranger)
    theirs = replace(samples.oximeter(), quality=frozenset({Quality.UNKNOWN_UNIT}))
    desk.kiosk.put_aside(theirs)
    desk.settle()
    assert fr.INSTRUMENT.unknown in words(desk)
    assert fr.READING.quality[Quality.UNKNOWN_UNIT] in words(desk)


def test_that_a_strangers_measurement_gave_nothing_is_written_beside_it_alone(desk: Desk) -> None:
    steps.consultation(desk)
    stranger = InstrumentStatus("ble:1", Kind.CUFF, "Cuff", InstrumentState.READY, known=False)
    desk.kiosk.plug(stranger)
    desk.settle()
    before = words(desk)
    desk.kiosk.plug(replace(stranger, no_result=True))
    desk.settle()
    same = {fr.INSTRUMENT.unknown: fr.INSTRUMENT.unknown_no_result}
    assert words(desk) == [same.get(line, line) for line in before] != before


def test_how_to_pair_is_said_of_the_kiosks_own_alone(desk: Desk) -> None:
    steps.consultation(desk)
    refused = InstrumentStatus("ble:1", Kind.CUFF, "Cuff", InstrumentState.FAULTY, Reason.NOT_PAIRED)
    how = fr.INSTRUMENT.reasons[Reason.NOT_PAIRED]
    desk.kiosk.plug(refused)
    desk.settle()
    assert how in words(desk)
    desk.kiosk.plug(replace(refused, known=False))
    desk.settle()
    assert fr.INSTRUMENT.unknown in words(desk)
    assert not [line for line in words(desk) if how in line]


def test_the_technician_reads_that_its_last_measurement_gave_nothing(desk: Desk) -> None:
    desk.kiosk.units.told = (replace(LINES[1], no_result=True),)
    behind_the_code(desk)
    assert fr.UNITS.no_result in words(desk)


def test_what_was_said_holds_at_once_while_another_message_waits(desk: Desk) -> None:
    desk.kiosk.units.told = LINES[:1]
    behind_the_code(desk)
    desk.window.show_message(Fault.COMMAND)
    desk.press(f"own_{OXIMETER.address}")
    desk.qtbot.waitUntil(lambda: fr.UNITS.hows[How.DECLARED] in words(desk), timeout=10_000)


def test_the_keyboard_stays_with_the_unit_whose_row_is_made_anew(desk: Desk) -> None:
    desk.kiosk.units.told = LINES
    behind_the_code(desk)
    desk.press(f"own_{OXIMETER.address}")
    desk.qtbot.waitUntil(lambda: desk.find(f"forget_{OXIMETER.address}").hasFocus(), timeout=10_000)
    desk.qtbot.waitUntil(lambda: _is_in_its_row(desk.find(f"forget_{OXIMETER.address}")), timeout=10_000)
    desk.kiosk.units.told = LINES[1:]
    desk.qtbot.waitUntil(lambda: desk.find(f"forget_{CUFF.address}").hasFocus(), timeout=10_000)


def test_each_button_says_of_which_instrument_it_is(desk: Desk) -> None:
    desk.kiosk.units.told = LINES
    behind_the_code(desk)
    said = desk.find(f"own_{OXIMETER.address}").accessibleDescription()
    assert fr.READING.kinds[Kind.OXIMETER] in said and OXIMETER.model in said
