package relay

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"beside/consent/checkpoint"
	"beside/protocol/wire/wireconnect"
	"beside/relay/internal/audit"
	"beside/relay/internal/auth"
	"beside/relay/internal/store"
)

// PROMISE A11: a reason opens the one recording that it was given for, and for an hour.
func TestAReasonOpensOneRecordingForAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newArchive(t)
		org, one, two := a.organisation("acme", 30), strings.Repeat("0a", 16), strings.Repeat("0b", 16)
		a.record(org, one)
		a.record(org, two)
		want := func(when string, first, second int) {
			t.Helper()
			if got := a.get(org, one, keyObject); got != first {
				t.Errorf("%s: the one comes with %d, want %d", when, got, first)
			}
			if got := a.get(org, two, keyObject); got != second {
				t.Errorf("%s: the other comes with %d, want %d", when, got, second)
			}
		}
		want("at first", http.StatusForbidden, http.StatusForbidden)
		if err := a.open(org, one); err != nil {
			t.Fatal(err)
		}
		want("after the reason", http.StatusOK, http.StatusForbidden)
		time.Sleep(store.OpenFor - time.Second) // virtual
		want("within the hour", http.StatusOK, http.StatusForbidden)
		time.Sleep(2 * time.Second)
		want("after it", http.StatusForbidden, http.StatusForbidden)
		if err := a.open(org, two); err != nil {
			t.Fatal(err)
		}
		want("after another reason", http.StatusForbidden, http.StatusOK)
	})
}

// unfinished begins a recording of a new session, of which nothing has arrived.
func (a *archive) unfinished(org store.Organisation, id string) store.Session {
	a.t.Helper()
	upload := auth.NewSecret("bsu_")
	if err := a.store.StartSession(a.t.Context(), org.ID, auth.NewID(), auth.Caller{UserID: "technician", Name: "T"}, upload); err != nil {
		a.t.Fatal(err)
	}
	session, err := a.store.SessionByUpload(a.t.Context(), upload)
	if err != nil {
		a.t.Fatal(err)
	}
	if _, err := a.store.UploadRecording(a.t.Context(), session, id, 30); err != nil {
		a.t.Fatal(err)
	}
	return session
}

// PROMISE E2: what the books say has arrived lies there whole: an object that could not be
// written is not among them, and can be sent again.
func TestWhatIsNotWrittenIsNotInTheBooks(t *testing.T) {
	a := newArchive(t)
	org, id := a.organisation("acme", 30), strings.Repeat("0a", 16)
	session := a.unfinished(org, id)
	folder := filepath.Join(a.dir, "organisations", org.ID, "recordings", id)
	if err := os.MkdirAll(filepath.Dir(folder), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(folder, nil, 0o600); err != nil { // a file in the folder's place
		t.Fatal(err)
	}
	if err := a.keep(t.Context(), session, id, keyObject, sealed("key")); err == nil {
		t.Fatal("it was written, so that nothing is put to the test")
	}
	if list, err := a.store.Objects(t.Context(), org.ID, id); err != nil || len(list) != 0 {
		t.Errorf("in the books: %+v, %v", list, err)
	}
	if err := os.Remove(folder); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(a.keep(t.Context(), session, id, keyObject, sealed("key")), a.open(org, id)); err != nil {
		t.Fatal(err)
	}
	if got := a.get(org, id, keyObject); got != http.StatusOK {
		t.Errorf("sent again it comes with %d", got)
	}
}

// A recording is at most so large, however much is left on the disk.
func TestARecordingIsBounded(t *testing.T) {
	a := newArchive(t)
	org, id := a.organisation("acme", 30), strings.Repeat("0a", 16)
	session := a.unfinished(org, id)
	data := sealed("s")
	most := store.Object{OrganisationID: org.ID, RecordingID: id, Name: keyObject, Bytes: maxRecordingBytes - int64(len(data))}
	if err := a.store.AddObject(t.Context(), most); err != nil {
		t.Fatal(err)
	}
	if err := a.keep(t.Context(), session, id, "segment-000001.age", data); err != nil {
		t.Errorf("what just fits: %v", err)
	}
	if err := a.keep(t.Context(), session, id, "segment-000002.age", data); !errors.Is(err, errQuota) {
		t.Errorf("more than that: %v", err)
	}
}

// PROMISE D2, E6: the log says whether a recording's day had come or its user had it erased,
// and of what it was.
func TestTheLogSaysWhyItWasDestroyed(t *testing.T) {
	a := newArchive(t)
	org := a.organisation("acme", 30)
	for id, c := range map[string]struct {
		why           store.Destruction
		action, actor string
		never         string
	}{
		strings.Repeat("0a", 16): {store.DayHasCome, audit.RecordingDestroyed, audit.Relay, audit.RecordingErased},
		strings.Repeat("0b", 16): {store.UserErasedIt, audit.RecordingErased, audit.EndUser, audit.RecordingDestroyed},
	} {
		session := a.record(org, id)
		manifest, err := a.store.Object(t.Context(), org.ID, id, store.Manifest)
		if err != nil {
			t.Fatal(err)
		}
		rec, err := a.store.Recording(t.Context(), org.ID, id)
		if err == nil {
			err = a.deleteForGood(t.Context(), rec, c.why)
		}
		if err != nil {
			t.Fatal(err)
		}
		data, _, err := a.store.AuditEntry(t.Context(), org.ID, c.action, audit.Recording(id))
		if err != nil {
			t.Fatal(err)
		}
		e, err := checkpoint.ParseEntry(data)
		if err != nil || e.Actor != c.actor || e.Details["objects"] != "4" || e.Details["manifest"] != manifest.SHA256 || e.Details["session"] != session.ID {
			t.Errorf("%s: %+v, %v", c.action, e, err)
		}
		if _, _, err := a.store.AuditEntry(t.Context(), org.ID, c.never, audit.Recording(id)); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s is logged too: %v", c.never, err)
		}
	}
}

// PROMISE E2: nothing is added to a recording that has its manifest, neither to the books nor
// to the disk; and what a reviewer fetches is a file, which no browser shows as a page.
func TestAWholeRecordingStaysAsItIs(t *testing.T) {
	a := newArchive(t)
	org, id := a.organisation("acme", 30), strings.Repeat("0a", 16)
	session := a.record(org, id)
	before := a.files(id)
	if err := a.keep(t.Context(), session, id, "segment-000002.age", sealed("more")); !errors.Is(err, store.ErrComplete) {
		t.Errorf("another segment: %v", err)
	}
	more := store.Object{OrganisationID: org.ID, RecordingID: id, Name: "segment-000002.age"}
	if err := a.store.AddObject(t.Context(), more); !errors.Is(err, store.ErrComplete) {
		t.Errorf("another segment in the books: %v", err)
	}
	if got := a.files(id); got != before {
		t.Errorf("%d files of it, were %d", got, before)
	}
	if err := a.open(org, id); err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequest("GET", "/", nil).WithContext(a.as(org))
	req.SetPathValue("id", id)
	req.SetPathValue("object", keyObject)
	w := httptest.NewRecorder()
	a.serveObject(w, req)
	if h := w.Header(); w.Code != http.StatusOK || h.Get("Content-Disposition") != "attachment" || h.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("it comes with %d as %q, %q", w.Code, h.Get("Content-Type"), h.Get("Content-Disposition"))
	}
}

// THREAT 10: two cookies of the name are none: one of them is somebody else's. And where
// nobody is signed in a token of any kind is no reason to come from elsewhere.
func TestWhatABrowserMayBeMadeToSend(t *testing.T) {
	tr := startRelay(t, nil)
	h := http.Header{"Cookie": {cookieName + "=one"}}
	if cookieOf(h).Empty() {
		t.Error("one cookie is none")
	}
	for _, two := range [][]string{{cookieName + "=one; " + cookieName + "=two"}, {cookieName + "=one", cookieName + "=two"}} {
		if h["Cookie"] = two; !cookieOf(h).Empty() {
			t.Errorf("%q counts", two)
		}
	}
	for origin, want := range map[string]bool{tr.URL(): true, "https://evil.example": false} {
		req, err := http.NewRequest("POST", tr.URL()+rpc+wireconnect.AccountServiceSignInProcedure, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer anything")
		req.Header.Set("Origin", origin)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if got := resp.StatusCode != http.StatusForbidden; got != want {
			t.Errorf("from %s: %d", origin, resp.StatusCode)
		}
	}
}
