"""One page that cannot be read costs what lies in it, and nothing else: page by page of a whole database."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from offline_queue.audit.event import NewEvent
from offline_queue.delivery import Delivered, Delivery, DeliveryStatus, Outcome
from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.item import Item, NewItem
from offline_queue.outbox import Outbox
from offline_queue.rebuild import rebuild
from offline_queue.reconcile import Found
from offline_queue.store import Store
from offline_queue.waiting import UNREADABLE
from tests.offline_queue.damaged_page import flip, pages
from tests.offline_queue.helpers import KEY, NOW, OWNER, TO_THE_SECOND, new, until

SESSIONS, RECORDS, DELIVERED = 6, 4, 4
NEW_SESSION = "s-new"


@dataclass
class Server:
    """Takes everything."""

    received: dict[str, bytes] = field(default_factory=dict)

    async def send(self, item: Item) -> Outcome:
        self.received[item.id] = item.payload
        return Delivered("receipt")


def record(number: int, stream: str) -> NewItem:
    """Large enough to have a page of its own, and to go on in another."""
    return new(f"{stream}/{number}", stream, payload=f"{stream}/{number} ".encode() * 400)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some delivered (their pages are free), the rest waits."""
    directory = tmp_path_factory.mktemp("whole") / "outbox"
    with closing(Store(directory, KEY, OWNER, TO_THE_SECOND)) as store:
        for number in range(RECORDS):
            for n in range(SESSIONS):
                put = record(number, f"s{n:02d}")
                store.put([put], {"session": put.id.encode()}, [NewEvent("put", put.id)])
        for _ in range(DELIVERED):
            item = store.claim(NOW)
            assert item is not None
            store.settle(item.id, Delivered("receipt"), NOW)
    return directory


@dataclass
class Seen:
    """What became of a kiosk that lives with the damage."""

    opened: bool = False
    place: bool = False
    put: bool = False
    received: dict[str, bytes] = field(default_factory=dict)
    statuses: list[DeliveryStatus] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)
    found: set[Found] = field(default_factory=set)


async def lived(directory: Path) -> Seen:
    seen = Seen()
    try:
        outbox = await Outbox.open(directory, KEY, OWNER, TO_THE_SECOND)
    except OutboxError as error:
        assert error.reason is OutboxReason.WRONG_KEY_OR_DAMAGED
        return seen
    seen.opened = True
    try:
        await outbox.compared()
        seen.place = await outbox.has_place(NEW_SESSION)
        await _put(outbox, seen)
        await _deliver(outbox, seen)
        seen.found = {finding.found for finding in await outbox.findings()}
    finally:
        await outbox.close()
    return seen


async def _put(outbox: Outbox, seen: Seen) -> None:
    put = record(0, NEW_SESSION)
    try:
        await outbox.put([put], {"session": put.id.encode()}, [NewEvent("put", put.id)])
        seen.put = True
    except OutboxError as error:
        assert error.reason is OutboxReason.WRONG_KEY_OR_DAMAGED


async def _deliver(outbox: Outbox, seen: Seen) -> None:
    server = Server(seen.received)
    delivery = Delivery(outbox, server, seen.statuses.append)
    task = asyncio.create_task(delivery.run())
    try:
        await until(
            lambda: (
                task.done()
                or bool(seen.statuses and seen.statuses[-1].paused)
                or (bool(seen.statuses) and idle(outbox))
            )
        )
        assert not task.done(), task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    try:
        seen.unreadable = {each.stream for each in await outbox.waiting(99) if each.reason == UNREADABLE}
    except OutboxError:  # of the page on which all streams are
        assert not seen.place


def idle(outbox: Outbox) -> bool:
    """Nothing is left that would be tried."""
    turns = outbox._store._turns
    return not turns._in_flight and outbox._worker.submit(turns.next_due).result() is None


def everything() -> Iterator[NewItem]:
    return (record(number, f"s{n:02d}") for number in range(RECORDS) for n in range(SESSIONS))


async def test_every_page(whole: Path, tmp_path: Path) -> None:
    with_place = 0
    for page in pages(whole):
        directory = tmp_path / str(page)
        shutil.copytree(whole, directory)
        flip(directory, page)
        seen = await lived(directory)
        assert seen.put or not seen.place, f"page {page}: somebody would be received and refused"
        with_place += seen.place
        if seen.place:
            assert not any(status.paused for status in seen.statuses), f"page {page}"
            assert Found.DATABASE_DAMAGED in seen.found
        recovered(directory, seen, page)
    assert with_place > len(pages(whole)) * 0.5


def recovered(directory: Path, seen: Seen, page: int) -> None:
    """What the server did not get is what is passed over, and waits unaltered after `recover`."""
    rebuilt = rebuild(directory, KEY, OWNER)
    assert rebuilt.lost == 0
    waits: dict[str, bytes] = {}
    with closing(Store(directory, KEY, OWNER, TO_THE_SECOND)) as store:
        while (item := store.claim(NOW)) is not None:
            waits[item.id] = item.payload
            store.settle(item.id, Delivered("receipt"), NOW)
    put = {item.id: item.payload for item in everything()}
    if seen.put:
        put[f"{NEW_SESSION}/0"] = record(0, NEW_SESSION).payload
    assert {**waits, **seen.received}.items() <= put.items(), f"page {page}: altered"
    assert len(put.keys() - waits.keys() - seen.received.keys()) == DELIVERED, f"page {page}: lost"
    if seen.place:
        assert {name.partition("/")[0] for name in waits} == seen.unreadable, f"page {page}"
        assert len(seen.unreadable) <= 2, f"page {page}"


def test_what_a_technician_retries_is_looked_at_once_more(whole: Path, tmp_path: Path) -> None:
    """The page may have been read wrongly."""
    directory = shutil.copytree(whole, tmp_path / "outbox")
    for page in pages(directory):
        flip(directory, page)
        try:
            with closing(Store(directory, KEY, OWNER, TO_THE_SECOND)) as store:
                claimed = claimed_once(store)
                if claimed and len(claimed) < SESSIONS:
                    flip(directory, page)
                    store.retry(None)
                    assert claimed | claimed_once(store) == set(store._rows.unfinished_streams())
                    return
        except OutboxError as error:
            assert error.reason is OutboxReason.WRONG_KEY_OR_DAMAGED
        flip(directory, page)
    raise AssertionError("no page costs one session alone")


def claimed_once(store: Store) -> set[str]:
    """The streams that give something."""
    claimed = set()
    while (item := store.claim(NOW)) is not None:
        claimed.add(item.stream)
    return claimed
