package relay

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"beside/protocol/wire"
	"beside/relay/internal/audit"
	"beside/relay/internal/auth"
	"beside/relay/internal/store"
)

// rowRequest makes a request to a row of the table, with ids put into its path.
func (tr *testRelay) rowRequest(rt route, id, object, body string) *http.Request {
	tr.t.Helper()
	path := strings.NewReplacer("{id}", id, "{object}", object).Replace(rt.path)
	req, err := http.NewRequest(rt.method, tr.URL()+path, strings.NewReader(body))
	if err != nil {
		tr.t.Fatal(err)
	}
	if strings.HasPrefix(rt.path, rpc) {
		req.Header.Set("Content-Type", "application/json")
	}
	return req
}

func (tr *testRelay) do(client *http.Client, req *http.Request) (int, string) {
	tr.t.Helper()
	resp, err := client.Do(req)
	if err != nil {
		tr.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		tr.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// THREAT 13: these, and no others, work without signing in.
func TestRoutesWithoutSignInArePinned(t *testing.T) {
	tr := startRelay(t, nil)
	var got []string
	for _, rt := range tr.routes() {
		if rt.roles == 0 {
			got = append(got, rt.method+" "+rt.path)
		}
	}
	want := []string{
		"POST /api/rpc/beside.v1.AccountService/SignIn",
		"POST /api/rpc/beside.v1.AccountService/InspectLink",
		"POST /api/rpc/beside.v1.AccountService/RedeemLink",
		"GET /agent/v1/connect",
		"PUT /agent/v1/recordings/{id}/{object}",
		"DELETE /agent/v1/recordings/{id}",
		"PUT /agent/v1/feedback",
		"GET /api/v1/audit/{id}", // a receipt is checked without an account; hashes, under a random name
		"GET /healthz",
		"GET /readyz",
		"GET /metrics",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestEveryProcedureHasARow(t *testing.T) {
	tr := startRelay(t, nil)
	rows := map[string]bool{}
	for _, rt := range tr.routes() {
		rows[rt.path] = true
	}
	for name := range procedures() {
		if !rows[rpc+name] {
			t.Errorf("%s has no row in the route table", name)
		}
	}
}

// procedures are all of the schema, with the message each takes.
func procedures() map[string]protoreflect.MessageDescriptor {
	list := map[string]protoreflect.MessageDescriptor{}
	services := wire.File_beside_v1_api_proto.Services()
	for i := range services.Len() {
		methods := services.Get(i).Methods()
		for j := range methods.Len() {
			m := methods.Get(j)
			list[fmt.Sprintf("/%s/%s", services.Get(i).FullName(), m.Name())] = m.Input()
		}
	}
	return list
}

// THREAT 13: every route × every role.
func TestEveryRouteWithEveryRole(t *testing.T) {
	tr := startRelay(t, nil)
	roles := map[string]auth.Roles{"nobody": 0, "technician": auth.Technician, "reviewer": auth.Reviewer, "admin": auth.Admin}
	n := 0
	for name, role := range roles {
		client := tr.browser()
		var user store.User
		if role != 0 {
			_, user = tr.user(tr.org, name+"@example.com", role)
			if role != auth.Admin { // somebody else is admin, so that "the last admin" does not hide a hole
				tr.user(tr.org, "admin-beside-"+name+"@example.com", auth.Admin)
			}
		}
		for _, rt := range tr.routes() {
			if rt.roles == 0 {
				continue
			}
			if role != 0 {
				client = tr.signedIn(user)
			}
			status, body := tr.do(client, tr.rowRequest(rt, strings.Repeat("a", 32), "key.age", "{}"))
			want := map[bool]string{true: "allowed", false: "refused"}[rt.roles.Has(role)]
			got := "allowed"
			if status == http.StatusUnauthorized || status == http.StatusForbidden {
				got = "refused"
			}
			if got != want || (role == 0 && status != http.StatusUnauthorized) {
				t.Errorf("%s %s as %s: got %d (%s), want %s: %.100s", rt.method, rt.path, name, status, got, want, body)
			}
			n++
		}
	}
	if n < 60 {
		t.Errorf("only %d combinations were tried", n)
	}
}

// THREAT 10: each kind of origin at each endpoint.
func TestOriginMatrix(t *testing.T) {
	tr := startRelay(t, nil)
	_, user := tr.user(tr.org, "all@example.com", auth.All)
	tr.user(tr.org, "other-admin@example.com", auth.Admin)
	own := tr.URL()
	origins := []struct {
		name    string
		headers http.Header
		own     bool
		fetched bool
		none    bool
	}{
		{"own", http.Header{"Origin": {own}}, true, true, false},
		{"missing", http.Header{}, false, false, true},
		{"null", http.Header{"Origin": {"null"}}, false, false, false},
		{"empty", http.Header{"Origin": {""}}, false, false, false},
		{"another site", http.Header{"Origin": {"https://evil.example"}}, false, false, false},
		{"another port", http.Header{"Origin": {"http://127.0.0.1:1"}}, false, false, false},
		{"localhost", http.Header{"Origin": {strings.Replace(own, "127.0.0.1", "localhost", 1)}}, false, false, false},
		{"own as a prefix", http.Header{"Origin": {own + ".evil.example"}}, false, false, false},
		{"own with a path", http.Header{"Origin": {own + "/"}}, false, false, false},
		{"two", http.Header{"Origin": {own, "https://evil.example"}}, false, false, false},
		{"fetched by our page", http.Header{"Sec-Fetch-Site": {"same-origin"}}, false, true, true},
		{"fetched by another", http.Header{"Sec-Fetch-Site": {"cross-site"}}, false, false, true},
		{"opened by hand", http.Header{"Sec-Fetch-Site": {"none"}}, false, false, true},
	}
	for _, rt := range tr.routes() {
		for _, o := range origins {
			client := tr.signedIn(user)
			client.Transport.(*ownOrigin).origin = ""
			req := tr.rowRequest(rt, strings.Repeat("a", 32), "key.age", "{}")
			for k, v := range o.headers {
				req.Header[k] = v
			}
			status, body := tr.do(client, req)
			want := map[originRule]bool{originOwn: o.own, originFetched: o.fetched, originNone: o.none, originAny: true}[rt.origin]
			if got := !strings.Contains(body, "did not come from"); got != want {
				t.Errorf("%s %s, origin %s: got %d, let in %v, want %v", rt.method, rt.path, o.name, status, got, want)
			}
		}
	}
}

func TestApiTokenNeedsNoOrigin(t *testing.T) {
	tr := startRelay(t, nil)
	_, user := tr.user(tr.org, "tech@example.com", auth.Technician)
	client := tr.browser()
	client.Transport.(*ownOrigin).origin = ""
	for token, want := range map[string]int{tr.apiToken(user): 200, "bst_wrong": 401, "": 403} {
		rt := route{method: "POST", path: rpc + "/beside.v1.AccountService/WhoAmI"}
		req := tr.rowRequest(rt, "", "", "{}")
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		if status, body := tr.do(client, req); status != want {
			t.Errorf("got %d, want %d: %s", status, want, body)
		}
	}
}

func TestPathsHaveOneForm(t *testing.T) {
	tr := startRelay(t, func(c *Config) {
		c.Web = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { writeText(w, 200, "the application") })
	})
	for path, want := range map[string]int{
		"/":                                200,
		"/review/1":                        200,
		"/setup":                           200, // a page of the application: it holds no data
		"/api/setup":                       404,
		"//api/rpc":                        400,
		"/x/../api/v1/session":             400,
		"/%2e%2e/healthz":                  400,
		"/api/v1/%73ession":                400,
		"/agent\\v1":                       400,
		"/api/v1/recordings/a%2Fb/key.age": 400,
	} {
		req := &http.Request{Method: "GET", URL: tr.parse(path), Header: http.Header{}}
		if status, body := tr.do(tr.browser(), req); status != want {
			t.Errorf("%s: got %d, want %d: %.80s", path, status, want, body)
		}
	}
}

// THREAT 15, PROMISE C2: one organisation's ids are worth nothing in another.
func TestOrganisationsDoNotSeeOneAnother(t *testing.T) {
	tr := startRelay(t, nil)
	ctx := context.Background()
	m := tr.meet()
	_, victim := tr.user(tr.org, "victim@example.com", auth.All)
	rec := strings.Repeat("ab", 16)
	tr.mustPut(m.joined.UploadToken, rec, "key.age", sealed("key"))
	if err := tr.store.OpenRecording(ctx, tr.org.ID, rec, victim.Caller(), "why", ""); err != nil {
		t.Fatal(err)
	}
	other, err := tr.store.AddOrganisation(ctx, audit.Operator, "other", "Other Ltd")
	if err != nil {
		t.Fatal(err)
	}
	intruder, user := tr.user(other, "intruder@other.example", auth.All)
	tr.user(other, "second@other.example", auth.All)
	ids := []string{rec, m.welcome.SessionId, m.welcome.Technician.Id, victim.ID, tr.org.ID}
	marks := append([]string{"victim@example.com", "Acme IT Support"}, ids...)
	n := 0
	for _, rt := range tr.routes() {
		if rt.roles == 0 || strings.HasSuffix(rt.path, "/SignOut") {
			continue
		}
		for _, id := range ids {
			body := "{}"
			if input, ok := procedures()[strings.TrimPrefix(rt.path, rpc)]; ok {
				body = filled(t, input, id)
			}
			status, answer := tr.do(intruder, tr.rowRequest(rt, id, "key.age", body))
			for _, mark := range marks {
				// An answer may repeat what was asked with, as a name for instance.
				if mark != id && strings.Contains(answer, mark) {
					t.Errorf("%s with %s: answer %d holds %q", rt.path, id, status, mark)
				}
			}
			if takesID(rt.path) && status == http.StatusOK {
				t.Errorf("%s with %s: got 200", rt.path, id)
			}
			n++
		}
	}
	if n < 60 {
		t.Errorf("only %d combinations were tried", n)
	}
	if u, err := tr.store.User(ctx, tr.org.ID, victim.ID); err != nil || u.Roles != auth.All {
		t.Errorf("victim is %v, %v", u, err)
	}
	if o, err := tr.store.Organisation(ctx, tr.org.ID); err != nil || o.Name != "Acme IT Support" || o.Recipient != "" {
		t.Errorf("organisation is %v, %v", o, err)
	}
	if o, err := tr.store.HasOpened(ctx, other.ID, rec, user.ID); o || err != nil {
		t.Errorf("intruder opened the recording: %v, %v", o, err)
	}
	if code, _ := tr.resumeAs(intruder, m.welcome.ResumeToken); code != wire.RelayError_CODE_RESUME {
		t.Errorf("the other's resume token: got %v", code)
	}
}

func takesID(path string) bool {
	for _, part := range []string{"SetRoles", "RemovePerson", "OpenRecording", "{id}"} {
		if strings.Contains(path, part) {
			return true
		}
	}
	return false
}

// filled is a message with text in every string field and something in the others.
func filled(t *testing.T, d protoreflect.MessageDescriptor, text string) string {
	t.Helper()
	m := dynamicpb.NewMessage(d)
	for i := range d.Fields().Len() {
		f := d.Fields().Get(i)
		switch {
		case f.IsList():
			m.Mutable(f).List().Append(protoreflect.ValueOfEnum(1))
		case f.Kind() == protoreflect.StringKind:
			m.Set(f, protoreflect.ValueOfString(text))
		case f.Kind() == protoreflect.Uint32Kind:
			m.Set(f, protoreflect.ValueOfUint32(7))
		}
	}
	data, err := protojson.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func (tr *testRelay) resumeAs(client *http.Client, token string) (wire.RelayError_Code, bool) {
	v := tr.viewer(client, &wire.ViewerJoin{ResumeToken: token})
	m := v.read()
	return m.GetError().GetCode(), m.GetWelcome() != nil
}
