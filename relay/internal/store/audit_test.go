package store

import (
	"context"
	"crypto/ed25519"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"beside/consent/checkpoint"
	"beside/relay/internal/audit"
	"beside/relay/internal/auth"
)

// logged are the entries of an organisation's log, whose every hash is checked.
func logged(t *testing.T, s *Store, organisation string) []checkpoint.Entry {
	t.Helper()
	ctx := context.Background()
	l, err := s.AuditLog(ctx, organisation)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	var entries []checkpoint.Entry
	err = l.Check(func(n int64) ([]byte, error) {
		data, err := s.AuditEntryAt(ctx, l.ID, n)
		if err != nil {
			return nil, err
		}
		e, err := checkpoint.ParseEntry(data)
		entries = append(entries, e)
		return data, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func actions(entries []checkpoint.Entry) []string {
	var list []string
	for _, e := range entries {
		list = append(list, e.Action)
	}
	return list
}

// PROMISE A11, D2; THREAT 24: every act leaves one entry, with who did it and to what, and
// nothing of names, addresses, codes or words of the user's.
func TestEveryActIsLogged(t *testing.T) {
	s, ctx := open(t), context.Background()
	a := organisation(t, s, "acme")
	u := user(t, s, a, "ana@example.com", auth.All)
	by := audit.Person(u.ID)
	second := user(t, s, a, "second@example.com", auth.Admin)
	upload, canary := auth.NewSecret("bsu_"), "canary-comment"
	for _, do := range []func() error{
		func() error { return s.AddSignIn(ctx, u, Browser, "", auth.NewSecret(""), time.Hour) },
		func() error { return s.AddSignIn(ctx, u, API, "probe", auth.NewSecret(""), time.Hour) },
		func() error {
			_, err := s.AddLink(ctx, a.ID, audit.Operator, Link{UserID: u.ID}, auth.NewSecret(""), time.Hour)
			return err
		},
		func() error {
			return s.UpdateOrganisation(ctx, a.ID, by, Organisation{Name: "Acme", Controller: "Acme", RecordingDays: 9})
		},
		func() error { return s.SetVerified(ctx, a.ID, audit.Operator, true) },
		func() error { return s.SetVerified(ctx, a.ID, audit.Operator, false) },
		func() error { return s.SetRecordingIdentity(ctx, a.ID, by, "age1a", "wrapped", "age1b") },
		func() error { _, err := s.SetRoles(ctx, a.ID, by, second.ID, auth.Reviewer); return err },
		func() error { return s.StartSession(ctx, a.ID, "s1", u.Caller(), upload) },
		func() error {
			v, err := s.SessionByUpload(ctx, upload)
			if err == nil {
				_, err = s.UploadRecording(ctx, v, "r1", 30)
			}
			return err
		},
		func() error {
			return s.AddObject(ctx, Object{OrganisationID: a.ID, RecordingID: "r1", Name: "key.age"})
		},
		func() error {
			return s.AddObject(ctx, Object{OrganisationID: a.ID, RecordingID: "r1", Name: Manifest, SHA256: "abc"})
		},
		func() error { return s.SetFeedback(ctx, a.ID, "s1", 2, canary, true) },
		func() error { return s.EndSession(ctx, a.ID, "s1") },
		func() error { return s.EndSession(ctx, a.ID, "s1") }, // again: nothing happens
		func() error { return s.OpenRecording(ctx, a.ID, "r1", u.Caller(), "complaint", "T-1") },
		func() error {
			r, err := s.Recording(ctx, a.ID, "r1")
			if err == nil {
				err = s.ForgetRecording(ctx, r, UserErasedIt)
			}
			return err
		},
		func() error { return s.RemoveUser(ctx, a.ID, by, second.ID) },
		func() error { return s.StartSession(ctx, a.ID, "s2", u.Caller(), auth.NewSecret("bsu_")) },
		func() error { return s.EndAllSessions(ctx) }, // a relay that stopped without notice
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	entries := logged(t, s, a.ID)
	want := []string{
		audit.OrganisationMade, audit.PersonInvited, audit.PersonJoined, audit.PersonInvited, audit.PersonJoined,
		audit.SignedIn, audit.TokenMade, audit.LinkMade, audit.OrganisationChanged, audit.OrganisationVerified,
		audit.OrganisationDoubted, audit.RecordingSetUp, audit.PersonRoles, checkpoint.SessionOpened,
		audit.RecordingStored, audit.FeedbackSent, checkpoint.SessionEnded, audit.RecordingOpened, audit.RecordingErased,
		audit.PersonRemoved, checkpoint.SessionOpened, checkpoint.SessionEnded,
	}
	if got := actions(entries); !slices.Equal(got, want) {
		t.Errorf("got\n%v\nwant\n%v", got, want)
	}
	opened := entries[17]
	if opened.Actor != by || opened.Object != "recording:r1" || opened.Details["reason"] != "complaint" || opened.Details["ticket"] != "T-1" {
		t.Errorf("a viewing is logged as %+v", opened)
	}
	erased := entries[18]
	if erased.Actor != audit.EndUser || erased.Details["objects"] != "2" || erased.Details["manifest"] != "abc" || erased.Details["session"] != "s1" {
		t.Errorf("the certificate of destruction is %+v", erased)
	}
	for _, e := range entries {
		text, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		for _, mark := range []string{"@", "Acme", canary, "bsu_", upload.Reveal()} {
			if strings.Contains(string(text), mark) {
				t.Errorf("%s holds %q", text, mark)
			}
		}
	}
}

// THREAT 24: no entry without its act.
func TestWhatFailsLeavesNoEntry(t *testing.T) {
	s, ctx := open(t), context.Background()
	a := organisation(t, s, "acme")
	u := user(t, s, a, "ana@example.com", auth.All)
	before := len(logged(t, s, a.ID))
	for name, do := range map[string]func() error{
		"the last admin goes":   func() error { return s.RemoveUser(ctx, a.ID, audit.Operator, u.ID) },
		"the last admin's role": func() error { _, err := s.SetRoles(ctx, a.ID, "x", u.ID, auth.Reviewer); return err },
		"nobody's role":         func() error { _, err := s.SetRoles(ctx, a.ID, "x", "nobody", auth.All); return err },
		"a session without an organisation": func() error {
			return s.StartSession(ctx, "none", "s1", u.Caller(), auth.NewSecret(""))
		},
		"the same name again":    func() error { _, err := s.AddOrganisation(ctx, "x", "acme", "Acme"); return err },
		"feedback of no session": func() error { return s.SetFeedback(ctx, a.ID, "none", 1, "", false) },
	} {
		if do() == nil {
			t.Errorf("%s: it went through", name)
		}
	}
	if got := logged(t, s, a.ID); len(got) != before {
		t.Errorf("entries %v", actions(got))
	}
}

// THREAT 24: no act without its entry.
func TestNoEntryNoAct(t *testing.T) {
	s, ctx := open(t), context.Background()
	a := organisation(t, s, "acme")
	u := user(t, s, a, "ana@example.com", auth.All)
	if err := s.StartSession(ctx, a.ID, "s1", u.Caller(), auth.NewSecret("")); err != nil {
		t.Fatal(err)
	}
	// The place of the next hash is taken, as by somebody who writes beside the relay.
	l, err := s.AuditLog(ctx, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 4 * l.Size {
		taken := auditHash{OrganisationID: a.ID, Number: n, Hash: make([]byte, 32)}
		if _, err := s.db.NewInsert().Model(&taken).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for name, do := range map[string]func() error{
		"a session":    func() error { return s.StartSession(ctx, a.ID, "s2", u.Caller(), auth.NewSecret("")) },
		"its end":      func() error { return s.EndSession(ctx, a.ID, "s1") },
		"a viewing":    func() error { return s.OpenRecording(ctx, a.ID, "r1", u.Caller(), "why", "") },
		"verification": func() error { return s.SetVerified(ctx, a.ID, audit.Operator, true) },
		"a person":     func() error { _, err := s.AddLink(ctx, a.ID, "x", Link{}, auth.NewSecret(""), time.Hour); return err },
	} {
		if do() == nil {
			t.Errorf("%s without an entry", name)
		}
	}
	list, err := s.Sessions(ctx, a.ID, "", 10)
	if err != nil || len(list) != 1 || !list[0].Ended.IsZero() {
		t.Errorf("sessions %+v, %v", list, err)
	}
	if o, err := s.HasOpened(ctx, a.ID, "r1", u.ID); o || err != nil {
		t.Errorf("opened %v, %v", o, err)
	}
	if o, err := s.Organisation(ctx, a.ID); err != nil || o.Verified {
		t.Errorf("verified %v, %v", o.Verified, err)
	}
}

// THREAT 24: two programs that log at once, the relay and the command line, do not fork a
// log: every entry has a number of its own, and the tree is that of all of them.
func TestManyAtOnceMakeOneLog(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	var stores []*Store
	for range 2 {
		s, err := Open(ctx, dir)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		stores = append(stores, s)
	}
	a := organisation(t, stores[0], "acme")
	b := organisation(t, stores[1], "other")
	const each = 10
	var all sync.WaitGroup
	errs := make(chan error, 4*each)
	for i := range 4 {
		org := []Organisation{a, b}[i/2]
		all.Go(func() {
			for range each {
				errs <- stores[i%2].StartSession(ctx, org.ID, auth.NewID(), auth.Caller{UserID: "u"}, auth.NewSecret(""))
			}
		})
	}
	all.Wait()
	for range 4 * each {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	for _, org := range []Organisation{a, b} {
		entries := logged(t, stores[0], org.ID)
		objects := map[string]bool{}
		for _, e := range entries {
			objects[e.Object] = true
		}
		if len(entries) != 1+2*each || len(objects) != 1+2*each {
			t.Errorf("%d entries on %d objects, want %d", len(entries), len(objects), 1+2*each)
		}
	}
}

// PROMISE C2: an organisation's log holds its own acts alone, and so do its counts.
func TestLogsAreKeptApart(t *testing.T) {
	s, ctx := open(t), context.Background()
	a, b := organisation(t, s, "a"), organisation(t, s, "b")
	if err := s.StartSession(ctx, a.ID, "s1", auth.Caller{UserID: "u"}, auth.NewSecret("")); err != nil {
		t.Fatal(err)
	}
	if got := actions(logged(t, s, b.ID)); !slices.Equal(got, []string{audit.OrganisationMade}) {
		t.Errorf("the other's log: %v", got)
	}
	if _, _, err := s.AuditEntry(ctx, b.ID, checkpoint.SessionOpened, checkpoint.OfSession("s1")); !errors.Is(err, ErrNotFound) {
		t.Errorf("the other finds it: %v", err)
	}
	la, err1 := s.AuditLog(ctx, a.ID)
	lb, err2 := s.AuditLog(ctx, b.ID)
	if err1 != nil || err2 != nil || la.ID == lb.ID || len(la.ID) != 32 || strings.Contains(la.ID, a.ID) {
		t.Errorf("logs %q and %q, %v, %v", la.ID, lb.ID, err1, err2)
	}
	if byID, err := s.AuditLogByID(ctx, la.ID); err != nil || byID.Size != la.Size {
		t.Errorf("by its id: %+v, %v", byID, err)
	}
	if _, err := s.AuditLogByID(ctx, a.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("by the organisation's id: %v", err)
	}
}

func TestAuditKeyIsPinned(t *testing.T) {
	s, ctx := open(t), context.Background()
	one, other := make(ed25519.PublicKey, 32), make(ed25519.PublicKey, 32)
	other[0] = 1
	for _, c := range []struct {
		key  ed25519.PublicKey
		want error
	}{{one, nil}, {one, nil}, {other, ErrAuditKey}, {one, nil}} {
		if err := s.PinAuditKey(ctx, c.key); !errors.Is(err, c.want) {
			t.Errorf("got %v, want %v", err, c.want)
		}
	}
}

// An organisation that calls itself otherwise loses the operator's word, and the log says so.
func TestLosingTheOperatorsWordIsLogged(t *testing.T) {
	s, ctx := open(t), context.Background()
	a := organisation(t, s, "acme")
	other := organisation(t, s, "other")
	if err := s.SetVerified(ctx, a.ID, audit.Operator, true); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, controller, want string }{
		{"acme", "acme", ""}, {"acme", "Acme GmbH", "lost"}, {"Acme", "Acme GmbH", ""},
	} {
		if err := s.UpdateOrganisation(ctx, a.ID, "person:1", Organisation{Name: c.name, Controller: c.controller, RecordingDays: 9}); err != nil {
			t.Fatal(err)
		}
		entries := logged(t, s, a.ID)
		if e := entries[len(entries)-1]; e.Action != audit.OrganisationChanged || e.Details["verified"] != c.want {
			t.Errorf("as %s of %s: %+v", c.name, c.controller, e)
		}
	}
	if o, err := s.Organisation(ctx, a.ID); err != nil || o.Verified || o.Name != "Acme" || o.RecordingDays != 9 {
		t.Errorf("%+v, %v", o, err)
	}
	if o, err := s.Organisation(ctx, other.ID); err != nil || o.Name != "other" {
		t.Errorf("another one is %+v, %v", o, err)
	}
	if err := s.UpdateOrganisation(ctx, "none", "person:1", Organisation{Name: "x"}); !errors.Is(err, ErrNotFound) {
		t.Errorf("one that does not exist: %v", err)
	}
}
