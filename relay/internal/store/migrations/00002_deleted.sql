-- +goose Up
-- When the session's recording was deleted because its time had come.
ALTER TABLE sessions ADD COLUMN recording_deleted TIMESTAMP;
CREATE INDEX recordings_due ON recordings (keep_until);
CREATE INDEX recordings_session ON recordings (organisation_id, session_id);

-- +goose Down
DROP INDEX recordings_session;
DROP INDEX recordings_due;
ALTER TABLE sessions DROP COLUMN recording_deleted;
