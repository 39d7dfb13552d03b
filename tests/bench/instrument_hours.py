"""Hours of every decoder and its stamping, as fast as it goes, and whether memory grows: a line is fitted.

Each device is fed its own vectors over and over, for as many of its own seconds as were asked for.
"""

import asyncio
import gc
import statistics
import sys
from array import array
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil

from devices.device import Device
from devices.reading import DeviceIdentity, Reading, Waveform
from drivers.feed import Feed
from drivers.instrument import InstrumentStatus
from drivers.stamp import Stamp
from tests.bench.decoder_pace import Piece, decoding, device_time_s, pieces_of

HOURS = 8.0
_SAMPLES_AN_HOUR = 12
_WARM_UP = 0.125  # of the time: caches fill
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


class Counting:
    """A sink that keeps nothing but numbers."""

    def __init__(self) -> None:
        self.readings = self.chunks = 0

    def status(self, status: InstrumentStatus) -> None: ...

    async def reading(self, reading: Reading) -> None:
        self.readings += 1

    def waveform(self, waveform: Waveform) -> None:
        self.chunks += 1


@dataclass(slots=True)
class _Player:
    """`at`: the device's own time so far."""

    device: Device
    feed: Feed
    pieces: list[Piece]
    lasts: timedelta
    at: datetime = _BEGIN

    async def play_until(self, end: datetime) -> int:
        """One new decoder, as at each connection. Returns how many bytes it was fed."""
        assert self.device.decoder is not None
        decoder, fed = self.device.decoder(), 0
        while self.at < end:
            for data, source in self.pieces:
                await self.feed.take(decoder, data, source)
                fed += len(data)
            self.at += self.lasts
        return fed


def run(hours: float = HOURS) -> dict[str, Any]:
    return asyncio.run(_run(hours))


async def _run(hours: float) -> dict[str, Any]:
    sink, process, fed = Counting(), psutil.Process(), 0
    players = [_player(device, sink) for device in decoding()]
    count = max(4, round(hours * _SAMPLES_AN_HOUR))
    blocks, rss_kb = array("d", bytes(8 * count)), array("d", bytes(8 * count))  # made now: they may not grow
    for number in range(count):
        end = _BEGIN + timedelta(hours=hours * (number + 1) / count)
        for player in players:
            fed += await player.play_until(end)
        gc.collect()
        blocks[number], rss_kb[number] = sys.getallocatedblocks(), process.memory_info().rss / 1024
    samples = [
        {"hour": hours * (n + 1) / count, "blocks": blocks[n], "rss_kb": rss_kb[n]} for n in range(count)
    ]
    steady = [sample for sample in samples if sample["hour"] > hours * _WARM_UP]
    return {
        "hours": hours,
        "devices": len(players),
        "bytes_fed": fed,
        "readings": sink.readings,
        "chunks": sink.chunks,
        "blocks_an_hour": slope(steady, "blocks"),
        "rss_kb_an_hour": slope(steady, "rss_kb"),
        "samples": samples,
    }


def _player(device: Device, sink: Counting) -> _Player:
    pieces = pieces_of(device.key)
    lasts = timedelta(seconds=float(device_time_s(device, pieces)))
    player = _Player(device, Feed(device, sink, f"bench:{device.key}"), pieces, lasts)
    player.feed.stamp = Stamp(device.kind, DeviceIdentity(device.key), lambda: player.at)
    return player


def slope(samples: list[dict[str, float]], key: str) -> dict[str, float]:
    """Least squares: a simulated hour's growth, and its standard error."""
    hours, values = [s["hour"] for s in samples], [s[key] for s in samples]
    line = statistics.linear_regression(hours, values)
    residuals = [v - line.intercept - line.slope * h for h, v in zip(hours, values, strict=True)]
    spread = sum((h - statistics.fmean(hours)) ** 2 for h in hours)
    error = (sum(r * r for r in residuals) / max(len(values) - 2, 1) / spread) ** 0.5
    return {"slope": round(line.slope, 2), "error": round(error, 2)}
