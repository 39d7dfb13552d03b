-- Whose outbox this is.
CREATE TABLE identity (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    owner TEXT NOT NULL
) STRICT;

-- AUTOINCREMENT: a number is never given twice, so that the sentinel's high-water mark stays true even when
-- old tombstones are removed. A delivered item stays as a tombstone: id, sha256 and receipt, without payload.
CREATE TABLE item (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    stream TEXT NOT NULL,
    kind TEXT NOT NULL,
    state INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 3),
    attempts INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    receipt TEXT NOT NULL DEFAULT '',
    settled REAL,
    sha256 BLOB NOT NULL,
    payload BLOB
) STRICT;

CREATE INDEX item_of_stream ON item (stream, state, sequence);

-- Delivered while the disk was too full even to destroy the payload: usually empty.
CREATE INDEX item_to_destroy ON item (sequence) WHERE state = 1 AND payload IS NOT NULL;

-- One row a stream: its first unfinished item, and when that may be tried. NULL: nothing to do, or quarantined.
CREATE TABLE stream (
    name TEXT PRIMARY KEY,
    head INTEGER,
    due REAL
) STRICT, WITHOUT ROWID;

-- Claiming looks here alone, so its cost does not grow with what waits or with what was delivered.
CREATE INDEX stream_ready ON stream (due, head) WHERE due IS NOT NULL;

-- What the kiosk must remember over a crash (the session under way), written together with items.
CREATE TABLE kiosk_state (
    key TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
