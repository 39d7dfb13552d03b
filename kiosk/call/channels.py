"""The two data channels of one connection: "live" (reliable, in order) and "waves" (late is lost)."""

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from kiosk.call import wire
from kiosk.call.errors import CallError
from kiosk.call.flood import Flood

if TYPE_CHECKING:
    from aiortc import RTCDataChannel

_logger = logging.getLogger(__name__)
_COMPLAINTS_MAX, _DETAIL_MAX = 10, 200
_WAVES_BUFFER_MAX = 32 * 1024  # bytes; half a second of everything is far less


class Channels:
    """`opened` is called when "live" can carry messages, `heard` for each message of the page.

    `clip_wanted` is called instead for a recorded sound that the page asks for.
    """

    def __init__(self, opened: Callable[[], None], heard: Callable[[wire.PageMessage], None]) -> None:
        self._opened = opened
        self._heard = heard
        self._flood = Flood()
        self._complaints = 0
        self._live: RTCDataChannel | None = None
        self._waves: RTCDataChannel | None = None
        self.clip_wanted: Callable[[wire.ClipWanted], None] = lambda wanted: None

    def adopt(self, channel: "RTCDataChannel") -> None:
        """Take a channel that the page has made; one with another name stays unused."""
        if channel.label == "live" and self._live is None:
            self._live = channel
            channel.on("message", self._receive)
            self._opened()
        elif channel.label == "waves" and self._waves is None:
            self._waves = channel

    @property
    def is_open(self) -> bool:
        return self._live is not None and self._live.readyState == "open"

    @property
    def unsent_bytes(self) -> int:
        return self._live.bufferedAmount if self._live is not None and self.is_open else 0

    def send_live(self, text: str) -> None:
        """Send if the channel is open; everything that matters is sent again when the next one opens."""
        if self._live is not None and self.is_open:
            self._live.send(text)

    def send_wave(self, text: str) -> None:
        """Send at once or not at all."""
        channel = self._waves
        if channel is None or channel.readyState != "open" or channel.bufferedAmount > _WAVES_BUFFER_MAX:
            return
        channel.send(text)

    def _receive(self, data: object) -> None:
        if not self._flood.passes(time.monotonic()):
            self._complain("the page sends too much: some of it is dropped")
            return
        try:
            message = wire.decode(data)
        except CallError as error:
            self._complain(f"the page sent something else: {str(error)[:_DETAIL_MAX]}")
            return
        if message is None:
            return
        try:
            if isinstance(message, wire.ClipWanted):
                self.clip_wanted(message)
            else:
                self._heard(message)
        except Exception:
            # aiortc would close the connection: a fault of ours must not end a consultation.
            _logger.exception("a message of the page could not be handled")

    def _complain(self, what: str) -> None:
        """The first few only: a page must not fill the disk."""
        self._complaints += 1
        if self._complaints <= _COMPLAINTS_MAX:
            _logger.warning("%s", what)
