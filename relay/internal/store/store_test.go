package store

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"beside/relay/internal/audit"
	"beside/relay/internal/auth"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T) *Store {
	t.Helper()
	s, err := Open(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func organisation(t *testing.T, s *Store, name string) Organisation {
	t.Helper()
	o, err := s.AddOrganisation(context.Background(), audit.Operator, name, name)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func user(t *testing.T, s *Store, o Organisation, email string, roles auth.Roles) User {
	t.Helper()
	token := auth.NewSecret("")
	ctx := context.Background()
	if _, err := s.AddLink(ctx, o.ID, audit.Operator, Link{Email: email, Roles: roles}, token, time.Hour); err != nil {
		t.Fatal(err)
	}
	u, err := s.RedeemLink(ctx, token, User{Email: email, Name: email, PasswordHash: "-"})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	s, err := Open(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.ExecContext(ctx, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, dir); !errors.Is(err, ErrNewer) {
		t.Errorf("got %v, want ErrNewer", err)
	}
}

// PROMISE C2: each call with another organisation's id finds nothing.
func TestCallsStayInTheirOrganisation(t *testing.T) {
	s, ctx := open(t), context.Background()
	a, b := organisation(t, s, "a"), organisation(t, s, "b")
	u := user(t, s, a, "u@example.com", auth.All)
	user(t, s, a, "second@example.com", auth.All)
	upload := auth.NewSecret("")
	if err := s.StartSession(ctx, a.ID, "s1", u.Caller(), upload); err != nil {
		t.Fatal(err)
	}
	v, err := s.SessionByUpload(ctx, upload)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.UploadRecording(ctx, v, "r1", 30); err != nil {
		t.Fatal(err)
	}
	if err := s.AddObject(ctx, Object{OrganisationID: a.ID, RecordingID: "r1", Name: "key.age"}); err != nil {
		t.Fatal(err)
	}
	if err := s.OpenRecording(ctx, a.ID, "r1", u.Caller(), "why", ""); err != nil {
		t.Fatal(err)
	}
	calls := map[string]func(org string) error{
		"User":        func(o string) error { _, err := s.User(ctx, o, u.ID); return err },
		"UserByEmail": func(o string) error { _, err := s.UserByEmail(ctx, o, u.Email); return err },
		"FirstAdmin":  func(o string) error { _, err := s.FirstAdmin(ctx, o); return err },
		"SetRoles":    func(o string) error { _, err := s.SetRoles(ctx, o, audit.Operator, u.ID, auth.All); return err },
		"Recording":   func(o string) error { _, err := s.Recording(ctx, o, "r1"); return err },
		"Object":      func(o string) error { _, err := s.Object(ctx, o, "r1", "key.age"); return err },
		"People":      func(o string) error { l, err := s.People(ctx, o); return none(len(l), err) },
		"Sessions":    func(o string) error { l, err := s.Sessions(ctx, o, "", 10); return none(len(l), err) },
		"Recordings":  func(o string) error { l, err := s.Recordings(ctx, o); return none(len(l), err) },
		"Objects":     func(o string) error { l, err := s.Objects(ctx, o, "r1"); return none(len(l), err) },
		"Openings":    func(o string) error { l, err := s.Openings(ctx, o, "r1"); return none(len(l), err) },
		"Usage":       func(o string) error { n, _, err := s.Usage(ctx, o, "r1"); return none(n, err) },
		"HasOpened": func(o string) error {
			ok, err := s.HasOpened(ctx, o, "r1", u.ID)
			return none(map[bool]int{true: 1}[ok], err)
		},
		"RemoveUser": func(o string) error { return s.RemoveUser(ctx, o, audit.Operator, u.ID) },
	}
	for name, call := range calls {
		if err := call(b.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s with another organisation: got %v", name, err)
		}
	}
	if err := s.EndSession(ctx, b.ID, "s1"); err != nil {
		t.Fatal(err)
	}
	if l, err := s.Sessions(ctx, a.ID, "", 10); err != nil || !l[0].Ended.IsZero() {
		t.Errorf("another organisation ended the session: %v, %v", l, err)
	}
	delete(calls, "RemoveUser")
	for name, call := range calls {
		if err := call(a.ID); err != nil {
			t.Errorf("%s with its own organisation: got %v", name, err)
		}
	}
}

// none is ErrNotFound for an empty list.
func none(n int, err error) error {
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}

func TestLastAdminStays(t *testing.T) {
	s, ctx := open(t), context.Background()
	a := organisation(t, s, "a")
	u := user(t, s, a, "u@example.com", auth.All)
	if _, err := s.SetRoles(ctx, a.ID, audit.Operator, u.ID, auth.Technician); !errors.Is(err, ErrLastAdmin) {
		t.Errorf("taking the role: got %v", err)
	}
	if err := s.RemoveUser(ctx, a.ID, audit.Operator, u.ID); !errors.Is(err, ErrLastAdmin) {
		t.Errorf("removing: got %v", err)
	}
	user(t, s, a, "second@example.com", auth.Admin)
	if err := s.RemoveUser(ctx, a.ID, audit.Operator, u.ID); err != nil {
		t.Errorf("with a second admin: got %v", err)
	}
}

func TestTimeEndsTokensLinksAndUploads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, ctx := open(t), context.Background()
		a := organisation(t, s, "a")
		u := user(t, s, a, "u@example.com", auth.All)
		token, link, upload := auth.NewSecret(""), auth.NewSecret(""), auth.NewSecret("")
		if err := s.AddSignIn(ctx, u, Browser, "", token, time.Hour); err != nil {
			t.Fatal(err)
		}
		if _, err := s.AddLink(ctx, a.ID, audit.Operator, Link{UserID: u.ID}, link, time.Hour); err != nil {
			t.Fatal(err)
		}
		if err := s.StartSession(ctx, a.ID, "s1", u.Caller(), upload); err != nil {
			t.Fatal(err)
		}
		look := func() [3]bool {
			_, e1 := s.CallerByToken(ctx, Browser, token)
			_, e2 := s.Link(ctx, link)
			_, e3 := s.SessionByUpload(ctx, upload)
			return [3]bool{e1 == nil, e2 == nil, e3 == nil}
		}
		if _, err := s.CallerByToken(ctx, API, token); !errors.Is(err, ErrNotFound) {
			t.Errorf("a cookie as API token: got %v", err)
		}
		if got := look(); got != [3]bool{true, true, true} {
			t.Errorf("at first: %v", got)
		}
		time.Sleep(time.Hour) // virtual
		if got := look(); got != [3]bool{false, false, true} {
			t.Errorf("after an hour: %v", got)
		}
		if err := s.RemoveExpired(ctx); err != nil {
			t.Error(err)
		}
		if err := s.EndSession(ctx, a.ID, "s1"); err != nil {
			t.Error(err)
		}
		time.Sleep(UploadAfterEnd - time.Second) // virtual
		if got := look(); !got[2] {
			t.Error("the upload ended before an hour after the session")
		}
		time.Sleep(2 * time.Second) // virtual
		if got := look(); got[2] {
			t.Error("the upload goes on")
		}
	})
}
