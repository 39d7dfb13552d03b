"""The data channels of one connection.

"live" is reliable and in order, "readings" reliable, each as it comes; on "waves" what is late is lost.
"""

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from kiosk.call import page_messages
from kiosk.call.errors import CallError
from kiosk.call.flood import Flood
from kiosk.call.repairs.data_order import overtake

if TYPE_CHECKING:
    from aiortc import RTCDataChannel

_logger = logging.getLogger(__name__)
_COMPLAINTS_MAX, _DETAIL_MAX = 10, 200
_CROWDED_BYTES = 2000  # of messages that the line has not taken yet


class Channels:
    """`opened` is called when "live" can carry messages, `heard` for each message of the page.

    `clip_wanted` is called instead for a recorded sound that the page asks for.
    """

    def __init__(
        self, opened: Callable[[], None], heard: Callable[[page_messages.PageMessage], None]
    ) -> None:
        self._opened = opened
        self._heard = heard
        self._flood = Flood()
        self._complaints = 0
        self._live: RTCDataChannel | None = None
        self._readings: RTCDataChannel | None = None
        self._waves: RTCDataChannel | None = None
        self.clip_wanted: Callable[[page_messages.ClipWanted], None] = lambda wanted: None

    def adopt(self, channel: "RTCDataChannel") -> None:
        """Take a channel that the page has made; one with another name stays unused."""
        if channel.label == "live" and self._live is None:
            self._live = channel
            channel.on("message", self._receive)
            self._opened()
        elif channel.label == "readings" and self._readings is None:
            self._readings = channel
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

    @property
    def _crowded(self) -> bool:
        """A waveform would only be in the way."""
        channels = (self._live, self._readings, self._waves)
        return sum(channel.bufferedAmount for channel in channels if channel) > _CROWDED_BYTES

    @property
    def readings_wait(self) -> bool:
        """More of them than the line takes have been given already."""
        channel = self._readings or self._live
        return channel is not None and channel.bufferedAmount > _CROWDED_BYTES

    def send_wave(self, text: str) -> None:
        """Send soon or not at all."""
        if not self._crowded:
            _send_first(self._waves, text)

    def send_reading(self, text: str, twice: bool) -> None:
        """Before all that waits, and before those that were lost on their way.

        `twice`: on a line that loses packets, a copy that does not wait for its repetition.
        """
        if not _send_first(self._readings, text):
            self.send_live(text)
        if twice:
            _send_first(self._waves, text)

    def _receive(self, data: object) -> None:
        if not self._flood.passes(time.monotonic()):
            self._complain("the page sends too much: some of it is dropped")
            return
        try:
            message = page_messages.decode(data)
        except CallError as error:
            self._complain(f"the page sent something else: {str(error)[:_DETAIL_MAX]}")
            return
        if message is None:
            return
        try:
            if isinstance(message, page_messages.ClipWanted):
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


def _send_first(channel: "RTCDataChannel | None", text: str) -> bool:
    """By an unordered channel: false when it is not there."""
    if channel is None or channel.readyState != "open":
        return False
    channel.send(text)
    overtake(channel)
    return True
