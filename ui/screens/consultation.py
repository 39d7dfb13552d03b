"""The consultation: the physician large, the readings beside, one sentence that says what comes next."""

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QPushButton, QVBoxLayout, QWidget

from devices.metrics import CUFF_PRESSURE
from devices.reading import Kind, Waveform
from kiosk.events import CallPhase, SoundHeard
from ui import theme
from ui.guidance import next_step
from ui.instruments import is_measuring, listed, shows_wave, working
from ui.screens.base import Context, Screen
from ui.screens.consultation_panels import (
    ask_attach,
    ask_ear,
    ask_end,
    ask_new_link,
    ask_where,
    freeze_and_ask_ear,
    show_link,
    show_readings,
)
from ui.text.reading import site_text
from ui.widgets.aside_list import AsideList
from ui.widgets.board import Board
from ui.widgets.flow import Flow
from ui.widgets.instrument_list import InstrumentList
from ui.widgets.line_light import LineLight
from ui.widgets.parts import button, label, relabel
from ui.widgets.scroll import Scroll
from ui.widgets.sound_level import SoundLevel
from ui.widgets.stage import Stage
from ui.widgets.trace import Trace

_WIDE_PX = 960
_TALL_PX = 560
_LOST = (CallPhase.TAMPERED, CallPhase.ENDED)
_INVITED = (CallPhase.WAITING, CallPhase.LEFT)  # the stage says how the physician comes


class Consultation(Screen):
    def __init__(self, context: Context) -> None:
        super().__init__(context)
        text = self.texts.consultation
        self.head(text.title, 3, "guide")
        self.stage = Stage(self.texts)
        self.board = Board(self.texts)
        self.aside = AsideList(
            self.texts, lambda r: ask_attach(context, r), lambda r: context.bridge.decide(r.id, attach=False)
        )
        self.instruments = InstrumentList(self.texts, context.bridge.read_recording)
        self.pleth = Trace(text.pleth, text.pleth_waiting, theme.PLETH)
        self.ecg = Trace(text.ecg, text.ecg_waiting, theme.ECG)
        self._traces = {Kind.OXIMETER: self.pleth, Kind.ECG: self.ecg}
        self.pressure = label("", "heading")
        self.pressure.hide()
        self.sound = SoundLevel(text, context.settings.text_scale)
        self.line = LineLight(text, context.settings.text_scale)
        self._words = label("", "words")
        self._words_title = label(text.words, "soft")
        self._words.setAccessibleDescription(text.words_explain)
        self._side = self._build_side()
        self._side_scroll = Scroll(margin=4, readable=True)
        self._side_scroll.setAccessibleName(text.readings)
        self._middle = QWidget()
        self._wide: bool | None = None
        self._tools = QWidget()
        self._build()
        self._build_foot()
        self.refresh()

    def _ask_ear(self) -> None:
        """Somebody pressed the button of the otoscope, maybe while another screen stood over this one."""
        held = self.context.state.picture_held
        if held is not None and self.isVisible():
            self.context.state.picture_held = None
            ask_ear(self.context, first_waits=held.first_waits)

    def focus_first(self) -> None:
        self._mute.setFocus()
        self._ask_ear()

    def refresh(self) -> None:
        state, text = self.context.state, self.texts.consultation
        point = site_text(state.call.point, self.texts)
        self.title.setText(text.steps[next_step(state)].format(point=point))
        self.stage.show_call(state.call, self.context.bridge.frames, state.check)
        self.board.refresh(state)
        self._refresh_aside()
        self.instruments.refresh(listed(state.instruments))
        self.sound.show_call(state.call)
        self.line.show_call(state.call)
        self._words.setText("  ".join(state.call.words))
        self._words.setVisible(bool(state.call.words))
        self._words_title.setVisible(bool(state.call.words))
        for kind, trace in self._traces.items():
            trace.setVisible(shows_wave(state.instruments, kind) or trace.started)
        runs = is_measuring(state.instruments, Kind.CUFF)
        self.pressure.setVisible(bool(self.pressure.text()) and runs)
        self._refresh_buttons()
        self._ask_ear()

    def _refresh_aside(self) -> None:
        """A card that is decided hands the focus on, as a button that goes away does."""
        state = self.context.state
        had_focus = any(made.hasFocus() for made in self.aside.buttons)
        self.aside.refresh(state.set_aside, state.set_aside_more)
        if had_focus and not any(made.hasFocus() for made in self.aside.buttons):
            (*self.aside.buttons, self._mute)[0].setFocus()

    def add_waveform(self, wave: Waveform) -> None:
        if wave.metric is CUFF_PRESSURE or wave.metric.key == CUFF_PRESSURE.key:
            self._show_pressure(wave)
        elif trace := self._traces.get(wave.kind):
            trace.show()
            trace.add(wave)

    def show_sound(self, heard: SoundHeard) -> None:
        self.sound.show_sound(heard)

    def _show_pressure(self, wave: Waveform) -> None:
        if wave.samples:
            unit = self.texts.reading.units.get(wave.metric.ucum, wave.metric.ucum)
            self.pressure.setText(self.texts.consultation.pressure.format(value=wave.samples[-1], unit=unit))
            self.pressure.show()

    def _build(self) -> None:
        self._halves = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._middle)
        self._halves.setContentsMargins(24, 10, 24, 10)
        self._halves.setSpacing(20)
        self._halves.addLayout(self._build_left(), 3)
        self._halves.addWidget(self._side_scroll, 2)
        self._side_scroll.column.addWidget(self._side)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.addWidget(self._middle, 1)

    def _build_left(self) -> QVBoxLayout:
        left = QVBoxLayout()
        left.setSpacing(4)
        left.addWidget(self.sound)  # above: in sight also where the page scrolls
        left.addWidget(self.stage, 1)
        for below in (self.line, self._words_title, self._words):
            left.addWidget(below)
        return left

    def _build_side(self) -> QWidget:
        text = self.texts.consultation
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        self._all = button(text.more, "all_readings", lambda: show_readings(self.context), "quiet")
        for widget in (self.pressure, self.pleth, self.ecg, self.board, self._all, self.aside):
            column.addWidget(widget)
        column.addWidget(label(text.instruments, "heading"))
        column.addWidget(self.instruments)
        column.addStretch(1)
        return side

    def _build_foot(self) -> None:
        text, bridge, state = self.texts.consultation, self.context.bridge, self.context.state
        self._mute = button(text.mute, "mute", lambda: bridge.set_muted(not state.call.muted))
        self._otoscope = button(
            text.otoscope_on, "otoscope", lambda: bridge.set_otoscope(not state.call.otoscope_on)
        )
        self._turn = button(text.picture_turn, "turn_picture", bridge.turn_picture)
        self._mirror = button(text.picture_mirror, "mirror_picture", bridge.mirror_picture)
        for made in (self._turn, self._mirror):  # short, to leave room: who hears them hears of what picture
            made.setAccessibleDescription(text.otoscope_picture)
        self._keep = button(
            text.keep_picture, "keep_picture", lambda: freeze_and_ask_ear(self.context), "primary"
        )
        self._stethoscope = button(
            text.stethoscope_on, "stethoscope", lambda: bridge.set_stethoscope(not state.call.stethoscope_on)
        )
        self._record = button(text.record_sound, "record_sound", lambda: ask_where(self.context), "primary")
        self._remove_guest = button(text.guest_remove, "remove_guest", bridge.remove_guest, "danger")
        self._link = button(text.link_open, "link", lambda: show_link(self.context))
        self._new_link = button(text.link_new, "new_link", lambda: ask_new_link(self.context))
        self._end_button = button(text.end, "end", lambda: ask_end(self.context), "danger")
        flow = Flow()
        self._tools.setLayout(flow)
        tools = (
            self._mute, self._otoscope, self._turn, self._mirror, self._keep, self._stethoscope, self._record,
        )  # fmt: skip
        for made in (*tools, self._remove_guest, self._link, self._new_link):
            flow.addWidget(made)
        self.foot(self._end_button)

    def _refresh_buttons(self) -> None:
        call, text = self.context.state.call, self.texts.consultation
        present = {
            kind for instrument in working(self.context.state.instruments) for kind in instrument.kinds
        }
        relabel(self._mute, text.unmute if call.muted else text.mute)
        relabel(self._otoscope, text.otoscope_off if call.otoscope_on else text.otoscope_on)
        relabel(self._stethoscope, text.stethoscope_off if call.stethoscope_on else text.stethoscope_on)
        relabel(self._all, text.more.format(count=len(self.context.state.readings)))
        self._all.setVisible(bool(self.context.state.readings))
        self._show(self._otoscope, Kind.OTOSCOPE in present or call.otoscope_on)
        self._show(self._stethoscope, Kind.STETHOSCOPE in present or call.stethoscope_on)
        relabel(self._mirror, text.picture_unmirror if call.otoscope_mirrored else text.picture_mirror)
        for made in (self._turn, self._mirror, self._keep):
            self._show(made, call.otoscope_on)
        relabel(self._record, text.point_show if call.point else text.record_sound)
        self._show(self._record, (call.stethoscope_on or bool(call.point)) and not call.recording)
        self._show(self._remove_guest, call.guest)
        self._show(self._link, bool(call.link) and call.phase not in (*_LOST, *_INVITED))
        self._show(self._new_link, call.phase in (*_LOST, CallPhase.LEFT))

    def _show(self, made: QPushButton, wanted: bool) -> None:
        """A button that goes away hands the focus on, so that the keyboard is never lost."""
        if not wanted and made.hasFocus():
            self._mute.setFocus()
        made.setVisible(wanted)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        scale = self.context.settings.text_scale
        self._arrange(self.width() / scale >= _WIDE_PX and self.height() / scale >= _TALL_PX)

    def _arrange(self, wide: bool) -> None:
        """Two columns that fill the page where they fit; else one below the other, and the page scrolls."""
        self.stage.setMinimumHeight(200 if wide else min(560, max(320, self.width() * 9 // 16)))
        if wide == self._wide:
            return
        self._wide = wide
        self._side_scroll.setVisible(wide)
        self.area.setVisible(not wide)
        if wide:
            self._halves.setDirection(QBoxLayout.Direction.LeftToRight)
            self._side_scroll.column.addWidget(self._side)
            self.fill(self._middle)
            self.foot_start.addWidget(self._tools)
        else:
            self._halves.setDirection(QBoxLayout.Direction.TopToBottom)
            self._halves.addWidget(self._tools)
            self._halves.addWidget(self._side)
            self.body.addWidget(self._middle, 1)
