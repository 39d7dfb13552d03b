"""Plays what was captured through the same path as a live instrument: decoder, feed, sink."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from devices.catalog import by_key
from devices.device import Decoder, Done, Event, Leading
from drivers.feed import Feed
from drivers.instrument import InstrumentState, Sink
from drivers.raw import Raw


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
        await player.feed.take(player.decoder, piece.data, piece.source)
    return sum(player.feed.rejected for player in players.values())


class _Conversations:
    """A `Decoder`. After `Done` the driver hung up: what comes then is of another conversation."""

    def __init__(self, make: Callable[[], Decoder], feed: Feed) -> None:
        self._make = make
        self._feed = feed
        self._decoder = _begun(make())
        self._is_over = False

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        if self._is_over:
            self._decoder = _begun(self._make())
            self._feed.stamp.reconnected()
        events = self._decoder.feed(data, source)
        self._is_over = any(isinstance(event, Done) for event in events)
        return events


@dataclass(frozen=True, slots=True)
class _Player:
    feed: Feed
    decoder: Decoder


def _player(piece: Raw, sink: Sink) -> _Player:
    device = by_key().get(piece.device)
    if device is None or device.decoder is None:
        raise UnknownDevice(piece.device)
    feed = Feed(device, sink, piece.id)
    feed.tracker.move(InstrumentState.READY)
    return _Player(feed, _Conversations(device.decoder, feed))


def _begun(decoder: Decoder) -> Decoder:
    if isinstance(decoder, Leading):
        decoder.begin(pairing=False)  # the questions are in nobody's ear: the answers follow in their order
    return decoder
