package recording

import (
	"fmt"
	"io"
	"os"
	"slices"
)

// Source gives the sealed objects of one recording by name. A missing one is an
// error that matches fs.ErrNotExist.
type Source interface {
	Get(name string) ([]byte, error)
}

// DirSource reads a recording from a folder, and nothing outside it.
type DirSource struct{ root *os.Root }

// OpenDir opens the folder of one recording.
func OpenDir(dir string) (*DirSource, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("recording: open folder: %w", err)
	}
	return &DirSource{root}, nil
}

// Get reads one object.
func (d *DirSource) Get(name string) ([]byte, error) {
	f, err := d.root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxObject+1))
	if err != nil {
		return nil, fmt.Errorf("recording: read %s: %w", name, err)
	}
	return data, nil
}

// Names lists what is in the folder, sorted.
func (d *DirSource) Names() ([]string, error) {
	f, err := d.root.Open(".")
	if err != nil {
		return nil, fmt.Errorf("recording: list folder: %w", err)
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("recording: list folder: %w", err)
	}
	slices.Sort(names)
	return names, nil
}

// Close lets the folder go.
func (d *DirSource) Close() error { return d.root.Close() }
