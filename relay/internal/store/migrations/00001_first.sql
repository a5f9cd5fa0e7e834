-- +goose Up
CREATE TABLE organisations (
    id                 TEXT PRIMARY KEY,
    short_name         TEXT NOT NULL UNIQUE,
    name               TEXT NOT NULL,
    verified           BOOLEAN NOT NULL,
    controller         TEXT NOT NULL,
    privacy_url        TEXT NOT NULL,
    recording_days     INTEGER NOT NULL,
    recipient          TEXT NOT NULL,
    wrapped_identity   TEXT NOT NULL,
    recovery_recipient TEXT NOT NULL,
    created            TIMESTAMP NOT NULL
);

CREATE TABLE users (
    id              TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    email           TEXT NOT NULL,
    name            TEXT NOT NULL,
    password_hash   TEXT NOT NULL,
    roles           INTEGER NOT NULL,
    created         TIMESTAMP NOT NULL,
    UNIQUE (organisation_id, email)
);
CREATE INDEX users_email ON users (email);

-- Browsers that are signed in, API tokens and one-time links: of each token its hash alone.
CREATE TABLE sign_ins (
    token_hash      TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    user_id         TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind            TEXT NOT NULL,
    label           TEXT NOT NULL,
    created         TIMESTAMP NOT NULL,
    expires         TIMESTAMP NOT NULL
);
CREATE INDEX sign_ins_user ON sign_ins (user_id);

CREATE TABLE links (
    token_hash      TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    user_id         TEXT NOT NULL,
    email           TEXT NOT NULL,
    name            TEXT NOT NULL,
    roles           INTEGER NOT NULL,
    created         TIMESTAMP NOT NULL,
    expires         TIMESTAMP NOT NULL
);

CREATE TABLE sessions (
    id              TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    technician_id   TEXT NOT NULL,
    technician_name TEXT NOT NULL,
    started         TIMESTAMP NOT NULL,
    ended           TIMESTAMP,
    upload_hash     TEXT NOT NULL UNIQUE,
    recording_id    TEXT NOT NULL
);
CREATE INDEX sessions_list ON sessions (organisation_id, started);

-- The id is the agent's, so it is a key only together with the organisation.
CREATE TABLE recordings (
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    id              TEXT NOT NULL,
    session_id      TEXT NOT NULL,
    technician_name TEXT NOT NULL,
    started         TIMESTAMP NOT NULL,
    keep_until      TIMESTAMP NOT NULL,
    PRIMARY KEY (organisation_id, id)
);

CREATE TABLE objects (
    organisation_id TEXT NOT NULL,
    recording_id    TEXT NOT NULL,
    name            TEXT NOT NULL,
    sha256          TEXT NOT NULL,
    bytes           INTEGER NOT NULL,
    PRIMARY KEY (organisation_id, recording_id, name)
);

-- Who opened which recording, and why.
CREATE TABLE openings (
    id              TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    recording_id    TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    user_name       TEXT NOT NULL,
    reason          TEXT NOT NULL,
    ticket          TEXT NOT NULL,
    opened          TIMESTAMP NOT NULL
);
CREATE INDEX openings_recording ON openings (organisation_id, recording_id, user_id, opened);

-- +goose Down
DROP TABLE openings;
DROP TABLE objects;
DROP TABLE recordings;
DROP TABLE sessions;
DROP TABLE links;
DROP TABLE sign_ins;
DROP TABLE users;
DROP TABLE organisations;
