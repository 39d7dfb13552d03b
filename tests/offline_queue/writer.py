"""A process that puts, delivers and says so, until it is killed.

`python -m tests.offline_queue.writer DIR RUN`

After each durable step it writes one line to standard output: `put ID` or `done ID`.
"""

import asyncio
import os
import sys
from pathlib import Path

from offline_queue.outbox import NewItem, Outbox
from offline_queue.outcome import Delivered
from tests.offline_queue.helpers import KEY, OWNER


def content(item_id: str) -> bytes:
    return item_id.encode() * (1 + hash_of(item_id) % 900)


def hash_of(item_id: str) -> int:
    return sum(item_id.encode()) * 7919


async def write(directory: Path, run: str) -> None:
    outbox = await Outbox.open(directory, KEY, OWNER)
    number = 0
    while True:
        item_id = f"{run}-{number}"
        item = NewItem(item_id, f"stream-{number % 3}", "reading", content(item_id))
        await outbox.put([item], {"last": item_id.encode()})
        say(f"put {item_id}")
        number += 1
        if number % 3 == 0:
            await deliver_one(outbox)


async def deliver_one(outbox: Outbox) -> None:
    item = await outbox.claim(0.0)
    if item is not None:
        await outbox.settle(item.id, Delivered("receipt"), 0.0)
        say(f"done {item.id}")


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1]), sys.argv[2]))
