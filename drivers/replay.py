"""Plays what was captured through the same path as a live instrument: decoder, feed, sink."""

import asyncio
from collections.abc import Callable, Iterable

from devices.catalog import by_key
from devices.device import BleMatch, Decoder, Device, Leading, Remembering
from devices.event import Done
from drivers.feed import Feed
from drivers.instrument import InstrumentState, Sink
from drivers.raw import CLOCK, CONNECTED, LOST, Raw
from drivers.stamp import DeviceClock
from drivers.undated import Undated


class UnknownDevice(ValueError):
    """The capture is of a device that this catalogue does not know, or that has no decoder."""

    def __init__(self, key: str) -> None:
        super().__init__(f"no decoder for {key!r}")


async def replay(pieces: Iterable[Raw], sink: Sink, *, speed: float = 0.0) -> int:
    """As fast as it goes, or `speed` times as fast as it was. Returns how often something was rejected.

    Each instrument's own times are kept; what has none is stamped with the time of this replay. Raises
    UnknownDevice.
    """
    players: dict[str, _Player] = {}
    began_s, first_s = asyncio.get_running_loop().time(), None
    for piece in pieces:
        first_s = piece.at_s if first_s is None else first_s
        if speed:
            due_s = began_s + (piece.at_s - first_s) / speed
            await asyncio.sleep(max(0.0, due_s - asyncio.get_running_loop().time()))
        player = players.get(piece.id) or players.setdefault(piece.id, _player(piece, sink))
        await player.play(piece)
    return sum(player.rejected for player in players.values())


class _Player:
    """One instrument, over all its connections. A capture may lack the marks of where each began."""

    def __init__(self, device: Device, make: Callable[[], Decoder], id_: str, sink: Sink) -> None:
        self._make = make
        self._by_radio = isinstance(device.match, BleMatch)
        self._at_s = 0.0
        self._feed = Feed(device, sink, id_)
        self._feed.undated = Undated(device.kind, lambda: self._at_s)
        self._feed.tracker.move(InstrumentState.READY)
        self._decoder = _begun(make())
        self._is_over = False

    @property
    def rejected(self) -> int:
        return self._feed.rejected

    async def play(self, piece: Raw) -> None:
        self._at_s = piece.at_s
        if piece.source == CONNECTED:
            self._connected()
        elif piece.source == CLOCK:
            self._feed.stamp.device_clock = DeviceClock.unpacked(piece.data)
        elif piece.source == LOST:
            self._decoder = self._resumed()
            self._feed.interrupted()
        else:
            await self._heard(piece)

    def _connected(self) -> None:
        self._begin_anew()
        self._feed.tracker.forget_signal()
        self._feed.tracker.move(InstrumentState.READY)
        if self._by_radio:
            self._feed.undated.connected()

    async def _heard(self, piece: Raw) -> None:
        if self._is_over:  # the driver hung up: what comes then is of another conversation
            self._begin_anew()
        events = self._decoder.feed(piece.data, piece.source)
        self._is_over = any(isinstance(event, Done) for event in events)
        await self._feed.deliver(events, piece.at_s)

    def _begin_anew(self) -> None:
        self._decoder = _begun(self._resumed())
        self._feed.stamp.reconnected()
        self._is_over = False

    def _resumed(self) -> Decoder:
        if self._by_radio and isinstance(self._decoder, Remembering):
            self._decoder.reconnected()
            return self._decoder
        return self._make()


def _player(piece: Raw, sink: Sink) -> _Player:
    device = by_key().get(piece.device)
    if device is None or device.decoder is None:
        raise UnknownDevice(piece.device)
    return _Player(device, device.decoder, piece.id, sink)


def _begun(decoder: Decoder) -> Decoder:
    if isinstance(decoder, Leading):
        decoder.begin(pairing=False)  # the questions are in nobody's ear: the answers follow in their order
    return decoder
