"""The Qt side of the application: one full-screen window, and nothing heavy before it is painted."""

import signal
import sys
from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtWidgets import QApplication

from ui import faults, theme
from ui.bridge import Bridge
from ui.settings import ScreenSettings
from ui.state import Fault
from ui.window import Window

TICK_MS = 500


def run_gui(
    settings: ScreenSettings,
    on_first_paint: Callable[[Bridge], object],
    tick: Callable[[], object],
    on_quit: Callable[[], object],
) -> int:
    """Show the screens until SIGTERM or SIGINT. All three hooks run in the GUI thread.

    `on_first_paint` may start everything else; `tick` is called twice a second as long as Qt is alive.
    """
    app = make_application(settings)
    bridge = Bridge()
    window = Window(bridge, settings)
    faults.install(lambda: window.show_message(Fault.SLOT))
    window.painted.connect(lambda: on_first_paint(bridge))
    timer = QTimer(window)
    timer.timeout.connect(tick)
    timer.start(TICK_MS)
    for number in (signal.SIGTERM, signal.SIGINT):  # exit, not quit: quit asks the window, which says no
        signal.signal(number, lambda _number, _frame: app.exit(0))
    show(window, settings)
    code = app.exec()
    on_quit()
    window.may_close = True
    window.close()
    return code


def make_application(settings: ScreenSettings) -> QApplication:
    """The application with its look."""
    existing = QApplication.instance()
    # The style as an option: to be handed it by `setStyle`, PySide first makes all classes of styles, 5 ms.
    arguments = [*sys.argv[:1], "-style", "Fusion"]
    app = existing if isinstance(existing, QApplication) else QApplication(arguments)
    app.setApplicationName("telecabine")
    app.setQuitOnLastWindowClosed(False)
    font = QFont()
    font.setFamilies(list(theme.FAMILIES))
    font.setPixelSize(theme.sizes(settings.text_scale).body)
    app.setFont(font)
    app.setStyleSheet(theme.stylesheet(settings.text_scale))
    return app


def show(window: Window, settings: ScreenSettings) -> None:
    """Full screen, and the geometry set by hand: under the kiosk's compositor nobody else does it."""
    if settings.size is not None:
        window.resize(*settings.size)
    elif (screen := QGuiApplication.primaryScreen()) is not None:
        window.setGeometry(screen.geometry())
    if settings.full_screen:
        window.setWindowFlag(Qt.WindowType.FramelessWindowHint)
        window.showFullScreen()
    else:
        window.show()
