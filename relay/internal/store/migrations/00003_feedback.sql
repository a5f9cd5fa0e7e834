-- +goose Up
-- What the user sent of a session: a rating (0 is none), a comment, and whether they
-- found it suspicious.
ALTER TABLE sessions ADD COLUMN rating INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN comment TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN reported BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE sessions DROP COLUMN rating;
ALTER TABLE sessions DROP COLUMN comment;
ALTER TABLE sessions DROP COLUMN reported;
