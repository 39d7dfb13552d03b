"""An outbox as a kiosk of an earlier schema left it: database and log, with all that they could hold then."""

import hashlib
import json
import random
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

from offline_queue import migrate
from offline_queue.audit import checkpoint
from offline_queue.audit.checkpoint import AUDIT, KEY_STATE
from offline_queue.audit.event import Event, NewEvent, bound, first_hash
from offline_queue.database import connect
from offline_queue.item import ItemState
from offline_queue.keys import replace_key
from offline_queue.sentinel import DATABASE, WITNESS, Mark, write_mark
from offline_queue.witness.record import Begin, Done, Kept, Put, Record, encode
from offline_queue.witness.record import Told as Added
from offline_queue.witness.segment import MAGIC, Seal
from tests.offline_queue.helpers import KEY, NOW, OWNER
from tests.torture.outbox.judge import Told

KEY_FILE, OUTBOX = "outbox.key", "outbox"
WITH_LOG, WITH_EVENTS, WITH_COPIES, WITH_LANES = 2, 3, 4, 5
"""Since which schema there is what."""
_ITEMS, _IN_FIRST_SEGMENT = 40, 20
_DELIVERED = "UPDATE item SET state = 1, receipt = 'receipt', attempts = 1, settled = ? WHERE sequence = ?"
_STUCK = "UPDATE item SET state = ?, reason = 'http 503', attempts = 3, settled = ? WHERE sequence = ?"


def earlier_outbox(folder: Path, version: int, seed: int) -> Told:
    """Forty items of three streams, those of the first delivered; one more that rests, and one that was
    refused."""
    directory = folder / OUTBOX
    directory.mkdir()
    replace_key(folder / KEY_FILE, KEY)
    (directory / DATABASE).touch()
    connection = connect(directory / DATABASE, KEY, new=True)
    for number, sql in migrate.migrations()[:version]:
        connection.executescript(f"BEGIN; {sql}\nPRAGMA user_version = {number}; COMMIT;")
    connection.execute("INSERT INTO identity (one, owner) VALUES (1, ?)", (OWNER,))
    life = _Life(connection, version, random.Random(seed))
    told = life.live()
    connection.close()
    if version >= WITH_LOG:
        _write(directory / f"{WITNESS}00000001-1", 1, life.first, version)
        _write(directory / f"{WITNESS}00000002-{_IN_FIRST_SEGMENT + 1}", 2, life.second, version)
    write_mark(directory, Mark(OWNER, life.highest))
    return told


class _Life:
    """`first`, `second`: the records of the log's two segments."""

    def __init__(self, connection: Any, version: int, rng: random.Random) -> None:
        self._execute, self._version, self._rng = connection.execute, version, rng
        self._events: list[Event] = []
        self._state: dict[str, bytes] = {}
        self.highest = 0
        self.first: list[Record] = [Begin(OWNER, 0, 0), Put(0, (), {})]
        self.second: list[Record] = []

    def live(self) -> Told:
        told = Told()
        for number in range(1, _ITEMS + 1):
            if number > _IN_FIRST_SEGMENT and not self.second:
                known = Put(self.highest, (), dict(self._state), list(self._events))
                self.second += [Begin(OWNER, self.highest, self.highest), known]
            payload = self._rng.randbytes(700)
            self._put(f"i{number}", f"s{number % 3}", payload, {"last": f"i{number}".encode()})
            told.hear([f"put i{number} {hashlib.sha256(payload).hexdigest()}"])
        for number in range(3, _ITEMS + 1, 3):
            self._deliver(number)
            told.hear([f"send i{number}", f"done i{number}"])
        self._get_stuck()
        if self._version >= WITH_EVENTS:
            self._sign()
        if self._version >= WITH_LOG:
            self._execute("UPDATE identity SET highest = ?1, put_count = ?1", (self.highest,))
        return told

    def _put(
        self, name: str, stream: str, payload: bytes, state: dict[str, bytes], *events: NewEvent
    ) -> None:
        """One transaction."""
        self.highest += 1
        kind = AUDIT if stream == AUDIT else "reading"
        self._execute(
            "INSERT INTO item (id, stream, sequence, kind, sha256) VALUES (?, ?, ?, ?, ?)",
            (name, stream, self.highest, kind, hashlib.sha256(payload).digest()),
        )
        stored = (stream, 1.0) if self._version >= WITH_LOG else ()
        row = (self.highest, *stored, payload)
        self._execute(f"INSERT INTO payload VALUES ({', '.join('?' * len(row))})", row)
        for key, value in state.items():
            self._execute("INSERT OR REPLACE INTO kiosk_state VALUES (?, ?)", (key, value))
        self._state |= state
        told = self._tell(events or (NewEvent("reading_kept", name),))
        kept = Kept(self.highest, name, stream, kind, 1.0, payload)
        (self.second or self.first).append(Put(self.highest, [kept], state, told))

    def _deliver(self, sequence: int) -> None:
        self._execute(_DELIVERED, (NOW, sequence))
        self._execute("DELETE FROM payload WHERE sequence = ?", (sequence,))
        self.second.append(Done(f"s{sequence % 3}", sequence, "receipt", NOW))
        if told := self._tell([NewEvent("delivered", f"i{sequence}")]):
            self.second.append(Added(told))
        if self._version >= WITH_COPIES:
            copy = (sequence, NOW, self._rng.randbytes(900))
            self._execute("INSERT INTO sealed_copy VALUES (?, ?, ?)", copy)

    def _get_stuck(self) -> None:
        for name, stream, state in (
            ("rests", "s3", ItemState.PARKED),
            ("refused", "s4", ItemState.QUARANTINED),
        ):
            self._put(name, stream, self._rng.randbytes(700), {})
            self._execute(_STUCK, (int(state), NOW, self.highest))
        heads = "SELECT stream, min(sequence), 0 FROM item WHERE state <> 1 GROUP BY stream"
        self._execute(f"INSERT INTO stream {heads}")
        self._execute("UPDATE stream SET due = ? WHERE name = 's3'", (NOW + 100,))
        self._execute("UPDATE stream SET due = NULL WHERE name = 's4'")

    def _sign(self) -> None:
        seed = self._rng.randbytes(32)
        signed = checkpoint.signed(seed, OWNER, "checkpoint", self._events[-1], round(NOW * 1000))
        payload = checkpoint.encode(signed, self._events)
        self._put(signed.item, AUDIT, payload, {KEY_STATE: seed}, signed.as_event())
        self._execute("INSERT INTO stream VALUES (?, ?, 0)", (AUDIT, self.highest))

    def _tell(self, events: Sequence[NewEvent]) -> list[Event]:
        """Nothing where there was no audit chain yet."""
        told: list[Event] = []
        for new in events if self._version >= WITH_EVENTS else ():
            before = self._events[-1].hash if self._events else first_hash(OWNER)
            event = bound(before, len(self._events) + 1, round(NOW * 1000), new)
            self._execute("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)", astuple(event))
            self._events.append(event)
            told.append(event)
        return told


def _write(path: Path, number: int, records: Sequence[Record], version: int) -> None:
    salt = bytes((number,)) * 16
    seal = Seal(KEY, number, salt)
    contents = (_as_then(encode(record), version) for record in records)
    path.write_bytes(MAGIC + salt + b"".join(map(seal.sealed_content, contents)))


def _as_then(content: bytes, version: int) -> bytes:
    """Without what a later program writes into a record."""
    line, _, rest = content.partition(b"\n")
    head = json.loads(line)
    head.pop("older", None)
    if version < WITH_LANES and "items" in head:
        head["items"] = [item[:6] for item in head["items"]]
    return json.dumps(head, separators=(",", ":")).encode() + b"\n" + rest
