-- What happened, each event bound to all before it: hash = SHA-256(hash before, number, at_ms, kind, subject, detail).
-- Nothing here is changed; old events go, up to one that a delivered checkpoint vouches for.
CREATE TABLE event (
    number INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    hash BLOB NOT NULL
) STRICT;

-- The newest checkpoint is looked for with each new one.
CREATE INDEX event_checkpoint ON event (number) WHERE kind = 'checkpoint';
