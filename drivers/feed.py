"""From decoder events to the sink: one feed per instrument, kept over reconnections."""

import logging
from collections.abc import Iterable
from dataclasses import replace

from devices.device import Decoder, Device
from devices.event import Battery, ClockShown, Event, Measured, Rejected, Samples, Signal
from devices.reading import DeviceIdentity, Quality
from drivers.instrument import Sink
from drivers.raw import CLOCK, CONNECTED, LOST, Tap, no_tap
from drivers.recalls import Recalls
from drivers.stamp import Stamp
from drivers.tracker import Tracker
from drivers.undated import Undated

_log = logging.getLogger(__name__)


class Feed:
    """Stamps and delivers what one instrument measures. A reading is durable before the next is taken."""

    def __init__(self, device: Device, sink: Sink, id_: str, tap: Tap = no_tap) -> None:
        self._device = device.key
        self._tap = tap
        self.tracker = Tracker(sink, id_, device.kind, device.name, device.also, recordings=device.recordings)
        self.stamp = Stamp(device.kind, DeviceIdentity(device.key, model=device.name, address=id_))
        self.undated = Undated(device.kind)
        self.recalls = Recalls(self.tracker)
        self.rejected = 0
        self._sink = sink

    def identify(self, identity: DeviceIdentity) -> None:
        self.stamp.identity = identity
        self.tracker.identify(identity)

    async def take(self, decoder: Decoder, data: bytes, source: str = "") -> bool:
        """Bytes of now. True when something could be decoded."""
        self.heard(data, source)
        return await self.deliver(decoder.feed(data, source))

    def listening(self) -> None:
        """A new connection is ready: said to whoever captures, with what is known of its clock."""
        self.heard(b"", CONNECTED)
        if self.stamp.device_clock is not None:
            self.heard(self.stamp.device_clock.packed(), CLOCK)

    def interrupted(self) -> None:
        """Values were lost in the middle of a connection."""
        self.heard(b"", LOST)
        self.stamp.interrupted()
        self.tracker.forget_signal()

    def heard(self, data: bytes, source: str = "") -> None:
        """Bytes that somebody else decodes."""
        self._tap(self.tracker.status.id, self._device, source, data)

    async def deliver(self, events: Iterable[Event], came_s: float | None = None) -> bool:
        """True when something could be decoded: only rejects mean a garbled link."""
        understood = False
        for event in events:
            understood |= await self._deliver(event, came_s)
        return understood

    async def _deliver(self, event: Event, came_s: float | None) -> bool:
        doubtful = self.undated.is_doubtful(event, came_s)
        match event:
            case Measured():
                self.tracker.data()
                await self._sink.reading(self.stamp.reading(_unsure(event) if doubtful else event))
            case Samples():
                self.tracker.data()
                self._sink.waveform(self.stamp.waveform(event))
            case Signal():
                self.tracker.signal(event.state)
            case Battery():
                self.tracker.battery(event)
            case ClockShown():
                self.stamp.clock_shown(event.device_now, event.to_the_minute)
            case Rejected():
                self.rejected += 1
                _log.info("%s: rejected %d bytes: %s", self.tracker.status.id, len(event.raw), event.reason)
                return False
        return True


def _unsure(measured: Measured) -> Measured:
    return replace(measured, quality=measured.quality | {Quality.TIME_UNSURE})
