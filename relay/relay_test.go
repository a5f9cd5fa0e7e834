package relay

import (
	"bytes"
	"context"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"connectrpc.com/connect"
	"go.uber.org/goleak"

	"beside/protocol/wire"
	"beside/protocol/wire/wireconnect"
	"beside/relay/internal/audit"
	"beside/relay/internal/auth"
	"beside/relay/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lockedBuffer collects what several goroutines write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// testRelay is a relay that serves on loopback until the test ends.
type testRelay struct {
	*Relay
	t       *testing.T
	console *lockedBuffer
	logs    *lockedBuffer
	org     store.Organisation
	stop    func() // stops it before the test ends
}

func startRelay(t *testing.T, change func(*Config)) *testRelay {
	t.Helper()
	tr := &testRelay{t: t, console: &lockedBuffer{}, logs: &lockedBuffer{}}
	cfg := Config{
		Dir: t.TempDir(), Listen: "127.0.0.1:0", Organisation: "Acme IT Support", Console: tr.console,
		Log: slog.New(slog.NewTextHandler(tr.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&cfg)
	}
	r, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	tr.Relay = r
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	tr.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(tr.stop)
	if tr.org, err = r.store.OrganisationByShortName(context.Background(), ""); err != nil {
		t.Fatal(err)
	}
	return tr
}

// ownOrigin is the browser's side of the origin rule.
type ownOrigin struct {
	origin string
	next   http.RoundTripper
}

func (o *ownOrigin) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	if o.origin != "" && req.Header.Get("Origin") == "" {
		req.Header.Set("Origin", o.origin)
	}
	return o.next.RoundTrip(req)
}

// loopbackJar keeps Secure cookies over http too, as browsers do on loopback.
type loopbackJar struct {
	mu      sync.Mutex
	cookies map[string]*http.Cookie
}

func (j *loopbackJar) SetCookies(_ *url.URL, cookies []*http.Cookie) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.cookies == nil {
		j.cookies = map[string]*http.Cookie{}
	}
	for _, c := range cookies {
		if j.cookies[c.Name] = c; c.MaxAge < 0 {
			delete(j.cookies, c.Name)
		}
	}
}

func (j *loopbackJar) Cookies(*url.URL) []*http.Cookie {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Collect(maps.Values(j.cookies))
}

// take keeps the cookies of an answer.
func (j *loopbackJar) take(h http.Header) { j.SetCookies(nil, (&http.Response{Header: h}).Cookies()) }

// browser is a client with a cookie jar that speaks as our own pages do.
func (tr *testRelay) browser() *http.Client {
	transport := &http.Transport{}
	tr.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Jar:       &loopbackJar{},
		Transport: &ownOrigin{tr.URL(), transport},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
}

// user makes a user of an organisation, without a password, and returns a browser
// signed in as them.
func (tr *testRelay) user(org store.Organisation, email string, roles auth.Roles) (*http.Client, store.User) {
	tr.t.Helper()
	ctx := context.Background()
	token := auth.NewSecret("")
	if _, err := tr.store.AddLink(ctx, org.ID, audit.Operator, store.Link{Email: email, Roles: roles}, token, inviteLife); err != nil {
		tr.t.Fatal(err)
	}
	user, err := tr.store.RedeemLink(ctx, token, store.User{Name: "Name of " + email, Email: email, PasswordHash: "-"})
	if err != nil {
		tr.t.Fatal(err)
	}
	return tr.signedIn(user), user
}

func (tr *testRelay) signedIn(user store.User) *http.Client {
	tr.t.Helper()
	client := tr.browser()
	h := http.Header{}
	if err := tr.Relay.signIn(context.Background(), user, h); err != nil {
		tr.t.Fatal(err)
	}
	client.Jar.(*loopbackJar).take(h)
	return client
}

func (tr *testRelay) apiToken(user store.User) string {
	tr.t.Helper()
	token := auth.NewSecret(tokenPrefix)
	if err := tr.store.AddSignIn(context.Background(), user, store.API, "test", token, signInLife); err != nil {
		tr.t.Fatal(err)
	}
	return token.Reveal()
}

func (tr *testRelay) account(c *http.Client) wireconnect.AccountServiceClient {
	return wireconnect.NewAccountServiceClient(c, tr.URL()+rpc)
}

func (tr *testRelay) get(path string) (int, string) {
	tr.t.Helper()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequest(http.MethodGet, tr.URL()+path, nil)
	if err != nil {
		tr.t.Fatal(err)
	}
	return tr.do(&http.Client{Transport: transport}, req)
}

// THREAT 13: the first account comes from the console's link alone, once.
func TestFirstPersonByTheConsolesLink(t *testing.T) {
	tr := startRelay(t, nil)
	_, token, ok := strings.Cut(tr.console.String(), "/link#")
	if !ok {
		t.Fatalf("no link on the console: %q", tr.console.String())
	}
	token, _, _ = strings.Cut(token, "\n")
	ctx := context.Background()
	browser := tr.browser()
	look, err := tr.account(browser).InspectLink(ctx, connect.NewRequest(&wire.InspectLinkRequest{Token: token}))
	if err != nil {
		t.Fatal(err)
	}
	if look.Msg.OrganisationName != "Acme IT Support" || len(look.Msg.Roles) != 3 || look.Msg.SignsInDirectly {
		t.Errorf("link is for %v", look.Msg)
	}
	redeem := &wire.RedeemLinkRequest{Token: token, Name: "Ana Pérez", Email: "Ana@Example.com", Password: "correct horse battery"}
	if _, err = tr.account(browser).RedeemLink(ctx, connect.NewRequest(redeem)); err != nil {
		t.Fatal(err)
	}
	who, err := tr.account(browser).WhoAmI(ctx, connect.NewRequest(&wire.WhoAmIRequest{}))
	if err != nil {
		t.Fatal(err)
	}
	if who.Msg.User.Email != "ana@example.com" || who.Msg.User.Name != "Ana Pérez" {
		t.Errorf("signed in as %v", who.Msg.User)
	}
	if _, err = tr.account(tr.browser()).RedeemLink(ctx, connect.NewRequest(redeem)); connect.CodeOf(err) != connect.CodeNotFound {
		t.Errorf("second use: got %v, want not found", err)
	}
	second := tr.browser()
	_, err = tr.account(second).SignIn(ctx, connect.NewRequest(&wire.SignInRequest{Email: "ana@example.com ", Password: "correct horse battery"}))
	if err != nil {
		t.Fatalf("sign in by password: %v", err)
	}
	if _, err = tr.account(second).SignOut(ctx, connect.NewRequest(&wire.SignOutRequest{})); err != nil {
		t.Fatal(err)
	}
	if _, err = tr.account(second).WhoAmI(ctx, connect.NewRequest(&wire.WhoAmIRequest{})); connect.CodeOf(err) != connect.CodeUnauthenticated {
		t.Errorf("after signing out: got %v, want unauthenticated", err)
	}
}

func TestHealth(t *testing.T) {
	tr := startRelay(t, nil)
	for _, path := range []string{"/healthz", "/readyz"} {
		if status, _ := tr.get(path); status != http.StatusOK {
			t.Errorf("%s: got %d", path, status)
		}
	}
	status, body := tr.get("/metrics")
	if status != http.StatusOK || !strings.Contains(body, "beside_agents 0") {
		t.Errorf("/metrics: got %d, %.200s", status, body)
	}
}
