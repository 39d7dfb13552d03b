"""What happens on a disk without room: `python -m tests.offline_queue.full_disk DIR SCENARIO`.

DIR is a small file system of its own.
"""

import asyncio
import errno
import os
import sys
from pathlib import Path

from offline_queue.ballast import BALLAST
from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.outbox import Counts, Outbox
from offline_queue.outcome import Delivered, Retry
from offline_queue.sentinel import WITNESS
from tests.offline_queue.helpers import KEY, NOW, OWNER, TO_THE_SECOND, new


async def put_until_full(outbox: Outbox, size: int) -> list[str]:
    names: list[str] = []
    while True:
        name = f"i{len(names)}"
        try:
            await outbox.put([new(name, f"s{len(names) % 5}", os.urandom(size))], {"last": name.encode()})
        except OutboxError as error:
            assert error.reason is OutboxReason.DISK_FULL, error
            return names
        names.append(name)


def fill(path: Path) -> None:
    """Somebody else takes whatever is left."""
    with path.open("ab", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError as error:
                assert error.errno == errno.ENOSPC


async def refused(outbox: Outbox, size: int) -> None:
    before = await outbox.counts()
    try:
        await outbox.put([new("too much", "s9", os.urandom(size))], {"last": b"too much"})
    except OutboxError as error:
        assert error.reason is OutboxReason.DISK_FULL, error
    else:
        raise AssertionError("a full disk took an item")
    assert await outbox.counts() == before
    assert await outbox.get_state("last") != b"too much"


async def settle_everything(outbox: Outbox) -> list[str]:
    done: list[str] = []
    while (item := await outbox.claim(NOW)) is not None:
        await outbox.settle(item.id, Delivered("r"), NOW)
        done.append(item.id)
    return done


async def settling(disk: Path) -> None:
    """Full with many small items: every one can still be settled, then putting works again."""
    directory = disk / "outbox"
    outbox = await Outbox.open(directory, KEY, OWNER, TO_THE_SECOND)
    names = await put_until_full(outbox, 2000)
    assert len(names) > 150, len(names)
    fill(disk / "filler")
    await refused(outbox, 2000)
    for _ in range(30):
        item = await outbox.claim(NOW)
        assert item is not None
        await outbox.settle(item.id, Retry("line down", after_s=0), NOW)
    fill(disk / "filler")
    assert sorted(await settle_everything(outbox)) == sorted(names)
    await recovers(disk, outbox, len(names))


async def reopening(disk: Path) -> None:
    """The kiosk is started again while the disk is full."""
    directory = disk / "outbox"
    outbox = await Outbox.open(directory, KEY, OWNER)
    names = await put_until_full(outbox, 2000)
    fill(disk / "filler")
    item = await outbox.claim(NOW)
    assert item is not None
    await outbox.settle(item.id, Delivered("r"), NOW)
    await outbox.close()
    fill(disk / "filler")
    outbox = await Outbox.open(directory, KEY, OWNER)
    assert await outbox.counts() == Counts(waiting=len(names) - 1, delivered=1)
    await refused(outbox, 20_000)
    await outbox.close()
    (disk / "filler").unlink()
    outbox = await Outbox.open(directory, KEY, OWNER)
    assert len(await settle_everything(outbox)) == len(names) - 1
    await recovers(disk, outbox, len(names))


async def log_gone(disk: Path) -> None:
    """The log is lost while there is no room for a new one: what waits can be delivered all the same."""
    directory = disk / "outbox"
    outbox = await Outbox.open(directory, KEY, OWNER)
    names = await put_until_full(outbox, 2000)
    await outbox.close()
    for path in directory.glob(f"{WITNESS}*"):
        path.unlink()
    fill(disk / "filler")
    outbox = await Outbox.open(directory, KEY, OWNER)
    await refused(outbox, 20_000)
    assert sorted(await settle_everything(outbox)) == sorted(names)
    await recovers(disk, outbox, len(names))


async def large(disk: Path) -> None:
    """To destroy a large payload takes more room than the reserve has: settled now, destroyed later."""
    outbox = await Outbox.open(disk / "outbox", KEY, OWNER)
    await outbox.put([new("large", "s0", os.urandom(1_500_000))])
    await outbox.close()  # empties the write-ahead log, whose room could otherwise be used again
    outbox = await Outbox.open(disk / "outbox", KEY, OWNER)
    fill(disk / "filler")
    assert await settle_everything(outbox) == ["large"]
    assert [item.receipt for item in await outbox.items("s0")] == ["r"]
    assert await payloads(outbox) == 1
    await recovers(disk, outbox, 1)
    outbox = await Outbox.open(disk / "outbox", KEY, OWNER)
    assert await payloads(outbox) == 0
    await outbox.close()


async def payloads(outbox: Outbox) -> int:
    """How many delivered items still have theirs."""
    sql = "SELECT count(*) FROM payload JOIN item USING (sequence) WHERE state = 1"
    row = await outbox._run(lambda: outbox._store._database.one(sql))
    assert row is not None
    return int(row[0])


async def recovers(disk: Path, outbox: Outbox, delivered: int) -> None:
    (disk / "filler").unlink(missing_ok=True)
    await outbox.put([new("after", "s0", os.urandom(2000))], {"last": b"after"})
    assert await outbox.counts() == Counts(waiting=1, delivered=delivered)
    assert (disk / "outbox" / BALLAST).stat().st_size == 1_000_000
    await outbox.close()
    again = await Outbox.open(disk / "outbox", KEY, OWNER)
    assert await again.counts() == Counts(waiting=1, delivered=delivered)
    assert await again.get_state("last") == b"after"
    await again.close()


async def no_room_to_begin(disk: Path) -> None:
    fill(disk / "filler")
    try:
        await Outbox.open(disk / "outbox", KEY, OWNER)
    except OutboxError as error:
        assert error.reason is OutboxReason.DISK_FULL, error
    else:
        raise AssertionError("an outbox was made without room")
    (disk / "filler").unlink()
    await (await Outbox.open(disk / "outbox", KEY, OWNER)).close()


SCENARIOS = {
    scenario.__name__: scenario for scenario in (settling, reopening, log_gone, large, no_room_to_begin)
}

if __name__ == "__main__":
    asyncio.run(SCENARIOS[sys.argv[2]](Path(sys.argv[1])))
