"""Omron's cuffs with a memory of their own, over bleak's own BlueZ backend and a real GATT server."""

from datetime import datetime, timedelta

import pytest

from devices.omron_eeprom import IS_ENCRYPTED, SET_KEY, SHOW_KEY
from devices.reading import Clock, Quality
from drivers import ble_connection, ble_rests
from drivers.instrument import InstrumentState, Reason
from tests.drivers.ble_room import Room
from tests.drivers.listener import running
from tests.fakes.ble_omron import AtEnd, Hem7155T, OmronMemoryCuff
from tests.fakes.bluez import DEVICE, device_path
from tests.fakes.polling import until

OURS, ANOTHERS = SHOW_KEY[1:], bytes(range(16))
RESULT, OTHERS = (121, 79, 68), (180, 110, 90)
RECORDS = 0x98  # where they begin


@pytest.fixture
def soon_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has said all is asked again as soon as anybody else."""
    monkeypatch.setattr(ble_rests, "_SAID_ALL_S", ble_rests._USUAL_S)


def _values(room: Room) -> list[tuple[object, ...]]:
    return [tuple(quantity.value for quantity in reading.quantities) for reading in room.listener.acts]


def _is_bonded(room: Room, cuff: OmronMemoryCuff) -> bool:
    return bool(room.bluez.tree.objects[device_path(cuff.address)][DEVICE]["Paired"].value)


def _kinds(told: list[bytes]) -> set[str]:
    return {command[1:3].hex() for command in told}


@pytest.mark.usefixtures("soon_again")
async def test_it_is_paired_while_it_shows_so_and_read_from_then_on(room: Room) -> None:
    cuff = OmronMemoryCuff(room.radio)
    id_ = await room.switch_on(cuff)
    async with running(room.links().run()):
        await cuff.hold_button()
        await until(lambda: cuff.fetched == 1)
        await room.listener.until_state(id_, InstrumentState.READY)
        assert room.listener.readings == []
        await cuff.measure(*RESULT)
        await room.listener.until(lambda: bool(room.listener.readings))
        await until(lambda: cuff.fetched == 2)
    assert (cuff.key, cuff.keys) == (OURS, [IS_ENCRYPTED, SET_KEY, SHOW_KEY, SHOW_KEY])
    assert _is_bonded(room, cuff)
    assert InstrumentState.PAIRING in [s.state for s in room.listener.statuses if s.id == id_]
    assert _values(room) == [RESULT]
    (reading,) = room.listener.readings
    assert reading.identity.device == "omron_hem7361t"
    assert reading.quality == {Quality.FROM_MEMORY}
    assert reading.clock is Clock.CORRECTED
    assert abs(datetime.now().astimezone() - reading.taken_at) < timedelta(seconds=30)


async def test_another_model_keeps_it_elsewhere(room: Room) -> None:
    cuff = Hem7155T(room.radio, key=OURS)
    await room.switch_on(cuff)
    await cuff.measure(*RESULT, user=1)
    async with running(room.links().run()):
        await room.listener.until(lambda: bool(room.listener.readings))
    assert _values(room) == [RESULT]
    assert room.listener.readings[0].identity.device == "omron_hem7155t"


@pytest.mark.usefixtures("soon_again")
async def test_the_newest_of_each_user_is_told_once_at_its_right_time(room: Room) -> None:
    """Its clock is 67 minutes slow; a result that was read before comes again, and the hub knows it again."""
    cuff = OmronMemoryCuff(room.radio, key=OURS, clock_offset=timedelta(minutes=-67))
    await room.switch_on(cuff)
    await cuff.measure(*OTHERS, user=1, age=timedelta(days=1))
    await cuff.measure(150, 93, 70, user=0, age=timedelta(hours=3))
    await cuff.measure(*RESULT, user=0, age=timedelta(minutes=5), second=63)
    kept = bytes(cuff.memory[RECORDS:])
    async with running(room.links().run()):
        await until(lambda: cuff.fetched == 1)
        await cuff.press_button()
        await until(lambda: cuff.fetched == 2)
    assert len(room.listener.readings) == 4
    assert _values(room) == [RESULT, OTHERS]
    reading, older = room.listener.acts
    assert reading.taken_at - older.taken_at > timedelta(hours=23)
    five_minutes_ago = datetime.now().astimezone() - timedelta(minutes=5)
    assert abs(reading.taken_at - five_minutes_ago) < timedelta(minutes=1, seconds=30)
    assert reading.device_time is not None and reading.device_time.second == 59
    assert bytes(cuff.memory[RECORDS:]) == kept
    assert _kinds(cuff.told) == {"0000", "0100", "0f00"}, "its memory is read, and nothing else"
    assert set(cuff.keys) == {SHOW_KEY}
    assert (cuff.clock.times_set, cuff.clock.times_refused) == (0, 0), "its clock is read, and nothing else"


async def test_what_was_dated_before_its_clock_was_set_back_hides_nothing_new(room: Room) -> None:
    cuff = OmronMemoryCuff(room.radio, key=OURS)
    await room.switch_on(cuff)
    await cuff.measure(*OTHERS, user=1, age=timedelta(days=-30))
    await cuff.measure(*RESULT, user=0)
    async with running(room.links().run()):
        await until(lambda: cuff.fetched == 1)
    assert RESULT in _values(room)


@pytest.mark.usefixtures("soon_again")
async def test_a_damaged_answer_is_asked_for_again_and_one_that_stays_damaged_is_no_result(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuff = OmronMemoryCuff(room.radio, key=OURS)
    cuff.damaged = 2
    id_ = await room.switch_on(cuff)
    async with running(room.links().run()):
        await cuff.measure(*RESULT)
        await room.listener.until_state(id_, InstrumentState.READY)
        assert (_values(room), cuff.connections) == ([RESULT], 1)
        monkeypatch.setattr(ble_connection, "_QUIET_AFTER_S", 0.5)
        cuff.damaged = 1000
        await cuff.measure(150, 93, 70)
        await room.listener.until_state(id_, InstrumentState.LOST, Reason.TIMEOUT)
    assert (_values(room), cuff.fetched) == ([RESULT], 1)


async def test_a_cuff_with_another_key_is_left_alone_and_the_helper_told_what_to_do(room: Room) -> None:
    cuff = OmronMemoryCuff(room.radio, key=ANOTHERS, clock_offset=timedelta(minutes=-67))
    id_ = await room.switch_on(cuff)
    async with running(room.links().run()):
        await cuff.measure(*RESULT)
        await room.listener.until_state(id_, InstrumentState.FAULTY, Reason.NOT_PAIRED)
    assert (cuff.key, set(cuff.keys), cuff.told) == (ANOTHERS, {SHOW_KEY}, [])
    assert (cuff.clock.times_set, cuff.clock.times_refused) == (0, 0)
    assert not _is_bonded(room, cuff)
    assert room.listener.readings == []


@pytest.mark.parametrize(
    ("key", "state", "reason"),
    [
        (OURS, InstrumentState.READY, Reason.NONE),
        (ANOTHERS, InstrumentState.FAULTY, Reason.NOT_PAIRED),
    ],
)
async def test_one_that_has_said_all_or_refused_may_go_on_advertising(
    room: Room, monkeypatch: pytest.MonkeyPatch, key: bytes, state: InstrumentState, reason: Reason
) -> None:
    monkeypatch.setattr(ble_rests, "_USUAL_S", 0.0)
    cuff = OmronMemoryCuff(room.radio, key=key)
    next_one = OmronMemoryCuff(room.radio, key=OURS, address="C0:40:00:00:00:02")
    id_, _ = await room.switch_on(cuff), await room.switch_on(next_one)
    async with running(room.links().run()):
        await cuff.measure(*OTHERS)
        await room.listener.until_state(id_, state, reason)
        await cuff.press_button()
        await next_one.measure(*RESULT)
        await until(lambda: next_one.fetched == 1)
    assert (cuff.connections, RESULT in _values(room)) == (1, True)


async def test_a_cuff_that_wants_a_bond_gets_none_before_it_shows_its_pairing_mode(room: Room) -> None:
    cuff = OmronMemoryCuff(room.radio, needs_bond=True)
    id_ = await room.switch_on(cuff)
    async with running(room.links().run()):
        await cuff.measure(*RESULT)
        await room.listener.until_state(id_, InstrumentState.FAULTY, Reason.NOT_PAIRED)
        assert not _is_bonded(room, cuff)
        await cuff.hold_button()
        await room.listener.until(lambda: bool(room.listener.readings))
    assert _is_bonded(room, cuff) and cuff.key == OURS


async def test_a_name_that_its_own_data_denies_is_no_pairing_mode(room: Room) -> None:
    cuff = OmronMemoryCuff(room.radio)
    cuff.says_pairing = False
    id_ = await room.switch_on(cuff)
    async with running(room.links().run()):
        await cuff.hold_button()
        await room.listener.until_state(id_, InstrumentState.FAULTY, Reason.NOT_PAIRED)
    assert (cuff.key, set(cuff.keys)) == (None, {SHOW_KEY})


@pytest.mark.parametrize("answers", [0, 1, 3])
async def test_one_that_falls_silent_is_lost_and_asked_anew(
    room: Room, monkeypatch: pytest.MonkeyPatch, answers: int
) -> None:
    monkeypatch.setattr(ble_connection, "_QUIET_AFTER_S", 0.5)
    cuff = OmronMemoryCuff(room.radio, key=OURS)
    cuff.silent_after = answers
    id_ = await room.switch_on(cuff)
    async with running(room.links().run()):
        await cuff.measure(*RESULT)
        await room.listener.until_state(id_, InstrumentState.LOST, Reason.TIMEOUT)
        assert room.listener.readings == []
        cuff.silent_after = None
        await room.listener.until(lambda: bool(room.listener.readings))
    assert _values(room) == [RESULT]


async def test_a_line_that_breaks_in_the_middle_costs_nothing(room: Room) -> None:
    cuff = OmronMemoryCuff(room.radio, key=OURS)
    cuff.drops_after = 3
    id_ = await room.switch_on(cuff)
    async with running(room.links().run()):
        await cuff.measure(*RESULT)
        await room.listener.until(lambda: bool(room.listener.readings))
        await room.listener.until_state(id_, InstrumentState.READY)
    states = [(s.state, s.reason) for s in room.listener.statuses if s.id == id_]
    assert (InstrumentState.LOST, Reason.TIMEOUT) in states
    assert _values(room) == [RESULT] and cuff.connections >= 2


@pytest.mark.parametrize("at_end", [AtEnd.IS_SILENT, AtEnd.HANGS_UP, AtEnd.HANGS_UP_AT_ONCE])
async def test_one_that_does_not_confirm_the_end_has_given_its_result(
    room: Room, monkeypatch: pytest.MonkeyPatch, at_end: AtEnd
) -> None:
    monkeypatch.setattr(ble_connection, "_QUIET_AFTER_S", 0.5)
    cuff = OmronMemoryCuff(room.radio, key=OURS)
    cuff.at_end = at_end
    id_ = await room.switch_on(cuff)
    async with running(room.links().run()):
        await cuff.measure(*RESULT)
        await room.listener.until(lambda: bool(room.listener.readings))
        await room.listener.until_state(id_, InstrumentState.READY)
    assert InstrumentState.LOST not in [s.state for s in room.listener.statuses if s.id == id_]
    assert (_values(room), cuff.fetched) == ([RESULT], 1)
