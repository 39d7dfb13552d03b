"""The real kiosk program with probes: `python -m tests.bench.probed_kiosk CONFIG`.

As `ui.app.run_app`, with the product's own parts, but each event is timed on its way to the screens, a 10 ms
timer sits in the Qt loop, and one patient is received without a helper. Prints JSON lines, times in
`time.time()` seconds: "link", "shown" (a reading is durable and on its way to the screens), "picture" (where
the physician's picture is on the kiosk's screen), "camera" (ages of the patient's pictures at the driver's
end), "gaps" (see `loop_gaps`).
"""

import sys
import time
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from PySide6.QtCore import QSize, QTimer
from PySide6.QtWidgets import QApplication

from kiosk import watchdog
from kiosk.boot import Boot
from kiosk.config import load_config
from kiosk.events import CallChanged, CallPhase, Event, ReadingShown
from kiosk.frames import FrameSlot
from kiosk.runtime import Runtime
from kiosk.service import Kiosk
from kiosk.session import Patient, Sex
from tests.bench.loop_gaps import LoopGaps
from tests.bench.picture_age import read_row
from tests.bench.saying import say
from tests.fakes.pictures import BARCODE_BITS, BARCODE_HEIGHT
from ui.bridge import Bridge
from ui.gui import run_gui
from ui.page import PAGE_DIR
from ui.reasons import BlockReason
from ui.settings import ScreenSettings
from ui.text import texts
from ui.widgets.video import Video, fitted

_PATIENT = Patient(UUID(int=7), "Durand", "Jeanne", date(1944, 5, 3), Sex.FEMALE)
_PICTURE = QSize(640, 480)
_CAMERA_FRAMES = 60


class _ProbedScreens:
    """The screens as the kiosk's boot sees them; events are timed before they are handed on."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._link = ""
        self._otoscope_wanted = True
        self._kiosk: Kiosk | None = None
        self._runtime: Runtime | None = None

    def publish(self, event: Event, /) -> None:
        if isinstance(event, ReadingShown):
            values = {q.metric.key: str(q.value) for q in event.reading.quantities}
            device = event.reading.identity.device
            say("shown", id=str(event.reading.id), device=device, values=values)
        if isinstance(event, CallChanged):
            self._call_changed(event)
        self._bridge.publish(event)

    def _call_changed(self, event: CallChanged) -> None:
        if event.link and event.link != self._link:
            self._link = event.link
            say("link", link=event.link)
        if event.phase is CallPhase.CONNECTED and self._otoscope_wanted and self._kiosk and self._runtime:
            self._otoscope_wanted = False
            self._runtime.submit(self._kiosk.set_otoscope(True))

    def blocked(self, reason: str, /) -> None:
        self._bridge.block(BlockReason(reason))

    def ready(self, kiosk: Kiosk, runtime: Runtime, /) -> None:
        self._kiosk, self._runtime = kiosk, runtime
        self._bridge.attach(kiosk, runtime.submit)
        runtime.submit(_receive(kiosk))
        runtime.submit(_watch_camera(kiosk.frames.face))


async def _receive(kiosk: Kiosk) -> None:
    await kiosk.begin()
    await kiosk.identify(_PATIENT)
    await kiosk.answer_consent(True, "bench", "fr", "bench")


async def _watch_camera(slot: FrameSlot) -> None:
    """Say every two seconds how old the patient's pictures are when the camera's driver hands them over."""
    ages_ms: list[float] = []
    sequence = -1
    while True:
        frame = await slot.next(sequence)
        sequence = frame.sequence
        code = read_row(frame.i420[BARCODE_HEIGHT // 2], x=0, width=frame.width)
        ages_ms.append(round(time.time() * 1000 % 2**BARCODE_BITS - code, 2))
        if len(ages_ms) == _CAMERA_FRAMES:
            say("camera", ages_ms=ages_ms)
            ages_ms = []


class _Where:
    """Says once a second where the largest visible picture is: the physician's."""

    def __init__(self) -> None:
        self._timer = QTimer()
        self._timer.timeout.connect(self._look)
        self._timer.start(1000)

    def _look(self) -> None:
        shown: list[Video] = [
            widget
            for widget in QApplication.allWidgets()
            if isinstance(widget, Video) and widget.isVisible() and widget.has_picture
        ]
        if not shown:
            return
        video = max(shown, key=lambda widget: widget.width() * widget.height())
        place = fitted(_PICTURE, video.rect())
        corner = video.mapToGlobal(place.topLeft())
        say("picture", x=corner.x(), y=corner.y(), width=place.width(), height=place.height())


def main() -> int:
    config = load_config(Path(sys.argv[1]))
    kept: list[Any] = []

    def start(bridge: Bridge) -> None:
        boot = Boot(config, PAGE_DIR, _ProbedScreens(bridge))
        kept.extend((boot, LoopGaps(bridge), _Where()))
        boot.start()

    language = config.kiosk.language
    texts(language)
    settings = ScreenSettings(
        site_name=config.site.name, help_phone=config.site.help_phone, language=language
    )
    return run_gui(settings, start, watchdog.tick, lambda: kept[0].stop())


if __name__ == "__main__":
    sys.exit(main())
