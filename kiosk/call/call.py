"""The call of one session, as the kiosk sees it. Importing it is cheap; aiortc is loaded after `open`."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from devices.reading import Reading, Waveform
from drivers.instrument import InstrumentStatus
from kiosk.call import page_messages, secret, wire
from kiosk.call.connections import Connections
from kiosk.call.errors import CallError, CallReason
from kiosk.call.feed import LiveFeed
from kiosk.call.figures import CallFigures
from kiosk.call.guest import GuestRoom
from kiosk.call.handshake import Handshake, Message, Offered, Rejected
from kiosk.call.progress import Progress
from kiosk.call.reaching.reaching import Reaching
from kiosk.call.settings import CallListener, CallMedia, CallSettings, CallState
from kiosk.call.signalling import RelayAddress, Signalling
from kiosk.events import CallPhase, SoundQuality
from kiosk.session import LineMinute

if TYPE_CHECKING:
    from kiosk.call.checks.figures import Udp

__all__ = ["Call", "CallError", "CallListener", "CallMedia", "CallSettings", "CallState"]

_OPEN_TIMEOUT_S = 3.0

_logger = logging.getLogger(__name__)


class Call:
    """One link, one physician, as many connections as the line makes necessary.

    Everything is called on the asyncio loop. A cut keeps the link, the feed and what is switched on; the page
    comes back with a new offer.
    """

    def __init__(self, settings: CallSettings, media: CallMedia, listener: CallListener) -> None:
        self._settings = settings
        self._listener = listener
        self._progress = Progress()
        self._feed = LiveFeed()
        self._guest = GuestRoom(lambda message: self._signalling.send(message), self._guest_settled)
        self._reaching = Reaching(settings.turn_ca_file)
        self._connections = Connections(settings, media, self._progress, self, self._reaching)
        self._secret = b""
        self._link = ""
        self._words: tuple[str, ...] = ()
        self._all_words: tuple[str, ...] = ()
        self._told: CallState | None = None
        self._refused: CallReason | None = None
        self._relay_tried = asyncio.Event()
        self._shutting: asyncio.Task[None] | None = None

    async def open(self, saved: bytes | None = None) -> str:
        """Make the link (or take up the one of `saved`) and wait for the physician. Returns the link.

        Waits a few seconds for the relay to open the room, not longer: the state tells how it went.
        Raises CallError(WORDS_UNREADABLE).
        """
        self._all_words = secret.load_words(self._settings.words_file)
        self._secret = saved[: secret.SECRET_BYTES] if saved else secret.new_secret()
        seat = saved[secret.SECRET_BYTES :].decode() if saved else ""
        keys = secret.derive(self._secret)
        self._handshake = Handshake(keys, seat)
        self._link = secret.build_link(self._settings.page_url, self._secret, self._settings.relay_url)
        self._signalling = Signalling(self._address(keys), self._heard, self._reachable)
        self._connections.load()
        self._signalling.start()
        self.changed()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_OPEN_TIMEOUT_S):
                await self._relay_tried.wait()
        return self._link

    def saved(self) -> bytes:
        """What `open` needs to take up this link after a restart: the secret, and the seat once bound."""
        return self._secret + self._handshake.seat.encode()

    def _address(self, keys: secret.Keys) -> RelayAddress:
        own = self._settings
        url = own.kiosk_relay_url or own.relay_url or secret.default_relay(own.page_url)
        return RelayAddress(url, own.kiosk_token, keys.room, own.ca_file)

    def send_reading(self, reading: Reading, history: bool = False) -> None:
        """To the page now, and again after every cut. `history`: it was taken earlier in the session."""
        self._feed.reading(reading, history)

    def send_waveform(self, waveform: Waveform) -> None:
        """To the page if it is there; never queued."""
        self._feed.waveform(waveform)

    def send_instruments(self, statuses: Sequence[InstrumentStatus]) -> None:
        self._feed.instruments(statuses)

    def set_muted(self, muted: bool) -> None:
        """The patient's microphone gives silence while muted."""
        self._connections.switches.muted.set(muted)
        self._send_media()

    def set_media(self, otoscope: bool, stethoscope: bool) -> None:
        """Start and stop the two instruments' tracks; the connection stays as it is."""
        self._connections.switches.otoscope.set(otoscope)
        self._connections.switches.stethoscope.set(stethoscope)
        self._send_media()

    def set_sound(self, quality: SoundQuality) -> None:
        """How the stethoscope sounds at the kiosk; the page is told of changes."""
        self._feed.sound(quality)

    def _send_media(self) -> None:
        switches = self._connections.switches
        self._feed.media(switches.otoscope.on, switches.stethoscope.on, switches.muted.on)

    async def close(self, reason: str = "closed") -> None:
        """End the call: the page is told and the link is dead. Idempotent."""
        self._finish(CallPhase.ENDED, reason)
        if self._shutting is not None:
            await asyncio.shield(self._shutting)

    async def leave(self) -> None:
        """Stop without a goodbye: this program ends, and the session may be resumed under the same link."""
        if self._progress.final is None and self._link:
            self._progress.final = CallPhase.ENDED
            await self._connections.close()
            await self._reaching.close()
            await self._signalling.close(over=False)

    def _finish(self, phase: CallPhase, reason: str) -> None:
        if self._progress.final is None and self._link:
            self._progress.final = phase
            self._shutting = asyncio.create_task(self._shut(reason))
            self.changed()

    async def _shut(self, reason: str) -> None:
        self._feed.end(reason)
        tampered = reason == "tampered"
        if tampered or self._handshake.greeted:  # a page that has just come could not prove it
            await self._signalling.send(self._handshake.reject("tampered" if tampered else "closed"))
        await self._connections.close()
        await self._reaching.close()
        await self._signalling.close()

    async def _heard(self, message: Message) -> None:
        """One message of the relay: its own word on who is there, or something that must carry a proof."""
        if self._progress.final is not None:
            return
        match message.get("type"):
            case "peer":
                await self._peer_present(message.get("present") is True)
            case "servers":
                self._reaching.told(message)
            case "refused":
                self._listener.link_refused()
            case "invited":
                self._guest.relay_said(message)
            case _:
                await self._heard_page(message)

    async def _peer_present(self, present: bool) -> None:
        if present:
            await self._signalling.send(self._handshake.hello())
        else:
            self._handshake.peer_left()

    async def _heard_page(self, message: Message) -> None:
        try:
            heard = self._handshake.hear(message)
        except CallError as error:
            await self._not_genuine(error, message)
            return
        match heard:
            case Offered(offer):
                await self._offered(offer)
            case Rejected(reason):
                _logger.warning("the page ended the call: %s", reason if reason == "tampered" else "other")
                self._finish(CallPhase.TAMPERED if reason == "tampered" else CallPhase.ENDED, reason)

    async def _not_genuine(self, error: CallError, message: Message) -> None:
        _logger.warning("signalling: %s", error)
        if error.reason is CallReason.SEAT_TAKEN:
            await self._signalling.send(self._handshake.reject_seat(message))
            self._listener.link_refused()
        else:
            self._finish(CallPhase.TAMPERED, "tampered")

    async def _offered(self, offer: str) -> None:
        try:
            answer, fingerprints = await self._connections.answer(offer)
        except CallError as error:
            await self._refuse(error)
            return
        self._refused = None
        self._words = secret.four_words(self._secret, fingerprints, self._all_words)
        await self._signalling.send(self._handshake.answer(answer))

    async def _refuse(self, error: CallError) -> None:
        """The page says why, and so does the kiosk's screen; a page that tries again is not told of again."""
        _logger.warning("signalling: %s", error)
        if self._refused is not error.reason:
            self._refused = error.reason
            self._listener.offer_refused(error.reason)
        blocked = error.reason is CallReason.NO_RELAY
        await self._signalling.send(self._handshake.reject("no_relay" if blocked else "unsuited"))

    def _reachable(self, reachable: bool) -> None:
        self._progress.reachable = reachable
        if reachable and self._progress.final is None:
            self._guest.ask()
        self._relay_tried.set()
        self.changed()

    def channel_opened(self) -> None:
        """The page can be told: who we are, and everything so far."""
        own = self._settings
        greeting = wire.hello(own.session_number, self._words, own.site, own.language)
        self._feed.connect(self._connections.channels, self._connections.lane, greeting)

    def page_said(self, message: page_messages.PageMessage) -> None:
        match message:
            case page_messages.Seen(ids):
                self._feed.seen(ids)
                self._listener.seen(ids)
            case page_messages.PageId(page_id):
                self._feed.page(page_id)
            case page_messages.Request(what, on):
                self._listener.physician_asked(what, on)
            case page_messages.Keep(what, site):
                self._listener.physician_keeps(what, site)
            case page_messages.Point(site):
                self._listener.physician_points(site)
            case page_messages.Ping(ping_id):
                self._feed.pong(ping_id)
            case page_messages.Line():
                self._connections.page_says(message)
            case page_messages.Invite():
                self._guest.invite(message)
            case page_messages.Uninvite():
                self._guest.close()
            case page_messages.Leave():
                self._connections.physician_left()

    def remove_guest(self) -> None:
        """The helper sends away whom the physician has invited; the page is told."""
        self._guest.close()

    def _guest_settled(self, room: str, is_open: bool) -> None:
        self._feed.guest(room, is_open)
        self.changed()

    async def try_relay(self) -> "Udp | None":
        """Loss and round trip through the relay, before the call. None: this site has none."""
        from kiosk.call.checks.line import try_relay

        return await try_relay(self._reaching)

    def figures(self) -> CallFigures | None:
        """How the call goes, for the technician. None once it has ended."""
        return self._connections.figures() if self._progress.final is None else None

    def line_divided(self, face_paused: bool, otoscope_paused: bool, stethoscope_live: bool) -> None:
        """What the line cannot carry now is said on both sides."""
        live = stethoscope_live or not self._connections.switches.stethoscope.on
        self._feed.video(face_paused, otoscope_paused)
        self._feed.stethoscope_live(live)
        self._listener.stethoscope_live(live)
        self.changed()

    def last_minute(self) -> LineMinute | None:
        """What the line did since the last whole minute; None: too short to say."""
        return self._connections.last_minute()

    def line_minute(self, minute: LineMinute) -> None:
        self._listener.line_minute(minute)

    def disconnected(self) -> None:
        self._feed.disconnect()

    def changed(self) -> None:
        """Tell the listener when something it can see has changed."""
        self._signalling.urgent(self._progress.phase is CallPhase.RECONNECTING)
        line, phase = self._connections.line, self._progress.phase
        paused = self._connections.picture_paused, self._connections.physician_paused
        guest = self._guest.open and self._progress.final is None
        state = CallState(
            phase, self._link, self._words, line.quality, line.rtt_ms, line.loss, *paused, guest=guest
        )
        if state != self._told:
            self._told = state
            self._listener.call_changed(state)
