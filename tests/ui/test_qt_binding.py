"""The Qt binding itself: one release loses references, and ends the program in the middle of a call."""

import sys

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

CALLS = 10_000


def test_calls_into_qt_lose_no_reference(qtbot: QtBot) -> None:
    """PySide6 6.12.0 on Python 3.11 drops one reference to None with each `update()`, until none is left."""
    widget = QWidget()
    qtbot.addWidget(widget)
    before = sys.getrefcount(None)
    for _ in range(CALLS):
        widget.update()
    assert before - sys.getrefcount(None) < CALLS / 10
