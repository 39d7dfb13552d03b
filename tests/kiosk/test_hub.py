"""Durable before visible, nothing of somebody else, nothing lost on a full disk."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from devices.reading import Clock, DeviceIdentity, Kind, Reading, Waveform
from drivers.instrument import InstrumentState, InstrumentStatus, Reason
from kiosk.events import InstrumentsChanged, Notice, NoticeReason, ReadingShown
from kiosk.hub import Hub
from kiosk.session import IncidentKind
from tests.fakes.usb_bus import require_private_namespace
from tests.kiosk.bench import Bench, bench, temperature


class Page:
    """The far end of the live channel: remembers what it was sent."""

    def __init__(self) -> None:
        self.readings: list[Reading] = []
        self.instruments: list[tuple[InstrumentStatus, ...]] = []

    def send_reading(self, reading: Reading, history: bool = False) -> None:
        self.readings.append(reading)

    def send_waveform(self, waveform: Waveform) -> None:
        raise AssertionError("no waveform was sent")

    def send_instruments(self, statuses: tuple[InstrumentStatus, ...]) -> None:
        self.instruments.append(statuses)


async def test_a_reading_is_stored_shown_and_sent(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        stream = await kiosk.consult()
        page = kiosk.hub.live = Page()
        reading = temperature()
        await kiosk.hub.reading(reading)
        assert str(reading.id) in [item.id for item in await kiosk.outbox.items(stream)]
        assert kiosk.heard(ReadingShown) == [ReadingShown(reading)]
        assert page.readings == [reading]


async def test_a_device_clock_of_whole_seconds_is_not_old(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        await kiosk.consult()
        session = kiosk.keeper.session
        assert session is not None
        assert session.consent is not None
        second = session.consent.at.replace(microsecond=0)
        await kiosk.hub.reading(replace(temperature(clock=Clock.DEVICE), taken_at=second))
        assert kiosk.hub.counts.kept == 1


async def test_a_device_clock_that_is_a_little_ahead_is_believed(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        await kiosk.consult()
        await kiosk.hub.reading(temperature(ago_s=-10, clock=Clock.DEVICE))
        assert kiosk.hub.counts.kept == 1


async def test_what_arrives_live_counts_also_after_the_kiosks_clock_was_set_back(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        await kiosk.consult()
        await kiosk.hub.reading(temperature(ago_s=3600))
        assert kiosk.hub.counts.kept == 1


async def test_what_waits_for_the_disk_never_goes_to_another_session(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        await kiosk.consult()
        kiosk.hub._unsaved.append(temperature())
        await kiosk.keeper.end()
        await kiosk.keeper.finish()
        await kiosk.hub.flush()  # nobody's session: no error
        stream = await kiosk.consult()
        await kiosk.hub.flush()
        assert [item.kind for item in await kiosk.outbox.items(stream)] == ["site", "open"]
        assert kiosk.hub.counts.outside_session == 1


async def test_an_instrument_is_there_while_it_is_plugged_in(tmp_path: Path) -> None:
    otoscope = InstrumentStatus("o", Kind.OTOSCOPE, "Otoscope", InstrumentState.READY)
    async with bench(tmp_path) as kiosk:
        assert not kiosk.hub.has(Kind.OTOSCOPE)
        kiosk.hub.status(otoscope)
        assert kiosk.hub.has(Kind.OTOSCOPE) and not kiosk.hub.has(Kind.CUFF)
        kiosk.hub.status(replace(otoscope, state=InstrumentState.LOST, reason=Reason.UNPLUGGED))
        assert not kiosk.hub.has(Kind.OTOSCOPE)


async def test_losing_an_instrument_goes_into_the_report(tmp_path: Path) -> None:
    cuff = InstrumentStatus("ble:1", Kind.CUFF, "Tensiomètre", InstrumentState.READY)
    async with bench(tmp_path) as kiosk:
        await kiosk.consult()
        kiosk.hub.status(cuff)
        kiosk.hub.status(replace(cuff, state=InstrumentState.LOST, reason=Reason.UNPLUGGED))
        await kiosk.hub.save()
        session = kiosk.keeper.session
        assert session is not None
        incidents = [(i.kind, i.subject) for i in session.incidents]
        assert incidents == [(IncidentKind.INSTRUMENT_LOST, "Tensiomètre")]
        assert len(kiosk.heard(InstrumentsChanged)) == 2


@pytest.mark.parametrize("reason", [Reason.NOT_PAIRED, Reason.PAIRING_REFUSED])
async def test_trouble_that_comes_with_each_try_is_one_incident_until_it_works_again(
    tmp_path: Path, reason: Reason
) -> None:
    found = InstrumentStatus("ble:1", Kind.CUFF, "Cuff", InstrumentState.FOUND)
    refused = replace(found, state=InstrumentState.FAULTY, reason=reason)
    lost = replace(found, state=InstrumentState.LOST, reason=Reason.TIMEOUT)
    works = replace(found, state=InstrumentState.READY)
    faulty_twice, lost_twice = [IncidentKind.INSTRUMENT_FAULTY] * 2, [IncidentKind.INSTRUMENT_LOST] * 2
    async with bench(tmp_path) as kiosk:
        await kiosk.consult()
        for tried in [refused, lost] * 3 + [works] + [refused, lost] * 2:
            kiosk.hub.status(found)
            kiosk.hub.status(replace(found, state=InstrumentState.PAIRING))
            kiosk.hub.status(tried)
        assert sorted(await _incidents(kiosk)) == [*faulty_twice, *lost_twice]
        await kiosk.keeper.end()
        await kiosk.keeper.finish()
        await kiosk.consult()
        kiosk.hub.status(found)
        kiosk.hub.status(refused)
        assert await _incidents(kiosk) == faulty_twice[:1]


async def _incidents(kiosk: Bench) -> list[IncidentKind]:
    await kiosk.hub.save()
    session = kiosk.keeper.session
    assert session is not None
    return [incident.kind for incident in session.incidents]


async def test_without_bluetooth_only_what_the_site_owns_is_said_to_fail(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        await kiosk.consult()
        hub = Hub(kiosk.keeper, kiosk.told.append, expected=(Kind.CUFF,))
        for kind in (Kind.CUFF, Kind.SCALE):
            down = InstrumentStatus(f"ble:{kind}", kind, kind, InstrumentState.FAULTY, Reason.BLUETOOTH_OFF)
            hub.status(down)
        hub.status(
            replace(down, id="ble:1", identity=DeviceIdentity("sig_weight_scale"))
        )  # this one was seen
        await hub.save()
        session = kiosk.keeper.session
        assert session is not None
        assert [i.subject for i in session.incidents] == ["cuff", "scale"]
        assert [s.id for s in hub.instruments] == ["ble:cuff", "ble:1"]


async def test_a_reading_that_comes_after_the_end_stops_nothing(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        await kiosk.consult()
        late = [kiosk.hub.reading(temperature()) for _ in range(3)]
        await asyncio.gather(kiosk.keeper.end(), *late)
        assert kiosk.hub.counts.kept + kiosk.hub.counts.outside_session == 3


async def test_a_box_that_does_several_things_is_there_once_and_for_each(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        box = InstrumentStatus("x", Kind.OXIMETER, "x", InstrumentState.READY, also=(Kind.CUFF,))
        hub = Hub(kiosk.keeper, kiosk.told.append, expected=(Kind.OXIMETER, Kind.CUFF))
        hub.status(box)
        assert hub.instruments == (box,)
        assert hub.has(Kind.CUFF) and not hub.has(Kind.THERMOMETER)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    require_private_namespace()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(tmp_path)], check=True)
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


async def test_a_full_disk_keeps_the_reading_until_there_is_room(small_disk: Path) -> None:
    filler = small_disk / "filler"
    async with bench(small_disk / "data") as kiosk:
        stream = await kiosk.consult()
        with filler.open("wb") as file:
            file.write(bytes(shutil.disk_usage(small_disk).free))
        readings = [temperature(str(36 + i)) for i in range(4)]
        for reading in readings:
            await kiosk.hub.reading(reading)
        assert Notice(NoticeReason.STORAGE_FULL) in kiosk.told
        shown = len(kiosk.heard(ReadingShown))
        assert shown < len(readings)
        filler.unlink()
        await kiosk.hub.save()
        kept = [item.id for item in await kiosk.outbox.items(stream) if item.kind == "reading"]
        assert kept == [str(reading.id) for reading in readings]
        assert kiosk.heard(ReadingShown) == [ReadingShown(reading) for reading in readings]
