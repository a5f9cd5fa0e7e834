// Package files puts what the technician sends into the user's Downloads folder, and
// reads the file that the user chose, once the user has said yes.
//
// Begin with Open, which takes the user's consent. It promises:
//
//   - Every read and write begins inside the grant. A disk that takes its time holds up
//     neither Pause nor End, and what it brings after the end is undone (slow.go).
//
//   - Nothing is written outside of the folder (os.Root), nothing there is replaced, and
//     nothing is unpacked, opened or made executable.
//
//   - A name is made of what the sender calls the file, not taken from it (name.go).
//
//   - A file gets its name when all of it is there and its hash is the sender's. Until
//     then it is a part with a name of ours, which goes when it is given up.
//
//     Receive ──► Write … Write ──► Finish ──► "report (2).pdf"
//     └──────► Abort  ──► nothing
package files

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"beside/consent"
	"beside/protocol"
)

// Errors beside those of the grant and of the file system.
var (
	// ErrDiskFull means that there is no room; what was written of the file is removed.
	ErrDiskFull = errors.New("files: the disk is full")
	// ErrTooLarge means that a file is over the limit of package protocol.
	ErrTooLarge = errors.New("files: too large")
	// ErrDamaged means that a part came out of place or the hash differs.
	ErrDamaged = errors.New("files: not what was sent")
	// ErrNotRegular means that what was chosen is no ordinary file.
	ErrNotRegular = errors.New("files: not a file")
)

// reserve is what a received file leaves free on the disk.
const reserve = 64 << 20

// Store receives into one folder and sends what the user chose. Its methods are safe for
// use by several goroutines.
type Store struct {
	grant *consent.FilesGrant
	root  *os.Root
}

// Open prepares the folder, which is made if it is not there, and clears away parts that
// a run before left behind.
func Open(grant *consent.FilesGrant, folder string) (*Store, error) {
	root, err := slowly(grant, func() (*os.Root, error) {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return nil, err
		}
		return os.OpenRoot(folder)
	}, func(root *os.Root) { _ = root.Close() })
	if err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	s := &Store{grant: grant, root: root}
	s.sweep()
	return s, nil
}

// Close ends the store. Files that are not finished are aborted by their owners.
func (s *Store) Close() error { return s.root.Close() }

// A part's name: hidden, and ours.
const (
	partPrefix = ".beside-"
	partSuffix = ".part"
	// partAge is how old a part is when nobody writes it any more.
	partAge = 24 * time.Hour
)

// sweep removes parts that were left behind.
func (s *Store) sweep() {
	entries, err := fs.ReadDir(s.root.FS(), ".")
	if err != nil {
		return
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > partAge &&
			strings.HasPrefix(e.Name(), partPrefix) && strings.HasSuffix(e.Name(), partSuffix) {
			_ = s.root.Remove(e.Name())
		}
	}
}

// Incoming is a file that is being received. One goroutine uses it.
type Incoming struct {
	s    *Store
	part string
	name string // as it is to be called
	file *os.File
	sum  hash.Hash
	size int64
	at   int64
	over sync.Once
}

// Receive begins a file of a size that was agreed.
func (s *Store) Receive(called string, size int64) (*Incoming, error) {
	if size < 0 || size > protocol.MaxFileSize {
		return nil, ErrTooLarge
	}
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails since Go 1.24
	in := &Incoming{s: s, name: Name(called), size: size, sum: sha256.New(), part: partPrefix + hex.EncodeToString(random[:]) + partSuffix}
	var err error
	in.file, err = slowly(s.grant, func() (*os.File, error) {
		if free, err := freeSpace(s.root.Name()); err == nil && free < uint64(size)+reserve {
			return nil, ErrDiskFull
		}
		file, err := s.root.OpenFile(in.part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		return file, failed(err)
	}, func(file *os.File) {
		_ = file.Close()
		_ = s.root.Remove(in.part)
	})
	if err != nil {
		return nil, err
	}
	return in, nil
}

// Offset is how much has been received.
func (in *Incoming) Offset() int64 { return in.at }

// Size is what was agreed.
func (in *Incoming) Size() int64 { return in.size }

// Name is what the file will be called, if nothing there is called so.
func (in *Incoming) Name() string { return in.name }

// Write adds a part. One that is there already is left out; one that leaves a gap, or is
// more than was agreed, is ErrDamaged. After an error other than ErrPaused the file is
// gone.
func (in *Incoming) Write(offset int64, data []byte) error {
	switch {
	case offset+int64(len(data)) <= in.at:
		return nil
	case offset != in.at || in.at+int64(len(data)) > in.size:
		in.Abort()
		return ErrDamaged
	}
	_, err := slowly(in.s.grant, func() (int, error) {
		n, err := in.file.Write(data)
		return n, failed(err)
	}, nothing) // Abort removes all of it
	switch {
	case errors.Is(err, consent.ErrPaused):
		return err
	case err != nil:
		in.Abort()
		return err
	}
	in.at += int64(len(data))
	in.sum.Write(data)
	return nil
}

// Finish compares the hash and gives the file its name, which it returns. After an error
// other than ErrPaused the file is gone.
func (in *Incoming) Finish(sum []byte) (name string, err error) {
	if in.at != in.size || string(in.sum.Sum(nil)) != string(sum) {
		in.Abort()
		return "", ErrDamaged
	}
	name, err = slowly(in.s.grant, func() (string, error) {
		if err := in.file.Sync(); err != nil {
			return "", failed(err)
		}
		name, err := in.s.place(in.part, in.name)
		return name, failed(err)
	}, func(name string) { _ = in.s.root.Remove(name) })
	if errors.Is(err, consent.ErrPaused) {
		return "", err
	}
	in.Abort() // the part; after place it is only a second name
	return name, err
}

// Abort removes the part. It needs no grant: it is ours.
func (in *Incoming) Abort() {
	in.over.Do(func() {
		_ = in.file.Close()
		_ = in.s.root.Remove(in.part)
	})
}

// tries is how many names beside the first are tried.
const tries = 1000

// place gives a part its name, or the next that nothing has.
func (s *Store) place(part, name string) (string, error) {
	for n := 1; n <= tries; n++ {
		to := numbered(name, n)
		err := s.root.Link(part, to)
		if err == nil {
			return to, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			// A file system without links: hold the name with an empty file of ours.
			err = s.hold(to)
			if err == nil {
				return to, s.root.Rename(part, to)
			}
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", err
		}
	}
	return "", fs.ErrExist
}

// hold makes an empty file, unless something has that name.
func (s *Store) hold(name string) error {
	f, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// Outgoing is a file that the user chose. One goroutine uses it.
type Outgoing struct {
	grant *consent.FilesGrant
	file  *os.File
	name  string
	size  int64
}

// Send opens what the user chose on their own machine; nothing that came over the network
// may be given to it. Links are followed: the user saw where they lead.
func (s *Store) Send(chosen string) (*Outgoing, error) {
	out, err := slowly(s.grant, func() (*Outgoing, error) { return readable(chosen) }, (*Outgoing).Close)
	if err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	out.grant = s.grant
	return out, nil
}

// readable opens an ordinary file that is not too large.
func readable(chosen string) (*Outgoing, error) {
	info, err := os.Stat(chosen)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, ErrNotRegular // opening a pipe would wait
	}
	file, err := os.Open(chosen)
	if err != nil {
		return nil, err
	}
	info, err = file.Stat()
	switch {
	case err == nil && !info.Mode().IsRegular():
		err = ErrNotRegular
	case err == nil && info.Size() > protocol.MaxFileSize:
		err = ErrTooLarge
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	name := protocol.Clean(filepath.Base(chosen), longest)
	if name == "" {
		name = nameless
	}
	return &Outgoing{file: file, name: name, size: info.Size()}, nil
}

// Name is what the technician is told.
func (out *Outgoing) Name() string { return out.name }

// Size is how large it was when it was chosen.
func (out *Outgoing) Size() int64 { return out.size }

// Read fills data from an offset and, inside the grant, hands it to send. A file that
// became shorter is ErrDamaged. After an error other than ErrPaused data is not to be used
// again: a disk that takes its time may still fill it.
func (out *Outgoing) Read(offset int64, data []byte, send func([]byte) error) error {
	_, err := slowly(out.grant, func() (int, error) {
		n, err := out.file.ReadAt(data, offset)
		if err != nil {
			err = fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		return n, err
	}, nothing)
	if err != nil {
		return err
	}
	return out.grant.Use(func() error { return send(data) })
}

// Close closes the file.
func (out *Outgoing) Close() { _ = out.file.Close() }
