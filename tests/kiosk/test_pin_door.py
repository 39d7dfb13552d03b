"""Wrong codes shut the technician's door for a while, also over a restart."""

from pathlib import Path

import pytest

from kiosk.pin import hash_pin
from kiosk.pin_door import FREE_TRIES, LONGEST_WAIT_S, PinAnswer, PinDoor
from offline_queue.outbox import Outbox
from tests.offline_queue.helpers import KEY, OWNER

PIN = "4711"


class Clock:
    """The wall clock, which anybody may set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_800_000_000.0
        monkeypatch.setattr("kiosk.pin_door.time.time", lambda: self.now)


async def test_after_some_wrong_codes_even_the_right_one_has_to_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    outbox = await Outbox.open(tmp_path / "outbox", KEY, OWNER)
    door = PinDoor(outbox, hash_pin(PIN))
    for _ in range(FREE_TRIES - 1):
        assert await door.knock("0000") == PinAnswer(False)
    assert await door.knock("0000") == PinAnswer(False, 30)
    assert not (await door.knock(PIN)).right
    await outbox.close()

    outbox = await Outbox.open(tmp_path / "outbox", KEY, OWNER)  # switching it off and on does not help
    door = PinDoor(outbox, hash_pin(PIN))
    assert (await door.knock(PIN)).wait_s == 30
    clock.now += 31
    assert await door.knock("0000") == PinAnswer(False, 60)
    clock.now += 61
    assert await door.knock(PIN) == PinAnswer(True)
    assert await door.knock("0000") == PinAnswer(False)
    await outbox.close()


async def test_a_clock_set_back_does_not_shut_the_door_for_years(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    outbox = await Outbox.open(tmp_path / "outbox", KEY, OWNER)
    door = PinDoor(outbox, hash_pin(PIN))
    for _ in range(FREE_TRIES):
        await door.knock("0000")
    clock.now -= 10 * 365 * 86400
    assert await door.knock(PIN) == PinAnswer(False, round(LONGEST_WAIT_S))
    clock.now += LONGEST_WAIT_S + 1
    assert await door.knock(PIN) == PinAnswer(True)
    await outbox.close()
