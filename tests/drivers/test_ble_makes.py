"""Instruments with protocols of their own, all in one room, over bleak's own backend and real GATT."""

from devices.metrics import CUFF_PRESSURE, PLETH
from drivers.instrument import InstrumentState
from tests.drivers.ble_room import Room
from tests.drivers.listener import running
from tests.fakes.ble_makes import (
    MightySat,
    Repeating,
    aoj20a_thermometer,
    jks50f_oximeter,
    temp_sitter,
    vtm20f,
    yonker_cuff,
)
from tests.fakes.ble_peripheral import Peripheral

FIRST = {
    "masimo_mightysat": ["97", "138", "3.25"],
    "viatom_vtm20f": ["97", "138", "3.250"],
    "jks50f": ["97", "138", "3.25"],
    "biolight_tempsitter": ["36.55"],
    "aoj20a": ["36.80"],
    "yonker_ibpa1": ["131", "103", "81"],
}
WAVES = {("masimo_mightysat", PLETH), ("viatom_vtm20f", PLETH), ("yonker_ibpa1", CUFF_PRESSURE)}


async def test_each_is_found_by_its_name_and_read(room: Room) -> None:
    radio = room.radio
    mightysat = MightySat(radio)
    stranger = Repeating(radio, "Lamp", "C0:3F:00:00:00:01", "FFE0", "FFE1", (b"on",))
    say_once: list[Peripheral] = [aoj20a_thermometer(radio), yonker_cuff(radio)]
    stream: list[Peripheral] = [mightysat, vtm20f(radio), jks50f_oximeter(radio), temp_sitter(radio)]
    ids = [await room.switch_on(each) for each in (*say_once, *stream)]
    await room.switch_on(stranger)
    first: dict[str, list[str]] = {}
    async with running(room.links().run()):
        await room.listener.until(lambda: {r.identity.device for r in room.listener.readings} == set(FIRST))
        for id_ in ids[: len(say_once)]:  # who has said all and hangs up is not lost
            await room.listener.until_state(id_, InstrumentState.READY)
        await room.listener.until(
            lambda: {(wave.identity.device, wave.metric) for wave in room.listener.waveforms} == WAVES
        )
    for reading in room.listener.readings:
        first.setdefault(reading.identity.device, [str(quantity.value) for quantity in reading.quantities])
    assert first == FIRST
    assert [command.hex() for command in mightysat.told] == ["77020107", "7705031f0003d6"]
    assert stranger.connections == 0
