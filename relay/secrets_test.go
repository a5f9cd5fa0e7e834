package relay

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

	"beside/protocol"
	"beside/protocol/wire"
	"beside/relay/internal/audit"
	"beside/relay/internal/auth"
	"beside/relay/internal/store"
)

// THREAT 22, 17: no code, password or token is in the data folder or the log.
func TestSecretsAreNowhere(t *testing.T) {
	tr := startRelay(t, nil)
	ctx := context.Background()
	const password = "canary-password-7f3a"
	_, link, _ := strings.Cut(tr.console.String(), "/link#")
	link, _, _ = strings.Cut(link, "\n")
	browser := tr.browser()
	_, err := tr.account(browser).RedeemLink(ctx, connect.NewRequest(&wire.RedeemLinkRequest{
		Token: link, Name: "Canary", Email: "canary@example.com", Password: password,
	}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = tr.account(tr.browser()).SignIn(ctx, connect.NewRequest(&wire.SignInRequest{Email: "canary@example.com", Password: password + "-wrong"}))
	if connect.CodeOf(err) != connect.CodeUnauthenticated {
		t.Fatalf("wrong password: got %v", err)
	}
	user, err := tr.store.UserByEmail(ctx, tr.org.ID, "canary@example.com")
	if err != nil {
		t.Fatal(err)
	}
	api := tr.apiToken(user)
	manager, err := OpenManager(ctx, tr.cfg.Dir)
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := manager.Link(ctx, Person{Email: "new@example.com", Name: "New", Roles: auth.Technician})
	if err != nil {
		t.Fatal(err)
	}
	cli, err := manager.Token(ctx, Person{Email: "canary@example.com"}, "label", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if err := manager.Close(); err != nil {
		t.Fatal(err)
	}
	a, aw, locator := tr.agent()
	v := tr.viewer(browser, &wire.ViewerJoin{Locator: locator.Digits})
	vw, joined := v.read().GetWelcome(), a.read().GetJoined()
	v.forward("canary-of-the-handshake")
	a.read()
	tr.mustPut(joined.UploadToken, strings.Repeat("0d", 16), "key.age", sealed("key"))
	secrets := map[string]string{
		"password": password, "link": link, "second link": strings.TrimPrefix(second, "/link#"), "API token": api, "CLI token": cli.Reveal(),
		"cookie": browser.Jar.Cookies(nil)[0].Value, "resume token": strings.SplitN(aw.ResumeToken, ".", 2)[1],
		"viewer's resume token": strings.SplitN(vw.ResumeToken, ".", 2)[1], "upload token": joined.UploadToken,
		"TURN credential": vw.Ice.Servers[1].Credential, "forwarded": "canary-of-the-handshake",
	}
	tr.stop()
	places := map[string]string{"log": tr.logs.String()}
	err = filepath.WalkDir(tr.cfg.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		places[filepath.Base(path)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(places["beside.db"], "canary@example.com") || !strings.Contains(places["log"], "session started") {
		t.Fatal("the search would find nothing at all")
	}
	locatorAlone := regexp.MustCompile(`(^|[^0-9A-Za-z.])` + locator.Digits + `($|[^0-9A-Za-z])`)
	for place, text := range places {
		for name, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("the %s is in %s", name, place)
			}
		}
		if place == "log" && locatorAlone.MatchString(text) {
			t.Error("the code is in the log")
		}
	}
}

// Losing a role or the account ends what is open, at once.
func TestRemovedPersonIsOut(t *testing.T) {
	tr := startRelay(t, nil)
	m := tr.meet()
	admin, _ := tr.user(tr.org, "admin@example.com", auth.Admin)
	rt := route{method: "POST", path: rpc + "/beside.v1.PeopleService/SetRoles"}
	body := `{"userId":"` + m.welcome.Technician.Id + `","roles":["USER_ROLE_REVIEWER"]}`
	if status, answer := tr.do(admin, tr.rowRequest(rt, "", "", body)); status != 200 {
		t.Fatalf("got %d %s", status, answer)
	}
	if e := m.viewer.read().GetError(); e.GetCode() != wire.RelayError_CODE_FORBIDDEN {
		t.Errorf("the live session got %v", e)
	}
	if left := m.agent.read().GetLeft(); left == nil {
		t.Error("the agent was not told")
	}
	rt.path = rpc + "/beside.v1.PeopleService/RemovePerson"
	if status, answer := tr.do(admin, tr.rowRequest(rt, "", "", body[:strings.Index(body, ",")]+"}")); status != 200 {
		t.Fatalf("got %d %s", status, answer)
	}
	if _, err := tr.account(m.client).WhoAmI(context.Background(), connect.NewRequest(&wire.WhoAmIRequest{})); connect.CodeOf(err) != connect.CodeUnauthenticated {
		t.Errorf("the removed person is %v", err)
	}
}

// THREAT 15: who loses the role between opening a connection and joining does not join: a
// connection that waits in silence keeps no rights.
func TestWhoWaitedInSilenceIsOut(t *testing.T) {
	for name, lose := range map[string]func(tr *testRelay, u store.User) error{
		"the role": func(tr *testRelay, u store.User) error {
			_, err := tr.store.SetRoles(t.Context(), tr.org.ID, audit.Operator, u.ID, auth.Reviewer)
			return err
		},
		"the account": func(tr *testRelay, u store.User) error {
			return tr.store.RemoveUser(t.Context(), tr.org.ID, audit.Operator, u.ID)
		},
	} {
		tr := startRelay(t, nil)
		tr.user(tr.org, "admin@example.com", auth.Admin)
		client, u := tr.user(tr.org, "tess@example.com", auth.Technician)
		_, _, locator := tr.agent()
		v := &testViewer{t, tr.dial("/api/v1/session", nil, client)}
		if err := lose(tr, u); err != nil {
			t.Fatal(err)
		}
		v.send(&wire.ViewerFrame{Kind: &wire.ViewerFrame_Join{Join: &wire.ViewerJoin{Protocol: protocol.Version, Locator: locator.Digits}}})
		if e := v.read().GetError(); e.GetCode() != wire.RelayError_CODE_FORBIDDEN {
			t.Errorf("who lost %s got %v", name, e)
		}
		if code := closeCode(t, v.ws); code != protocol.CloseForbidden {
			t.Errorf("who lost %s: closed with %d", name, code)
		}
	}
}
