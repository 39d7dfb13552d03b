"""What a Contec has recorded: read when it is asked for, told as statistics, and then it measures again."""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

import pytest

from devices.catalog import by_key
from devices.event import Recall
from devices.reading import Absent, Clock, Quality, Reading
from drivers import recalls
from drivers.instrument import InstrumentState, Reason
from drivers.serial_link import SerialLinks
from tests.drivers.listener import Listener, running
from tests.drivers.status_log import until
from tests.fakes import frames, usb_bus
from tests.fakes.contec_recorder import ContecRecorder, Faults, OldContec, Recorded, night

OLD, V7 = by_key()["contec_cms50_old"], by_key()["contec_cms50_v7"]
ID = "usb:10c4:ea60:0001"
BEGAN = datetime(2026, 11, 29, 22, 41, 7)
EARLIER = datetime(2026, 11, 27, 23, 5)
OUT = (InstrumentState.READY, Reason.SENSOR_OFF)


@pytest.fixture
def v7() -> Iterator[ContecRecorder]:
    usb_bus.require_private_namespace()
    unit = ContecRecorder(
        Recorded(night(60), EARLIER), Recorded(night(200), BEGAN), Recorded(night(30), EARLIER)
    )
    unit.finger_out()
    unit.plug()
    yield unit
    unit.close()


@pytest.fixture
def old() -> Iterator[OldContec]:
    usb_bus.require_private_namespace()
    unit = OldContec(Recorded(night(81)))
    unit.plug("ttyUSB0")
    yield unit
    unit.close()


def values(reading: Reading) -> dict[str, Decimal | Absent | None]:
    return {q.metric.key: q.absent if q.value is None else q.value for q in reading.quantities}


def recordings(listener: Listener) -> list[Reading]:
    return [reading for reading in listener.readings if Quality.RECORDING in reading.quality]


async def live_again(listener: Listener, unit: ContecRecorder | OldContec) -> None:
    """It says that the finger is out, and then measures."""
    await listener.until(lambda: listener.now(ID) == OUT)
    if isinstance(unit, ContecRecorder):
        unit.finger_in()
    else:
        unit.finger_in = True
    await listener.until_state(ID, InstrumentState.MEASURING)


async def test_the_newest_of_a_v7_unit_is_told_as_statistics(v7: ContecRecorder) -> None:
    listener = Listener()
    links = SerialLinks((V7,), listener)
    async with running(links.run(), v7.run()):
        await listener.until(lambda: listener.now(ID) == OUT)
        assert await links.recall(ID) is Recall.TAKEN
        await live_again(listener, v7)
    (reading,) = recordings(listener)
    assert values(reading) == {
        "recorded": 200, "spo2_recorded": 180, "spo2_lowest": 81, "spo2_average": Decimal("95.9"),
    }  # fmt: skip
    assert (reading.taken_at.replace(tzinfo=None), reading.clock) == (BEGAN, Clock.DEVICE)
    assert reading.quality == {Quality.RECORDING, Quality.FROM_MEMORY}
    assert len(reading.raw) < 64
    assert (ID, Reason.HANDING_OVER) in {(status.id, status.reason) for status in listener.statuses}
    assert v7.forbidden == []
    asked = {command[2] for command in v7.commands}
    assert asked <= {0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xAF}


async def test_whoever_asks_twice_is_told_twice(v7: ContecRecorder) -> None:
    """It was asked for: whether it is known is not for the driver to say."""
    listener = Listener()
    links = SerialLinks((V7,), listener)
    async with running(links.run(), v7.run()):
        for _ in range(2):
            await listener.until(lambda: listener.now(ID) == OUT)
            assert await links.recall(ID) is Recall.TAKEN
    first, second = recordings(listener)
    assert (first.quantities, first.taken_at) == (second.quantities, second.taken_at)


async def test_a_unit_with_a_perfusion_index_and_without_a_clock(v7: ContecRecorder) -> None:
    v7.recordings, v7.with_index = [Recorded(night(50)), Recorded(night(70))], True
    listener = Listener()
    links = SerialLinks((V7,), listener)
    async with running(links.run(), v7.run()):
        await listener.until(lambda: listener.now(ID) == OUT)
        assert await links.recall(ID) is Recall.TAKEN
    (reading,) = recordings(listener)
    assert values(reading)["recorded"] == 70, "of those that nobody has dated, the last"
    assert reading.clock is Clock.KIOSK
    assert reading.quality == {Quality.RECORDING, Quality.FROM_MEMORY, Quality.TIME_UNSURE}


async def test_the_one_recording_of_an_old_unit(old: OldContec) -> None:
    listener = Listener()
    links = SerialLinks((OLD, V7), listener)
    async with running(links.run(), old.run()):
        await listener.until(lambda: listener.now(ID) == OUT)
        assert await links.recall(ID) is Recall.TAKEN
        await live_again(listener, old)
    (reading,) = recordings(listener)
    assert values(reading) == {
        "recorded": 81, "spo2_recorded": 73, "spo2_lowest": 81, "spo2_average": Decimal("95.8"),
    }  # fmt: skip
    assert (reading.clock, Quality.FROM_MEMORY in reading.quality) == (Clock.KIOSK, True)
    assert old.refused == b""


async def test_a_night_is_one_reading(v7: ContecRecorder) -> None:
    length_s = 8 * 3600
    v7.recordings = [Recorded(night(length_s), BEGAN)]
    listener = Listener()
    links = SerialLinks((V7,), listener)
    async with running(links.run(), v7.run()):
        await listener.until(lambda: listener.now(ID) == OUT)
        assert await links.recall(ID) is Recall.TAKEN
    (reading,) = recordings(listener)
    assert values(reading)["recorded"] == length_s
    assert len(listener.readings) < 5, "but for a finger that is out, nothing else was told"


async def test_an_empty_memory_is_said(v7: ContecRecorder) -> None:
    v7.recordings = []
    listener = Listener()
    links = SerialLinks((V7,), listener)
    async with running(links.run(), v7.run()):
        await listener.until(lambda: listener.now(ID) == OUT)
        assert await links.recall(ID) is Recall.NONE
        await live_again(listener, v7)


async def test_nobody_asks_a_unit_that_measures_and_none_that_is_not_there(v7: ContecRecorder) -> None:
    v7.finger_in()
    listener = Listener()
    links = SerialLinks((V7,), listener)
    async with running(links.run(), v7.run()):
        await listener.until_state(ID, InstrumentState.MEASURING)
        assert await links.recall(ID) is Recall.FAILED
        assert await links.recall("usb:10c4:ea60:0002") is Recall.FAILED
        v7.close()
        await listener.until_state(ID, InstrumentState.LOST, Reason.UNPLUGGED)
        assert await links.recall(ID) is Recall.FAILED
    assert set(v7.commands) <= {frames.CONTEC_START, frames.CONTEC_KEEP_ALIVE, frames.CONTEC_STOP}


FAULTS = {
    "it breaks off": Faults(breaks_off_at=200),
    "a byte is lost": Faults(loses_at=101),
    "it goes on after its end": Faults(goes_on=True),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("name", ["v7", "old"])
async def test_of_what_is_not_whole_nothing_is_told_and_it_measures_again(
    name: str, fault: Faults, request: pytest.FixtureRequest
) -> None:
    unit: ContecRecorder | OldContec = request.getfixturevalue(name)
    unit.faults = fault
    listener = Listener()
    links = SerialLinks((OLD, V7), listener)
    async with running(links.run(), unit.run()):
        await listener.until(lambda: listener.now(ID) == OUT)
        assert await links.recall(ID) is Recall.FAILED
        await live_again(listener, unit)
        assert recordings(listener) == []
    assert InstrumentState.FAULTY not in {status.state for status in listener.statuses}


@pytest.mark.parametrize("announced_s", [20, 400, 100_000_000])
@pytest.mark.parametrize("name", ["v7", "old"])
async def test_a_lying_length_is_found_out(
    name: str, announced_s: int, request: pytest.FixtureRequest
) -> None:
    unit: ContecRecorder | OldContec = request.getfixturevalue(name)
    lie = Recorded(night(81), BEGAN, announced_s=announced_s if name == "v7" else min(announced_s, 690_000))
    if isinstance(unit, ContecRecorder):
        unit.recordings = [lie]
    else:
        unit.recorded = lie
    listener = Listener()
    links = SerialLinks((OLD, V7), listener)
    async with running(links.run(), unit.run()):
        await listener.until(lambda: listener.now(ID) == OUT)
        assert await links.recall(ID) is Recall.FAILED
        await live_again(listener, unit)
        assert recordings(listener) == []


async def test_a_unit_that_answers_no_question_goes_on_measuring(v7: ContecRecorder) -> None:
    v7.answers = False
    listener = Listener()
    links = SerialLinks((V7,), listener)
    async with running(links.run(), v7.run()):
        await listener.until(lambda: listener.now(ID) == OUT)
        assert await links.recall(ID) is Recall.FAILED
        await live_again(listener, v7)


async def test_pulled_out_half_way_and_asked_again(v7: ContecRecorder) -> None:
    v7.recordings = [Recorded(night(8 * 3600), BEGAN)]
    listener = Listener()
    links = SerialLinks((V7,), listener)
    async with running(links.run(), v7.run()):
        await listener.until(lambda: listener.now(ID) == OUT)
        asked = asyncio.create_task(links.recall(ID))
        await until(lambda: v7.is_handing_over)
        assert await links.recall(ID) is Recall.FAILED, "one at a time"
        v7.close()
        assert await asked is Recall.FAILED
        await listener.until_state(ID, InstrumentState.LOST, Reason.UNPLUGGED)
        v7.plug("ttyUSB1")
        await listener.until(lambda: listener.now(ID) == OUT)
        assert await links.recall(ID) is Recall.TAKEN
    assert len(recordings(listener)) == 1


async def test_whoever_asked_may_think_better_of_it(old: OldContec) -> None:
    old.recorded = Recorded(night(8 * 3600))
    listener = Listener()
    links = SerialLinks((OLD, V7), listener)
    async with running(links.run(), old.run()):
        await listener.until(lambda: listener.now(ID) == OUT)
        asked = asyncio.create_task(links.recall(ID))
        await until(lambda: not old.is_live)
        asked.cancel()
        await live_again(listener, old)
        assert recordings(listener) == []


async def test_a_kiosk_that_closes_leaves_the_unit_measuring(old: OldContec) -> None:
    old.recorded = Recorded(night(8 * 3600))
    listener = Listener()
    links = SerialLinks((OLD, V7), listener)
    async with running(old.run()):
        async with running(links.run()):
            await listener.until(lambda: listener.now(ID) == OUT)
            asked = asyncio.create_task(links.recall(ID))
            await until(lambda: not old.is_live)
        assert await asked is Recall.FAILED
        await until(lambda: old.is_live)


async def test_what_takes_too_long_is_given_up(old: OldContec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recalls, "_LONGEST_S", 1.0)
    old.recorded = Recorded(night(8 * 3600))
    listener = Listener()
    links = SerialLinks((OLD, V7), listener)
    async with running(links.run(), old.run()):
        await listener.until(lambda: listener.now(ID) == OUT)
        assert await links.recall(ID) is Recall.FAILED
        await live_again(listener, old)
