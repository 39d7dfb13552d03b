"""The witness log by itself: what is delivered leaves it, and what a segment gives back."""

import errno
import os
from pathlib import Path

import pytest

from offline_queue.errors import OutboxError
from offline_queue.item import Counts, Lane
from offline_queue.outcome import Backoff, Delivered, Retry
from offline_queue.store import Store
from offline_queue.witness import log as witness_log
from offline_queue.witness.record import Begin, Done, Dropped, Kept, Put, decode, encode
from offline_queue.witness.segment import Segment, destroyed_afterwards, read
from tests.offline_queue.helpers import DAY_S, KEY, NOW, OWNER, DaysPass, new
from tests.offline_queue.test_witness import WAL, open_and_verify, segments


def test_what_was_delivered_cannot_be_read_after_tidying(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witness_log, "SEGMENT_BYTES", 4000)
    store = Store(directory, KEY, OWNER, Backoff())
    secrets = [os.urandom(900) for _ in range(30)]
    store.put([new("stays", "other", b"The one that waits.")], {})
    for number, secret in enumerate(secrets):
        store.put([new(f"i{number}", payload=secret)], {})
    store.claim(NOW)
    store.settle("stays", Retry("later", after_s=9999), NOW)
    while (item := store.claim(NOW)) is not None:
        store.settle(item.id, Delivered("r"), NOW)
    store.tidy(NOW)
    left = [record for path in segments(directory) for record in read(path, KEY, number_of(path)).records]
    payloads = [item.payload for record in left if isinstance(record, Put) for item in record.items]
    assert payloads == [b"The one that waits."]
    assert (directory / WAL).stat().st_size == 0
    assert sum(path.stat().st_size for path in segments(directory)) < 10_000  # events, and no payload
    store.close()


def test_a_large_state_is_not_copied_with_each_put(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session with pictures: its state is larger than a segment."""
    monkeypatch.setattr(witness_log, "SEGMENT_BYTES", 4000)
    store = Store(directory, KEY, OWNER, Backoff())
    store.put([new("picture")], {"reading/1": bytes(50_000)})
    for number in range(100):
        store.put([new(f"i{number}", payload=bytes(100))], {"session": b"%d" % number})
    assert sum(path.stat().st_size for path in segments(directory)) < 3 * 50_000
    store.claim(NOW)
    store.settle("picture", Delivered("r"), NOW)
    before = segments(directory)
    store.tidy(NOW)  # the state still holds the picture
    assert segments(directory) == before
    store.put([], {"reading/1": None})
    store.tidy(NOW)
    assert segments(directory) != before
    store.close()


def number_of(path: Path) -> int:
    return int(path.name.rsplit(".", 1)[1].partition("-")[0])


def test_old_tombstones_go_and_do_not_come_back(directory: Path, days_pass: DaysPass) -> None:
    month_s = 31 * DAY_S
    store = Store(directory, KEY, OWNER, Backoff())
    store.put([new("old"), new("stuck", "s2")], {})
    store.claim(NOW)
    store.settle("old", Delivered("r"), NOW)
    store.tidy(NOW)
    assert store.counts(None) == Counts(waiting=1, delivered=1)
    store.put([new("recent")], {})
    store.claim(NOW + month_s)
    store.settle("recent", Delivered("r"), NOW + month_s)
    days_pass(store, NOW, 31)
    assert store.counts(None) == Counts(waiting=1, delivered=1)
    assert [item.id for item in store.items("s1")] == ["recent"]
    store.close()
    store = open_and_verify(directory)
    assert not store.findings
    assert store.counts(None) == Counts(waiting=1, delivered=1)
    store.close()


def test_a_segment_that_could_not_be_begun_claims_nothing(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has its name already when the disk fails; what is put then goes on into the one before."""
    store = Store(directory, KEY, OWNER, Backoff())
    store.put([new("sent"), new("stays", "s2")], {})
    store.claim(NOW)
    store.settle("sent", Delivered("r"), NOW)
    with monkeypatch.context() as failing:
        failing.setattr("offline_queue.files.sync_directory", _fail)
        with pytest.raises(OutboxError):
            store.tidy(NOW)
    store.put([new("after", "s3")], {})
    store.close()
    store = open_and_verify(directory)
    assert not store.findings
    assert store.counts(None) == Counts(waiting=2, delivered=1)
    store.close()


def _fail(_directory: Path) -> None:
    raise OSError(errno.EIO, "the disk fails")


# --- one segment


def test_a_segment_gives_back_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "segment"
    segment = Segment(path, KEY, 7, (Begin(OWNER, 3, 9),))
    item = Kept(10, "id é", "s", "reading", 0.5, b"\n{binary}\0")
    sound = Kept(11, "sound", "s", "reading", 0.5, b"wav", Lane.BULKY)
    put = Put(4, [item, sound], {"a": b"\n", "b": None, "c": b""})
    done = Done("s", 10, "receipt", 1.5)
    for record in (put, done):
        segment.append(record, sync=False)
    segment.append(Put(5, (), {}), sync=True)
    segment.take_back()
    segment.append(Put(5, (), {"other": b"x"}), sync=True)
    segment.close()
    content = read(path, KEY, 7)
    assert content.begin == Begin(OWNER, 3, 9)
    assert content.records == [put, done, Put(5, [], {"other": b"x"})]
    assert content.whole
    assert read(path, KEY, 8).begin is None  # renamed
    assert read(path, bytes(32), 7).begin is None
    os.link(path, tmp_path / "blocks")
    with destroyed_afterwards(path):
        path.unlink()
    assert read(tmp_path / "blocks", KEY, 7).begin is None


def test_a_log_of_before_there_were_lanes_is_read() -> None:
    old = b'{"put":4,"items":[[10,"i","s","reading",0.5,3],[11,"j","s","reading",0.5,2]],"state":[["a",1]]}\n'
    items = [Kept(10, "i", "s", "reading", 0.5, b"one"), Kept(11, "j", "s", "reading", 0.5, b"2!")]
    assert decode(old + b"one2!x") == Put(4, items, {"a": b"x"})
    assert {item.lane for item in items} == {Lane.IN_ORDER}


def test_a_segment_says_which_others_there_were_and_an_older_log_does_not() -> None:
    begin = Begin(OWNER, 3, 9, ((1, 1), (4, 7)))
    assert decode(encode(begin)) == begin
    assert decode(encode(Dropped(4))) == Dropped(4)
    assert decode(b'{"begin":["kiosk",3,9]}\n') == Begin("kiosk", 3, 9)


def test_records_in_another_order_are_not_authentic(tmp_path: Path) -> None:
    path = tmp_path / "segment"
    segment = Segment(path, KEY, 1, (Begin(OWNER, 0, 0),))
    start = segment.size
    for name in (b"a", b"b"):
        segment.append(Put(1, (Kept(1, "i", "s", "k", 0.0, name),), {}), sync=False)
    segment.close()
    content = path.read_bytes()
    middle = start + (len(content) - start) // 2
    path.write_bytes(content[:start] + content[middle:] + content[start:middle])
    assert (read(path, KEY, 1).records, read(path, KEY, 1).whole) == ([], False)
