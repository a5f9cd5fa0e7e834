package upload

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
)

const (
	// maxObject is what the relay takes.
	maxObject = 8 << 20
	// minFree is what a spool leaves free on the user's disk.
	minFree = 256 << 20
	// partial ends the names of files that are being written.
	partial = ".partial"
	// manifestName is the last object of a recording.
	manifestName = "manifest.jws"
)

// ErrDiskFull means that the user's disk has too little room left to record.
var ErrDiskFull = errors.New("upload: the disk is nearly full")

// Spool keeps sealed objects on disk until the relay has them. It implements
// recording.Store. Nothing in it can be read without the recipients' keys. Its
// methods may be called by several goroutines; one program at a time uses a folder.
type Spool struct {
	dir  string
	root *os.Root
	free func(dir string) (uint64, error) // bytes that we could use

	mu      sync.Mutex
	names   []string      // waiting, in the order of sending
	changed chan struct{} // closed and replaced when names changes
}

// OpenSpool makes or reopens the spool in dir (0700). What an earlier run left
// behind waits in it; half-written files are deleted.
func OpenSpool(dir string) (*Spool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("upload: make spool: %w", err)
	}
	if info, err := os.Lstat(dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("upload: open spool: %s is not a folder", dir)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, fmt.Errorf("upload: open spool: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("upload: open spool: %w", err)
	}
	s := &Spool{dir: dir, root: root, free: freeSpace, changed: make(chan struct{})}
	if err := s.load(); err != nil {
		_ = root.Close()
		return nil, err
	}
	return s, nil
}

func (s *Spool) load() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return fmt.Errorf("upload: read spool: %w", err)
	}
	for _, e := range entries {
		switch name := e.Name(); {
		case strings.HasSuffix(name, partial) && validName(strings.TrimSuffix(name, partial)):
			if err := s.root.Remove(name); err != nil {
				return fmt.Errorf("upload: clean spool: %w", err)
			}
		case e.Type().IsRegular() && validName(name):
			s.names = append(s.names, name)
		}
	}
	slices.SortFunc(s.names, inOrder)
	return nil
}

// Put stores an object durably. It refuses what would fill the disk (ErrDiskFull),
// and another object by a name that is waiting. The manifest may use what is kept
// free: it is small, and it vouches for all that was recorded before the disk was full.
func (s *Spool) Put(name string, data []byte) error {
	if !validName(name) || len(data) == 0 || len(data) > maxObject {
		return fmt.Errorf("upload: spool %q with %d bytes: not an object of a recording", name, len(data))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Contains(s.names, name) {
		if old, err := s.root.ReadFile(name); err != nil || !bytes.Equal(old, data) {
			return fmt.Errorf("upload: spool %s: another one is waiting", name)
		}
		return nil
	}
	free, err := s.free(s.dir)
	if err != nil {
		return fmt.Errorf("upload: spool %s: %w", name, err)
	}
	if name != manifestName && free < minFree+uint64(len(data)) {
		return fmt.Errorf("%w: %d MiB are free, %d MiB are needed", ErrDiskFull, free>>20, minFree>>20)
	}
	if err := s.writeLocked(name, data); err != nil {
		_ = s.root.Remove(name + partial)
		return fmt.Errorf("upload: spool %s: %w", name, err)
	}
	s.names = append(s.names, name)
	slices.SortFunc(s.names, inOrder)
	s.tellLocked()
	return nil
}

// writeLocked makes the file whole before it gets its name.
func (s *Spool) writeLocked(name string, data []byte) error {
	f, err := s.root.OpenFile(name+partial, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := s.root.Rename(name+partial, name); err != nil {
		return err
	}
	return syncDir(s.dir)
}

// Waiting is the number of objects that the relay does not have yet.
func (s *Spool) Waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.names)
}

// Close lets go of the folder and leaves what waits in it.
func (s *Spool) Close() error { return s.root.Close() }

// Remove deletes everything that waits and the folder (PROMISE E6: erase all; also
// what a one-shot agent does when everything has arrived).
func (s *Spool) Remove() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, name := range s.names {
		errs = append(errs, s.root.Remove(name))
	}
	s.names = nil
	s.tellLocked()
	errs = append(errs, s.root.Close(), os.Remove(s.dir))
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("upload: remove spool: %w", err)
	}
	return nil
}

// changes is closed at the next change; ask for it before looking.
func (s *Spool) changes() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

func (s *Spool) tellLocked() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// next is the name of the object to send next, "" when none waits.
func (s *Spool) next() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.names) == 0 {
		return ""
	}
	return s.names[0]
}

func (s *Spool) read(name string) ([]byte, error) {
	data, err := s.root.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("upload: read spool: %w", err)
	}
	return data, nil
}

// delete forgets an object that the relay has.
func (s *Spool) delete(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("upload: delete from spool: %w", err)
	}
	s.names = slices.DeleteFunc(s.names, func(n string) bool { return n == name })
	s.tellLocked()
	return nil
}

var objectName = regexp.MustCompile(`^(key\.age|manifest\.jws|(segment|events)-[0-9]{6}\.age)$`)

func validName(name string) bool {
	return objectName.MatchString(name) && filepath.IsLocal(name)
}

// inOrder sorts the key first, segments and events by number, the manifest last.
func inOrder(a, b string) int {
	rank := func(name string) (class int, number string) {
		switch name {
		case "key.age":
			return 0, ""
		case manifestName:
			return 2, ""
		}
		kind, number, _ := strings.Cut(name, "-")
		if kind == "segment" {
			return 1, number + "a"
		}
		return 1, number + "b"
	}
	classA, numberA := rank(a)
	classB, numberB := rank(b)
	return cmp.Or(cmp.Compare(classA, classB), strings.Compare(numberA, numberB))
}
