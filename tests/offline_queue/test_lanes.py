"""A reading may overtake the sounds that wait before it in its session; nothing else leaves its place."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from offline_queue.item import Counts, Item, ItemState, Lane, NewItem
from offline_queue.outcome import Backoff, Delivered, Outcome, Park, Quarantine, Retry
from offline_queue.rebuild import rebuild
from offline_queue.sentinel import DATABASE
from offline_queue.snapshot import glance
from offline_queue.store import Store
from offline_queue.streams import TRIES_BEFORE_ITS_PLACE
from tests.offline_queue.helpers import KEY, NOW, OWNER, TO_THE_SECOND, new
from tests.torture.outbox.earlier import earlier_outbox

LANES = {"r": Lane.QUICK, "s": Lane.BULKY}
SESSION = ("open", "r1", "s1", "s2", "r2", "s3", "r3", "close", "r4", "s4", "r5")
IN_TURN = ["open", "r1", "r2", "r3", "s1", "s2", "s3", "close", "r4", "r5", "s4"]
"""Of the whole session, put before the first one is sent."""


def named(names: Sequence[str], stream: str = "s1") -> list[NewItem]:
    """r1 is a reading, s1 a sound; what else has no number keeps its place."""
    return [new(name, stream, lane=LANES.get(name[0], Lane.IN_ORDER)) for name in names]


@pytest.fixture
def store(directory: Path) -> Iterator[Store]:
    store = Store(directory, KEY, OWNER, TO_THE_SECOND)
    yield store
    store.close()


def claimed(store: Store, now: float = NOW) -> Item:
    item = store.claim(now)
    assert item is not None
    return item


def end(store: Store, outcome: Outcome, now: float = NOW) -> str:
    """Of what is claimed next; its name."""
    item = claimed(store, now)
    store.settle(item.id, outcome, now)
    return item.id


def drained(store: Store, now: float = NOW) -> list[str]:
    """The names, in the order of their delivery."""
    names = []
    while (item := store.claim(now)) is not None:
        store.settle(item.id, Delivered("r"), now)
        names.append(item.id)
    return names


def test_readings_go_before_the_sounds_that_wait_and_the_report_after_all(store: Store) -> None:
    store.put(named(SESSION), {})
    assert drained(store) == IN_TURN


def test_a_reading_waits_for_the_one_sound_that_is_on_its_way(store: Store) -> None:
    store.put(named(["open", "s1", "s2"]), {})
    assert end(store, Delivered("r")) == "open"
    assert claimed(store).id == "s1"
    store.put(named(["r1"]), {})
    assert store.claim(NOW) is None, "one at a time inside a stream"
    store.settle("s1", Delivered("r"), NOW)
    assert drained(store) == ["r1", "s2"]


def test_a_sound_that_broke_off_costs_that_one_attempt(store: Store) -> None:
    store.put(named(["s1", "s2"]), {})
    assert claimed(store).id == "s1"
    store.put(named(["r1"]), {})
    store.settle("s1", Retry("too long", after_s=3600), NOW)
    assert drained(store) == ["r1", "s1", "s2"]


def test_a_reading_does_not_wait_for_a_sound_that_rests(store: Store) -> None:
    store.put(named(["s1", "s2"]), {})
    assert end(store, Retry("HTTP 503", after_s=3600)) == "s1"
    assert store.claim(NOW) is None
    store.put(named(["r1"]), {})
    assert end(store, Retry("HTTP 503", after_s=3600)) == "r1"
    store.put(named(["r2", "s3"]), {})
    assert store.claim(NOW + 3599) is None, "a reading that rests itself keeps its rest, and its place"
    assert drained(store, NOW + 3600) == ["r1", "r2", "s1", "s2", "s3"]


@pytest.mark.parametrize("first", ["open", "s1"])
def test_nothing_wakes_a_session_whose_turn_it_would_not_be(store: Store, first: str) -> None:
    store.put(named([first, "s2"]), {})
    outcome = Retry("no line", after_s=50) if first == "open" else Park("409")
    assert end(store, outcome) == first
    store.put(named(["r1"]), {})
    assert store.claim(NOW + 49) is None


def test_a_reading_that_is_never_taken_lets_the_sounds_before_it_go(store: Store) -> None:
    store.put(named(["s1", "s2", "r1", "close"]), {})
    for _ in range(TRIES_BEFORE_ITS_PLACE):
        assert end(store, Retry("HTTP 500", after_s=0)) == "r1"
    assert end(store, Retry("too long", after_s=60)) == "s1"
    assert store.claim(NOW + 59) is None, "nothing overtakes it any more"
    order = [end(store, Delivered("r"), NOW + 60), end(store, Retry("HTTP 500", after_s=0), NOW + 60)]
    assert order == ["s1", "r1"], "what was delivered shows that the line is good: another try"
    order = [end(store, Delivered("r"), NOW + 60), end(store, Retry("HTTP 500", after_s=0), NOW + 60)]
    assert order == ["s2", "r1"]
    assert drained(store, NOW + 60) == ["r1", "close"]


def test_after_a_long_cut_the_readings_wait_for_one_sound_at_most(store: Store) -> None:
    store.put(named(["s1", "s2", "r1", "r2", "close"]), {})
    for _ in range(TRIES_BEFORE_ITS_PLACE + 20):
        end(store, Retry("no line", after_s=0))
    assert drained(store) == ["s1", "r1", "r2", "s2", "close"]


def test_a_reading_that_the_line_did_not_take_goes_first_again_and_is_told_of(store: Store) -> None:
    store.put(named(["s1", "r1", "close"]), {})
    assert end(store, Retry("no line", after_s=10)) == "r1"
    assert store.look().last_answer == "no line"
    assert store.claim(NOW + 9) is None, "the whole session rests"
    assert drained(store, NOW + 11) == ["r1", "s1", "close"]
    assert store.look().last_answer == ""


def test_a_refused_sound_stops_its_session_as_ever(store: Store) -> None:
    """No report says what is not there, and nothing that came later passes by."""
    store.put(named(["s1", "s2", "close", "r9"]), {})
    assert end(store, Quarantine("422")) == "s1"
    store.put(named(["r1"]), {})
    assert store.claim(NOW + 1e6) is None
    assert store.counts(None) == Counts(waiting=4, quarantined=1)
    assert store.retry(None) == 1
    assert drained(store) == ["s1", "s2", "close", "r9", "r1"]


def test_a_reading_does_not_overtake_a_parked_sound(store: Store) -> None:
    store.put(named(["s1", "r1"]), {})
    store.put(named(["s0", "s2"], "other"), {})
    assert end(store, Delivered("r")) == "r1"
    assert end(store, Park("409")) == "s1"
    store.put(named(["r2"]), {})
    assert end(store, Delivered("r")) == "s0"
    assert drained(store, NOW + 101) == ["s2", "s1", "r2"]


@pytest.mark.parametrize("outcome", [Quarantine("422"), Park("409")])
def test_a_reading_that_is_not_taken_lets_the_sounds_before_it_go_and_nothing_behind_it(
    store: Store, outcome: Outcome
) -> None:
    store.put(named(["s1", "r1", "r2", "s2", "close"]), {})
    assert end(store, outcome) == "r1"
    assert end(store, Delivered("r"), NOW + 101) == "s1"
    if isinstance(outcome, Quarantine):
        assert store.claim(NOW + 1e6) is None
        assert store.items("s1")[1].state is ItemState.QUARANTINED
        store.retry("s1")
    assert drained(store, NOW + 101) == ["r1", "r2", "s2", "close"]


def test_what_was_refused_out_of_its_place_is_tried_again_on_request(store: Store) -> None:
    store.put(named(["s1", "r1", "close"]), {})
    assert end(store, Quarantine("422")) == "r1"
    assert end(store, Retry("no line", after_s=3000)) == "s1"
    assert store.retry("s1") == 1
    assert drained(store) == ["r1", "s1", "close"]


def test_an_item_out_of_turn_is_not_settled(store: Store) -> None:
    store.put(named(["s1", "s2", "r1", "r2", "close"]), {})
    for name in ("s2", "r2", "close"):
        with pytest.raises(LookupError):
            store.settle(name, Delivered("r"), NOW)
    assert drained(store) == ["r1", "r2", "s1", "s2", "close"]


def test_a_kiosk_that_was_killed_goes_on_in_the_same_order(directory: Path) -> None:
    store = Store(directory, KEY, OWNER, Backoff())
    store.put(named(SESSION), {})
    assert [end(store, Delivered("r")) for _ in range(4)] == IN_TURN[:4]
    assert claimed(store).id == "s1"
    store.close()
    store = Store(directory, KEY, OWNER, Backoff())
    store.put(named(["r6"]), {})
    assert drained(store) == [*IN_TURN[4:10], "r6", "s4"]
    store.close()


@pytest.mark.parametrize("lost", ["the database", "the log", "the log, then the database"])
def test_the_order_comes_back_from_either_side(directory: Path, lost: str) -> None:
    store = Store(directory, KEY, OWNER, Backoff())
    store.put(named(SESSION[:6]), {})
    store.put(named(SESSION[6:]), {})
    assert [end(store, Delivered("r")) for _ in range(3)] == IN_TURN[:3]
    store.close()
    if lost.startswith("the log"):
        for path in directory.glob("outbox.log.*"):
            path.unlink()
    if lost == "the log, then the database":
        Store(directory, KEY, OWNER, Backoff()).close()  # makes the log anew
    if lost != "the log":
        (directory / DATABASE).unlink()
    rebuild(directory, KEY, OWNER)
    store = Store(directory, KEY, OWNER, Backoff())
    assert drained(store) == IN_TURN[3:]
    store.close()


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_what_was_put_before_there_were_lanes_keeps_its_place(tmp_path: Path, version: int) -> None:
    earlier_outbox(tmp_path, version, seed=3)
    store = Store(tmp_path / "outbox", KEY, OWNER, Backoff())
    store.put(named(["s9", "r9"], "s1"), {})
    names = drained(store)
    in_stream = [f"i{n}" for n in range(1, 41) if n % 3 == 1]
    assert [name for name in names if name in in_stream] == in_stream
    assert names.index("i40") < names.index("r9") < names.index("s9")
    store.close()


def test_a_database_of_before_there_were_lanes_is_made_anew_without_a_log(tmp_path: Path) -> None:
    earlier_outbox(tmp_path, 4, seed=3)
    for path in (tmp_path / "outbox").glob("outbox.log.*"):
        path.unlink()
    counts = Counts(waiting=28, delivered=13, parked=1, quarantined=1)
    assert rebuild(tmp_path / "outbox", KEY, OWNER).counts == counts
    store = Store(tmp_path / "outbox", KEY, OWNER, Backoff())
    assert len(drained(store)) == 29, "what rested is tried at once"
    store.close()


def test_who_looks_sees_what_goes_next(directory: Path) -> None:
    store = Store(directory, KEY, OWNER, Backoff())
    store.put(named(["s1", "r1"]), {})
    end(store, Retry("no line", after_s=3000))
    (waiting,) = glance(directory, KEY, OWNER).streams
    assert (waiting.attempts, waiting.reason, waiting.count) == (1, "no line", 2)
    store.close()


def steps_of_a_claim(directory: Path, readings: int, state: ItemState) -> int:
    """Of SQLite's virtual machine, in units of 10; one sound lies before the readings."""
    store = Store(directory, KEY, OWNER, Backoff())
    store.put(named(["s1", *(f"r{n}" for n in range(readings))]), {})
    store._database.change("UPDATE item SET state = ? WHERE lane = 1", int(state))
    steps: list[int] = []
    store._database.connection.set_progress_handler(lambda: steps.append(1), 10)
    assert store.claim(NOW) is not None
    store._database.connection.set_progress_handler(None, 0)
    store.close()
    return len(steps)


@pytest.mark.parametrize("state", [ItemState.WAITING, ItemState.DELIVERED])
def test_a_claim_behind_a_sound_costs_the_same_however_much_is_there(
    tmp_path: Path, state: ItemState
) -> None:
    few, many = (steps_of_a_claim(tmp_path / str(n), n, state) for n in (1500, 6000))
    assert 0 < few <= many <= few * 1.1
