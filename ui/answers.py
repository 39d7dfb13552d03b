"""From what was typed to a patient, or what is wrong with each answer. Pure."""

import re
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from kiosk.session import Patient, Sex
from ui.reasons import FieldFault

_OLDEST_YEARS = 125
_INS = re.compile(r"[0-9]{6}[0-9AB][0-9]{8}")  # 13 of the NIR (2A, 2B: Corsica) and its key of 2


@dataclass(frozen=True, slots=True)
class Answers:
    """As typed. `sex` None: not answered."""

    family: str
    given: str
    day: str
    month: str
    year: str
    sex: Sex | None
    ins: str = ""


def check(answers: Answers, patient_id: UUID, today: date | None = None) -> Patient | dict[str, FieldFault]:
    """A patient, or the faults by question: family, given, birth, sex, ins, in the order of the screen."""
    faults: dict[str, FieldFault] = {}
    family, given = _tidy(answers.family), _tidy(answers.given)
    if not family:
        faults["family"] = FieldFault.FAMILY_MISSING
    if not given:
        faults["given"] = FieldFault.GIVEN_MISSING
    birth = birth_date(answers, today or date.today())
    if isinstance(birth, FieldFault):
        faults["birth"] = birth
    if answers.sex is None:
        faults["sex"] = FieldFault.SEX_MISSING
    ins = re.sub(r"\s", "", answers.ins).upper()
    if ins and not _INS.fullmatch(ins):
        faults["ins"] = FieldFault.INS_MALFORMED
    if faults or isinstance(birth, FieldFault) or answers.sex is None:
        return faults
    return Patient(patient_id, family, given, birth, answers.sex, ins)


def birth_date(answers: Answers, today: date) -> date | FieldFault:
    """A real date, not in the future, not before anybody alive."""
    parts = (answers.year, answers.month, answers.day)
    if not all(part.strip().isdecimal() for part in parts):
        return FieldFault.BIRTH_MISSING
    year, month, day = (int(part) for part in parts)
    try:
        born = date(year, month, day)
    except ValueError:
        return FieldFault.BIRTH_IMPOSSIBLE
    if born > today:
        return FieldFault.BIRTH_FUTURE
    return FieldFault.BIRTH_TOO_OLD if today.year - year > _OLDEST_YEARS else born


def _tidy(name: str) -> str:
    return re.sub(r"\s+", " ", name).strip()
