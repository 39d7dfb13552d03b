"""The competitor at the start: the smallest PySide6 program with one full-screen window and one sentence.

It tells NOTIFY_SOCKET when its first picture is painted, as the kiosk does (sd_notify(3)). With `--gaps` it
then prints, every second, the longest time between two ticks of a 10 ms timer: see `loop_gaps`.
"""

import os
import socket
import sys

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QLabel


class Bare(QLabel):
    """Tells its supervisor once that it was painted."""

    told = False

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.told:
            self.told = True
            QTimer.singleShot(0, self, _ready)


def _ready() -> None:
    if address := os.environ.get("NOTIFY_SOCKET"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"READY=1", address)


def main() -> int:
    app = QApplication(sys.argv[:1])
    window = Bare("Bienvenue")
    window.setAlignment(Qt.AlignmentFlag.AlignCenter)
    if "--gaps" in sys.argv:
        from tests.bench.loop_gaps import LoopGaps

        window.resize(320, 200)
        window.gaps = LoopGaps(window)  # type: ignore[attr-defined]
        window.show()
    else:
        window.showFullScreen()
    return app.exec()


if __name__ == "__main__":
    sys.exit(main())
