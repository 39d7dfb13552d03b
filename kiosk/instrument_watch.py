"""`telecabine devices watch` and `replay`: what the instruments say, line by line, for a technician.

No patient: what is measured here is printed and forgotten.
"""

import asyncio
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from devices.catalog import devices
from devices.device import Device
from devices.reading import Quantity, Reading, Waveform
from drivers import raw, replay
from drivers.instrument import InstrumentStatus, Reason
from drivers.left_alone import left_alone
from drivers.supervisor import Supervisor

_WAVE_EVERY_S = 5.0
_ONCE = "Bluetooth cuffs, thermometers, scales and glucose meters may send each result only once"
_LEFT = f"{_ONCE}: they are named here, not connected (--take)."
_TAKEN = f"{_ONCE}: what they have not sent yet comes here, and the kiosk does not get it (--capture)."
_SHARED = "At a USB bridge that others have too, this comes here all the same, and the kiosk does not get it"


class Printer:
    """A `Sink` that writes a line for each change of state and each reading, and a few for a wave."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._wave_s: dict[str, float] = {}

    def status(self, status: InstrumentStatus) -> None:
        why = "" if status.reason is Reason.NONE else f": {status.reason.value}"
        low = ", low battery" if status.battery_is_low else ""
        self.line(f"{status.name} ({status.id})", f"{status.state.value}{why}{low}")

    async def reading(self, reading: Reading) -> None:
        words = [*map(_words, reading.quantities), *sorted(f"[{mark.value}]" for mark in reading.quality)]
        self.line(f"{reading.identity.device} {reading.taken_at:%H:%M:%S}", ", ".join(words))

    def waveform(self, waveform: Waveform) -> None:
        key, now_s = waveform.metric.key, time.monotonic()
        if now_s - self._wave_s.get(key, 0.0) < _WAVE_EVERY_S:
            return
        self._wave_s[key] = now_s
        self.line(waveform.identity.device, f"{key}: a sample every {float(waveform.period_ms):.1f} ms")

    def line(self, who: str, what: str) -> None:
        print(f"{who:44} {what}", file=self._out, flush=True)


def _words(quantity: Quantity) -> str:
    value = quantity.absent.value if quantity.absent else f"{quantity.value} {quantity.metric.ucum}"
    return f"{quantity.metric.key} {value}"


async def watch(out: TextIO, seconds: float | None, capture: Path | None, take: bool) -> None:
    """Until cancelled, or for so long. `capture`: a new file for every byte that comes. Raises OSError.

    `take`: also what instruments may send only once.
    """
    printer = Printer(out)
    known = left_alone(devices(), unless=take)
    with _tapped(capture, printer) as tap, suppress(TimeoutError):
        print(_TAKEN if take else _left(known), file=out, flush=True)
        async with asyncio.timeout(seconds):
            await Supervisor(known, printer, tap=tap).run()


def _left(known: Sequence[Device]) -> str:
    """What is not taken, and what cannot be left."""
    shared = [device.name for device in known if device.sends_once and device.decoder is not None]
    return "\n".join((_LEFT, *(f"{_SHARED}: {name}." for name in shared)))


@contextmanager
def _tapped(path: Path | None, printer: Printer) -> Iterator[raw.Tap]:
    if path is None:
        yield raw.no_tap
        return
    with open(path, "x", encoding="utf-8", opener=_for_us_alone) as file:
        yield raw.RawFile(file, time.monotonic, lambda: printer.line(str(path), "full")).note


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


async def play(out: TextIO, pieces: Iterable[raw.Raw], speed: float) -> int:
    """Returns how often something was rejected. Raises RawError, UnknownDevice, OSError."""
    return await replay.replay(pieces, Printer(out), speed=speed)
