"""How fast a decoder is, and how fast its device can be.

Time is the processor's time of this process.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from devices import catalog
from devices.device import Device, SerialMatch
from devices.event import Samples
from tests.devices import vectors

_ROUNDS, _ROUND_S = 20, 0.04
_NOTIFIED_HZ = Decimal(10)  # no profile without a wave sends more often, a cuff's live pressure included
_BITS_A_BYTE = 10  # on a serial line

Piece = tuple[bytes, str]


@dataclass(frozen=True, slots=True)
class Pace:
    """Of one core. `times_device`: seconds of the device's own time decoded in a second; `times_line`: bytes
    against what its serial line could carry at most, None for Bluetooth."""

    key: str
    bytes_a_s: float
    pieces_a_s: float
    times_device: float
    times_line: float | None


def pace(device: Device) -> Pace:
    """The best of many short rounds over the device's own vectors."""
    pieces = pieces_of(device.key)
    size = sum(len(data) for data, _ in pieces)
    lasts_s = float(device_time_s(device, pieces))
    once_s = best_s(_decode(device, pieces))
    line = size * _BITS_A_BYTE / device.match.baud if isinstance(device.match, SerialMatch) else None
    return Pace(
        device.key,
        size / once_s,
        len(pieces) / once_s,
        lasts_s / once_s,
        None if line is None else line / once_s,
    )


def pieces_of(key: str) -> list[Piece]:
    return [(piece, source) for stream in vectors.streams(key) for source, piece in stream.pieces]


def device_time_s(device: Device, pieces: Sequence[Piece]) -> Decimal:
    """How long the device takes to send this at least: by its wave, or by the fastest of notifications."""
    assert device.decoder is not None
    decoder = device.decoder()
    events = [event for data, source in pieces for event in decoder.feed(data, source)]
    wave_ms = sum((e.period_ms * len(e.samples) for e in events if isinstance(e, Samples)), Decimal(0))
    return wave_ms / 1000 if wave_ms else len(pieces) / _NOTIFIED_HZ


def _decode(device: Device, pieces: Sequence[Piece]) -> Callable[[], None]:
    """All of it once more, by the same decoder: it is as in the middle of a long stream."""
    assert device.decoder is not None
    feed = device.decoder().feed

    def once() -> None:
        for data, source in pieces:
            feed(data, source)

    return once


def best_s(call: Callable[[], object]) -> float:
    """Seconds that one call takes: the best of many short rounds, for what else runs can only slow it."""
    return min(_seconds(call) for _ in range(_ROUNDS))


def _seconds(call: Callable[[], object]) -> float:
    began_s, calls = time.process_time(), 0
    while (taken_s := time.process_time() - began_s) < _ROUND_S:
        call()
        calls += 1
    return taken_s / calls


def decoding() -> list[Device]:
    """Those that measure: a camera's pace is that of its pictures, and opening these costs far more."""
    return [device for device in catalog.devices() if device.decoder is not None and device.metrics]
