"""The audit chain: written with what it tells of, kept over every loss, and every change of it is found."""

import json
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from offline_queue.audit.auditing import STORE_REBUILT
from offline_queue.audit.checkpoint import CHECKPOINT, Checkpoint, decode, of_event, signed
from offline_queue.audit.event import Event, NewEvent, bound, first_hash
from offline_queue.audit.trail import Trail, read_trail
from offline_queue.audit.verify import Finding, Flaw, Kept, check
from offline_queue.database import connect
from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.item import Item
from offline_queue.keys import load_key
from offline_queue.outcome import Backoff, Delivered, Quarantine, Retry
from offline_queue.rebuild import rebuild
from offline_queue.rotation import ready_key, rotate
from offline_queue.sentinel import DATABASE
from offline_queue.store import Store
from tests.offline_queue.helpers import DAY_S, KEY, NOW, OWNER, DaysPass, new


def opened(directory: Path, key: bytes = KEY) -> Store:
    return Store(directory, key, OWNER, Backoff())


def fill(store: Store, items: int = 3, first: int = 0) -> None:
    for number in range(first, first + items):
        store.put(
            [new(f"i{number}", f"s{number}")], {}, [NewEvent("reading_kept", f"i{number}", {"n": number})]
        )


def deliver_all(store: Store, now: float = NOW) -> list[Item]:
    sent = []
    while (item := store.claim(now)) is not None:
        store.settle(item.id, Delivered(f"Receipt/{item.id}"), now)
        sent.append(item)
    return sent


def trail(directory: Path, key: bytes = KEY) -> Trail:
    return read_trail(directory, key, OWNER)


def flaws(directory: Path, key: bytes = KEY, **kept: object) -> list[Finding]:
    found = trail(directory, key)
    return check(OWNER, found.events, Kept(**{"named": found.sent, **kept}))  # type: ignore[arg-type]


def told(directory: Path) -> list[tuple[str, str]]:
    return [(event.kind, event.subject) for event in trail(directory).events]


def test_an_event_is_written_with_what_it_tells_of(directory: Path) -> None:
    with closing(opened(directory)) as store:
        fill(store, 2)
        with pytest.raises(OutboxError) as caught:
            store.put([new("i0", payload=b"other")], {}, [NewEvent("reading_kept", "i0")])
        assert caught.value.reason is OutboxReason.CONFLICT
        for outcome in (Delivered("Observation/1"), Retry("busy"), Quarantine("HTTP 422")):
            if (item := store.claim(NOW)) is not None:
                store.settle(item.id, outcome, NOW)
        assert told(directory) == [("reading_kept", "i0"), ("reading_kept", "i1"), ("delivered", "i0")]
        assert not flaws(directory)
        item = store.claim(NOW + 3600)
        assert item is not None
        store.settle(item.id, Quarantine("HTTP 422"), NOW)
        assert told(directory)[-1] == ("refused", "i1")


def test_a_checkpoint_carries_every_event_once_and_is_one_itself(directory: Path) -> None:
    with closing(opened(directory)) as store:
        assert not store.make_checkpoint(NOW)
        fill(store, 300)
        while store.make_checkpoint(NOW):
            pass
        carried = [
            event for item in deliver_all(store) if item.kind == "audit" for event in decode(item.payload)[1]
        ]
        assert [event.number for event in carried] == list(range(1, len(carried) + 1))
        assert len(carried) > 300
    assert not flaws(directory)


def test_the_delivery_of_a_checkpoint_asks_for_no_other(directory: Path) -> None:
    with closing(opened(directory)) as store:
        store.put([], {}, [NewEvent("kiosk_started")])
        assert store.make_checkpoint(NOW)
        deliver_all(store)
        assert not store.make_checkpoint(NOW)


# --- what somebody does who has the key and the machine

Change = Callable[[Path], object]


def sql(statement: str, *values: object) -> Change:
    def change(directory: Path) -> None:
        connection = connect(directory / DATABASE, KEY)
        connection.execute(statement, values)
        connection.close()

    return change


def swap(directory: Path) -> None:
    for number, to in ((3, 0), (4, 3), (0, 4)):
        sql("UPDATE event SET number = ? WHERE number = ?", to, number)(directory)


def chained_anew(directory: Path, events: Sequence[Event]) -> None:
    """All hashes fit again: the whole chain is written anew."""
    connection = connect(directory / DATABASE, KEY)
    connection.execute("DELETE FROM event")
    before = first_hash(OWNER)
    for number, event in enumerate(events, 1):
        again = bound(
            before, number, event.at_ms, NewEvent(event.kind, event.subject, json.loads(event.detail))
        )
        before = again.hash
        row = (number, again.at_ms, again.kind, again.subject, again.detail, again.hash)
        connection.execute("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)", row)
    connection.close()


def removed_and_chained(directory: Path) -> None:
    events = trail(directory).events
    chained_anew(directory, [*events[:2], *events[3:]])


@pytest.fixture
def signed_chain(directory: Path) -> Path:
    """Three events, a delivered checkpoint of them (4), a delivery each (5 to 7), two more (8, 9)."""
    with closing(opened(directory)) as store:
        fill(store)
        assert store.make_checkpoint(NOW)
        deliver_all(store)
        fill(store, 2, first=3)
    assert [event.kind for event in trail(directory).events][3] == CHECKPOINT
    return directory


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (sql("UPDATE event SET subject = 'other' WHERE number = 2"), {Finding(Flaw.ALTERED, 2, 2)}),
        (sql("UPDATE event SET at_ms = at_ms + 1 WHERE number = 8"), {Finding(Flaw.ALTERED, 8, 8)}),
        (sql("UPDATE event SET detail = '{}' WHERE number = 1"), {Finding(Flaw.ALTERED, 1, 1)}),
        (sql("DELETE FROM event WHERE number = 2"), {Finding(Flaw.MISSING, 2, 2)}),
        (sql("DELETE FROM event WHERE number <= 3"), {Finding(Flaw.MISSING, 1, 3)}),
        (swap, {Finding(Flaw.ALTERED, 3, 3), Finding(Flaw.ALTERED, 4, 4)}),
        (sql("DELETE FROM event WHERE number >= 3"), {Finding(Flaw.CUT_OFF, 3, 3)}),
        (removed_and_chained, {Finding(Flaw.NOT_AS_SIGNED, 1, 3)}),
    ],
    ids=["subject", "time", "detail", "removed", "beginning", "reordered", "cut off", "chained anew"],
)
def test_what_was_changed_is_found(signed_chain: Path, change: Change, wanted: set[Finding]) -> None:
    assert not flaws(signed_chain)
    change(signed_chain)
    assert wanted <= set(flaws(signed_chain))


def vouched(directory: Path) -> list[Checkpoint]:
    """What the server holds."""
    return [of_event(OWNER, event) for event in trail(directory).events if event.kind == CHECKPOINT]


def test_who_has_the_private_key_too_is_found_by_what_the_server_holds(signed_chain: Path) -> None:
    held = vouched(signed_chain)
    events = list(trail(signed_chain).events)
    forged = [*events[:1], *events[2:3]]
    chained_anew(signed_chain, forged)
    last = trail(signed_chain).events[-1]
    seed = read_seed(signed_chain)
    again = signed(seed, OWNER, held[0].item, last, held[0].at_ms)
    chained_anew(signed_chain, [*trail(signed_chain).events, bound(last.hash, 3, 0, again.as_event())])
    assert not flaws(signed_chain)
    assert {finding.flaw for finding in flaws(signed_chain, checkpoints=held)} == {Flaw.NOT_AS_SIGNED}


def read_seed(directory: Path) -> bytes:
    connection = connect(directory / DATABASE, KEY)
    (seed,) = connection.execute("SELECT value FROM kiosk_state WHERE key = 'audit_key'").fetchone()
    connection.close()
    return bytes(seed)


def test_also_when_he_signs_at_the_same_place(signed_chain: Path) -> None:
    held = vouched(signed_chain)
    events = list(trail(signed_chain).events)
    edited = [events[0], replace(events[1], subject="other"), events[2]]
    chained_anew(signed_chain, edited)
    last = trail(signed_chain).events[-1]
    again = signed(read_seed(signed_chain), OWNER, held[0].item, last, held[0].at_ms)
    chained_anew(signed_chain, [*edited, bound(last.hash, 4, 0, again.as_event())])
    assert not flaws(signed_chain)
    assert flaws(signed_chain, checkpoints=held) == [Finding(Flaw.NOT_AS_SIGNED, 1, 3)]


def test_a_beginning_removed_before_its_time_is_found_however_old_somebody_signs(signed_chain: Path) -> None:
    held = vouched(signed_chain)
    events = list(trail(signed_chain).events)
    early = signed(read_seed(signed_chain), OWNER, held[0].item, events[4], 1)
    sql("DELETE FROM event WHERE number <= 5")(signed_chain)
    left = trail(signed_chain).events
    made = bound(left[-1].hash, 10, 0, early.as_event())
    row = (made.number, made.at_ms, made.kind, made.subject, made.detail, made.hash)
    sql("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)", *row)(signed_chain)
    assert not flaws(signed_chain, since_ms=1000)
    assert Finding(Flaw.MISSING, 1, 5) in flaws(signed_chain, since_ms=1000, checkpoints=held)


def test_the_end_is_missed_by_what_the_server_holds(signed_chain: Path) -> None:
    held = vouched(signed_chain)
    sql("DELETE FROM event WHERE number >= 2")(signed_chain)
    sql("DELETE FROM item WHERE stream = 'audit'")(signed_chain)
    assert not flaws(signed_chain)
    assert flaws(signed_chain, checkpoints=held) == [Finding(Flaw.CUT_OFF, 2, 3)]


def test_another_key_is_told(signed_chain: Path) -> None:
    events = list(trail(signed_chain).events)
    again = signed(bytes(32), OWNER, "other", events[-1], round(NOW * 1000))
    chained_anew(signed_chain, [*events, bound(events[-1].hash, 10, 0, again.as_event())])
    assert Flaw.OTHER_KEY in {finding.flaw for finding in flaws(signed_chain)}


def test_a_wrong_signature_is_told(signed_chain: Path) -> None:
    detail = json.loads(trail(signed_chain).events[3].detail)
    detail["signature"] = bytes(64).hex()
    sql("UPDATE event SET detail = ? WHERE number = 4", json.dumps(detail))(signed_chain)
    assert Flaw.FORGED in {finding.flaw for finding in flaws(signed_chain)}


# --- what the chain lives through


def test_old_events_go_once_they_are_delivered(directory: Path, days_pass: DaysPass) -> None:
    begin = time.time()
    later = begin + 200 * DAY_S
    with closing(opened(directory)) as store:
        fill(store)
        store.make_checkpoint(time.time())
        days_pass(store, begin, 200)
        assert trail(directory).events[0].number == 1, "not delivered yet"
        deliver_all(store)
        store.tidy(later + 3700)
        kept = trail(directory)
        assert kept.events[0].number == 4
        since_ms = round((later - 180 * DAY_S) * 1000)
        assert not flaws(directory, since_ms=since_ms)
        assert flaws(directory) == [Finding(Flaw.MISSING, 1, 3)], "gone before their time"
        fill(store, 1, first=9)
        assert not flaws(directory, since_ms=since_ms)


def test_what_is_not_signed_yet_outlives_the_database(directory: Path) -> None:
    with closing(opened(directory)) as store:
        fill(store, 4)
        deliver_all(store)
    before = trail(directory).events
    for path in directory.glob(f"{DATABASE}*"):
        path.unlink()
    rebuild(directory, KEY, OWNER)
    *after, told = trail(directory).events
    assert after == list(before)
    assert (told.kind, told.detail) == (STORE_REBUILT, '{"lost":0}')
    with closing(opened(directory)) as store:
        fill(store, 1, first=9)
    assert not flaws(directory)


def test_an_older_copy_of_the_database_gets_its_events_back(directory: Path, tmp_path: Path) -> None:
    with closing(opened(directory)) as store:
        fill(store, 2)
    older = shutil.copytree(directory, tmp_path / "older")
    with closing(opened(directory)) as store:
        fill(store, 2, first=2)
        store.make_checkpoint(NOW)
        fill(store, 2, first=4)
    before = trail(directory).events
    shutil.copy(older / DATABASE, directory / DATABASE)
    (directory / f"{DATABASE}-wal").unlink(missing_ok=True)
    opened(directory).close()
    assert list(trail(directory).events) == list(before)
    assert not flaws(directory)


def test_a_new_key_of_the_outbox_is_told_and_breaks_nothing(directory: Path, tmp_path: Path) -> None:
    key_file = tmp_path / "outbox.key"
    key = ready_key(directory, key_file)
    with closing(opened(directory, key)) as store:
        fill(store)
        store.make_checkpoint(NOW)
        deliver_all(store)
    rotate(directory, key_file, OWNER)
    key = load_key(key_file)
    with closing(opened(directory, key)) as store:
        fill(store, 1, first=9)
        store.make_checkpoint(NOW)
    kinds = [event.kind for event in trail(directory, key).events]
    assert kinds[-3:] == ["key_rotated", "reading_kept", CHECKPOINT]
    assert not flaws(directory, key)
