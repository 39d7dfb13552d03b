"""What the identity screen accepts, and the one sentence for what it does not."""

from datetime import date
from uuid import UUID

import pytest
from PySide6.QtWidgets import QLineEdit

from kiosk.session import Patient, Sex
from tests.ui import steps
from tests.ui.conftest import Desk
from ui.answers import Answers, check
from ui.reasons import FieldFault

TODAY = date(2026, 11, 23)
ID = UUID(int=3)


def _answers(**changed: str) -> Answers:
    given = {"family": " de  La Tour ", "given": "Zoé", "day": "29", "month": "2", "year": "1944", "ins": ""}
    return Answers(**{**given, **changed}, sex=Sex.OTHER)


def test_a_good_answer_is_tidied() -> None:
    patient = Patient(ID, "de La Tour", "Zoé", date(1944, 2, 29), Sex.OTHER)
    assert check(_answers(), ID, TODAY) == patient


@pytest.mark.parametrize(
    ("changed", "question", "fault"),
    [
        ({"family": "  "}, "family", FieldFault.FAMILY_MISSING),
        ({"given": ""}, "given", FieldFault.GIVEN_MISSING),
        ({"day": ""}, "birth", FieldFault.BIRTH_MISSING),
        ({"month": "mai"}, "birth", FieldFault.BIRTH_MISSING),
        ({"year": "1945"}, "birth", FieldFault.BIRTH_IMPOSSIBLE),
        ({"year": "2028"}, "birth", FieldFault.BIRTH_FUTURE),
        ({"year": "44"}, "birth", FieldFault.BIRTH_TOO_OLD),
        ({"ins": "12345"}, "ins", FieldFault.INS_MALFORMED),
    ],
)
def test_each_fault_has_its_question(changed: dict[str, str], question: str, fault: FieldFault) -> None:
    assert check(_answers(**changed), ID, TODAY) == {question: fault}


def test_an_ins_may_be_written_with_spaces_and_letters() -> None:
    checked = check(_answers(ins="2 44 02 2a 999 999 34"), ID, TODAY)
    assert isinstance(checked, Patient) and checked.ins == "244022A99999934"


def test_nothing_answered_names_every_question(desk: Desk) -> None:
    steps.identity(desk)
    desk.click("next")
    texts = desk.window.texts.identity.faults
    shown = [w.text() for w in desk.screen.findChildren(type(desk.screen.title)) if w.isVisible()]
    for fault in (
        FieldFault.FAMILY_MISSING, FieldFault.GIVEN_MISSING, FieldFault.BIRTH_MISSING, FieldFault.SEX_MISSING,
    ):  # fmt: skip
        assert texts[fault] in shown
    assert desk.find("family").hasFocus()
    assert desk.kiosk.asked == ["begin"]


def test_correcting_keeps_what_was_written_and_the_identity(desk: Desk) -> None:
    steps.consent(desk)
    desk.click("correct")
    desk.wait_for("identity")
    given = desk.find("given")
    assert isinstance(given, QLineEdit) and given.text() == "Jeanne"
    given.setText("Jeannette")
    desk.click("next")
    desk.wait_for("consent")
    session = desk.kiosk.session
    assert session is not None and session.patient is not None
    assert (session.patient.id, session.patient.given) == (steps.JEANNE.id, "Jeannette")
