package files

import (
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"beside/consent"
	"beside/consent/consenttest"
)

// THREAT 4: a disk that hangs holds up neither Pause nor End, and what it brings after the end
// is undone.
func TestADiskThatHangs(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(gate *consent.Gate)
		err       error
		undone    bool
	}{
		"it is well after all": {func(*consent.Gate) {}, nil, false},
		"a pause":              {(*consent.Gate).Pause, nil, false},
		"the end":              {func(gate *consent.Gate) { gate.End(consent.ByUser) }, consent.ErrRevoked, true},
		"taken back":           {func(gate *consent.Gate) { gate.Withdraw(consent.Files, consent.ByUser) }, consent.ErrRevoked, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				grant, gate := consenttest.NewFiles(t)
				hangs, undone := make(chan struct{}), make(chan string, 1)
				type result struct {
					value string
					err   error
				}
				results := make(chan result, 1)
				go func() {
					value, err := slowly(grant, func() (string, error) { <-hangs; return "made", nil }, func(v string) { undone <- v })
					results <- result{value, err}
				}()
				time.Sleep(holdUp) // virtual
				synctest.Wait()
				c.meanwhile(gate) // would never return, if it waited for the disk
				time.Sleep(time.Hour)
				close(hangs)
				synctest.Wait()
				got := <-results
				if !errors.Is(got.err, c.err) || (got.value == "made") == c.undone {
					t.Errorf("%q, %v; want %v", got.value, got.err, c.err)
				}
				if len(undone) == 1 != c.undone {
					t.Errorf("undone: %d, want it: %v", len(undone), c.undone)
				}
				gate.Close()
			})
		})
	}
}

// THREAT 4: the same with a real file that takes no more: a part cannot be written, and End
// comes back while it is so.
func TestEndWhileAPartIsBeingWritten(t *testing.T) {
	s, folder, gate := open(t)
	const size = 8 << 20 // more than a pipe holds
	in, err := s.Receive("film.mp4", size)
	if err != nil {
		t.Fatal(err)
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	part := in.file
	defer part.Close()
	in.file = writer
	written := make(chan error, 1)
	go func() { written <- in.Write(0, make([]byte, size)) }()
	if _, err := reader.Read(make([]byte, 1)); err != nil { // it has begun, and goes no further
		t.Fatal(err)
	}
	gate.End(consent.ByUser)
	if err := <-written; !errors.Is(err, consent.ErrRevoked) {
		t.Errorf("a part that was never written: %v", err)
	}
	wantFiles(t, folder, nil)
}
