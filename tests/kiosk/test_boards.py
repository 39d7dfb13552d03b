"""A board that streams is the kiosk's stethoscope: kept in the record, put aside, missed by the self-test."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from devices.catalog import ble_stethoscope, serial_stethoscope
from devices.device import PcmMatch
from devices.reading import DeviceIdentity, Kind
from drivers.instrument import InstrumentState
from kiosk.choices import Role
from kiosk.clip import decode_flac
from kiosk.devices_config import DevicesConfig
from kiosk.events import ReadingShown, SoundHeard
from kiosk.instruments import CLIP_S
from kiosk.selftest.chosen import expected_kinds, name_chosen
from kiosk.selftest.instruments import check_kinds
from kiosk.selftest.report import Part, Problem
from kiosk.units import Units
from tests.fakes import sound_server, usb_bus
from tests.fakes.pcm import RATE_HZ, chest
from tests.fakes.pcm_pty import PcmUnit
from tests.kiosk.test_parts import address, of
from tests.kiosk.whole import Whole, config_in, whole_kiosk

BOARD = "usb:1a86:55d4:PCG-0001"
BY_RADIO = DevicesConfig(stethoscope_stream="ble:C0:5D:00:00:00:01")


@pytest.fixture
def sound(monkeypatch: pytest.MonkeyPatch) -> Iterator[sound_server.SoundServer]:
    """With a stethoscope that the catalogue would take."""
    with sound_server.SoundServer() as server:
        monkeypatch.setenv("PULSE_SERVER", server.address)
        yield server


@pytest.fixture
async def unit() -> AsyncIterator[PcmUnit]:
    usb_bus.require_private_namespace()
    unit = PcmUnit()
    unit.plug("ttyACM0")
    running = asyncio.create_task(unit.run())
    yield unit
    running.cancel()
    unit.close()


@pytest.fixture
async def whole(tmp_path: Path, sound: sound_server.SoundServer, unit: PcmUnit) -> AsyncIterator[Whole]:
    settings = DevicesConfig(bluetooth=False, stethoscope_stream=BOARD)
    async with whole_kiosk(config_in(tmp_path, devices=settings)) as running:
        await running.until(lambda: state(running) is InstrumentState.READY)
        await running.until(lambda: running.kiosk.instruments._sound.sources)
        yield running


def state(whole: Whole) -> InstrumentState | None:
    return next((s.state for s in whole.kiosk.hub.instruments if s.kind is Kind.STETHOSCOPE), None)


async def test_what_it_samples_is_kept_as_it_came(whole: Whole) -> None:
    await whole.consult()
    await whole.kiosk.record_sound("mitral")
    reading = whole.heard(ReadingShown)[-1].reading
    assert (reading.identity.device, reading.identity.address) == ("serial_stethoscope", BOARD)
    assert reading.attachment is not None and reading.attachment.site == "mitral"
    pcm, rate_hz = decode_flac(reading.attachment.data)
    assert (rate_hz, len(pcm)) == (RATE_HZ, CLIP_S * RATE_HZ)
    assert pcm.astype("<i2").tobytes() in chest() * 4
    assert whole.heard(SoundHeard), "the helper sees its level"
    await whole.until(lambda: state(whole) is InstrumentState.READY)


async def test_a_technician_takes_a_sound_input_in_its_place_and_goes_back(whole: Whole) -> None:
    found = of(await whole.kiosk.parts.found(), Role.STETHOSCOPE)
    assert found.used == "Serial stethoscope board"
    assert found.used in {option.name for option in found.options}
    assert found.used not in {o.name for o in of(await whole.kiosk.parts.found(), Role.MICROPHONE).options}
    await whole.kiosk.parts.choose(Role.STETHOSCOPE, "usb:0d8c:0014")
    await whole.until(lambda: address(whole, Kind.STETHOSCOPE) == "usb:0d8c:0014:STETH-0001")
    assert len([s for s in whole.kiosk.hub.board.own if s.kind is Kind.STETHOSCOPE]) == 1
    itself = next(o.identity for o in found.options if o.name == found.used)
    for choice in (itself, ""):
        await whole.kiosk.parts.choose(Role.STETHOSCOPE, "usb:0d8c:0014")
        choices = await whole.kiosk.parts.choose(Role.STETHOSCOPE, choice)
        assert of(choices, Role.STETHOSCOPE).used == found.used
        await whole.until(lambda: address(whole, Kind.STETHOSCOPE) == BOARD)


async def test_without_it_no_other_stethoscope_is_taken(whole: Whole, unit: PcmUnit) -> None:
    unit.close()
    await whole.until(lambda: state(whole) is InstrumentState.LOST)
    assert of(await whole.kiosk.parts.found(), Role.STETHOSCOPE).used == ""


def test_the_settings_begin_with_what_the_catalogue_declares() -> None:
    usual = {field.name: field.default for field in fields(DevicesConfig)}
    serial, radio = serial_stethoscope.DEVICE.match, ble_stethoscope.DEVICE.match
    assert isinstance(serial, PcmMatch) and isinstance(radio, PcmMatch)
    assert usual["stethoscope_rate_hz"] == serial.rate_hz == radio.rate_hz
    assert usual["stethoscope_baud"] == serial.baud
    assert usual["stethoscope_characteristic"] == radio.characteristic


def test_one_that_is_missing_is_called_by_its_name() -> None:
    (missing,) = name_chosen(check_kinds(expected_kinds(BY_RADIO)[2:], []), BY_RADIO)
    assert (missing.part, missing.problem) == (Part.STETHOSCOPE, Problem.CHOSEN_MISSING)
    assert missing.subject == BY_RADIO.stethoscope_stream


def test_the_unit_that_is_named_belongs_to_the_kiosk_and_its_twin_does_not(tmp_path: Path) -> None:
    units = Units(config_in(tmp_path, devices=BY_RADIO))
    for last, known in (("01", True), ("02", False)):
        assert units.knows(DeviceIdentity("ble_stethoscope", address=f"ble:C0:5D:00:00:00:{last}")) is known
