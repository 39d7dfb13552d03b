"""Durable enqueue of one item of 1 KB, beside plain sqlite3 with the same journal and synchronous mode.

Both write to the same disk in the same run, turn by turn, so that its mood hits them alike. Times in
milliseconds, medians. `store` is our put on the worker's thread, to be compared with `plain`. `outbox` is
the awaited put that a coroutine sees, with the hop to that thread and back, to be compared with `plain_hop`:
plain sqlite3 behind an executor of its own, for no asyncio program may block its loop with an fsync.
`alone` is our put without the witness log, whose second sync every other one of ours pays for.
"""

import asyncio
import json
import os
import random
import sqlite3
import statistics
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from offline_queue.outbox import NewItem, Outbox
from offline_queue.outcome import Backoff
from offline_queue.store import Store
from offline_queue.witness.record import Put

ROUNDS = 400
WARM_UP = 20
PAYLOAD_BYTES = 1024
STREAMS = 10
AIM = 1.3
AIM_WITH_WITNESS = 2.2
WAYS = ("plain", "alone", "store", "plain_hop", "outbox")


class PlainQueue:
    """What one would write with the standard library: one table, one index for claiming."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(
            "CREATE TABLE item (sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, stream TEXT NOT NULL, "
            "kind TEXT NOT NULL, state INT NOT NULL DEFAULT 0, due REAL NOT NULL DEFAULT 0, payload BLOB);"
            "CREATE INDEX ready ON item (due, sequence) WHERE state = 0;"
        )

    def put(self, item: NewItem) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute(
            "INSERT INTO item (id, stream, kind, payload) VALUES (?, ?, ?, ?)",
            (item.id, item.stream, item.kind, item.payload),
        )
        self._connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()


def _item(number: int) -> NewItem:
    return NewItem(str(uuid.uuid4()), f"session-{number % STREAMS}", "reading", os.urandom(PAYLOAD_BYTES))


def _nothing(put: Put) -> None:
    """In place of the witness' append."""


async def _call(put: Callable[[NewItem], None], item: NewItem) -> None:
    put(item)


async def _measure(directory: Path, rounds: int) -> dict[str, list[float]]:
    key = os.urandom(32)
    plain = PlainQueue(directory / "plain.db")
    store = Store(directory / "store", key, "bench", Backoff())
    alone = Store(directory / "alone", key, "bench", Backoff())
    alone._witness.append = _nothing  # type: ignore[method-assign]
    outbox = await Outbox.open(directory / "outbox", key, "bench")
    plain_hop = PlainQueue(directory / "plain_hop.db")
    worker = ThreadPoolExecutor(max_workers=1)
    loop = asyncio.get_running_loop()
    rng = random.Random(1)
    times: dict[str, list[float]] = {name: [] for name in WAYS}
    turns: list[tuple[str, Callable[[NewItem], Awaitable[None]]]] = [
        ("plain", partial(_call, plain.put)),
        ("alone", partial(_call, lambda item: alone.put([item], {}))),
        ("store", partial(_call, lambda item: store.put([item], {}))),
        ("plain_hop", lambda item: loop.run_in_executor(worker, plain_hop.put, item)),
        ("outbox", lambda item: outbox.put([item])),
    ]
    for number in range(WARM_UP + rounds):
        item = _item(number)
        rng.shuffle(turns)  # a write is not to profit always from the same predecessor
        for name, put in turns:
            start = time.perf_counter()
            await put(item)
            times[name].append((time.perf_counter() - start) * 1000)
    worker.shutdown()
    plain.close()
    plain_hop.close()
    store.close()
    alone.close()
    await outbox.close()
    return {name: values[WARM_UP:] for name, values in times.items()}


def run(directory: Path | None = None, rounds: int = ROUNDS) -> dict[str, float]:
    """Medians and 99th percentiles in ms, and the ratios to plain sqlite3; on the disk of `directory`."""
    with tempfile.TemporaryDirectory(dir=directory) as scratch:
        times = asyncio.run(_measure(Path(scratch), rounds))
    result: dict[str, float] = {"rounds": rounds, "payload_bytes": PAYLOAD_BYTES, "aim_ratio": AIM}
    result["aim_ratio_with_witness"] = AIM_WITH_WITNESS
    for name, values in times.items():
        result[f"{name}_median_ms"] = round(statistics.median(values), 3)
        result[f"{name}_p99_ms"] = round(statistics.quantiles(values, n=100)[98], 3)
    result["alone_to_plain"] = _ratio(times["alone"], times["plain"])
    result["store_to_plain"] = _ratio(times["store"], times["plain"])
    result["outbox_to_plain_hop"] = _ratio(times["outbox"], times["plain_hop"])
    result["outbox_to_plain"] = _ratio(times["outbox"], times["plain"])
    return result


def _ratio(ours_ms: list[float], theirs_ms: list[float]) -> float:
    return round(statistics.median(ours_ms) / statistics.median(theirs_ms), 3)


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
