-- How far the outbox has come, to be compared with the witness log (transactions, and the highest sequence given),
-- and how many items are in which state: nothing that is asked at the start may cost more with more rows.
ALTER TABLE identity ADD COLUMN put_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE identity ADD COLUMN highest INTEGER NOT NULL DEFAULT 0;
ALTER TABLE identity ADD COLUMN waiting INTEGER NOT NULL DEFAULT 0;
ALTER TABLE identity ADD COLUMN delivered INTEGER NOT NULL DEFAULT 0;
ALTER TABLE identity ADD COLUMN parked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE identity ADD COLUMN quarantined INTEGER NOT NULL DEFAULT 0;
UPDATE identity SET (highest, waiting, delivered, parked, quarantined) = (
    SELECT coalesce(max(sequence), 0), total(state = 0), total(state = 1), total(state = 2), total(state = 3) FROM item
);

CREATE TRIGGER item_put AFTER INSERT ON item BEGIN
    UPDATE identity SET
        waiting = waiting + (NEW.state = 0), delivered = delivered + (NEW.state = 1),
        parked = parked + (NEW.state = 2), quarantined = quarantined + (NEW.state = 3);
END;

CREATE TRIGGER item_settled AFTER UPDATE OF state ON item BEGIN
    UPDATE identity SET
        waiting = waiting + (NEW.state = 0) - (OLD.state = 0),
        delivered = delivered + (NEW.state = 1) - (OLD.state = 1),
        parked = parked + (NEW.state = 2) - (OLD.state = 2),
        quarantined = quarantined + (NEW.state = 3) - (OLD.state = 3);
END;

CREATE TRIGGER item_forgotten AFTER DELETE ON item BEGIN
    UPDATE identity SET
        waiting = waiting - (OLD.state = 0), delivered = delivered - (OLD.state = 1),
        parked = parked - (OLD.state = 2), quarantined = quarantined - (OLD.state = 3);
END;

-- The payload knows its stream, so that its item is found without an index of its own, and since when it waits.
CREATE TABLE payload_of_stream (
    sequence INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    stored REAL NOT NULL,
    content BLOB NOT NULL
) STRICT;
INSERT INTO payload_of_stream SELECT sequence, stream, unixepoch(), content FROM item JOIN payload USING (sequence);
DROP TABLE payload;
ALTER TABLE payload_of_stream RENAME TO payload;
