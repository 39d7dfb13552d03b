"""What a long time without a line costs: claiming and opening with a million items waiting, beside ten."""

import hashlib
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from offline_queue import reconcile
from offline_queue.outcome import Backoff
from offline_queue.sentinel import WITNESS
from offline_queue.sql import Database
from offline_queue.store import Store

FEW = 10
STREAMS = 200
SEGMENTS = 1000
_OWNER = "bench"
_ROUNDS = 60
_OPENINGS = 7
_CONTENT = b"x" * 100


def run(directory: Path | None, large: int) -> dict[str, float]:
    """Medians in ms with FEW and with `large` items waiting, and their ratio."""
    with tempfile.TemporaryDirectory(dir=directory) as scratch:
        key = os.urandom(32)
        folders = {"few": Path(scratch) / "few", "many": Path(scratch) / "many"}
        result: dict[str, float] = {"few_waiting": FEW, "many_waiting": large}
        for name, count in (("few", FEW), ("many", large)):
            _fill(folders[name], key, count)
        for what, measure in (("claim", _claim_ms), ("open", _open_ms)):
            for name, folder in folders.items():
                result[f"{what}_{name}_ms"] = round(measure(folder, key), 4)
            result[f"{what}_ratio"] = round(result[f"{what}_many_ms"] / result[f"{what}_few_ms"], 2)
    return result


def _fill(folder: Path, key: bytes, count: int) -> None:
    """By few large transactions, as no kiosk does it; what lies there afterwards is the same. Sounds and
    readings in turns: each claim is of a reading that overtakes a sound.
    """
    store = Store(folder, key, _OWNER, Backoff())
    database: Database = store._database
    each, digest = -(-count // STREAMS), hashlib.sha256(_CONTENT).digest()
    with database.transaction():
        rows = range(1, count + 1)
        database.connection.executemany(
            "INSERT INTO item (id, stream, sequence, kind, sha256, lane) VALUES (?, ?, ?, 'reading', ?, ?)",
            ((f"{row:08x}", f"s{(row - 1) // each}", row, digest, 1 + row % 2) for row in rows),
        )
        database.connection.executemany(
            "INSERT INTO payload VALUES (?, ?, 1.0, ?)",
            ((row, f"s{(row - 1) // each}", _CONTENT) for row in rows),
        )
        database.change("INSERT INTO stream SELECT stream, min(sequence), 0 FROM item GROUP BY stream")
        database.change("UPDATE identity SET highest = ?", count)
    store.close()
    _write_log(folder, key, count)


def _write_log(folder: Path, key: bytes, count: int) -> None:
    """Of what waits, in SEGMENTS segments, as months without a line leave them."""
    for path in folder.glob(f"{WITNESS}*"):
        path.unlink()
    with patch.object(reconcile, "SEGMENT_BYTES", max(1, count // SEGMENTS) * len(_CONTENT)):
        Store(folder, key, _OWNER, Backoff()).close()


def _claim_ms(folder: Path, key: bytes) -> float:
    store = Store(folder, key, _OWNER, Backoff())

    def claim() -> None:
        item = store.claim(1e10)
        assert item is not None
        store.release(item.id)

    taken = _median_ms(claim, _ROUNDS)
    store.close()
    return taken


def _open_ms(folder: Path, key: bytes) -> float:
    stores: list[Store] = []
    taken = []
    for _ in range(_OPENINGS):
        taken.append(_median_ms(lambda: stores.append(Store(folder, key, _OWNER, Backoff())), 1))
        stores.pop().close()
    return statistics.median(taken)


def _median_ms(run_once: Callable[[], object], rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        run_once()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)
