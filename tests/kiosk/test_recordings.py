"""A recording that the helper asks for is set aside like any memory; a night of it is one reading."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

from devices.catalog import by_key
from devices.metrics import RECORDED, SPO2_LOWEST
from devices.reading import Clock, DeviceIdentity, Kind, Quality, Quantity, Reading
from drivers.instrument import InstrumentState, Reason
from drivers.supervisor import Supervisor
from kiosk.aside import LIMIT
from kiosk.events import Notice, NoticeReason, ReadingShown, SetAsideChanged
from kiosk.keeper import now
from kiosk.recording_reader import RecordingReader
from tests.drivers.listener import running
from tests.drivers.status_log import until
from tests.fakes import usb_bus
from tests.fakes.contec_recorder import ContecRecorder, Recorded, night
from tests.kiosk.bench import Bench, bench, temperature

ID = "usb:10c4:ea60:0001"
BEGAN = datetime(2026, 11, 29, 22, 41, 7)
ASKED = frozenset({Quality.RECORDING, Quality.FROM_MEMORY})


def recording(ago_h: float = 10, clock: Clock = Clock.CORRECTED, lowest: int = 82) -> Reading:
    """Read anew: another id each time."""
    return Reading(
        uuid4(), Kind.OXIMETER, DeviceIdentity("viatom_o2ring", serial="O2-0001"),
        now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=ago_h), clock,
        (Quantity(RECORDED, Decimal(28000)), Quantity(SPO2_LOWEST, Decimal(lowest))), ASKED,
        clock_offset_s=Decimal(3) if clock is Clock.CORRECTED else None,
    )  # fmt: skip


def aside(kiosk: Bench) -> list[Reading]:
    changes = [event for event in kiosk.told if isinstance(event, SetAsideChanged)]
    return list(changes[-1].readings) if changes else []


def notices(kiosk: Bench) -> list[NoticeReason]:
    return [event.reason for event in kiosk.told if isinstance(event, Notice)]


async def test_it_waits_for_the_helpers_word_and_the_record_says_what_it_is(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        await kiosk.consult()
        await kiosk.hub.reading(recording())
        (waiting,) = aside(kiosk)
        assert waiting.quality == ASKED | {Quality.BEFORE_CONSULTATION}
        assert notices(kiosk) == [NoticeReason.OLD_READING_SET_ASIDE]
        await kiosk.hub.attach(waiting.id)
        shown = [event.reading for event in kiosk.told if isinstance(event, ReadingShown)]
        assert [reading.quality for reading in shown] == [waiting.quality | {Quality.ATTACHED_BY_HELPER}]


async def test_what_is_attached_is_not_taken_a_second_time_and_the_helper_is_told(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        await kiosk.consult()
        await kiosk.hub.reading(recording())
        await kiosk.hub.reading(recording())
        assert len(aside(kiosk)) == 1
        await kiosk.hub.attach(aside(kiosk)[0].id)
        await kiosk.hub.reading(recording())
        assert aside(kiosk) == []
        assert notices(kiosk)[1:] == [NoticeReason.RECORDING_KNOWN] * 2


async def test_what_was_not_attached_may_be_asked_for_again(tmp_path: Path) -> None:
    """Discarded in haste, or in a session that was cut short."""
    async with bench(tmp_path) as kiosk:
        await kiosk.consult()
        await kiosk.hub.reading(recording())
        await kiosk.hub.discard(aside(kiosk)[0].id)
        await kiosk.hub.reading(recording())
        assert len(aside(kiosk)) == 1
        await kiosk.keeper.abandon()
        await kiosk.consult()
        assert aside(kiosk) == [], "the next patient's helper has not asked"
        await kiosk.hub.reading(recording())
        assert len(aside(kiosk)) == 1, "of last night, though a session has ended since"


async def test_what_comes_when_nobody_is_there_any_more_is_nobodys(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        await kiosk.hub.reading(recording())
        await kiosk.consult()
        assert aside(kiosk) == []
        assert kiosk.hub.counts.outside_session == 1


async def test_among_many_it_is_the_last_to_go(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        await kiosk.consult()
        await kiosk.hub.reading(recording())
        for hours in range(LIMIT):
            await kiosk.hub.reading(
                temperature(f"37.{hours}", ago_s=3600 * (1 + hours), clock=Clock.CORRECTED)
            )
        assert len(aside(kiosk)) == LIMIT
        assert [reading.kind for reading in aside(kiosk)].count(Kind.OXIMETER) == 1


@pytest.fixture
def unit() -> Iterator[ContecRecorder]:
    usb_bus.require_private_namespace()
    unit = ContecRecorder(Recorded(night(600), BEGAN))
    unit.finger_out()
    unit.plug()
    yield unit
    unit.close()


@asynccontextmanager
async def watched(kiosk: Bench, unit: ContecRecorder) -> AsyncIterator[RecordingReader]:
    """The supervisor that the kiosk has, its hub, and a unit whose finger is out."""
    supervisor = Supervisor((by_key()["contec_cms50_v7"],), kiosk.hub)
    async with running(supervisor.run(), unit.run()):
        await until(lambda: any(s.reason is Reason.SENSOR_OFF for s in kiosk.hub.instruments))
        yield RecordingReader(supervisor.recall, kiosk.told.append)


async def recorded(kiosk: Bench, stream: str) -> int:
    """How many recordings there are to be delivered."""
    return sum(b'"recorded"' in item.payload for item in await kiosk.outbox.items(stream))


async def test_from_the_wire_to_the_helper_and_not_more_than_one_reading(
    tmp_path: Path, unit: ContecRecorder
) -> None:
    async with bench(tmp_path) as kiosk:
        stream = await kiosk.consult()
        async with watched(kiosk, unit) as reader:
            await reader.read(ID)
            (waiting,) = aside(kiosk)
            assert waiting.quantities[0] == Quantity(RECORDED, Decimal(600))
            assert await recorded(kiosk, stream) == 0, "nothing of it is sent yet"
            await kiosk.hub.attach(waiting.id)
            assert await recorded(kiosk, stream) == 1


async def test_the_helper_is_told_when_there_is_none_and_when_it_was_not_read(
    tmp_path: Path, unit: ContecRecorder
) -> None:
    unit.recordings = []
    async with bench(tmp_path) as kiosk:
        await kiosk.consult()
        async with watched(kiosk, unit) as reader:
            await reader.read(ID)
            await reader.read("usb:10c4:ea60:9999")
        assert notices(kiosk) == [NoticeReason.NO_RECORDING, NoticeReason.RECORDING_NOT_READ]


async def test_the_helper_may_stop_it_and_is_not_told_what_they_know(
    tmp_path: Path, unit: ContecRecorder
) -> None:
    unit.recordings = [Recorded(night(8 * 3600), BEGAN)]
    async with bench(tmp_path) as kiosk:
        await kiosk.consult()
        async with watched(kiosk, unit) as reader:
            reading = asyncio.create_task(reader.read(ID))
            await until(lambda: unit.is_handing_over)
            await reader.read(ID)  # pressed twice
            reader.stop()
            await reading
            unit.finger_in()
            await until(lambda: any(s.state is InstrumentState.MEASURING for s in kiosk.hub.instruments))
        assert notices(kiosk) == []
        assert aside(kiosk) == []
