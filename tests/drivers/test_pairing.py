"""Pairing with instruments that want a code, over D-Bus and a real Security Manager on both sides."""

import asyncio
from collections.abc import Callable

import pytest
from bleak import BleakScanner

from drivers import pairing_agent
from drivers.bonds import bonds
from drivers.instrument import InstrumentState, Reason
from drivers.pairing import pair
from drivers.pairing_dialogue import PairingEnd
from tests.drivers.ble_room import DEVICES, Room
from tests.drivers.listener import running
from tests.fakes.ble_pairing import Code, Io
from tests.fakes.ble_peripherals import Cuff, Pressure
from tests.fakes.polling import until

RESULT = Pressure(121, 79, 93, 68)


class Technician:
    """Satisfies `Dialogue`: looks at the instrument and says what it shows."""

    def __init__(self, code: Code, mistake: Callable[[str], str] = str) -> None:
        self.code = code
        self.mistake = mistake
        self.withdrawn = 0

    async def typed(self) -> str:
        return self.mistake(await self.code.shown.get())

    async def same(self, code: str) -> bool:
        return self.mistake(await self.code.shown.get()) == code

    def show(self, code: str) -> None:
        self.code.keyed.put_nowait(self.mistake(code))

    def withdraw(self) -> None:
        self.withdrawn += 1


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


async def a_cuff_with(room: Room, code: Code) -> Cuff:
    """bluetoothd has heard it."""
    cuff = Cuff(room.radio, needs_bond=True)
    cuff.want_code(code)
    await room.switch_on(cuff)
    await cuff.measure(RESULT)
    async with BleakScanner():
        await until(lambda: room.bluez.knows(cuff.address))
    return cuff


async def paired(room: Room) -> list[str]:
    return [bond.address for bond in await bonds(DEVICES)]


ABLE = pytest.mark.parametrize(
    "able", [Io.DISPLAY_OUTPUT_ONLY, Io.KEYBOARD_INPUT_ONLY, Io.DISPLAY_OUTPUT_AND_YES_NO_INPUT]
)


@ABLE
async def test_an_instrument_that_wants_a_code_is_paired_with(room: Room, able: Io) -> None:
    """One that shows it, one that it is typed on, and one that shows the same; then it measures."""
    technician = Technician(Code(able))
    cuff = await a_cuff_with(room, technician.code)
    assert await pair(cuff.address, technician) is PairingEnd.PAIRED
    assert await paired(room) == [cuff.address]
    async with running(room.links().run()):
        await cuff.measure(RESULT)
        await room.listener.until(lambda: bool(room.listener.readings))


@ABLE
async def test_a_wrong_code_pairs_with_nothing(room: Room, able: Io) -> None:
    technician = Technician(Code(able), wrong)
    cuff = await a_cuff_with(room, technician.code)
    compared = able is Io.DISPLAY_OUTPUT_AND_YES_NO_INPUT
    end = PairingEnd.REFUSED if compared else PairingEnd.WRONG_CODE
    assert await pair(cuff.address, technician) is end
    assert await paired(room) == []


async def test_nobody_is_asked_when_the_kiosk_pairs_by_itself(room: Room) -> None:
    code = Code()
    cuff = Cuff(room.radio, needs_bond=True)
    cuff.want_code(code)
    id_ = await room.switch_on(cuff)
    async with running(room.links().run()):
        await cuff.measure(RESULT)
        await room.listener.until_state(id_, InstrumentState.FAULTY, Reason.PAIRING_REFUSED)
    assert code.shown.empty() and await paired(room) == []


async def test_nobody_answers(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairing_agent, "ANSWER_WITHIN_S", 0.2)
    cuff = await a_cuff_with(room, Code())
    assert await pair(cuff.address, Technician(Code())) is PairingEnd.TOO_LATE


async def test_the_question_is_withdrawn_when_the_instrument_goes(room: Room) -> None:
    technician = Technician(Code())
    cuff = await a_cuff_with(room, code := Code())
    pairing = asyncio.create_task(pair(cuff.address, technician))
    await code.shown.get()
    await cuff.hang_up()
    assert await pairing is PairingEnd.REFUSED
    assert technician.withdrawn


async def test_one_that_is_not_there_is_said_to_be(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.pairing._SEEN_WITHIN_S", 0.2)
    assert await pair("C0:0B:00:00:00:09", Technician(Code())) is PairingEnd.NOT_SEEN
    await room.bluez.die()
    assert await pair("C0:0B:00:00:00:09", Technician(Code())) is PairingEnd.NO_BLUETOOTH


async def test_stopped_in_the_middle_it_leaves_nothing_behind(room: Room) -> None:
    cuff = await a_cuff_with(room, code := Code())
    pairing = asyncio.create_task(pair(cuff.address, Technician(Code())))
    await code.shown.get()
    pairing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await pairing
    assert await paired(room) == []
    await cuff.advertise()
    assert await pair(cuff.address, Technician(code)) is PairingEnd.PAIRED
