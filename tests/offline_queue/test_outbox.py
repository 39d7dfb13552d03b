"""Putting, claiming and settling, on a real database."""

from pathlib import Path

import pytest

from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.outbox import Counts, ItemState, Outbox
from offline_queue.outcome import Backoff, Delivered, Park, Pause, Quarantine, Retry
from offline_queue.store import Store
from tests.offline_queue.helpers import KEY, NOW, OWNER, TO_THE_SECOND, new


async def claimed(outbox: Outbox, now: float = NOW) -> str | None:
    item = await outbox.claim(now)
    return None if item is None else item.id


async def test_what_is_put_is_claimed_and_settled(outbox: Outbox) -> None:
    await outbox.put([new("a", payload=b"one")])
    item = await outbox.claim(NOW)
    assert item is not None
    assert (item.id, item.kind, item.payload, item.attempts) == ("a", "reading", b"one", 0)
    await outbox.settle("a", Delivered("Observation/7"), NOW)
    assert await outbox.claim(NOW) is None
    assert await outbox.next_due() is None
    assert await outbox.counts() == Counts(delivered=1)


async def test_delivery_destroys_the_payload_and_leaves_a_tombstone(outbox: Outbox) -> None:
    await outbox.put([new("a", payload=b"one")])
    await claimed(outbox)
    await outbox.settle("a", Delivered("Observation/7"), NOW)
    (item,) = await outbox.items("s1")
    assert (item.state, item.payload, item.receipt, item.attempts) == (
        ItemState.DELIVERED,
        b"",
        "Observation/7",
        1,
    )
    await outbox.put([new("a", payload=b"one")])  # the tombstone still knows the id
    assert await outbox.counts() == Counts(delivered=1)
    with pytest.raises(OutboxError):
        await outbox.put([new("a", payload=b"two")])


async def test_the_same_id_is_stored_once(outbox: Outbox) -> None:
    await outbox.put([new("a"), new("a")])
    await outbox.put([new("a")])
    assert await outbox.counts() == Counts(waiting=1)


@pytest.mark.parametrize("other", [new("a", payload=b"other"), new("a", stream="s2")])
async def test_the_same_id_with_other_content_changes_nothing(outbox: Outbox, other: object) -> None:
    await outbox.put([new("a")])
    with pytest.raises(OutboxError) as caught:
        await outbox.put([new("b"), other], {"session": b"later"})  # type: ignore[list-item]
    assert caught.value.reason is OutboxReason.CONFLICT
    assert [item.id for item in await outbox.items("s1")] == ["a"]
    assert await outbox.get_state("session") is None


async def test_a_refused_put_does_not_make_the_sentinel_lead(directory: Path) -> None:
    outbox = await Outbox.open(directory, KEY, OWNER)
    await outbox.put([new("a")])
    with pytest.raises(OutboxError):
        await outbox.put([new("b"), new("a", payload=b"other")])
    await outbox.close()
    await (await Outbox.open(directory, KEY, OWNER)).close()


async def test_order_inside_a_stream_is_strict(outbox: Outbox) -> None:
    await outbox.put([new("a1", "a"), new("b1", "b"), new("a2", "a")])
    await outbox.put([new("b2", "b")])
    assert [await claimed(outbox) for _ in range(3)] == ["a1", "b1", None]
    await outbox.settle("b1", Delivered("r"), NOW)
    assert [await claimed(outbox) for _ in range(2)] == ["b2", None]
    await outbox.settle("a1", Retry("no line", after_s=10), NOW)
    assert await claimed(outbox, NOW + 9) is None
    assert await outbox.next_due() == NOW + 10
    assert await claimed(outbox, NOW + 11) == "a1"


async def test_an_item_out_of_turn_cannot_be_settled(outbox: Outbox) -> None:
    await outbox.put([new("a"), new("b")])
    with pytest.raises(LookupError):
        await outbox.settle("b", Delivered("r"), NOW)
    with pytest.raises(LookupError):
        await outbox.settle("unknown", Delivered("r"), NOW)


async def test_quarantine_blocks_its_stream_alone(outbox: Outbox) -> None:
    await outbox.put([new("a1", "a"), new("a2", "a"), new("b1", "b")])
    assert await claimed(outbox) == "a1"
    await outbox.settle("a1", Quarantine("422 invalid"), NOW)
    await outbox.put([new("a3", "a")])
    assert [await claimed(outbox, NOW + 1e6) for _ in range(2)] == ["b1", None]
    assert await outbox.counts("a") == Counts(waiting=2, quarantined=1)
    first = (await outbox.items("a"))[0]
    assert (first.state, first.reason, first.payload) == (ItemState.QUARANTINED, "422 invalid", b"a1")


async def test_a_parked_stream_rests_and_is_tried_again(outbox: Outbox) -> None:
    await outbox.put([new("a1"), new("a2")])
    await claimed(outbox)
    await outbox.settle("a1", Park("no such patient yet"), NOW)
    assert await outbox.counts() == Counts(waiting=1, parked=1)
    rest_s = TO_THE_SECOND.park_s
    assert await claimed(outbox, NOW + rest_s - 1) is None
    assert await claimed(outbox, NOW + rest_s + 1) == "a1"
    await outbox.settle("a1", Delivered("r"), NOW)
    assert await claimed(outbox) == "a2"


async def test_a_pause_leaves_the_item_due(outbox: Outbox) -> None:
    await outbox.put([new("a")])
    await claimed(outbox)
    await outbox.settle("a", Pause("401"), NOW)
    assert await claimed(outbox) == "a"


async def test_delivered_stays_delivered(outbox: Outbox) -> None:
    await outbox.put([new("a"), new("b")])
    await claimed(outbox)
    await outbox.settle("a", Delivered("first"), NOW)
    await outbox.settle("a", Delivered("second"), NOW)
    await outbox.settle("a", Quarantine("late"), NOW)
    assert (await outbox.items("s1"))[0].receipt == "first"
    assert await claimed(outbox) == "b"


async def test_an_attempt_given_up_may_be_claimed_again(outbox: Outbox) -> None:
    await outbox.put([new("a", "a"), new("b", "b")])
    assert [await claimed(outbox) for _ in range(3)] == ["a", "b", None]
    await outbox.release("b")
    assert [await claimed(outbox) for _ in range(2)] == ["b", None]
    await outbox.release_all()
    assert await claimed(outbox) == "a"


async def test_a_clock_that_was_set_back_does_not_stop_the_queue(outbox: Outbox) -> None:
    await outbox.put([new("a")])
    await claimed(outbox)
    await outbox.settle("a", Retry("no line", after_s=5), NOW)
    assert await claimed(outbox, NOW - 86_400) == "a"


async def test_state_is_kept_with_the_items(directory: Path) -> None:
    outbox = await Outbox.open(directory, KEY, OWNER)
    await outbox.put([new("a")], {"session": b"\x00measuring", "gone": b"x"})
    await outbox.put(state={"gone": None})
    await outbox.close()
    again = await Outbox.open(directory, KEY, OWNER)
    assert await again.get_state("session") == b"\x00measuring"
    assert await again.get_state("gone") is None
    assert await claimed(again) == "a"
    await again.close()


async def test_a_put_calls_who_listens(outbox: Outbox) -> None:
    calls: list[int] = []
    stop = outbox.listen(lambda: calls.append(1))
    await outbox.put([new("a")])
    stop()
    await outbox.put([new("b")])
    assert calls == [1]


def work_of_a_claim(directory: Path, items: int) -> int:
    """Steps of SQLite's virtual machine (in units of 10): the same on every machine."""
    store = Store(directory, KEY, OWNER, Backoff())
    store.put([new(f"i{n}", f"s{n % 20}") for n in range(items)], {})
    for n in range(20):
        assert store.claim(NOW) is not None
        store.settle(f"i{n}", Delivered("r") if n < 10 else Retry("x", after_s=60), NOW)
    steps: list[int] = []
    store._database.connection.set_progress_handler(lambda: steps.append(1), 10)
    assert store.claim(NOW) is not None
    store._database.connection.set_progress_handler(None, 0)
    store.close()
    return len(steps)


def test_claiming_costs_the_same_however_much_waits(tmp_path: Path) -> None:
    few, many = work_of_a_claim(tmp_path / "few", 40), work_of_a_claim(tmp_path / "many", 4000)
    assert 0 < few <= many <= few * 1.5


@pytest.mark.parametrize(("after_s", "at_least_s"), [(None, 0.0), (0.0, 0.0), (-5.0, 0.0), (120.0, 120.0)])
def test_full_jitter_stays_under_the_cap_and_comes_after_what_the_server_asks(
    after_s: float | None, at_least_s: float
) -> None:
    rests = [Backoff().retry_s(Retry("x", after_s), attempts) - at_least_s for attempts in range(2000)]
    assert all(0 <= rest <= min(60.0, 2.0 ** min(n, 30)) for n, rest in enumerate(rests))
    assert max(rests) > 30 and min(rests[20:]) < 30


def test_no_rest_is_longer_than_the_longest_whatever_a_server_asks() -> None:
    assert Backoff().retry_s(Retry("x", after_s=1e12), 30) == 3600
