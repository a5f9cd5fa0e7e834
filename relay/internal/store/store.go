// Package store is the relay's database: organisations, people, sessions, and what is
// known of recordings without being able to read them.
//
// Begin with [Open]. Every call that reads or changes something of an organisation
// takes the organisation's id and finds nothing outside it; what belongs to another
// organisation and what does not exist are the same [ErrNotFound]. The few calls
// without one (sign-in, tokens, links, uploads) start from a secret and learn the
// organisation from it.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Errors that callers branch on.
var (
	// ErrNotFound: there is no such thing in this organisation.
	ErrNotFound = errors.New("store: not found")
	// ErrNewer: a later version of the program has changed the database.
	ErrNewer = errors.New("store: the database was written by a newer version")
	// ErrTaken: something with that name or address exists, or was set already.
	ErrTaken = errors.New("store: taken")
	// ErrLastAdmin: the organisation would be left without an admin.
	ErrLastAdmin = errors.New("store: the last admin")
	// ErrComplete: the recording has its manifest, nothing can be added.
	ErrComplete = errors.New("store: the recording is complete")
)

//go:embed migrations/*.sql
var migrations embed.FS

// FileName is the database's file in the data folder.
const FileName = "beside.db"

// Store is the database. It is safe for use by several goroutines.
type Store struct{ db *bun.DB }

// Open opens the database in the folder dir and brings its tables up to date.
func Open(ctx context.Context, dir string) (*Store, error) {
	// SQLite would make the file readable by others; its journals take the file's mode.
	f, err := os.OpenFile(filepath.Join(dir, FileName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("store: make file: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("store: make file: %w", err)
	}
	// WAL lets the command line read and write while the relay serves; the busy
	// timeout bounds how long one waits for the other. What is committed is on the disk:
	// a checkpoint of the audit log that an agent has must not outlive its entries, or a
	// power cut would look like a log that was cut.
	dsn := "file:" + filepath.ToSlash(filepath.Join(dir, FileName)) +
		"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_pragma=synchronous(FULL)" +
		"&_pragma=secure_delete(1)&_txlock=immediate&_time_format=sqlite"
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("store: open: %w", err)
	}
	db.SetMaxOpenConns(4)
	if err := migrate(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &Store{db: bun.NewDB(db, sqlitedialect.New())}, nil
}

func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("store: migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return fmt.Errorf("store: migrations: %w", err)
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("store: read version: %w", err)
	}
	if have > want {
		return fmt.Errorf("%w (its version is %d, this program knows %d)", ErrNewer, have, want)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("store: migrate: %w", err)
	}
	return nil
}

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.db.PingContext(ctx) }

// now is the time as the database keeps it: in UTC, to the microsecond.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// found makes ErrNotFound of a query without a row.
func found(what string, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return wrap(what, err)
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	var e *sqlite.Error
	if errors.As(err, &e) && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY) {
		return ErrTaken
	}
	return fmt.Errorf("store: %s: %w", what, err)
}

// changed makes ErrNotFound of a change that met no row.
func changed(what string, res sql.Result, err error) error {
	if err != nil {
		return wrap(what, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return wrap(what, err)
	}
	if n == 0 {
		return ErrNotFound
	}
	return nil
}
