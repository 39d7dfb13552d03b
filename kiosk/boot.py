"""Starts everything behind the first screen: the asyncio thread, and on it the kiosk."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from kiosk.config import Config

if TYPE_CHECKING:
    from kiosk.events import Event
    from kiosk.runtime import Runtime
    from kiosk.service import Kiosk

log = logging.getLogger(__name__)


class Screens(Protocol):
    """What the kiosk needs of the screens; every method may be called from any thread."""

    def publish(self, event: "Event", /) -> None: ...
    def blocked(self, reason: str, /) -> None: ...
    def ready(self, kiosk: "Kiosk", runtime: "Runtime", /) -> None: ...


class Boot:
    """`start` once the first screen is painted, `stop` when the window is gone."""

    def __init__(self, config: Config, page_dir: Path, screens: Screens) -> None:
        self._config = config
        self._page_dir = page_dir
        self._screens = screens
        from kiosk.runtime import Runtime  # brings asyncio

        self._runtime = Runtime()
        self._kiosk: Kiosk | None = None

    def start(self) -> None:
        self._runtime.start()
        self._runtime.submit(self._run(), self._failed)

    def stop(self) -> None:
        """End the call, close the store, join the thread."""
        if self._kiosk is not None:
            self._runtime.submit(self._kiosk.close()).exception(timeout=10)
        self._runtime.stop()

    async def _run(self) -> None:
        from kiosk.core_dumps import forbid_core_dumps

        forbid_core_dumps()  # before anything of a patient is in the memory
        from kiosk.assembly import (
            assemble,  # heavy: the call, OpenCV and Bluetooth load behind the first screen
        )

        self._kiosk = await assemble(self._config, self._page_dir, self._screens.publish)
        self._screens.ready(self._kiosk, self._runtime)
        log.info("kiosk ready")
        await self._kiosk.run()

    def _failed(self, error: BaseException) -> None:
        """Nobody can be received: the screen says why, by the error's reason where it has one."""
        self._screens.blocked(str(getattr(error, "reason", "start_failed")))
