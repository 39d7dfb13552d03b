"""The large picture: the physician, or the otoscope when it is shown; one's own picture in the corner."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from kiosk.events import CallChanged, CallCheck, CallPhase
from ui.text.table import Texts
from ui.widgets.invitation import Invitation
from ui.widgets.parts import label
from ui.widgets.scroll import Scroll
from ui.widgets.video import Video

if TYPE_CHECKING:
    from kiosk.frames import Frames

_GAP = 16
_TALKING = (CallPhase.CONNECTED, CallPhase.RECONNECTING)


class Stage(QFrame):
    """Give it every CallChanged and, once there, the mailboxes of pictures."""

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self.setObjectName("stage")
        text = texts.consultation
        self._texts = texts
        self.large = Video(text.physician_picture, text.picture_stopped)
        self.large.setParent(self)
        self.own = _corner(self, Video(text.own_picture, mirror=True, radius=10))
        self.other = _corner(self, Video(text.physician_picture, radius=10))
        self.invitation = Invitation(texts)
        self._waiting = Scroll(margin=16, name="dark")
        self._waiting.column.addStretch(1)
        self._waiting.column.addWidget(self.invitation)
        self._waiting.column.addStretch(1)
        self._muted = self._banner(text.muted)
        self._retry = self._banner("")
        self._guest = self._banner(text.guest, "guest")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._waiting)
        self.setMinimumSize(300, 200)

    def _banner(self, text: str, name: str = "muted") -> QLabel:
        made = label(text)
        made.setObjectName(name)
        made.setParent(self)
        made.hide()
        return made

    def show_call(self, call: CallChanged, frames: "Frames | None", check: CallCheck | None = None) -> None:
        """Pictures while talking or aiming the otoscope; otherwise how the physician joins."""
        talking = call.phase in _TALKING
        pictures = talking or call.otoscope_on
        self._waiting.setVisible(not pictures)
        self.large.setVisible(pictures)
        self.other.setVisible(pictures and talking and call.otoscope_on)
        self._muted.setVisible(call.muted)
        self._guest.setVisible(call.guest)
        text = self._texts.consultation
        paused = call.phase is CallPhase.CONNECTED and call.physician_paused
        self._retry.setText(text.physician_paused if paused else text.phases[call.phase])
        self._retry.setVisible(pictures and (paused or call.phase is not CallPhase.CONNECTED))
        self.invitation.show_call(call, check)
        self._watch(call, frames)
        self._arrange()

    def _watch(self, call: CallChanged, frames: "Frames | None") -> None:
        if frames is None:
            return
        text = self._texts.consultation
        self.large.watch(frames.otoscope if call.otoscope_on else frames.physician)
        self.large.setAccessibleName(text.otoscope_picture if call.otoscope_on else text.physician_picture)
        self.other.watch(frames.physician if call.otoscope_on else None)
        self.own.watch(frames.face)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """The corner pictures stand below at the far side, the banners above, nothing over a face."""
        self.large.setGeometry(self.rect())
        width = max(140, min(320, self.width() // 4))
        height = max(80, min(width * 3 // 4, (self.height() - 4 * _GAP) // 3))
        width = height * 4 // 3
        left = (
            _GAP if self.layoutDirection() is Qt.LayoutDirection.RightToLeft else self.width() - width - _GAP
        )
        own = QRect(left, self.height() - height - _GAP, width, height)
        waiting = not self.large.isVisibleTo(self)
        self.own.setVisible(not waiting or self.height() > 620)
        self.own.setGeometry(own)
        self.other.setGeometry(own.translated(0, -height - _GAP))
        top = _GAP
        for banner in (self._retry, self._guest, self._muted):
            banner.setFixedWidth(max(200, self.width() - 2 * _GAP))
            banner.move(_GAP, top)
            banner.resize(banner.width(), banner.heightForWidth(banner.width()))
            top += banner.height() + 8 if banner.isVisibleTo(self) else 0
        for above in (self.own, self.other, self._retry, self._guest, self._muted):
            above.raise_()


def _corner(parent: QWidget, made: Video) -> Video:
    made.setParent(parent)
    return made
