package agent

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"beside/agent/internal/ui"
	"beside/consent"
	"beside/protocol/wire"
	"beside/recording"
)

// recordOnce makes one recording from the question to its end by stop, and returns its id.
func (a *attended) recordOnce(stop func()) string {
	a.t.Helper()
	a.ask(record)
	a.person.answer(a.t, consent.Record, yes)
	// The one may come on the line and the other on the channel that has just opened.
	var yes bool
	var running *wire.RecordingStatus
	a.hear("a yes and the recording to run", func(m *wire.FromAgent) bool {
		yes = yes || m.GetDecision().GetScope() == record && m.GetDecision().GetOutcome() == granted
		if isPhase(wire.RecordingStatus_PHASE_RUNNING)(m) {
			running = m.GetRecording()
		}
		return yes && running != nil
	})
	if !a.bar.shows().Recording {
		a.t.Error("the bar does not say REC")
	}
	stop()
	return running.GetRecordingId()
}

func isPhase(p wire.RecordingStatus_Phase) func(*wire.FromAgent) bool {
	return func(m *wire.FromAgent) bool { return m.GetRecording() != nil && m.GetRecording().GetPhase() == p }
}

// empty complains about anything that is left in a folder.
func empty(t *testing.T, what, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == "known.json" {
			continue // who has helped: the user's own, and stays
		}
		t.Errorf("%s: %s is left behind", what, e.Name())
	}
}

// PROMISE E1, E2, E3, E6, THREAT 29: recording is a question of its own; taking it back
// stops it and not the session; a session recorded twice has two keys in its receipt;
// everything arrives, and nothing but the receipt stays.
func TestRecordingTwice(t *testing.T) {
	a := begin(t, recordable(t))
	a.look()
	a.ask(record)
	a.person.answer(t, consent.Record, no)
	a.decided(record, refused)

	first := a.recordOnce(func() {
		a.person.press(t, ui.StopRecording)
		a.hear("the recording to stop", isPhase(wire.RecordingStatus_PHASE_STOPPED))
		a.decided(record, withdrawn)
	})
	var ending time.Time
	second := a.recordOnce(func() {
		ending = time.Now()
		a.person.press(t, ui.EndSession)
	})
	o := a.person.awaitOver(t, "the delivery", func(v ui.OverView) bool { return v.Delivery == ui.Sent })
	days := int(acme.RecordingDays) // counted from the recording's beginning, as its deletion is
	if !o.Recorded || o.KeptUntil.Before(ending.AddDate(0, 0, days-1)) || !o.KeptUntil.Before(ending.AddDate(0, 0, days)) {
		t.Errorf("summary %+v", o)
	}
	page, receipt := a.receipts(t)
	var ids []string
	for _, k := range receipt.Recordings {
		ids = append(ids, k.ID)
		a.opens(t, k, receipt)
	}
	if !slices.Equal(ids, []string{first, second}) {
		t.Errorf("keys to %v, want %v", ids, []string{first, second})
	}
	if !strings.Contains(page, first) || !strings.Contains(page, "It is kept until "+o.KeptUntil.Format("2 January 2006")) {
		t.Errorf("receipt: %s", page)
	}
	a.person.press(t, ui.CloseOver)
	if err := receive(t, "the agent's end", a.ended); err != nil {
		t.Error(err)
	}
	a.ended <- nil
	empty(t, "state folder", a.cfg.StateDir)
}

// opens reads what the relay has of a recording with nothing but the user's receipt.
func (a *attended) opens(t *testing.T, k consent.RecordingKey, receipt consent.Receipt) {
	t.Helper()
	dir := t.TempDir()
	for name, data := range a.relay.uploaded(k.ID) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	src, err := recording.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	id, err := recording.ParseIdentity(k.Identity)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := base64.RawURLEncoding.DecodeString(receipt.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	r, err := recording.Open(src, id, recording.Expect{Recording: k.ID, Signer: signer})
	if err != nil {
		t.Fatalf("recording %s: %v", k.ID, err)
	}
	if r.Manifest().Session != receipt.SessionID || !r.Manifest().Consent.Fits(receipt.Records) {
		t.Errorf("recording %s does not carry the consent of this receipt", k.ID)
	}
}

// A recording that cannot be written stops, and both people are told in words.
func TestRecordingThatFailsTellsBoth(t *testing.T) {
	a := begin(t, recordable(t))
	a.look()
	if err := os.RemoveAll(a.cfg.StateDir); err != nil {
		t.Fatal(err)
	}
	a.ask(record)
	a.person.answer(t, consent.Record, yes)
	a.decided(record, granted)
	a.decided(record, released) // and then why, so that the reason stays on the page
	failed := a.hear("the failure", isPhase(wire.RecordingStatus_PHASE_FAILED)).GetRecording()
	if !strings.HasPrefix(failed.GetDetail(), "Recording stopped") {
		t.Errorf("the technician is told %q", failed.GetDetail())
	}
	if v := a.bar.shows(); v.Recording || !strings.HasPrefix(v.Notice, "Recording stopped") {
		t.Errorf("the bar shows %+v", v)
	}
	a.ask(control) // the session goes on
	a.person.answer(t, consent.Control, no)
	a.decided(control, refused)
}

// Closing the last window waits for the rest of a recording, and says so.
func TestClosingWaitsForTheRecordingAndSaysSo(t *testing.T) {
	a := begin(t, recordable(t))
	release := a.relay.hold()
	a.look()
	a.recordOnce(func() { a.person.press(t, ui.EndSession) })
	a.person.awaitOver(t, "the sending", func(v ui.OverView) bool { return v.Delivery == ui.Sending })
	a.person.press(t, ui.CloseOver)
	a.person.awaitOver(t, "the wait", func(v ui.OverView) bool { return v.Delivery == ui.Finishing })
	release()
	if err := receive(t, "the agent's end", a.ended); err != nil {
		t.Error(err)
	}
	a.ended <- nil
	empty(t, "state folder", a.cfg.StateDir)
}

// Closing twice does not wait; the next run of the program delivers the rest.
func TestTheNextRunDeliversTheRest(t *testing.T) {
	a := begin(t, recordable(t))
	release := a.relay.hold()
	defer release()
	a.look()
	id := a.recordOnce(func() { a.person.press(t, ui.EndSession) })
	a.person.awaitOver(t, "the sending", func(v ui.OverView) bool { return v.Delivery == ui.Sending })
	a.person.press(t, ui.CloseOver)
	a.person.awaitOver(t, "the wait", func(v ui.OverView) bool { return v.Delivery == ui.Finishing })
	a.person.press(t, ui.CloseOver)
	if err := receive(t, "the agent's end", a.ended); err != nil {
		t.Error(err)
	}
	a.ended <- nil

	label := filepath.Join(a.cfg.StateDir, id+".json")
	if info, err := os.Stat(label); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the token's file: %v, %v", info, err)
	}
	next := newPaperRelay(t)
	point(t, label, next)
	u := newUploads(Config{Relay: next.server.URL, StateDir: a.cfg.StateDir, Log: a.cfg.Log})
	u.resume()
	u.done.Wait()
	u.close()
	if got := next.uploaded(id); got["key.age"] == nil || got["manifest.jws"] == nil {
		t.Errorf("arrived: %d objects", len(got))
	}
	empty(t, "state folder", a.cfg.StateDir)
}

// point readdresses a label: the first relay of a test has gone.
func point(t *testing.T, path string, to *paperRelay) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var label struct {
		URL   string `json:"url"`
		Token string `json:"token"`
	}
	if err := json.Unmarshal(data, &label); err != nil {
		t.Fatal(err)
	}
	if label.Token != uploadToken {
		t.Errorf("token %q", label.Token)
	}
	_, rest, _ := strings.Cut(label.URL, "/agent/")
	label.URL = to.server.URL + "/agent/" + rest
	if data, err = json.Marshal(label); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// What the relay will never take again does not stay on the user's disk for ever.
func TestExpiredSpoolsAreRemoved(t *testing.T) {
	for _, c := range []struct {
		name   string
		age    time.Duration
		stays  bool
		orphan bool
	}{
		{name: "young and refused", stays: true},
		{name: "old and refused", age: 2 * time.Hour},
		{name: "without address", orphan: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newPaperRelay(t)
			r.refuse(http.StatusUnauthorized)
			cfg := Config{Relay: r.server.URL, StateDir: t.TempDir(), Log: testLog(t)}
			id := newRecordingID()
			left := newUploads(cfg)
			spool, err := left.open(id, uploadToken)
			if err != nil {
				t.Fatal(err)
			}
			if err := spool.Put("key.age", []byte("sealed")); err != nil {
				t.Fatal(err)
			}
			left.close()
			label, dir := filepath.Join(cfg.StateDir, id+".json"), filepath.Join(cfg.StateDir, id)
			then := time.Now().Add(-c.age)
			for _, path := range []string{label, dir} {
				if err := os.Chtimes(path, then, then); err != nil {
					t.Fatal(err)
				}
			}
			if c.orphan {
				if err := os.Remove(label); err != nil {
					t.Fatal(err)
				}
			}
			u := newUploads(cfg)
			u.resume()
			u.done.Wait()
			u.close()
			_, err = os.Stat(dir)
			if stays := err == nil; stays != c.stays {
				t.Errorf("stays %v, want %v", stays, c.stays)
			}
			if !c.stays {
				empty(t, "state folder", cfg.StateDir)
			}
		})
	}
}

// Two runs of the program do not deliver one recording at the same time.
func TestOneRunDeliversASpool(t *testing.T) {
	r := newPaperRelay(t)
	release := r.hold()
	cfg := Config{Relay: r.server.URL, StateDir: t.TempDir(), Log: testLog(t)}
	one := newUploads(cfg)
	id := newRecordingID()
	spool, err := one.open(id, uploadToken)
	if err != nil {
		t.Fatal(err)
	}
	if err := spool.Put("key.age", []byte("sealed")); err != nil {
		t.Fatal(err)
	}
	other := newUploads(cfg)
	other.resume()
	other.done.Wait() // it found nothing to do
	other.close()
	release()
	one.seal()
	receive(t, "the delivery", one.settled())
	if !one.arrived() || r.uploaded(id)["key.age"] == nil {
		t.Error("the recording did not arrive")
	}
	one.close()
	empty(t, "state folder", cfg.StateDir)
}
