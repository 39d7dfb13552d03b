"""A technician pairs while the kiosk's own driver listens, which keeps its hands off."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from drivers import ble_rests
from drivers.ble import BleLinks
from drivers.instrument import Reason
from kiosk.devices_config import DevicesConfig
from kiosk.events import PairingChanged, PairingEnd, PairingStep
from kiosk.instrument_board import InstrumentBoard
from kiosk.pair_desk import PairDesk
from kiosk.unit import How
from kiosk.unit_desk import UnitDesk, UnitLine
from kiosk.units import Units
from tests.drivers.ble_room import DEVICES
from tests.drivers.listener import running
from tests.fakes.ble_pairing import Code
from tests.fakes.ble_peripherals import Cuff, Pressure
from tests.fakes.polling import until
from tests.kiosk.test_whose_instrument import Site, site
from tests.kiosk.whole import config_in

RESULT = Pressure(121, 79, 93, 68)


class Desk:
    """The technician's desk, and what its screen was told."""

    def __init__(self, here: Site, code: Code) -> None:
        self.here = here
        self.code = code
        self.spared: set[str] = set()
        self.told: list[PairingChanged] = []
        self.desk = PairDesk(here.desk, self.spared, self._told)
        self.cuff = Cuff(here.radio, needs_bond=True)

    def _told(self, event: object) -> None:
        assert isinstance(event, PairingChanged)
        self.told.append(event)

    async def line(self) -> UnitLine:
        (line,) = await self.here.desk.lines()
        return line

    def begin(self) -> asyncio.Task[PairingEnd | None]:
        return asyncio.create_task(self.desk.pair(self.cuff.address))

    async def asks(self) -> str:
        """Until the screen asks for the code that the cuff shows."""
        shown = await self.code.shown.get()
        await until(lambda: self.told[-1:] == [PairingChanged(self.cuff.address, PairingStep.TYPE)])
        return shown


@asynccontextmanager
async def desk_beside(directory: Path) -> AsyncIterator[Desk]:
    """The kiosk listens, and has been refused once."""
    async with site(directory) as here:
        desk = Desk(here, Code())
        desk.cuff.want_code(desk.code)
        await desk.cuff.power_on()
        here.stack.push_async_callback(desk.cuff.close)
        links = BleLinks(DEVICES, here.hub, spared=desk.spared)
        async with running(links.run()):
            await desk.cuff.measure(RESULT)
            await until(lambda: any(s.reason is Reason.PAIRING_REFUSED for s in here.hub.board.seen))
            yield desk


async def test_whoever_has_its_code_in_his_hand_makes_it_the_kiosks(tmp_path: Path) -> None:
    async with desk_beside(tmp_path) as desk:
        assert (await desk.line()).how is How.UNKNOWN and (await desk.line()).paired is False
        pairing = desk.begin()
        await desk.desk.answer(await desk.asks())
        assert await pairing is PairingEnd.PAIRED
        assert desk.told[0].step is PairingStep.SEEKING and desk.spared == set()
        line = await desk.line()
        assert (line.how, line.paired) == (How.DECLARED, True)
        await until(lambda: desk.cuff.stats()["readings"] == 1)  # and it is served at once


async def test_the_driver_leaves_it_alone_while_somebody_types(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would hang up in the middle, refused once more."""
    monkeypatch.setattr(ble_rests, "_USUAL_S", 0.5)
    monkeypatch.setitem(ble_rests._NO_BOND_S, Reason.PAIRING_REFUSED, 0.5)
    async with desk_beside(tmp_path) as desk:
        await desk.cuff.hide()
        await asyncio.sleep(1.0)  # it would be taken again
        pairing = desk.begin()
        await until(lambda: desk.here.bluez.pairs_with(desk.cuff.address))
        await desk.cuff.show()
        await desk.cuff.measure(RESULT)
        code = await desk.asks()
        await asyncio.sleep(1.0)
        await desk.desk.answer(code)
        assert await pairing is PairingEnd.PAIRED


async def test_stopped_it_is_neither_paired_nor_spared(tmp_path: Path) -> None:
    async with desk_beside(tmp_path) as desk:
        pairing = desk.begin()
        await desk.asks()
        await desk.desk.stop()
        assert await pairing is None
        assert desk.spared == set()
        assert ((await desk.line()).how, (await desk.line()).paired) == (How.UNKNOWN, False)


async def test_a_bond_is_forgotten_and_the_unit_stays_the_kiosks(tmp_path: Path) -> None:
    async with desk_beside(tmp_path) as desk:
        pairing = desk.begin()
        await desk.desk.answer(await desk.asks())
        await pairing
        (line,) = await desk.desk.forget(desk.cuff.address)
        assert (line.how, line.paired) == (How.DECLARED, False)


async def test_what_is_paired_with_is_listed_though_nobody_saw_or_declared_it(tmp_path: Path) -> None:
    async with desk_beside(tmp_path) as desk:
        pairing = desk.begin()
        await desk.desk.answer(await desk.asks())
        await pairing
        units = Units(config_in(tmp_path / "another", devices=DevicesConfig()))
        (line,) = await UnitDesk(units, InstrumentBoard((), units)).lines()
        assert (line.unit.address, line.name) == (desk.cuff.address, "Bluetooth blood-pressure cuff")
        assert (line.how, line.paired, line.kinds) == (How.UNKNOWN, True, ())
