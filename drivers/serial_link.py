"""The instruments on serial ports: found, opened, read, lost and found again."""

import asyncio
import logging
from collections.abc import Sequence

from devices.device import Decoder, Device
from devices.reading import DeviceIdentity
from drivers.feed import Feed
from drivers.instrument import DriverError, InstrumentState, Reason, Sink
from drivers.raw import Tap, no_tap
from drivers.serial_port import FoundPort, SerialPort, find_ports
from drivers.tasks import Tasks

_log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.5
_RETRY_S = 1.0
_SILENCE_S = 2.0


class SerialLinks:
    """Looks for known ports and serves each in a task of its own. Runs until cancelled."""

    def __init__(self, devices: Sequence[Device], sink: Sink, tap: Tap = no_tap) -> None:
        self._devices = devices
        self._sink = sink
        self._tap = tap
        self._feeds: dict[str, Feed] = {}
        self._served: dict[str, FoundPort] = {}
        self._tasks = Tasks()

    async def run(self) -> None:
        try:
            while True:
                await self._look()
                await asyncio.sleep(_LOOK_EVERY_S)
        finally:
            await self._tasks.cancel_all()

    async def _look(self) -> None:
        ports = await asyncio.to_thread(find_ports, self._devices)
        nodes = {port.id: port.node for port in ports}
        for id_, port in tuple(self._served.items()):
            if nodes.get(id_) != port.node:
                await self._drop(id_)
        for port in ports:
            if not self._tasks.running(port.id):
                self._served[port.id] = port
                self._tasks.start(port.id, self._serve(port))

    async def _drop(self, id_: str) -> None:
        await self._tasks.cancel(id_)
        del self._served[id_]
        self._feeds[id_].tracker.lost(Reason.UNPLUGGED)

    async def _serve(self, port: FoundPort) -> None:
        feed = self._feeds.setdefault(port.id, Feed(port.device, self._sink, port.id, self._tap))
        identity = DeviceIdentity(
            port.device.key, model=port.device.name, serial=port.serial, address=port.id
        )
        feed.identify(identity)
        while True:
            try:
                await _Session(port, feed).run()
            except DriverError as error:
                _log.warning("%s: %s", port.id, error)
                if error.reason is Reason.UNPLUGGED:
                    feed.tracker.lost(Reason.UNPLUGGED)
                    return
                feed.tracker.faulty(error.reason)
            except Exception:  # noqa: BLE001  a bug with one port stays there
                _log.exception("%s: the driver failed", port.id)
                feed.tracker.faulty(Reason.DRIVER_FAILED)
            await asyncio.sleep(_RETRY_S)


class _Session:
    """One opening of one port, until it fails."""

    def __init__(self, port: FoundPort, feed: Feed) -> None:
        if port.device.decoder is None:
            raise ValueError(f"{port.device.key} has no decoder")
        self._match = port.match
        self._feed = feed
        self._decoder: Decoder = port.device.decoder()
        self._port = SerialPort(port.node, port.match)
        self._understood_at_s = 0.0
        self._kept_alive_at_s = 0.0

    async def run(self) -> None:
        """Stream until cancelled; DriverError when the port fails."""
        self._feed.stamp.reconnected()
        self._feed.tracker.forget_signal()
        try:
            await self._port.open()
            self._feed.tracker.move(InstrumentState.FOUND)
            await self._start()
            while True:
                await self._step()
        finally:
            await self._port.close()

    async def _start(self) -> None:
        for command in self._match.start:
            await self._port.write(command)
        self._understood_at_s = self._kept_alive_at_s = _now_s()

    async def _step(self) -> None:
        data = await self._port.read()
        if data and await self._feed.take(self._decoder, data):
            self._understood_at_s = _now_s()
        elif _now_s() - self._understood_at_s > _SILENCE_S:
            self._feed.tracker.faulty(Reason.GARBLED if data else Reason.NO_DATA)
            await self._start()  # a unit that was switched off and on waits for it
        await self._keep_alive()

    async def _keep_alive(self) -> None:
        due = self._kept_alive_at_s + self._match.keep_alive_s
        if self._match.keep_alive and _now_s() >= due:
            self._kept_alive_at_s = _now_s()
            await self._port.write(self._match.keep_alive)


def _now_s() -> float:
    return asyncio.get_running_loop().time()
