-- +goose Up
-- When the session's recording was deleted because its time had come.
ALTER TABLE sessions ADD COLUMN recording_deleted TIMESTAMP;
CREATE INDEX recordings_due ON recordings (keep_until);

-- +goose Down
DROP INDEX recordings_due;
ALTER TABLE sessions DROP COLUMN recording_deleted;
