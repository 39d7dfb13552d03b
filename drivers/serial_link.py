"""The instruments on serial ports and at hidraw: found, read, lost and found again."""

import asyncio
from collections.abc import Sequence
from functools import partial

from devices.device import Device
from devices.event import Recall
from drivers.hid_port import find_hid
from drivers.instrument import Sink
from drivers.looks import Looks
from drivers.port import FoundPort
from drivers.port_ids import PortIds
from drivers.raw import Tap, no_tap
from drivers.serial_instrument import SerialInstrument
from drivers.serial_port import find_ports
from drivers.tasks import Tasks

_LOOK_EVERY_S = 0.5


class SerialLinks:
    """Looks for known ports and serves each in a task of its own. Runs until cancelled.

    `but`: a port that is left alone (as `serial_port.find_named` takes it), for somebody else has it.
    """

    def __init__(self, devices: Sequence[Device], sink: Sink, tap: Tap = no_tap, but: str = "") -> None:
        self._sink = sink
        self._tap = tap
        self._ids = PortIds()
        self._looks: Looks[tuple[FoundPort, ...]] = Looks()
        self._look_for = partial(_find, devices, self._ids, but)
        self._instruments: dict[str, SerialInstrument] = {}
        self._served: dict[str, FoundPort] = {}
        self._tasks = Tasks()

    async def run(self) -> None:
        try:
            while True:
                await self._look()
                await asyncio.sleep(_LOOK_EVERY_S)
        finally:
            await self._tasks.cancel_all()

    async def recall(self, id_: str) -> Recall:
        """Ask this instrument for its newest recording."""
        instrument = self._instruments.get(id_)
        return await instrument.recall() if instrument else Recall.FAILED

    async def _look(self) -> None:
        ports = await asyncio.to_thread(self._looks.found, self._look_for)
        nodes = {port.id: port.node for port in ports}
        for id_, port in tuple(self._served.items()):
            if nodes.get(id_) != port.node:
                await self._drop(id_)
        for port in ports:
            if not self._tasks.running(port.id):
                self._served[port.id] = port
                self._tasks.start(port.id, self._instrument(port).serve(port))

    def _instrument(self, port: FoundPort) -> SerialInstrument:
        if port.id not in self._instruments:
            self._instruments[port.id] = SerialInstrument(port, self._sink, self._tap)
        return self._instruments[port.id]

    async def _drop(self, id_: str) -> None:
        await self._tasks.cancel(id_)
        del self._served[id_]
        self._instruments[id_].gone()


def _find(devices: Sequence[Device], ids: PortIds, but: str) -> tuple[FoundPort, ...]:
    return (*find_ports(devices, ids, but), *find_hid(devices, ids))
