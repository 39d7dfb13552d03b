"""Which of several devices is at a serial port: they share a USB bridge, and each is tried in turn.

Whoever streams by itself is listened to first, at its own speed; only then is anything sent, and nothing but
the start commands that the declarations name. Those that speak at the same speed and are sent nothing are
listened to together: what one of them says but once is not lost while another is tried. A device is believed
when its decoder has understood several things in a row, or one where the frames have a checksum: bytes heard
at a wrong speed do not pass for that. One is enough also of who was there before and sends one frame a second
or less: with nothing else between, as no stream of another device would have it.

A port is opened for all who may be at it, also where one of them sends once what it kept: see left_alone.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from devices.device import Device, PortMatch, SerialMatch
from devices.event import Battery, Event, Rejected, Samples
from drivers.instrument import DriverError, Reason
from drivers.port import FoundPort
from drivers.serial_talk import Talk, now_s

_SILENT_S = 0.3  # a stream sends fifty frames a second
_LISTEN_S = 1.0
_PATIENCE_S = 2.0  # for those that speak only when they are used
_GOOD_IN_A_ROW = 4
_SLOW_S = 1.0  # from one frame to the next: four would take longer than a replug may
_REFUSED = 20


@dataclass(slots=True)
class Found:
    """The device that answered, its port open, and what it has said since it was last understood wrongly.

    `events`: without samples, which came too long ago for a wave that is live. `was_here`: it was understood
    at this port before.
    """

    talk: Talk
    was_here: bool = False
    data: bytes = b""
    events: list[Event] = field(default_factory=list)
    good: int = 0
    refused: int = 0
    paused: bool = False

    def take(self, data: bytes, events: Iterable[Event]) -> None:
        """What was read and says this; no data when the line is silent."""
        self.paused |= bool(self.data) and not data
        self.data += data
        for event in events:
            if isinstance(event, Rejected):
                self.events.clear()
                self.good, self.refused = 0, self.refused + 1
            else:
                self.good += not isinstance(event, Battery)  # said beside something else: no further proof
                if not isinstance(event, Samples):
                    self.events.append(event)

    @property
    def is_sure(self) -> bool:
        return self.good >= (1 if self.talk.match.checked or self._is_back else _GOOD_IN_A_ROW)

    @property
    def _is_back(self) -> bool:
        is_slow = self.talk.match.every_s >= _SLOW_S
        return self.was_here and is_slow and self.paused and not self.refused


async def probe(port: FoundPort, last: Device | None) -> Found:
    """One round; `last` is who it was before. DriverError, GARBLED or NO_DATA when nobody was understood.

    Who was there before and speaks only when it is used may be silent: it is taken to be there still.
    """
    heard = False
    for devices, wait_s in _round(port.devices, last):
        tried = await _try(port.node, devices, wait_s, last)
        for found in tried:
            if found.is_sure:
                return found
        heard |= bool(tried[0].data)
    if last is not None and _match(last).quiet:
        return await greet(port.node, last)
    raise DriverError(Reason.GARBLED if heard else Reason.NO_DATA)


async def greet(node: str, device: Device) -> Found:
    """Open the port for a device that nobody doubts. Raises DriverError."""
    talk = Talk(node, device)
    try:
        await talk.open()
        await talk.start()
    except BaseException:
        await talk.close()
        raise
    return Found(talk)


def _round(devices: Sequence[Device], last: Device | None) -> list[tuple[list[Device], float]]:
    """Whom to try, those of one line together, and how long to wait for a first byte.

    Where a stream was read before, nobody else is waited for at length: it may be switched on at any moment.
    """
    quiet_wait_s = _PATIENCE_S if last is None or _match(last).quiet else _LISTEN_S

    def rank(device: Device) -> tuple[bool, bool, bool]:
        match = _match(device)
        return device is not last, match.quiet, bool(match.start)

    def wait_s(device: Device) -> float:
        return quiet_wait_s if _match(device).quiet else _SILENT_S + _match(device).every_s

    together: dict[Hashable, list[Device]] = {}
    for device in sorted(devices, key=rank):
        together.setdefault(_line(device), []).append(device)
    return [(mates, max(map(wait_s, mates))) for mates in together.values()]


def _line(device: Device) -> Hashable:
    """The same for those that can be listened to at once; whoever is sent something is alone."""
    match = _match(device)
    if isinstance(match, SerialMatch) and not (match.start or match.stop):
        return match.baud, match.parity
    return device.key


def _match(device: Device) -> PortMatch:
    assert isinstance(device.match, PortMatch)  # only such devices are found at a port
    return device.match


async def _try(node: str, devices: Sequence[Device], wait_s: float, last: Device | None) -> list[Found]:
    """Listen to the port as to each of these; it is closed again unless one of them was understood."""
    first = await greet(node, devices[0])
    first.was_here = devices[0] is last
    tried = [first, *(Found(first.talk.beside(device)) for device in devices[1:])]
    try:
        await _listen(tried, wait_s)
    finally:
        if not _is_over(tried):
            await first.talk.close()
    return tried


async def _listen(tried: Sequence[Found], wait_s: float) -> None:
    """Until one is sure, or none of them can be it any more."""
    talk, until_s = tried[0].talk, now_s() + wait_s
    while now_s() < until_s and not _is_over(tried) and any(found.refused < _REFUSED for found in tried):
        data = await talk.read()
        if data and not tried[0].data:
            until_s = now_s() + _LISTEN_S + _GOOD_IN_A_ROW * max(each.talk.match.every_s for each in tried)
        for found in tried:
            found.take(data, found.talk.decode(data))


def _is_over(tried: Iterable[Found]) -> bool:
    return any(found.is_sure for found in tried)
