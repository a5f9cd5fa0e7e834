-- +goose Up
-- The audit log of each organisation: how many entries it has; each entry, as it is
-- hashed; and the hashes of the Merkle tree over them. Action and object are there to find
-- entries by; what counts is data.
CREATE TABLE audit_logs (
    organisation_id TEXT PRIMARY KEY REFERENCES organisations (id),
    id              TEXT NOT NULL UNIQUE,
    size            INTEGER NOT NULL
);

CREATE TABLE audit_entries (
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    number          INTEGER NOT NULL,
    action          TEXT NOT NULL,
    object          TEXT NOT NULL,
    data            TEXT NOT NULL,
    PRIMARY KEY (organisation_id, number)
);
CREATE INDEX audit_objects ON audit_entries (organisation_id, object);

CREATE TABLE audit_hashes (
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    number          INTEGER NOT NULL,
    hash            BLOB NOT NULL,
    PRIMARY KEY (organisation_id, number)
);

-- The public key that the logs were begun with. Another one is no relay to go on with them.
CREATE TABLE audit_keys (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    public BLOB NOT NULL
);

-- +goose Down
DROP TABLE audit_keys;
DROP TABLE audit_hashes;
DROP TABLE audit_entries;
DROP TABLE audit_logs;
