"""How the line of the call is: one light, one sentence."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy

from kiosk.events import CallChanged, CallPhase, Light, LineQuality
from ui.text.table import ConsultationText
from ui.widgets.lamp import Lamp
from ui.widgets.parts import label

_CUT = (CallPhase.RECONNECTING, CallPhase.SERVER_UNREACHABLE)
_LIGHTS = {
    LineQuality.GOOD: Light.GREEN,
    LineQuality.FAIR: Light.ORANGE,
    LineQuality.POOR: Light.RED,
    LineQuality.UNKNOWN: Light.UNKNOWN,
}


class LineLight(QFrame):
    """Hidden until there is a connection to judge."""

    def __init__(self, text: ConsultationText, scale: float) -> None:
        super().__init__()
        self.setObjectName("line_light")
        self._text = text
        self.lamp = Lamp(scale)
        self.words = label("", "soft")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        line.addWidget(self.lamp, 0, Qt.AlignmentFlag.AlignVCenter)
        line.addWidget(self.words, 1)
        self.hide()

    def show_call(self, call: CallChanged) -> None:
        self.setVisible(call.phase in (CallPhase.CONNECTED, *_CUT))
        light, said = _judged(call, self._text)
        self.lamp.show_light(light)
        self.words.setText(said)
        self.setAccessibleName(said)


def _judged(call: CallChanged, text: ConsultationText) -> tuple[Light, str]:
    if call.phase in _CUT:
        return Light.RED, text.phases[call.phase]
    if call.picture_paused:
        return Light.RED, text.picture_paused
    return _LIGHTS[call.line], text.lines[call.line]
