"""What is at one serial port, over all its plugs: who it turned out to be, and what it measures."""

import asyncio
import logging
from contextlib import suppress

from devices.device import Device, HidMatch, PortMatch
from devices.event import Event, Recall, Rejected
from devices.reading import DeviceIdentity, Kind
from drivers.feed import Feed
from drivers.instrument import DriverError, InstrumentState, Reason, Sink
from drivers.pace import Pace
from drivers.port import FoundPort
from drivers.raw import Tap
from drivers.serial_probe import Found, greet, probe
from drivers.serial_talk import Talk, now_s
from drivers.tracker import Tracker

_log = logging.getLogger(__name__)

_RETRY_S = 1.0
_SILENCE_S = 2.0
_SLOW_FRAMES = 4
_REST_S = 0.2
_LEAST_TRUST = -20
_ASKED_ANEW = 3
"""In one plug: who never says what we understand is not asked for ever."""
_UNNAMED = "USB"
_NOBODY = (Reason.NO_DATA, Reason.GARBLED)


class SerialInstrument:
    """The id of `port`. Who was last understood there is remembered, and tried first."""

    def __init__(self, port: FoundPort, sink: Sink, tap: Tap) -> None:
        self._sink = sink
        self._tap = tap
        self._device: Device | None = None
        self._feed: Feed | None = None
        self._asked_anew = 0
        self._unknown = Tracker(sink, port.id, Kind.UNKNOWN, _UNNAMED, may_be=port.kinds)

    @property
    def _tracker(self) -> Tracker:
        return self._feed.tracker if self._feed else self._unknown

    def gone(self) -> None:
        """It was pulled out. What nobody has understood, or is carried away to measure, is not missed."""
        self._asked_anew = 0
        match = self._device.match if self._device else None
        if self._feed is None or (isinstance(match, PortMatch) and match.carried):
            self._tracker.move(InstrumentState.ABSENT)
        else:
            self._tracker.lost(Reason.UNPLUGGED)

    async def recall(self) -> Recall:
        """Ask for its newest recording; see `Recalls`."""
        return await self._feed.recalls.ask() if self._feed else Recall.FAILED

    async def serve(self, port: FoundPort) -> None:
        """Read it until it is pulled out or this is cancelled; what is left alone is FOUND, and no more."""
        if port.is_certain:
            self._become(port, port.devices[0])
        if port.is_left_alone or not port.is_certain:
            self._tracker.move(InstrumentState.FOUND)
        if port.is_left_alone:
            await asyncio.Event().wait()
        while True:
            try:
                await self._session(port)
            except DriverError as error:
                self._failed(port, error)
                if error.reason is Reason.UNPLUGGED:
                    return
            except Exception:  # noqa: BLE001  a bug with one port stays there
                _log.exception("%s: the driver failed", port.id)
                self._tracker.faulty(Reason.DRIVER_FAILED)
            await asyncio.sleep(_RETRY_S)

    def _failed(self, port: FoundPort, error: DriverError) -> None:
        if self._feed is None and _is_idle(port, error):
            self._unknown.move(InstrumentState.FOUND)
            return
        if error.reason is not self._tracker.status.reason:
            _log.warning("%s: %s", port.id, error)
        if error.reason is Reason.UNPLUGGED:
            self.gone()
        else:
            self._tracker.faulty(error.reason)

    async def _session(self, port: FoundPort) -> None:
        found = await self._find(port)
        feed = self._become(port, found.talk.device)
        feed.recalls.opened()
        try:
            feed.stamp.reconnected()
            feed.listening()
            feed.tracker.forget_signal()
            feed.tracker.move(_at_first(found.talk.match))
            if found.data:
                feed.heard(found.data)
            await feed.deliver(found.events)
            await found.talk.answer(found.events)
            may_ask_anew = self._asked_anew < _ASKED_ANEW
            await _Session(found.talk, feed, is_certain=port.is_certain, may_ask_anew=may_ask_anew).run()
            self._asked_anew += 1
        finally:
            await _hang_up(found.talk, feed)

    async def _find(self, port: FoundPort) -> Found:
        if port.is_certain:
            return await greet(port.node, port.devices[0])
        try:
            return await probe(port, self._device)
        except DriverError as error:
            if self._feed is None and error.reason in _NOBODY and not _is_idle(port, error):
                raise DriverError(Reason.NOT_UNDERSTOOD) from error
            raise

    def _become(self, port: FoundPort, device: Device) -> Feed:
        """It is this device, as before or from now on."""
        if self._feed is None or device is not self._device:
            self._device = device
            self._feed = Feed(device, self._sink, port.id, self._tap)
        identity = DeviceIdentity(device.key, model=device.name, serial=port.serial, address=port.id)
        self._feed.identify(identity)
        return self._feed


def _is_idle(port: FoundPort, error: DriverError) -> bool:
    """Nothing was heard where somebody may be who speaks only when it is used."""
    return port.may_be_quiet and error.reason is Reason.NO_DATA


def _at_first(match: PortMatch) -> InstrumentState:
    """What speaks only when it is used is ready; but of a HID device that is asked, one answer comes first:
    other things have its ids.
    """
    return InstrumentState.READY if match.quiet and not isinstance(match, HidMatch) else InstrumentState.FOUND


async def _hang_up(talk: Talk, feed: Feed) -> None:
    """What hands over a recording is made to measure again, if it is still there."""
    with suppress(DriverError):
        await talk.answer(feed.recalls.closed(talk.decoder))
    await talk.close()


def _patience_s(match: PortMatch) -> float:
    """For a stream that goes on: a byte that is lost may cost two frames."""
    return max(_SILENCE_S, _SLOW_FRAMES * match.every_s)


class _Session:
    """Streams from an open port until it fails, or until another device may be at it."""

    def __init__(self, talk: Talk, feed: Feed, *, is_certain: bool, may_ask_anew: bool) -> None:
        self._talk = talk
        self._feed = feed
        self._is_certain = is_certain
        self._pace = Pace(talk.match)
        self._patience_s = _patience_s(talk.match)
        self._understood_at_s = now_s()
        self._trust = 0
        self._is_silent = False
        self._may_ask_anew = may_ask_anew
        self._is_unresolved = False

    async def run(self) -> None:
        """Until cancelled, or until it is to be asked anew; DriverError when the port fails, or nothing is
        understood any more."""
        while True:
            data, events = await self._talk.hear()
            if data:
                self._feed.heard(data)
                self._end_silence()
                self._is_unresolved = True
            else:
                self._is_silent = True
            await self._feed.deliver(events)
            await self._talk.answer(events)  # what was measured is durable before the next is asked for
            await self._recall(events)
            if self._feed.recalls.is_running or self._is_understood(events):
                self._understood_at_s, self._is_unresolved = now_s(), False
            elif now_s() - self._understood_at_s > self._patience_s:
                if self._is_owed(data):
                    return
                await self._not_understood(data)
            await self._talk.keep_alive()
            await asyncio.sleep(max(self._pace.wait_s(len(data), now_s()), self._rest_s(data)))

    def _rest_s(self, data: bytes) -> float:
        """A stream that measures nobody is read in larger pieces: each costs as much as a short one."""
        rests = self._feed.tracker.status.state is InstrumentState.READY and not self._feed.recalls.is_running
        return _REST_S if data and rests and not self._talk.match.quiet else 0.0

    async def _recall(self, events: list[Event]) -> None:
        """What is to be done about a recording that somebody has asked for."""
        while events := self._feed.recalls.step(self._talk.decoder, events):
            await self._feed.deliver(events)
            await self._talk.answer(events)
            self._understood_at_s = now_s()

    def _end_silence(self) -> None:
        """What speaks only when it is used gets its time from its first byte on, not from its silence."""
        if self._is_silent and self._talk.match.quiet:
            self._understood_at_s = now_s()
        self._is_silent = False

    def _is_understood(self, events: list[Event]) -> bool:
        """More was understood than refused of late: in noise, a frame appears by chance now and then."""
        refused = sum(isinstance(event, Rejected) for event in events)
        self._trust = max(_LEAST_TRUST, min(1, self._trust + len(events) - 2 * refused))
        return bool(events) and self._trust > 0

    def _is_owed(self, data: bytes) -> bool:
        """An answer was damaged, of what says nothing more by itself: it is to be asked anew."""
        return self._may_ask_anew and self._is_unresolved and not data and self._talk.match.quiet

    async def _not_understood(self, data: bytes) -> None:
        if not data and self._talk.match.quiet:
            self._feed.tracker.quiet()
            self._understood_at_s = now_s()
            return
        reason = Reason.GARBLED if data or self._trust < 0 else Reason.NO_DATA
        if not self._is_certain:
            raise DriverError(reason)
        self._feed.tracker.faulty(reason)
        self._understood_at_s = now_s()
        await self._talk.start()  # a unit that was switched off and on waits for it
