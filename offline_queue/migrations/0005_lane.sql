-- What may go before what inside a stream: 0 keeps its place, 1 is quick and may overtake, 2 is bulky and may be
-- overtaken. What was put before this schema keeps its place.
ALTER TABLE item ADD COLUMN lane INTEGER NOT NULL DEFAULT 0 CHECK (lane BETWEEN 0 AND 2);

-- What was tried in vain, to tell the newest answer: it may be a head, or what tried to overtake one. Few items are
-- here, and none before its first attempt: no put has to write into it.
CREATE INDEX item_answered ON item (sequence) WHERE reason <> '' AND state <> 1;
