"""The one window: it keeps the state, shows the screen that belongs to it, and never closes by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QVBoxLayout, QWidget

from ui.screens.base import Context, Screen
from ui.screens.choice import make_screen, screen_of
from ui.state import Fault, State
from ui.text import texts
from ui.widgets.above import Above

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.events import (
        CallChanged,
        CallCheckChanged,
        DeliveryChanged,
        InstrumentsChanged,
        PictureFrozen,
        ReadingShown,
        ResumeOffered,
        SelfTestChanged,
        SessionChanged,
        SetAsideChanged,
        SoundHeard,
        WaveformShown,
    )
    from ui.bridge import Bridge
    from ui.reasons import BlockReason
    from ui.settings import ScreenSettings
    from ui.state import Message
    from ui.text.table import Texts
    from ui.widgets.field import Field
    from ui.widgets.notice import NoticeBar
    from ui.widgets.panel import Action


class Window(QMainWindow):
    """Implements `Shell` for its screens. `painted` comes once, after the first picture is on the screen."""

    painted = Signal()

    def __init__(self, bridge: Bridge, settings: ScreenSettings) -> None:
        super().__init__()
        self.bridge = bridge
        self.settings = settings
        self.state = State()
        self.may_close = False
        self.name = ""
        self._texts = texts(settings.language)
        self._blocked: BlockReason | None = None
        self._aside = ""  # technician or identity, shown instead of what the session asks for
        self._was_painted = False
        self._screen: Screen | None = None
        self._notices: NoticeBar | None = None
        self._above: Above
        self._apply_direction()
        self._build()
        self._connect()
        self.show_screen()

    @property
    def texts(self) -> Texts:
        return self._texts

    @property
    def screen_shown(self) -> Screen:
        assert self._screen is not None
        return self._screen

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The first screen is being painted: `painted` follows once that is done."""
        if event.type() is QEvent.Type.Paint and not self._was_painted:
            self._was_painted = True
            QTimer.singleShot(0, self, self.painted.emit)
        return super().eventFilter(watched, event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Alt+F4 must not leave a patient before an empty desktop."""
        if not self.may_close:
            event.ignore()

    def _build(self) -> None:
        """Everything around a screen is made anew with each language."""
        middle = QWidget()
        middle.setObjectName("body")
        self._column = QVBoxLayout(middle)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._notices = None
        self._screen = None
        self._above = Above(middle, self._column, self._texts)
        self.setCentralWidget(middle)

    def _connect(self) -> None:
        bridge = self.bridge
        bridge.session_changed.connect(self._session_changed)
        bridge.instruments_changed.connect(self._instruments_changed)
        bridge.reading_shown.connect(self._reading_shown)
        bridge.set_aside_changed.connect(self._set_aside_changed)
        bridge.waveform_shown.connect(self._waveform_shown)
        bridge.sound_heard.connect(self._sound_heard)
        bridge.call_changed.connect(self._call_changed)
        bridge.picture_frozen.connect(self._picture_frozen)
        bridge.call_check_changed.connect(self._call_check_changed)
        bridge.delivery_changed.connect(self._delivery_changed)
        bridge.resume_offered.connect(self._resume_offered)
        bridge.selftest_changed.connect(self._selftest_changed)
        bridge.notice.connect(self.show_message)
        bridge.command_failed.connect(self._command_failed)
        bridge.blocked.connect(self._block)
        bridge.ready.connect(self._refresh)

    def _session_changed(self, event: SessionChanged) -> None:
        ended = self.state.session is not None and event.session is None
        before = self.state.session
        other = self.state.set_session(event.session)
        if other or self._aside != "technician" or screen_of(before) != screen_of(event.session):
            self._aside = ""  # a reading that is kept meanwhile does not send the technician away
        if ended:
            self.state.messages.clear()
            self._say_in(self.settings.language)
        self.show_screen(anew=other)

    def _instruments_changed(self, event: InstrumentsChanged) -> None:
        self.state.instruments = event.instruments
        self._refresh()

    def _reading_shown(self, event: ReadingShown) -> None:
        self.state.add_reading(event.reading)
        self._refresh()

    def _set_aside_changed(self, event: SetAsideChanged) -> None:
        self.state.set_aside, self.state.set_aside_more = event.readings, event.more
        self._refresh()

    def _waveform_shown(self, event: WaveformShown) -> None:
        self.state.waves.add(event.waveform.kind)
        if self._screen is not None:
            self._screen.add_waveform(event.waveform)

    def _sound_heard(self, event: SoundHeard) -> None:
        if self._screen is not None:
            self._screen.show_sound(event)

    def _call_changed(self, event: CallChanged) -> None:
        self.state.call = event
        self._refresh()

    def _picture_frozen(self, event: PictureFrozen) -> None:
        self.state.picture_held = event
        self._refresh()

    def _call_check_changed(self, event: CallCheckChanged) -> None:
        self.state.check = self.state.last_check = event.check
        self._refresh()

    def _delivery_changed(self, event: DeliveryChanged) -> None:
        self.state.delivery = event
        self._refresh()

    def _resume_offered(self, event: ResumeOffered) -> None:
        self.state.resume = event.session
        self._refresh()

    def _selftest_changed(self, event: SelfTestChanged) -> None:
        self.state.report = event.report
        self._refresh()

    def _command_failed(self) -> None:
        self.show_message(Fault.COMMAND)

    def _block(self, reason: BlockReason) -> None:
        self._blocked = reason
        self.show_screen(anew=True)

    def show_message(self, message: Message) -> None:
        """One sentence at the top, until it is understood."""
        self.state.add_message(message)
        self._show_newest()

    def _message_understood(self) -> None:
        self.state.messages.pop()
        self._show_newest()
        self.screen_shown.focus_first()

    def _show_newest(self) -> None:
        """The newest message above the screen; the bar is made for the first one."""
        message = self.state.messages[-1] if self.state.messages else None
        if self._notices is None and message is not None:
            from ui.widgets.notice import NoticeBar

            self._notices = NoticeBar(self._texts)
            self._notices.understood.connect(self._message_understood)
            self._column.insertWidget(0, self._notices)
        if self._notices is not None:
            self._notices.show_message(message)

    def _refresh(self) -> None:
        if self._screen is not None:
            self._screen.refresh()

    def _wanted(self) -> str:
        if self._blocked is not None:
            return "blocked"
        if self._aside:
            return self._aside
        return screen_of(self.state.session)

    def show_screen(self, *, anew: bool = False) -> None:
        """Show what the state asks for. A screen is made when it is needed and destroyed when it is left."""
        wanted = self._wanted()
        if wanted == self.name and self._screen is not None and not anew:
            self._screen.refresh()
            return
        self._above.clear()
        before, self.name = self._screen, wanted
        context = Context(self.bridge, self._texts, self.settings, self.state, self)
        self._screen = make_screen(wanted, context, self._blocked)
        if not self._was_painted:
            self._screen.installEventFilter(self)
        self._column.insertWidget(0 if self._notices is None else 1, self._screen, 1)
        if before is not None:
            before.hide()
            self._column.removeWidget(before)
            before.deleteLater()
        self._show_newest()
        self._screen.show()
        self._screen.focus_first()

    def ask_help(self) -> None:
        """Who to call. On every screen."""
        self._above.show_help(self.settings.help_phone, self._for_technicians())

    def _for_technicians(self) -> tuple[Action, ...]:
        """While a call runs its figures are behind the help, not on the way of the patient."""
        if self.name != "consultation":
            return ()
        from ui.widgets.panel import Action

        return (Action(self._texts.welcome.technician, "technician", self.open_technician, "quiet"),)

    def ask(
        self,
        title: str,
        content: tuple[QWidget, ...],
        actions: tuple[Action, ...],
        dismissed: Callable[[], object] | None = None,
    ) -> None:
        """A panel above the screen; the one before is closed. `dismissed`: closed without an answer."""
        self._above.ask(title, content, actions, dismissed)

    def close_panel(self) -> None:
        self._above.close_panel()

    def open_keyboard(self, field: Field) -> None:
        """Show the screen keyboard for this field, and keep the field in sight."""
        self._above.open_keyboard(field, self.screen_shown)

    def toggle_keyboard(self, field: Field) -> None:
        self._above.toggle_keyboard(field, self.screen_shown)

    def close_keyboard(self) -> None:
        self._above.close_keyboard()

    def set_language(self, code: str) -> None:
        self._say_in(code)
        self.show_screen(anew=True)

    def _say_in(self, code: str) -> None:
        if code != self._texts.code:
            self._texts = texts(code)
            self._apply_direction()
            self._build()

    def _apply_direction(self) -> None:
        right = self._texts.right_to_left
        direction = Qt.LayoutDirection.RightToLeft if right else Qt.LayoutDirection.LeftToRight
        QApplication.setLayoutDirection(direction)

    def open_technician(self) -> None:
        self._aside = "technician"
        self.show_screen()

    def correct_identity(self) -> None:
        self._aside = "identity"
        self.show_screen()

    def leave(self) -> None:
        """Back to what the session asks for."""
        self._aside = ""
        self.show_screen()
