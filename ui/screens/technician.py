"""Behind a code: what works, what does not, and what to do."""

from math import ceil
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from kiosk.selftest.report import Part
from ui.screens.base import Context, Screen
from ui.screens.pairing import Pairing
from ui.state import Fault
from ui.widgets.choice_card import ChoiceCard, option_buttons
from ui.widgets.figures_card import FiguresCard
from ui.widgets.number_pad import NumberPad
from ui.widgets.outbox_card import OutboxCard
from ui.widgets.panel import Action
from ui.widgets.parts import button, card, label, set_tone
from ui.widgets.unit_list import UnitList

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kiosk.call.figures import CallFigures
    from kiosk.choices import Role
    from kiosk.events import SelfTestChanged
    from kiosk.parts import PartChoice
    from kiosk.pin_door import PinAnswer
    from kiosk.selftest.report import Check, Report

_LONGEST = 12
_LOOK_MS = 1000
_ROLES = {"green": "good", "amber": "heading", "orange": "heading", "red": "error"}
_WORST_FIRST = ("red", "amber", "skipped", "green")


class Technician(Screen):
    def __init__(self, context: Context) -> None:
        super().__init__(context)
        text = self.texts.technician
        self._choosing: Role | None = None
        self.head(text.title)
        self._pad = self._build_pad()
        self._answer = label("", "error")
        self._waiting = label(text.running, "lead")
        self._results = QWidget()
        rtl = self.texts.right_to_left
        self.call_card = FiguresCard(self.texts.call_figures.title, rtl)
        self.outbox_card = OutboxCard(context.bridge, self.texts)
        self._pairing = Pairing(self, context)
        bridge = context.bridge
        self.unit_list = UnitList(self.texts, bridge.set_own_unit, self._pairing.start, bridge.forget_bond)
        self.choice_card = ChoiceCard(text, self._look_for_choices)
        self._looks = QTimer(self, interval=_LOOK_MS)
        self._looks.timeout.connect(self._look)
        self.body.addWidget(self._pad)
        self.body.addWidget(self._answer)
        self.body.addWidget(self.call_card)
        self.body.addWidget(self._waiting)
        self.body.addWidget(self._results)
        self.body.addWidget(self.unit_list)
        self.body.addWidget(self.outbox_card)
        self.body.addWidget(self.choice_card)
        self.body.addStretch(1)
        self._waiting.hide()
        self._again = button(text.run, "run_again", self._run)
        self._again.hide()
        close = self.texts.call_figures.back if context.state.session is not None else text.close
        self.close_button = button(close, "close_technician", context.shell.leave, "primary")
        self._touch = button(text.touch_run, "touch_test", self._try_touch)
        self._touch.hide()
        self.foot(self._touch, self._again, self.close_button)
        context.bridge.pin_checked.connect(self._pin_checked)
        context.bridge.selftest_done.connect(self._tested)
        context.bridge.selftest_changed.connect(self._changed)
        context.bridge.call_figures_told.connect(self._show_call)
        context.bridge.units_told.connect(self.unit_list.refresh)
        context.bridge.parts_told.connect(self._parts_told)
        context.bridge.command_failed.connect(self._failed)

    def focus_first(self) -> None:
        self._digits.setFocus()

    def _build_pad(self) -> QWidget:
        text = self.texts.technician
        self._digits = NumberPad(
            "pin", text.pin_title, text, self.context.bridge.check_pin,
            longest=_LONGEST, hidden=True, changed=lambda: self._answer.setText(""),
        )  # fmt: skip
        pad = QWidget()
        pad.setMaximumWidth(round(520 * self.context.settings.text_scale))
        column = QVBoxLayout(pad)
        column.setSpacing(10)
        column.addWidget(label(text.pin_title, "heading"))
        column.addWidget(label(text.pin_explain))
        column.addWidget(self._digits)
        return pad

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The code may be typed wherever the focus is."""
        if self._pad.isVisible():
            self._digits.keyPressEvent(event)
        else:
            super().keyPressEvent(event)

    def _pin_checked(self, answer: "PinAnswer") -> None:
        if answer.right:
            self._pad.hide()
            self._answer.hide()
            if self.context.state.report is not None:
                self._show(self.context.state.report)  # what it found by itself: not lost by looking
            else:
                self._run()
            self.context.bridge.ask_parts()
            self._look()
            self._looks.start()
        elif answer.wait_s:
            self._answer.setText(self.texts.technician.pin_shut.format(minutes=ceil(answer.wait_s / 60)))
        else:
            self._answer.setText(self.texts.technician.pin_wrong)

    def _look(self) -> None:
        if Fault.COMMAND in self.context.state.messages:
            return  # one message is enough: it goes on once that one is understood
        self.context.bridge.ask_call_figures()
        self.context.bridge.ask_outbox_figures()
        self.context.bridge.ask_units()

    def _look_for_choices(self, choice: "PartChoice") -> None:
        """What is plugged in is asked for when it matters, not each second: it may open every camera."""
        self._choosing = choice.role
        self.context.bridge.ask_parts()

    def _parts_told(self, choices: "tuple[PartChoice, ...]") -> None:
        self.choice_card.show_choices(choices)
        role, self._choosing = self._choosing, None
        for choice in choices:
            if choice.role is role:
                self._ask_choice(choice)

    def _ask_choice(self, choice: "PartChoice") -> None:
        """One touch chooses, from now on and after a restart."""
        shell, bridge, text = self.context.shell, self.context.bridge, self.texts.technician

        def take(identity: str) -> None:
            shell.close_panel()
            bridge.choose_part(choice.role, identity)

        close = Action(self.texts.common.close, "panel_close", lambda: None)
        title = text.choice_panel.format(part=text.parts[Part(choice.role.value)])
        shell.ask(title, (label(text.choice_explain), *option_buttons(choice, text, take)), (close,))

    def _show_call(self, figures: "CallFigures | None") -> None:
        from ui.text.call_figures import lines

        self.call_card.show_lines(lines(figures, self.texts) if figures is not None else [])

    def _run(self) -> None:
        self._results.hide()
        self._waiting.show()
        self._again.hide()
        self._touch.hide()
        self.close_button.setFocus()
        self.context.bridge.run_selftest()

    def _failed(self, answer: object) -> None:
        """Takes back only what was said of that command itself."""
        bridge = self.context.bridge
        if answer is bridge.outbox_copied:
            self.outbox_card.forget_copy()
        elif answer is bridge.selftest_done:
            self._waiting.hide()
            self._again.show()
        elif answer is bridge.pairing_ended:
            self._pairing.failed()
        elif answer is bridge.parts_told:
            self._choosing = None

    def _try_touch(self) -> None:
        from ui.widgets.touch_test import TouchTest

        test = TouchTest(self.window(), self.texts.technician)
        test.finished.connect(self.context.bridge.keep_touch)
        self.destroyed.connect(test.deleteLater)

    def _changed(self, event: "SelfTestChanged") -> None:
        self._show(event.report)

    def _tested(self, report: "Report | None") -> None:
        self._show(report)
        if self._pad.isHidden():
            self.context.bridge.ask_parts()

    def _show(self, report: "Report | None") -> None:
        """None: a session came first."""
        if report is None or not self._pad.isHidden():
            return
        from ui.text.selftest import made_at_text

        self._waiting.hide()
        self._again.show()
        self._touch.setVisible(self.context.state.session is None)
        fresh, column = card(tone="soft")
        column.addWidget(label(made_at_text(report, self.texts.technician), "heading"))
        for check in sorted(report.checks, key=lambda check: _WORST_FIRST.index(check.verdict)):
            column.addWidget(self._line(check))
        for part in self._last_call_check():
            column.addWidget(part)
        self.body.replaceWidget(self._results, fresh)
        self._results.deleteLater()
        self._results = fresh

    def _line(self, check: "Check") -> QWidget:
        from ui.text.selftest import check_advice, check_name

        text = self.texts.technician
        name, verdict = check_name(check, text), text.verdicts[check.verdict]
        return _row(
            name, verdict, _ROLES.get(check.verdict, "soft"), (check_advice(check, text), check.detail)
        )

    def _last_call_check(self) -> "Iterator[QWidget]":
        """What the check before the last call found, with its figures."""
        from ui.text.call_check import part_text

        check, text = self.context.state.last_check, self.texts.call_check
        if check is None:
            return
        yield label(text.last, "heading")
        for part in check.parts:
            name, advice = part_text(part, text)
            yield _row(name, text.lights[part.light], _ROLES.get(part.light, "soft"), (advice, part.detail))


def _row(name: str, verdict: str, role: str, lines: tuple[str, ...]) -> QWidget:
    frame, column = card(name="row", gap=2)
    set_tone(frame, "trouble" if role == "error" else "")
    column.addWidget(label(name, "heading"))
    column.addWidget(label(verdict, role))
    for line in lines:
        if line:
            column.addWidget(label(line, "small"))
    frame.setAccessibleName(f"{name}. {verdict}")
    return frame
