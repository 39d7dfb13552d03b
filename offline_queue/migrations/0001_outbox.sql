-- Whose outbox this is.
CREATE TABLE identity (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    owner TEXT NOT NULL
) STRICT;

-- A delivered item stays as a tombstone: id, sha256 and receipt, without payload. Kept in the order of its
-- stream, so that no further index has to be written with every item. The sequence goes through all streams and
-- is never given twice: whoever removes old tombstones must keep the newest item, the sentinel counts on it.
CREATE TABLE item (
    stream TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    state INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 3),
    attempts INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    receipt TEXT NOT NULL DEFAULT '',
    settled REAL,
    sha256 BLOB NOT NULL,
    PRIMARY KEY (stream, sequence)
) STRICT, WITHOUT ROWID;

-- Apart from its item: to note an attempt must not rewrite a sound of some megabytes. Gone once delivered.
CREATE TABLE payload (
    sequence INTEGER PRIMARY KEY,
    content BLOB NOT NULL
) STRICT;

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
