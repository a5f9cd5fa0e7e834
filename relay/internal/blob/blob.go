// Package blob keeps the objects of recordings: numbered files that the relay cannot
// read.
//
// Begin with [Open]. It promises that every object's key begins with its
// organisation, that an object appears whole or not at all, and that only the relay's
// own system user can read the folder.
package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/gcerrors"
)

// ErrNotFound is returned for an object that is not there.
var ErrNotFound = errors.New("blob: no such object")

// Store is the place of all objects.
type Store struct {
	bucket *blob.Bucket
	dir    string
}

// Open opens the folder dir, and makes it when it is missing.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("blob: make folder: %w", err)
	}
	bucket, err := fileblob.OpenBucket(dir, &fileblob.Options{
		DirFileMode: 0o700,
		NoTempDir:   true, // the temporary folder may be on another disk, where rename fails
		Metadata:    fileblob.MetadataDontWrite,
	})
	if err != nil {
		return nil, fmt.Errorf("blob: open folder: %w", err)
	}
	return &Store{bucket: bucket, dir: dir}, nil
}

// Close closes the store.
func (s *Store) Close() error { return s.bucket.Close() }

// Key names an object. Organisation and Recording are ids of the relay's own making or
// checking; Object is one of the names that ingest allows.
type Key struct{ Organisation, Recording, Object string }

func (k Key) path() string { return folder(k.Organisation, k.Recording) + k.Object }

// folder is what the paths of a recording's objects begin with.
func folder(organisation, recording string) string {
	return "organisations/" + organisation + "/recordings/" + recording + "/"
}

// Put stores an object, whole or not at all.
func (s *Store) Put(ctx context.Context, k Key, data []byte) error {
	err := s.bucket.WriteAll(ctx, k.path(), data, &blob.WriterOptions{
		ContentType:                 "application/octet-stream",
		DisableContentTypeDetection: true,
	})
	if err != nil {
		return fmt.Errorf("blob: put: %w", err)
	}
	return nil
}

// Get opens an object for reading.
func (s *Store) Get(ctx context.Context, k Key) (io.ReadCloser, error) {
	r, err := s.bucket.NewReader(ctx, k.path(), nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("blob: get: %w", err)
	}
	return r, nil
}

// Delete deletes an object. One that is not there is no error.
func (s *Store) Delete(ctx context.Context, k Key) error { return s.delete(ctx, k.path()) }

func (s *Store) delete(ctx context.Context, path string) error {
	err := s.bucket.Delete(ctx, path)
	if err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("blob: delete: %w", err)
	}
	return nil
}

// DeleteRecording deletes all objects of a recording, also those that nobody knows of
// because the relay was stopped between writing one and noting it.
func (s *Store) DeleteRecording(ctx context.Context, organisation, recording string) error {
	list := s.bucket.List(&blob.ListOptions{Prefix: folder(organisation, recording)})
	for {
		o, err := list.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("blob: list: %w", err)
		}
		if err := s.delete(ctx, o.Key); err != nil {
			return err
		}
	}
	err := os.Remove(filepath.Join(s.dir, filepath.FromSlash(folder(organisation, recording))))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("blob: delete folder: %w", err)
	}
	return nil
}
