package agent

import (
	"bytes"
	"crypto/ed25519"
	"image"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"beside/agent/internal/capture"
	"beside/consent"
	"beside/consent/consenttest"
	"beside/recording"
)

// shelf is a store in memory.
type shelf struct {
	mu      sync.Mutex
	names   []string
	objects map[string][]byte
}

func (s *shelf) Put(name string, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.objects == nil {
		s.objects = map[string][]byte{}
	}
	s.names = append(s.names, name)
	s.objects[name] = bytes.Clone(data)
	return nil
}

// segments are the names of the stored segments.
func (s *shelf) segments() (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.names {
		if strings.HasPrefix(n, "segment-") {
			list = append(list, n)
		}
	}
	return list
}

// studioDesk is a recorder of a small screen, in virtual time.
type studioDesk struct {
	*recorder
	gate  *consent.Gate
	shelf *shelf
	frame capture.Frame
}

func newStudioDesk(t *testing.T) *studioDesk {
	t.Helper()
	grant, gate := consenttest.NewRecord(t)
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	_, recipient, err := recording.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	d := &studioDesk{gate: gate, shelf: &shelf{}}
	d.recorder, err = newRecorder(grant, recording.Options{
		ID: newRecordingID(), SessionID: "test", Started: time.Now(), Width: 320, Height: 240,
		Recipients: []string{recipient}, Key: key, Store: d.shelf,
	}, slog.New(slog.DiscardHandler), func(err error) { t.Error("failed:", err) })
	if err != nil {
		t.Fatal(err)
	}
	d.frame = capture.Frame{Pix: make([]byte, 4*320*240), Stride: 4 * 320, Width: 320, Height: 240}
	return d
}

// paint changes a rectangle and offers the picture.
func (d *studioDesk) paint(value byte, r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := d.frame.Pix[y*d.frame.Stride+4*r.Min.X:][:4*r.Dx()]
		for i := range row {
			row[i] = value
		}
	}
	d.frame.Damage, d.frame.At = []image.Rectangle{r}, time.Now()
	d.offer(&d.frame)
}

func TestAStillScreenIsStoredAndThenLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newStudioDesk(t)
		d.paint(200, image.Rect(10, 10, 50, 50))
		time.Sleep(recordRest + recordPace + time.Millisecond)
		synctest.Wait()
		if got := d.shelf.segments(); len(got) != 1 {
			t.Errorf("after %v of stillness: stored %v, want one segment", recordRest, got)
		}
		time.Sleep(10 * recordRest)
		synctest.Wait()
		if got := d.shelf.segments(); len(got) != 1 {
			t.Errorf("while nothing changes: stored %v, want no more", got)
		}
		d.paint(100, image.Rect(60, 60, 90, 90))
		time.Sleep(recordRest + recordPace + time.Millisecond)
		synctest.Wait()
		if err := d.stop(); err != nil {
			t.Fatal(err)
		}
		if got := d.shelf.segments(); len(got) < 2 || !slices.Contains(d.shelf.names, "manifest.jws") {
			t.Errorf("stored %v, want what came later and a manifest", d.shelf.names)
		}
	})
}

func TestAtMostFivePicturesASecondAreRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newStudioDesk(t)
		taken, waiting := 0, 0
		for i := range 60 { // a second of motion
			d.paint(byte(i), image.Rect(0, 0, 320, 240))
			synctest.Wait()
			d.mu.Lock()
			if len(d.damage) <= waiting {
				taken++
			}
			waiting = len(d.damage)
			d.mu.Unlock()
			time.Sleep(time.Second / 60)
		}
		if taken < 4 || taken > 6 {
			t.Errorf("took %d pictures in a second, want 5", taken)
		}
		if err := d.stop(); err != nil {
			t.Fatal(err)
		}
	})
}

// Withdrawing stops the recording at that frame. THREAT 4
func TestNothingIsRecordedAfterWithdrawal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newStudioDesk(t)
		d.paint(200, image.Rect(10, 10, 50, 50))
		time.Sleep(time.Second)
		d.gate.Withdraw(consent.Record, consent.ByUser)
		d.paint(50, image.Rect(0, 0, 320, 240))
		time.Sleep(3 * recordRest)
		synctest.Wait()
		if got := d.shelf.segments(); len(got) != 0 {
			t.Errorf("stored %v after the withdrawal, before the end", got)
		}
		if err := d.stop(); err != nil {
			t.Fatal(err)
		}
		if got := d.shelf.segments(); len(got) != 1 {
			t.Errorf("stored %v, want the one segment of before", got)
		}
	})
}
