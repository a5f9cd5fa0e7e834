package upload

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

const (
	labelSuffix = ".json"
	maxLabel    = 8 << 10
	// labelLife is how long a spool can be delivered after it was last used: the relay
	// takes uploads for an hour after a session; the rest is for clocks.
	labelLife = 75 * time.Minute
)

// ErrInUse means that another run of the program is delivering the spool just now.
var ErrInUse = errors.New("upload: in use by another run")

var recordingID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// Label says where a spool goes. It lies beside the spool, readable by the user
// alone, so that a later run of the program can deliver what an earlier one could
// not; whoever holds it open is the only one who does.
type Label struct {
	// URL of the recording's folder on the relay, and the session's upload token.
	URL   string `json:"url"`
	Token string `json:"token"`

	path, spool string
	file        *os.File
}

// NewLabel labels the spool of a recording in the state folder dir.
func NewLabel(dir, recording, url, token string) (*Label, error) {
	if !recordingID.MatchString(recording) {
		return nil, errors.New("upload: label: not the id of a recording")
	}
	l := &Label{URL: url, Token: token, spool: filepath.Join(dir, recording)}
	l.path = l.spool + labelSuffix
	data, err := json.Marshal(l)
	if err != nil {
		return nil, fmt.Errorf("upload: label: %w", err)
	}
	if l.file, err = os.OpenFile(l.path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
		return nil, fmt.Errorf("upload: label: %w", err)
	}
	if err := lock(l.file); err != nil {
		return nil, errors.Join(fmt.Errorf("upload: label: %w", err), l.Remove())
	}
	if _, err := l.file.Write(data); err != nil {
		return nil, errors.Join(fmt.Errorf("upload: label: %w", err), l.Remove())
	}
	return l, nil
}

// OpenLabel opens and locks the label at path. It returns ErrInUse when another run
// of the program has it.
func OpenLabel(path string) (*Label, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("upload: label: %w", err)
	}
	l := &Label{path: path, spool: strings.TrimSuffix(path, labelSuffix), file: f}
	if err := lock(f); err != nil {
		return nil, errors.Join(ErrInUse, err, f.Close())
	}
	data, err := io.ReadAll(io.LimitReader(f, maxLabel))
	if err == nil {
		err = json.Unmarshal(data, l)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("upload: label: %w", err), l.Remove())
	}
	return l, nil
}

// SpoolDir is the folder of the spool that the label belongs to.
func (l *Label) SpoolDir() string { return l.spool }

// Expired reports whether nothing was done with the spool for so long that the relay
// will not take it any more.
func (l *Label) Expired() bool {
	newest := time.Time{}
	for _, path := range []string{l.path, l.spool} {
		if info, err := os.Stat(path); err == nil && info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	return time.Since(newest) > labelLife
}

// Touch begins the hour anew: the session has just ended.
func (l *Label) Touch() error {
	now := time.Now()
	return os.Chtimes(l.path, now, now)
}

// Close leaves the label for another run.
func (l *Label) Close() error { return l.file.Close() }

// Remove deletes the label.
func (l *Label) Remove() error {
	err := os.Remove(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, l.file.Close())
}

// Left lists the labels of what earlier runs left in the state folder, and removes
// spools that have none: nobody can deliver those.
func Left(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("upload: state folder: %w", err)
	}
	labelled := map[string]bool{}
	var labels []string
	for _, e := range entries {
		if id, ok := strings.CutSuffix(e.Name(), labelSuffix); ok && recordingID.MatchString(id) && e.Type().IsRegular() {
			labelled[id] = true
			labels = append(labels, filepath.Join(dir, e.Name()))
		}
	}
	var errs []error
	for _, e := range entries {
		if recordingID.MatchString(e.Name()) && e.IsDir() && !labelled[e.Name()] {
			errs = append(errs, removeSpool(filepath.Join(dir, e.Name())))
		}
	}
	return labels, errors.Join(errs...)
}

func removeSpool(dir string) error {
	s, err := OpenSpool(dir)
	if err != nil {
		return err
	}
	return s.Remove()
}
