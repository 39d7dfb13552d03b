"""Room on the disk, and what a large database costs whoever looks at it."""

from contextlib import closing
from pathlib import Path

import pytest

from offline_queue import quiet, room, store
from offline_queue.database import CHECKPOINT_BYTES
from offline_queue.outcome import Backoff, Delivered
from offline_queue.reconcile import Found
from offline_queue.sentinel import DATABASE
from offline_queue.snapshot import glance, verify
from offline_queue.store import Store
from tests.offline_queue.helpers import KEY, NOW, OWNER, new


def test_room_comes_back_piece_by_piece(directory: Path) -> None:
    with closing(Store(directory, KEY, OWNER, Backoff())) as opened:
        for n in range(4):
            opened.put([new(f"i{n}", payload=bytes(3_000_000))], {})
        while (item := opened.claim(NOW)) is not None:
            opened.settle(item.id, Delivered("receipt"), NOW)
        assert (directory / DATABASE).stat().st_size > 12_000_000
        pieces = 1
        while opened.tidy(NOW):
            pieces += 1
        assert pieces > 2
        assert sum(path.stat().st_size for path in directory.glob(f"{DATABASE}*")) < 500_000


def test_who_looks_does_not_make_the_log_grow(directory: Path) -> None:
    """A reader of the file itself would keep each checkpoint from emptying it; who looks has a copy."""
    with closing(Store(directory, KEY, OWNER, Backoff())) as opened:
        for n in range(600):
            opened.put([new(f"i{n}", payload=bytes(2000))], {})
            if n % 100 == 99:
                assert glance(directory, KEY, OWNER).look.counts.waiting > n - 100
                assert (directory / f"{DATABASE}-wal").stat().st_size < 2 * CHECKPOINT_BYTES


def test_a_database_that_is_too_large_to_be_read_beside_a_kiosk_is_read_by_who_asks(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_SOUND_BYTES", 10_000)
    monkeypatch.setattr(store, "RECLAIM_STEPS", 0)
    monkeypatch.setattr(quiet, "RECLAIM_STEPS", 0)  # what is damaged here would be cut off unread
    with closing(Store(directory, KEY, OWNER, Backoff())) as opened:
        for n in range(200):
            opened.put([new(f"i{n}", payload=bytes(3000))], {})
        while (item := opened.claim(NOW)) is not None:
            opened.settle(item.id, Delivered("receipt"), NOW)
    assert verify(directory, KEY, OWNER) == ()
    content = bytearray((directory / DATABASE).read_bytes())
    content[-2000] ^= 1
    (directory / DATABASE).write_bytes(content)
    assert [each.found for each in verify(directory, KEY, OWNER)] == [Found.DATABASE_DAMAGED]
