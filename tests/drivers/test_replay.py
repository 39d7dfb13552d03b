"""What was captured from a live instrument, played again, gives the same."""

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from devices import catalog
from devices.catalog import nonin_xpod
from devices.catalog.berry_bm1000 import STREAM
from devices.reading import Clock, Quality, Reading
from drivers.ble import BleLinks
from drivers.instrument import InstrumentState, Reason
from drivers.raw import LOST, Raw, RawError, RawFile, Tap, read
from drivers.replay import UnknownDevice, replay
from drivers.serial_link import SerialLinks
from tests.devices import vectors
from tests.drivers.ble_room import DEVICES, Room
from tests.drivers.listener import Listener, running
from tests.fakes import usb_bus
from tests.fakes.ble_cuffs import ClocklessCuff
from tests.fakes.ble_oximeters import BerryOximeter
from tests.fakes.ble_peripherals import Cuff, Pressure
from tests.fakes.nonin_pty import Xpod

CAPTURE = "capture.jsonl"
GOOD = Raw(0.5, "ble:1", "nonin_3230", nonin_xpod.DEVICE.key, b"\x01")
AN_HOUR_AHEAD = {
    bytes.fromhex(before): bytes.fromhex(after)
    for before, after in (  # the cuff's clock, and 151 in place of 150
        ("1c091f07d20000190000000000000000", "1c0a1f07d300001b0000000000000000"),
        ("18810001e8107d5d461a89ef7f160000", "18810001e8107e5d461a89ef7f160000"),
        ("00000000000000130000000000000000", "00000000000000100000000000000000"),
    )
}


async def test_a_capture_played_again_gives_what_the_live_instrument_gave(tmp_path: Path) -> None:
    usb_bus.require_private_namespace()
    xpod, live, again = Xpod(), Listener(), Listener()
    path = tmp_path / "capture.jsonl"
    try:
        with path.open("w", encoding="utf-8") as file:
            ticks = count()
            links = SerialLinks((nonin_xpod.DEVICE,), live, RawFile(file, lambda: next(ticks) / 10).note)
            async with running(links.run(), xpod.run()):
                await live.until(lambda: len(live.waveforms) >= 20)
    finally:
        xpod.close()
    assert await replay(read(path), again) == 0
    assert [w.samples for w in again.waveforms] == [w.samples for w in live.waveforms]
    assert [r.quantities for r in again.readings] == [r.quantities for r in live.readings]
    assert again.readings[0].identity.device == "nonin_xpod"


async def test_after_a_reconnection_it_begins_anew_as_the_live_instrument_did(
    room: Room, tmp_path: Path
) -> None:
    oximeter, again = BerryOximeter(room.radio), Listener()
    live, id_ = room.listener, await room.switch_on(oximeter)
    with _capture(tmp_path) as tap:
        async with running(BleLinks(DEVICES, live, tap).run()):
            await live.until(lambda: len(live.readings) == 1)
            await room.bluez.drop(oximeter.address)
            await live.until_state(id_, InstrumentState.LOST, Reason.TIMEOUT)
            await live.until(lambda: len(live.readings) == 2)
    assert await replay(read(tmp_path / CAPTURE), again) == 0
    assert [w.samples for w in again.waveforms] == [w.samples for w in live.waveforms]
    assert [r.quantities for r in again.readings] == [r.quantities for r in live.readings]


async def test_the_clock_that_was_read_and_what_was_too_soon_are_known_again(
    room: Room, tmp_path: Path
) -> None:
    cuff, undated, again = Cuff(room.radio, inflation_step_s=0.01), ClocklessCuff(room.radio), Listener()
    live = room.listener
    for each in (cuff, undated):
        await room.switch_on(each)
    with _capture(tmp_path) as tap:
        async with running(BleLinks(DEVICES, live, tap).run()):
            await cuff.remember(Pressure(121, 79, 93, 68))
            await live.until(lambda: len(live.readings) == 1)
            await cuff.measure(Pressure(131, 89, 103, 71))
            await live.until(lambda: len(live.readings) == 2)
            await undated.remember(Pressure(141, 99, 113, 81))
            await live.until(lambda: len(live.readings) == 3)
    await replay(read(tmp_path / CAPTURE), again)
    assert [_as_dated(reading) for reading in again.readings] == [_as_dated(r) for r in live.readings]
    assert [reading.clock for reading in live.readings] == [Clock.CORRECTED, Clock.CORRECTED, Clock.KIOSK]
    assert Quality.TIME_UNSURE in live.readings[2].quality


async def test_where_values_were_lost_the_wave_has_a_gap_again() -> None:
    again, key = Listener(), "berry_bm1000"
    frames = [Raw(n / 10, "ble:1", key, STREAM, bytes.fromhex("84374c0a5f") * 10) for n in range(4)]
    lost = Raw(0.2, "ble:1", key, LOST, b"")
    await replay([*frames[:2], lost, *frames[2:]], again)
    assert [wave.gap for wave in again.waveforms].count(True) == 1
    await replay(frames, unbroken := Listener())
    assert not any(wave.gap for wave in unbroken.waveforms)


def _as_dated(reading: Reading) -> tuple[object, ...]:
    taken_at = None if reading.clock is Clock.KIOSK else reading.taken_at
    return taken_at, reading.clock_offset_s, reading.quantities, reading.quality


@contextmanager
def _capture(directory: Path) -> Iterator[Tap]:
    with (directory / CAPTURE).open("w", encoding="utf-8") as file:
        yield RawFile(file, time.monotonic).note


async def test_what_was_damaged_then_is_rejected_again() -> None:
    pieces = [Raw(0.0, "usb:1", "nonin_xpod", "", bytes.fromhex("0180640000") * 13)]
    assert await replay(pieces, Listener()) == 1


async def test_a_conversation_is_followed_by_its_answers() -> None:
    again, key = Listener(), "omron_hem7361t"
    whole = vectors.streams(key)[0]
    assert await replay((Raw(0.0, "ble:1", key, source, piece) for source, piece in whole.pieces), again) == 0
    assert [q.value for q in again.readings[0].quantities] == [150, 93, 70]


async def test_a_second_conversation_begins_anew_with_the_clock_that_it_shows() -> None:
    again, key = Listener(), "omron_hem7361t"
    first = vectors.streams(key)[0].pieces
    second = tuple((source, AN_HOUR_AHEAD.get(piece, piece)) for source, piece in first)
    assert await replay((Raw(0.0, "ble:1", key, *piece) for piece in first + second), again) == 0
    values = [reading.quantities[0].value for reading in again.acts]
    assert values == [150, 121, 151], "the newest of both users, then what only the second one has"
    offsets_s = [float(reading.clock_offset_s or 0) for reading in again.acts]
    assert offsets_s[0] - offsets_s[2] == pytest.approx(3600, abs=60)


async def test_an_unknown_device_is_named() -> None:
    for key in ("no_such_device", "uvc_otoscope"):
        assert key not in catalog.by_key() or catalog.by_key()[key].decoder is None
        with pytest.raises(UnknownDevice, match=key):
            await replay([Raw(0.0, "x", key, "", b"")], Listener())


@pytest.mark.parametrize(
    "line", ["", "{}", "[]", "1", '{"at_s": "x", "id": "", "device": "", "source": "", "data": ""}',
             '{"at_s": 0, "id": 7, "device": "", "source": "", "data": ""}',
             '{"at_s": 0, "id": "", "device": "", "source": "", "data": "zz"}',
             '{"at_s": 0, "id": "", "device": "", "source": "clock", "data": "31"}',
             '{"at_s": 0, "id": "", "device": "", "source": "clock", "data": ""}'],
)  # fmt: skip
def test_a_line_that_is_none_is_counted(tmp_path: Path, line: str) -> None:
    path, file = tmp_path / "capture.jsonl", io.StringIO()
    RawFile(file, lambda: 0.0).note(GOOD.id, GOOD.device, GOOD.source, GOOD.data)
    path.write_text(f"{file.getvalue()}{line}\n", encoding="utf-8")
    pieces = read(path)
    assert next(pieces) == Raw(0.0, GOOD.id, GOOD.device, GOOD.source, GOOD.data)
    with pytest.raises(RawError, match="line 2"):
        next(pieces)


def test_a_file_does_not_grow_forever() -> None:
    file, told = io.StringIO(), list[bool]()
    capture = RawFile(file, lambda: 0.0, lambda: told.append(True), most_bytes=1000)
    for _ in range(100):
        capture.note("usb:1", "nonin_xpod", "", bytes(20))
    assert told == [True]
    assert 1000 <= len(file.getvalue()) < 1300
