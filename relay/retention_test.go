package relay

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"connectrpc.com/connect"
	"golang.org/x/sys/unix"

	"beside/protocol/wire"
	"beside/relay/internal/audit"
	"beside/relay/internal/auth"
	"beside/relay/internal/blob"
	"beside/relay/internal/store"
)

// archive is what a relay keeps, without a network, for a virtual clock.
type archive struct {
	*Relay
	t   *testing.T
	dir string
	log *lockedBuffer
}

func newArchive(t *testing.T) *archive {
	t.Helper()
	s, err := store.Open(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	blobs, err := blob.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	log := &lockedBuffer{}
	a := &archive{
		Relay: &Relay{store: s, blobs: blobs, met: newMetrics(func() int { return 0 }), cfg: Config{Log: slog.New(slog.NewTextHandler(log, nil))}},
		t:     t, dir: dir, log: log,
	}
	ctx, cancel := context.WithCancel(context.Background())
	var sweeping sync.WaitGroup
	sweeping.Go(func() { _ = a.sweep(ctx) })
	t.Cleanup(func() {
		cancel()
		sweeping.Wait()
		if err := errors.Join(blobs.Close(), s.Close()); err != nil {
			t.Error(err)
		}
	})
	return a
}

// organisation makes one that keeps recordings for so many days.
func (a *archive) organisation(name string, days int) store.Organisation {
	a.t.Helper()
	org, err := a.store.AddOrganisation(a.t.Context(), audit.Operator, name, name)
	if err == nil {
		org.RecordingDays = days
		err = a.store.UpdateOrganisation(a.t.Context(), org.ID, audit.Operator, org)
	}
	if err != nil {
		a.t.Fatal(err)
	}
	return org
}

// record keeps a recording of a new session.
func (a *archive) record(org store.Organisation, id string) store.Session {
	a.t.Helper()
	upload := auth.NewSecret("bsu_")
	by := auth.Caller{UserID: "technician", Name: "T"}
	if err := a.store.StartSession(a.t.Context(), org.ID, auth.NewID(), by, upload); err != nil {
		a.t.Fatal(err)
	}
	session, err := a.store.SessionByUpload(a.t.Context(), upload)
	if err != nil {
		a.t.Fatal(err)
	}
	for _, name := range []string{"events-000001.age", keyObject, "segment-000001.age", store.Manifest} {
		if err := a.keep(a.t.Context(), session, id, name, sealed(name)); err != nil {
			a.t.Fatal(err)
		}
	}
	return session
}

// files counts what lies on the disk of a recording, its folder included.
func (a *archive) files(id string) (n int) {
	a.t.Helper()
	err := filepath.WalkDir(a.dir, func(path string, _ fs.DirEntry, err error) error {
		if strings.Contains(path, id) {
			n++
		}
		return err
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return n
}

// as is the context of a reviewer's request.
func (a *archive) as(org store.Organisation) context.Context {
	return context.WithValue(a.t.Context(), callerKey{}, auth.Caller{OrganisationID: org.ID, UserID: "reviewer", Roles: auth.Reviewer})
}

// listed counts the recordings that a reviewer is shown.
func (a *archive) listed(org store.Organisation) int {
	a.t.Helper()
	list, err := recordingAPI{a.Relay}.ListRecordings(a.as(org), connect.NewRequest(&wire.ListRecordingsRequest{}))
	if err != nil {
		a.t.Fatal(err)
	}
	return len(list.Msg.Recordings)
}

func (a *archive) open(org store.Organisation, id string) error {
	_, err := recordingAPI{a.Relay}.OpenRecording(a.as(org), connect.NewRequest(&wire.OpenRecordingRequest{Id: id, Reason: "why"}))
	return err
}

// get is the status of fetching one object.
func (a *archive) get(org store.Organisation, id, object string) int {
	a.t.Helper()
	req := httptest.NewRequest("GET", "/", nil).WithContext(a.as(org))
	req.SetPathValue("id", id)
	req.SetPathValue("object", object)
	w := httptest.NewRecorder()
	a.serveObject(w, req)
	return w.Code
}

// PROMISE A14: on the day that the user was told the recording is gone: to reviewers at
// once, from the disk within ten minutes, and no other one.
func TestRecordingsAreDeletedOnTheirDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const day = 24 * time.Hour
		a := newArchive(t)
		time.Sleep(sweepEvery / 2) // virtual; so that the day does not begin with a sweep
		acme, other := a.organisation("acme", 30), a.organisation("other", 60)
		old, kept := strings.Repeat("0a", 16), strings.Repeat("0b", 16)
		session := a.record(acme, old)
		a.record(other, old) // the same id, another organisation's
		// Written, and then the relay was stopped before it was noted.
		if err := a.blobs.Put(t.Context(), blob.Key{Organisation: acme.ID, Recording: old, Object: "segment-000002.age"}, sealed("stray")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(day)
		a.record(acme, kept)

		time.Sleep(29*day - time.Minute)
		if err := a.open(acme, old); err != nil || a.listed(acme) != 2 || a.get(acme, old, keyObject) != http.StatusOK {
			t.Errorf("a minute before: %v, %d listed", err, a.listed(acme))
		}
		time.Sleep(time.Minute)
		if err := a.open(acme, old); connect.CodeOf(err) != connect.CodeNotFound {
			t.Errorf("on the day: opened with %v", err)
		}
		if n, status := a.listed(acme), a.get(acme, old, keyObject); n != 1 || status != http.StatusNotFound {
			t.Errorf("on the day: %d listed, the key comes with %d", n, status)
		}
		if err := a.keep(t.Context(), session, old, "segment-000003.age", sealed("late")); !errors.Is(err, store.ErrExpired) {
			t.Errorf("an upload on the day: %v", err)
		}
		time.Sleep(sweepEvery)
		synctest.Wait()
		if err := a.keep(t.Context(), session, old, "segment-000003.age", sealed("late")); !errors.Is(err, store.ErrExpired) {
			t.Errorf("an upload after it was deleted: %v", err)
		}
		// Left are the five of the other organisation's, and four and a folder of the younger.
		if n := a.files(old); n != 5 {
			t.Errorf("%d files and folders have the id, want the 5 of the other organisation", n)
		}
		if n := a.files(kept); n != 5 || a.listed(acme) != 1 || a.listed(other) != 1 {
			t.Errorf("of those to be kept: %d files, %d and %d listed", n, a.listed(acme), a.listed(other))
		}
		list, err := a.store.Sessions(t.Context(), acme.ID, "", 10)
		if err != nil || len(list) != 2 || list[1].RecordingID != "" || list[1].RecordingDeleted.IsZero() || list[0].RecordingID != kept {
			t.Errorf("sessions %+v, %v", list, err)
		}
		if looks, err := a.store.Openings(t.Context(), acme.ID, old); err != nil || len(looks) != 1 {
			t.Errorf("who opened it: %v, %v", looks, err)
		}
		if n := strings.Count(a.log.String(), "recording deleted for good"); n != 1 || !strings.Contains(a.log.String(), old) {
			t.Errorf("logged %q", a.log)
		}
	})
}

// PROMISE A14, D2: the key goes first, so that an interrupted deletion leaves nothing
// that can be opened; and what one sweep could not delete the next one does.
func TestTheKeyIsDeletedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newArchive(t)
		org, id := a.organisation("acme", 1), strings.Repeat("0c", 16)
		a.record(org, id)
		folder := filepath.Join(a.dir, "organisations", org.ID, "recordings", id)
		watch, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(watch)
		if _, err := unix.InotifyAddWatch(watch, folder, unix.IN_DELETE); err != nil {
			t.Fatal(err)
		}
		time.Sleep(24*time.Hour + sweepEvery) // virtual
		synctest.Wait()
		events := make([]byte, 4096)
		n, err := unix.Read(watch, events)
		if err != nil || n < unix.SizeofInotifyEvent {
			t.Fatalf("nothing was deleted: %d, %v", n, err)
		}
		length := int(binary.NativeEndian.Uint32(events[unix.SizeofInotifyEvent-4:]))
		name := string(bytes.TrimRight(events[unix.SizeofInotifyEvent:][:length], "\x00"))
		if name != keyObject {
			t.Errorf("first deleted was %s, want %s", name, keyObject)
		}
	})
}

func TestAFailedDeletionIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newArchive(t)
		org, id, next := a.organisation("acme", 1), strings.Repeat("0d", 16), strings.Repeat("0e", 16)
		a.record(org, id)
		a.record(org, next)
		// A folder that is not empty cannot be deleted as an object is.
		folder := filepath.Join(a.dir, "organisations", org.ID, "recordings", id)
		obstacle := filepath.Join(folder, "lost+found")
		if err := unix.Mkdir(obstacle, 0o700); err != nil {
			t.Fatal(err)
		}
		time.Sleep(24*time.Hour + sweepEvery) // virtual
		synctest.Wait()
		if a.files(next) != 0 {
			t.Error("one that cannot be deleted keeps the next one")
		}
		if a.files(id) == 0 || !strings.Contains(a.log.String(), "level=ERROR") {
			t.Errorf("it was not put to the test, or not logged: %s", a.log)
		}
		if err := unix.Rmdir(obstacle); err != nil {
			t.Fatal(err)
		}
		time.Sleep(sweepEvery)
		synctest.Wait()
		if a.files(id) != 0 {
			t.Error("it was not tried again")
		}
		if due, err := a.store.DueRecordings(t.Context()); err != nil || len(due) != 0 {
			t.Errorf("still due: %v, %v", due, err)
		}
	})
}

// PROMISE E6, D2: an object that was on its way while its recording was deleted for good is
// not kept, and one recording has one certificate of destruction.
func TestWhatWasOnItsWayStaysDeleted(t *testing.T) {
	a, ctx := newArchive(t), t.Context()
	org, id := a.organisation("acme", 30), strings.Repeat("0a", 16)
	a.record(org, strings.Repeat("0b", 16)) // another's, which stays
	upload := auth.NewSecret("bsu_")
	if err := a.store.StartSession(ctx, org.ID, "s1", auth.Caller{UserID: "technician", Name: "T"}, upload); err != nil {
		t.Fatal(err)
	}
	session, err := a.store.SessionByUpload(ctx, upload)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.keep(ctx, session, id, keyObject, sealed("key")); err != nil {
		t.Fatal(err)
	}
	rec, err := a.store.Recording(ctx, org.ID, id)
	if err != nil {
		t.Fatal(err)
	}
	log := func() int64 {
		l, err := a.store.AuditLog(ctx, org.ID)
		if err != nil {
			t.Fatal(err)
		}
		return l.Size
	}
	before := log()
	for range 2 { // the user and the sweep, say: both knew it before either was done
		if err := a.deleteForGood(ctx, rec, store.UserErasedIt); err != nil {
			t.Fatal(err)
		}
	}
	if n := log() - before; n != 1 {
		t.Errorf("%d certificates of one destruction", n)
	}
	late := store.Object{OrganisationID: org.ID, RecordingID: id, Name: "segment-000001.age", Bytes: 1}
	if err := a.add(ctx, late, sealed("late")); !errors.Is(err, store.ErrExpired) {
		t.Errorf("what was on its way: %v", err)
	}
	if n := a.files(id); n > 0 || a.listed(org) != 1 {
		t.Errorf("%d files of it, %d recordings are listed", n, a.listed(org))
	}
}
