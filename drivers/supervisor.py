"""Runs every driver, keeps one from taking the others down, and knows the state of each instrument."""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

from devices.device import BleMatch, Device, PortMatch
from devices.event import Recall
from devices.reading import Reading, Waveform
from drivers.board import Board
from drivers.instrument import DriverError, InstrumentState, InstrumentStatus, Reason, Sink
from drivers.raw import Tap, no_tap

_log = logging.getLogger(__name__)

_FIRST_BACKOFF_S = 0.5
_LONGEST_BACKOFF_S = 30.0
_HEALTHY_AFTER_S = 60.0


class Link(Protocol):
    """A driver: finds and serves its instruments until cancelled, reporting to the sink it was made with."""

    async def run(self) -> None: ...


@runtime_checkable
class Recaller(Protocol):
    """A driver of instruments that hand over what they have recorded."""

    async def recall(self, id_: str) -> Recall:
        """Ask this instrument for its newest recording; wait for what comes of it."""
        ...


LinkMaker = Callable[[Sink], Link]


class Supervisor:
    """One per kiosk. `links` make further drivers (camera, audio) from the sink they are to report to.

    `tap` is told of every byte that a serial or Bluetooth instrument sends. `board` is left alone by the
    drivers of other instruments; whoever made it runs it. `spared`: the ids of Bluetooth instruments that are
    left alone for now.
    """

    def __init__(
        self,
        devices: Sequence[Device],
        sink: Sink,
        links: Sequence[LinkMaker] = (),
        tap: Tap = no_tap,
        board: Board | None = None,
        spared: Collection[str] = (),
    ) -> None:
        makers = (*_built_in(devices, tap, board, spared), *links)
        self._guards = tuple(_Guard(maker, sink) for maker in makers)

    async def run(self) -> None:
        """Run all drivers until cancelled."""
        async with asyncio.TaskGroup() as group:
            for guard in self._guards:
                group.create_task(guard.run())

    async def recall(self, id_: str) -> Recall:
        """Ask this instrument for its newest recording, which comes as any reading does."""
        links = [guard.link for guard in self._guards if id_ in guard.statuses]
        return await links[0].recall(id_) if links and isinstance(links[0], Recaller) else Recall.FAILED

    def statuses(self) -> tuple[InstrumentStatus, ...]:
        """Every instrument seen so far, but for what is not missed, in a stable order."""
        known = (status for guard in self._guards for status in guard.statuses.values())
        return tuple(sorted(known, key=lambda status: status.id))


class _Guard:
    """One driver: a sink that remembers its instruments, and a restart when it crashes."""

    def __init__(self, maker: LinkMaker, sink: Sink) -> None:
        self._maker = maker
        self._sink = sink
        self.statuses: dict[str, InstrumentStatus] = {}
        self.link: Link | None = None

    def status(self, status: InstrumentStatus) -> None:
        self.statuses[status.id] = status
        if status.state is InstrumentState.ABSENT:  # not missed, and it may have an address a minute
            del self.statuses[status.id]
        self._sink.status(status)

    async def reading(self, reading: Reading) -> None:
        await self._sink.reading(reading)

    def waveform(self, waveform: Waveform) -> None:
        self._sink.waveform(waveform)

    async def run(self) -> None:
        backoff_s = _FIRST_BACKOFF_S
        while True:
            started_s = asyncio.get_running_loop().time()
            try:
                self.link = self._maker(self)
                await self.link.run()
                raise DriverError(Reason.DRIVER_FAILED, "it ended by itself")
            except DriverError as error:
                self._crashed(error.reason)
            except Exception:  # noqa: BLE001  a bug in one driver stays there
                self._crashed(Reason.DRIVER_FAILED)
            if asyncio.get_running_loop().time() - started_s > _HEALTHY_AFTER_S:
                backoff_s = _FIRST_BACKOFF_S
            await asyncio.sleep(backoff_s)
            backoff_s = min(backoff_s * 2, _LONGEST_BACKOFF_S)

    def _crashed(self, reason: Reason) -> None:
        _log.exception("a driver crashed and is started again")
        for status in tuple(self.statuses.values()):
            self.status(replace(status, state=InstrumentState.FAULTY, reason=reason))


def _built_in(
    devices: Sequence[Device], tap: Tap, board: Board | None, spared: Collection[str]
) -> list[LinkMaker]:
    """The drivers that the declared devices need. Their libraries load only then."""
    makers: list[LinkMaker] = []
    if any(isinstance(device.match, PortMatch) for device in devices):
        makers.append(lambda sink: _serial(devices, sink, tap, board))
    by_radio = board is not None and board.address.startswith("ble:")
    if by_radio or any(isinstance(device.match, BleMatch) for device in devices):
        makers.append(lambda sink: _ble(devices, sink, tap, board, spared))
    return makers


def _serial(devices: Sequence[Device], sink: Sink, tap: Tap, board: Board | None) -> Link:
    from drivers.serial_link import SerialLinks

    return SerialLinks(devices, sink, tap, but=board.address if board else "")


def _ble(
    devices: Sequence[Device], sink: Sink, tap: Tap, board: Board | None, spared: Collection[str]
) -> Link:
    from drivers.ble import BleLinks
    from drivers.ble_board import BleBoard

    return BleLinks(devices, sink, tap, board if isinstance(board, BleBoard) else None, spared)
