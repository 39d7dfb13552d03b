"""Who is received: four answers, one optional number, a keyboard on the screen."""

from uuid import uuid4

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from kiosk.session import Patient
from ui.answers import Answers, check
from ui.screens.base import Context, Screen
from ui.widgets.field import Field, Input, Question
from ui.widgets.flow import Flow
from ui.widgets.parts import button, label

_WIDE_PX = 900


class Identity(Screen):
    """`patient`: what was answered before, to correct it."""

    def __init__(self, context: Context, patient: Patient | None = None) -> None:
        super().__init__(context)
        self._patient = patient
        text = self.texts.identity
        self.head(text.title, 1)
        self.family = self._field("family", text.family, Input.LETTERS, 80)
        self.given = self._field("given", text.given, Input.LETTERS, 80)
        self.day = self._field("day", text.day, Input.DIGITS, 2)
        self.month = self._field("month", text.month, Input.DIGITS, 2)
        self.year = self._field("year", text.year, Input.DIGITS, 4)
        self.ins = self._field("ins", text.ins, Input.DIGITS, 21)
        self.sexes = QButtonGroup(self)
        self.questions: dict[str, Question] = {}
        self._build()
        self._fill(patient)

    def focus_first(self) -> None:
        self.family.setFocus()

    def _field(self, name: str, title: str, wanted: Input, longest: int) -> Field:
        field = Field(name, title, wanted, longest)
        field.touched.connect(lambda: self.context.shell.open_keyboard(field))
        return field

    def _build(self) -> None:
        text = self.texts.identity
        self.body.addWidget(label(text.explain, "lead"))
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(32)
        self._grid.setVerticalSpacing(16)
        self._ask("family", text.family, self.family)
        self._ask("given", text.given, self.given)
        self._ask("birth", text.birth_date, self._birth())
        self._ask("sex", text.sex, self._sex_buttons())
        self._ask("ins", text.ins, self.ins, text.ins_hint)
        self.body.addLayout(self._grid)
        self.body.addStretch(1)
        keyboard = button(text.keyboard, "keyboard_toggle", self._toggle_keyboard)
        keyboard.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        back = self.context.bridge.cancel if self._patient is None else self.context.shell.leave
        cancel = button(text.cancel, "cancel", back)
        self.foot(button(text.next, "next", self.submit, "primary"), start=(cancel, keyboard))

    def _ask(self, name: str, title: str, answer: QWidget, hint: str = "") -> None:
        self.questions[name] = Question(title, answer, hint)

    def _arrange(self) -> None:
        """Two questions beside each other where there is room for the text size."""
        wide = self.width() / self.context.settings.text_scale >= _WIDE_PX
        places = ((0, 0), (0, 1), (1, 0), (1, 1), (2, 0)) if wide else tuple((n, 0) for n in range(5))
        for question, (line, place) in zip(self.questions.values(), places, strict=True):
            self._grid.addWidget(question, line, place, Qt.AlignmentFlag.AlignTop)
        for place in range(2):
            self._grid.setColumnStretch(place, 1 if wide or place == 0 else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _birth(self) -> QWidget:
        holder = QWidget()
        line = QHBoxLayout(holder)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(16)
        for field, share in ((self.day, 2), (self.month, 2), (self.year, 3)):
            column = QVBoxLayout()
            column.setSpacing(0)
            column.addWidget(label(field.accessibleName(), "soft"))
            column.addWidget(field)
            line.addLayout(column, share)
        return holder

    def _sex_buttons(self) -> QWidget:
        holder = QWidget()
        flow = Flow(gap=12)
        holder.setLayout(flow)
        holder.setContentsMargins(0, 0, 0, 0)
        for number, (sex, words) in enumerate(self.texts.identity.sexes.items()):
            made = button(words, f"sex_{sex.value}", lambda: None)
            made.setCheckable(True)
            self.sexes.addButton(made, number)
            flow.addWidget(made)
        return holder

    def _toggle_keyboard(self) -> None:
        self.context.shell.toggle_keyboard(self._current_field())

    def _current_field(self) -> Field:
        """Where the helper writes now, else the first empty answer."""
        focus = self.focusWidget()
        if isinstance(focus, Field):
            return focus
        fields = (self.family, self.given, self.day, self.month, self.year)
        return next((field for field in fields if not field.text()), self.family)

    def _fill(self, patient: Patient | None) -> None:
        if patient is None:
            return
        self.family.setText(patient.family)
        self.given.setText(patient.given)
        self.day.setText(f"{patient.birth_date.day:02}")
        self.month.setText(f"{patient.birth_date.month:02}")
        self.year.setText(f"{patient.birth_date.year:04}")
        self.ins.setText(patient.ins)
        self.sexes.button(list(self.texts.identity.sexes).index(patient.sex)).setChecked(True)

    def _answers(self) -> Answers:
        chosen = self.sexes.checkedId()
        return Answers(
            self.family.text(),
            self.given.text(),
            self.day.text(),
            self.month.text(),
            self.year.text(),
            list(self.texts.identity.sexes)[chosen] if chosen >= 0 else None,
            self.ins.text(),
        )

    def submit(self) -> None:
        """Go on when every answer is accepted; else say what is wrong beside each, and go to the first."""
        checked = check(self._answers(), self._patient.id if self._patient else uuid4())
        if isinstance(checked, Patient):
            self.context.shell.close_keyboard()
            self.context.bridge.identify(checked)
            return
        for name, question in self.questions.items():
            fault = checked.get(name)
            question.set_fault(self.texts.identity.faults[fault] if fault else "")
        self._go_to(next(iter(checked)))

    def _go_to(self, name: str) -> None:
        first: dict[str, QWidget] = {
            "family": self.family,
            "given": self.given,
            "birth": self.day,
            "sex": self.sexes.buttons()[0],
            "ins": self.ins,
        }
        first[name].setFocus(Qt.FocusReason.OtherFocusReason)
        self.area.ensureWidgetVisible(self.questions[name])
