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

	"beside/protocol/wire"
	"beside/relay/internal/auth"
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
