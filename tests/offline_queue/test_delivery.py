"""The delivery loop against a server that follows a script."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from offline_queue.delivery import (
    Delivered,
    Delivery,
    DeliveryStatus,
    Outcome,
    Park,
    Pause,
    Quarantine,
    Retry,
)
from offline_queue.outbox import Counts, Item, ItemState, Lane, Outbox
from offline_queue.outcome import Backoff
from tests.offline_queue.helpers import KEY, OWNER, new, until

Answer = Outcome | Exception


class Server:
    """Answers each item by its script, then with a receipt; writes down everything that reaches it."""

    def __init__(self, **script: Sequence[Answer]) -> None:
        self.script = {name: list(answers) for name, answers in script.items()}
        self.received: list[str] = []
        self.payloads: dict[str, bytes] = {}
        self.at_work: dict[str, int] = defaultdict(int)
        self.most_at_once = 0
        self.most_in_a_stream = 0
        self.open = asyncio.Event()
        self.open.set()

    async def send(self, item: Item) -> Outcome:
        self.received.append(item.id)
        self.payloads[item.id] = item.payload
        self.at_work[item.stream] += 1
        self.most_in_a_stream = max(self.most_in_a_stream, self.at_work[item.stream])
        self.most_at_once = max(self.most_at_once, sum(self.at_work.values()))
        try:
            await asyncio.sleep(0)
            await self.open.wait()
            return self.answer(item)
        finally:
            self.at_work[item.stream] -= 1

    def answer(self, item: Item) -> Outcome:
        answers = self.script.get(item.id)
        answer = answers.pop(0) if answers else Delivered(f"receipt of {item.id}")
        if isinstance(answer, Exception):
            raise answer
        return answer


class Running:
    def __init__(self, outbox: Outbox, delivery: Delivery, seen: list[DeliveryStatus]) -> None:
        self.outbox, self.delivery, self.seen = outbox, delivery, seen

    async def until_status(self, condition: Callable[[DeliveryStatus], bool]) -> DeliveryStatus:
        await until(lambda: bool(self.seen) and condition(self.seen[-1]))
        return self.seen[-1]

    async def until_counts(self, **expected: int) -> None:
        await self.until_status(lambda status: status.counts == Counts(**expected))


@asynccontextmanager
async def running(outbox: Outbox, server: Server, pause_s: float = 300.0) -> AsyncIterator[Running]:
    seen: list[DeliveryStatus] = []
    delivery = Delivery(outbox, server, seen.append, pause_s=pause_s)
    task = asyncio.create_task(delivery.run())
    try:
        yield Running(outbox, delivery, seen)
        assert not task.done(), task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def outbox(directory: Path) -> AsyncIterator[Outbox]:
    """With short rests: what is tested is that they end, not how long they are."""
    outbox = await Outbox.open(directory, KEY, OWNER, Backoff(base_s=0.01, cap_s=0.05, park_s=0.05))
    yield outbox
    await outbox.close()


async def test_everything_arrives_once_and_in_order(outbox: Outbox) -> None:
    await outbox.put([new(f"{stream}{n}", stream) for n in range(8) for stream in "abcdefg"])
    server = Server()
    server.open.clear()
    async with running(outbox, server) as run:
        await until(lambda: len(server.received) == 5)
        await asyncio.sleep(0.1)
        server.open.set()
        await run.until_counts(delivered=56)
    assert len(server.received) == len(set(server.received)) == 56
    for stream in "abcdefg":
        assert [name for name in server.received if name[0] == stream] == [f"{stream}{n}" for n in range(8)]
    assert server.payloads["a3"] == b"a3"
    assert server.most_in_a_stream == 1
    assert server.most_at_once == 5, "four, and one that is ready"
    assert [item.receipt for item in await outbox.items("a")] == [f"receipt of a{n}" for n in range(8)]


async def test_a_reading_that_comes_while_a_sound_is_sent_waits_for_that_one_alone(outbox: Outbox) -> None:
    await outbox.put([new(f"sound{n}", "a", lane=Lane.BULKY) for n in range(3)])
    server = Server()
    server.open.clear()
    async with running(outbox, server) as run:
        await until(lambda: server.received == ["sound0"])
        await outbox.put([new("reading", "a", lane=Lane.QUICK), new("close", "a")])
        await run.until_status(lambda status: status.counts.waiting == 5)
        server.open.set()
        await run.until_counts(delivered=5)
    assert server.received == ["sound0", "reading", "sound1", "sound2", "close"]
    assert server.most_in_a_stream == 1


async def test_no_sound_is_held_ready(outbox: Outbox) -> None:
    """A reading that is put while four are on their way would wait for a fifth one."""
    await outbox.put([new(f"sound-{stream}", stream, lane=Lane.BULKY) for stream in "abcdef"])
    server = Server()
    server.open.clear()
    async with running(outbox, server) as run:
        await until(lambda: len(server.received) == 4)
        await asyncio.sleep(0.1)
        assert len(server.received) == 4
        server.open.set()
        await run.until_counts(delivered=6)


async def test_a_put_wakes_delivery(outbox: Outbox) -> None:
    server = Server()
    async with running(outbox, server) as run:
        await asyncio.sleep(0.05)
        await outbox.put([new("a")])
        await run.until_counts(delivered=1)


async def test_retry_goes_on_until_it_succeeds(outbox: Outbox) -> None:
    await outbox.put([new("a1", "a"), new("a2", "a"), new("b1", "b")])
    server = Server(a1=[Retry("timeout")] * 7)
    async with running(outbox, server) as run:
        await run.until_counts(delivered=3)
    assert [name for name in server.received if name[0] == "a"] == ["a1"] * 8 + ["a2"]
    assert (await outbox.items("a"))[0].attempts == 8
    assert not all(status.online for status in run.seen) and run.seen[-1].online


async def test_after_s_is_honoured_for_its_stream_alone(outbox: Outbox) -> None:
    await outbox.put([new("a1", "a"), new("b1", "b")])
    server = Server(a1=[Retry("429", after_s=3000.0)])
    async with running(outbox, server) as run:
        await run.until_counts(waiting=1, delivered=1)
        run.delivery.kick()
        await asyncio.sleep(0.2)
    assert server.received.count("a1") == 1
    due = await outbox.next_due()
    assert due is not None
    assert await outbox.claim(due - 1) is None
    assert await outbox.claim(due) is not None


async def test_an_exception_is_a_retry_and_is_named_without_its_words(
    outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    await outbox.put([new("a")])
    server = Server(a=[RuntimeError("Patiente Synthetique")])
    with caplog.at_level(logging.ERROR):
        async with running(outbox, server) as run:
            await run.until_counts(delivered=1)
    assert server.received == ["a", "a"]
    assert "RuntimeError at " in caplog.text and "test_delivery.py" in caplog.text
    assert "Patiente" not in caplog.text


async def test_a_pause_stops_everything_until_a_kick(outbox: Outbox) -> None:
    await outbox.put([new("a1", "a"), new("a2", "a")])
    server = Server(a1=[Pause("401 token expired")])
    async with running(outbox, server) as run:
        status = await run.until_status(lambda status: bool(status.paused))
        assert status.paused == "401 token expired"
        await outbox.put([new("b1", "b")])
        await run.until_status(lambda status: status.counts.waiting == 3)
        await asyncio.sleep(0.2)
        assert server.received == ["a1"]
        run.delivery.kick()
        await run.until_counts(delivered=3)
        assert run.seen[-1].paused == ""


async def test_a_pause_ends_by_itself(outbox: Outbox) -> None:
    await outbox.put([new("a")])
    server = Server(a=[Pause("404 route")])
    async with running(outbox, server, pause_s=0.05) as run:
        await run.until_counts(delivered=1)
    assert [status.paused for status in run.seen if status.paused] != []


async def test_park_stops_its_stream_until_later(outbox: Outbox) -> None:
    await outbox.put([new("a1", "a"), new("a2", "a"), new("b1", "b")])
    server = Server(a1=[Park("409")] * 2)
    async with running(outbox, server) as run:
        await run.until_counts(delivered=3)
    assert [name for name in server.received if name[0] == "a"] == ["a1", "a1", "a1", "a2"]
    assert any(status.counts.parked for status in run.seen)


async def test_quarantine_stops_its_stream_for_good(outbox: Outbox) -> None:
    await outbox.put([new("a1", "a"), new("a2", "a"), new("b1", "b"), new("b2", "b")])
    server = Server(a1=[Quarantine("422")])
    async with running(outbox, server) as run:
        await run.until_counts(waiting=1, delivered=2, quarantined=1)
        run.delivery.kick()
        await asyncio.sleep(0.2)
    assert sorted(server.received) == ["a1", "b1", "b2"]
    assert (await outbox.items("a"))[0].payload == b"a1"


async def test_an_attempt_cut_short_is_made_again(outbox: Outbox) -> None:
    await outbox.put([new("a"), new("b")])
    server = Server()
    server.open.clear()
    async with running(outbox, server):
        await until(lambda: server.received == ["a"])
    server.open.set()
    assert (await outbox.items("s1"))[0].state is ItemState.WAITING
    async with running(outbox, server) as run:
        await run.until_counts(delivered=2)
    assert server.received == ["a", "a", "b"]


async def test_a_stream_that_hangs_holds_up_no_other(outbox: Outbox) -> None:
    await outbox.put([new("slow", "slow"), new("a1", "a"), new("a2", "a")])

    class Hanging(Server):
        async def send(self, item: Item) -> Outcome:
            if item.id == "slow":
                await asyncio.Event().wait()
            return await super().send(item)

    async with running(outbox, Hanging()) as run:
        await run.until_counts(waiting=1, delivered=2)


async def test_a_restart_sends_only_what_was_not_delivered(directory: Path) -> None:
    outbox = await Outbox.open(directory, KEY, OWNER)
    await outbox.put([new("a1", "a"), new("a2", "a")])
    first = Server(a2=[Retry("line down", after_s=0.0)] * 1000)
    async with running(outbox, first) as run:
        await run.until_counts(waiting=1, delivered=1)
    await outbox.close()
    outbox = await Outbox.open(directory, KEY, OWNER)
    second = Server()
    async with running(outbox, second) as run:
        await run.until_counts(delivered=2)
    await outbox.close()
    assert second.received == ["a2"]
