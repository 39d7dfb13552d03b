"""One instrument: its name, its state in words, and what to do."""

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from kiosk.events import InstrumentState, InstrumentStatus, Reason
from ui import theme
from ui.text.table import Texts
from ui.widgets.parts import button, label, relabel, set_tone

Read = Callable[[str, bool], object]
_GOOD = (InstrumentState.READY, InstrumentState.MEASURING)
_TROUBLE = (InstrumentState.LOST, InstrumentState.FAULTY)


class InstrumentRow(QFrame):
    """Colour never speaks alone: the state is written, and the mark has another shape.

    `read`: called with an instrument's id when what it has recorded is wanted (True), or not any more.
    """

    def __init__(self, texts: Texts, read: Read) -> None:
        super().__init__()
        self._read = read
        self._id, self._hands_over = "", False
        self._recording = button("", "", lambda: self._read(self._id, not self._hands_over))
        self.setObjectName("row")
        self._texts = texts
        self._mark = _Mark()
        self._name = label("", "heading")
        self._state = label("", "small")
        self._reason = label("", "small")
        self._battery = label("", "small")
        words = QVBoxLayout()
        words.setSpacing(2)
        for line in (self._name, self._state, self._reason, self._battery):
            words.addWidget(line)
        words.addWidget(self._recording)
        across = QHBoxLayout(self)
        across.setContentsMargins(16, 12, 16, 12)
        across.setSpacing(14)
        across.addWidget(self._mark)
        across.addLayout(words, 1)

    def show_status(self, status: InstrumentStatus, alone: bool = True) -> None:
        """`alone`: the only one of its kind, which then needs no model to be told apart."""
        text = self._texts
        kind = text.reading.comma.join(text.reading.kinds[kind] for kind in status.kinds)
        self._name.setText(kind if alone else f"{kind} — {_model(status)}")
        self._state.setText(text.instrument.states[status.state])
        whose = text.instrument.unknown_no_result if status.no_result else text.instrument.unknown
        unknown = "" if status.known else whose
        reason = " ".join(part for part in (_why(status, text), unknown) if part)
        self._reason.setText(reason)
        self._reason.setVisible(bool(reason))
        battery = text.instrument.low_battery if status.battery_is_low else ""
        self._battery.setText(battery)
        self._battery.setVisible(bool(battery))
        self._offer_recording(status)
        self._mark.set_state(status.state if status.known else InstrumentState.FOUND)
        good = status.state in _GOOD and status.known
        set_tone(self, "trouble" if status.state in _TROUBLE else "good" if good else "")
        spoken = (self._name.text(), self._state.text(), reason, battery)
        self.setAccessibleName(". ".join(part for part in spoken if part))

    def _offer_recording(self, status: InstrumentStatus) -> None:
        """Of the kiosk's own instruments, while they do not measure."""
        text = self._texts.instrument
        self._id, self._hands_over = status.id, status.reason is Reason.HANDING_OVER
        offered = status.recordings and status.known and status.state is InstrumentState.READY
        if self._recording.hasFocus() and not offered:
            self.focusNextChild()
        self._recording.setObjectName(f"recording_{status.id}")
        relabel(self._recording, text.stop_recording if self._hands_over else text.read_recording)
        self._recording.setAccessibleDescription(self._name.text())
        self._recording.setVisible(offered)


def _why(status: InstrumentStatus, text: Texts) -> str:
    """Nobody is told how to pair what is not the kiosk's: that would take it from its owner."""
    if status.reason is Reason.NOT_PAIRED and not status.known:
        return ""
    usual = text.instrument.reasons[status.reason]
    return text.instrument.own_reasons.get((status.kind, status.reason), usual)


def _model(status: InstrumentStatus) -> str:
    return (status.identity and status.identity.model) or status.name


class _Mark(QWidget):
    """A full disc: good. A ring: not ready. A cross: trouble."""

    def __init__(self) -> None:
        super().__init__()
        self._state = InstrumentState.ABSENT
        self.setFixedSize(QSize(28, 28))

    def set_state(self, state: InstrumentState) -> None:
        self._state = state
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inside = QRectF(4, 4, 20, 20)
        if self._state in _TROUBLE:
            painter.setPen(QPen(QColor(theme.RED), 5))
            painter.drawLine(inside.topLeft(), inside.bottomRight())
            painter.drawLine(inside.topRight(), inside.bottomLeft())
            return
        good = self._state in _GOOD
        painter.setPen(QPen(QColor(theme.GREEN if good else theme.FIELD_LINE), 4))
        if good:
            painter.setBrush(QColor(theme.GREEN))
        painter.drawEllipse(inside)
