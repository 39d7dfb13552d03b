"""The kiosk as one program: the screens in this thread, everything else on the asyncio thread behind them."""

from __future__ import annotations

import faulthandler
from typing import TYPE_CHECKING

from kiosk import watchdog
from ui.gui import run_gui
from ui.page import PAGE_DIR
from ui.settings import ScreenSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.boot import Boot
    from kiosk.config import Config
    from kiosk.events import CallChanged, Event
    from kiosk.runtime import Runtime
    from kiosk.service import Kiosk
    from ui.bridge import Bridge


def run_app(config: Config, show_link: Callable[[str], None] | None = None) -> int:
    """Receive patients until the window is told to go. `show_link` is given each new link of a physician."""
    faulthandler.enable()
    boots: list[Boot] = []

    def start(bridge: Bridge) -> None:
        watchdog.notify_ready()
        from kiosk.boot import Boot  # asyncio and all that is behind it: not before the first screen

        if show_link is not None:
            bridge.call_changed.connect(_Links(show_link))

        boots.append(Boot(config, PAGE_DIR, _Screens(bridge)))
        boots[0].start()

    def stop() -> None:
        for boot in boots:
            boot.stop()

    return run_gui(_screen_settings(config), start, watchdog.tick, stop)


def _screen_settings(config: Config) -> ScreenSettings:
    return ScreenSettings(
        site_name=config.site.name,
        help_phone=config.site.help_phone,
        language=config.kiosk.language,
        text_scale=config.kiosk.text_scale,
        full_screen=config.kiosk.full_screen,
    )


class _Links:
    """Tells each link once."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._told = ""

    def __call__(self, call: CallChanged) -> None:
        if call.link and call.link != self._told:
            self._told = call.link
            self._show(call.link)


class _Screens:
    """The bridge as the kiosk's boot sees it."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def publish(self, event: Event, /) -> None:
        self._bridge.publish(event)

    def blocked(self, reason: str, /) -> None:
        from ui.reasons import block_reason

        self._bridge.block(block_reason(reason))

    def ready(self, kiosk: Kiosk, runtime: Runtime, /) -> None:
        self._bridge.attach(kiosk, runtime.submit)
