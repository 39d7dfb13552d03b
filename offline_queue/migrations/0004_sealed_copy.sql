-- What was delivered, sealed for the organisation alone: this kiosk cannot read it any more, whoever has its key
-- neither. For a server that lost what it had. Only where the settings ask for it.
CREATE TABLE sealed_copy (
    sequence INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    content BLOB NOT NULL
) STRICT;
