package relay

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"connectrpc.com/connect"

	"beside/protocol/wire"
	"beside/protocol/wire/wireconnect"
	"beside/relay/internal/auth"
)

// sealed looks like an age file, as far as the relay can tell.
func sealed(text string) []byte { return []byte(ageHeader + text) }

func (tr *testRelay) parse(path string) *url.URL {
	tr.t.Helper()
	u, err := url.Parse(tr.URL())
	if err != nil {
		tr.t.Fatal(err)
	}
	u.Opaque = "//" + u.Host + path
	return u
}

func (tr *testRelay) put(token, id, object string, data []byte) (int, string) {
	tr.t.Helper()
	req, err := http.NewRequest("PUT", tr.URL()+"/agent/v1/recordings/"+id+"/"+object, bytes.NewReader(data))
	if err != nil {
		tr.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	client := tr.browser()
	client.Transport.(*ownOrigin).origin = ""
	return tr.do(client, req)
}

func (tr *testRelay) mustPut(token, id, object string, data []byte) {
	tr.t.Helper()
	if status, body := tr.put(token, id, object, data); status != http.StatusNoContent {
		tr.t.Fatalf("put %s: got %d %s", object, status, body)
	}
}

func (tr *testRelay) fetch(client *http.Client, id, object string) (int, []byte) {
	tr.t.Helper()
	resp, err := client.Get(tr.URL() + "/api/v1/recordings/" + id + "/" + object)
	if err != nil {
		tr.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		tr.t.Fatal(err)
	}
	if resp.StatusCode == http.StatusOK && resp.Header.Get("Content-Type") != "application/octet-stream" {
		tr.t.Errorf("%s came as %q", object, resp.Header.Get("Content-Type"))
	}
	return resp.StatusCode, data
}

func TestUploadRules(t *testing.T) {
	tr := startRelay(t, nil)
	m := tr.meet()
	token, id := m.joined.UploadToken, strings.Repeat("0a", 16)
	other := tr.meet().joined.UploadToken
	for _, c := range []struct {
		name, token, id, object string
		data                    []byte
		want                    int
	}{
		{"key", token, id, "key.age", sealed("key"), 204},
		{"the same again", token, id, "key.age", sealed("key"), 204},
		{"other bytes", token, id, "key.age", sealed("kez"), 409},
		{"segment", token, id, "segment-000001.age", sealed("s1"), 204},
		{"events", token, id, "events-000001.age", sealed("e1"), 204},
		{"empty", token, id, "segment-000002.age", nil, 400},
		{"in the clear", token, id, "segment-000002.age", []byte("\x00\x00\x00\x18ftyp"), 400},
		{"8 MiB", token, id, "segment-000003.age", append(sealed(""), make([]byte, maxUpload-len(ageHeader))...), 204},
		{"more than 8 MiB", token, id, "segment-000004.age", make([]byte, maxUpload+1), 413},
		{"no token", "", id, "segment-000005.age", sealed("x"), 401},
		{"wrong token", "bsu_wrong", id, "segment-000005.age", sealed("x"), 401},
		{"another session's token", other, id, "segment-000005.age", sealed("x"), 403},
		{"name", token, id, "segment-1.age", sealed("x"), 400},
		{"name of nothing", token, id, "relay.key", sealed("x"), 400},
		{"id", token, "nonsense", "key.age", sealed("x"), 400},
		{"id in capitals", token, strings.ToUpper(id), "key.age", sealed("x"), 400},
		{"manifest", token, id, "manifest.jws", []byte("e30.e30.c2ln"), 204},
		{"manifest again", token, id, "manifest.jws", []byte("e30.e30.c2ln"), 204},
		{"after the manifest", token, id, "segment-000006.age", sealed("x"), 409},
		{"the same again after the manifest", token, id, "segment-000001.age", sealed("s1"), 204},
	} {
		if status, body := tr.put(c.token, c.id, c.object, c.data); status != c.want {
			t.Errorf("%s: got %d, want %d: %s", c.name, status, c.want, body)
		}
	}
}

// PROMISE A11: only a reviewer, after saying why, and it is written down.
func TestReviewerOpensARecording(t *testing.T) {
	tr := startRelay(t, nil)
	ctx := context.Background()
	m := tr.meet()
	id := strings.Repeat("0b", 16)
	objects := map[string][]byte{
		"key.age": sealed("key"), "events-000001.age": sealed("events"), "segment-000001.age": sealed("segment"),
		"manifest.jws": []byte("e30.e30.c2ln"),
	}
	for _, name := range []string{"key.age", "events-000001.age", "segment-000001.age", "manifest.jws"} {
		tr.mustPut(m.joined.UploadToken, id, name, objects[name])
	}
	reviewer, _ := tr.user(tr.org, "reviewer@example.com", auth.Reviewer)
	api := wireconnect.NewRecordingServiceClient(reviewer, tr.URL()+rpc)
	list, err := api.ListRecordings(ctx, connect.NewRequest(&wire.ListRecordingsRequest{}))
	if err != nil || len(list.Msg.Recordings) != 1 {
		t.Fatalf("got %v, %v", list, err)
	}
	row := list.Msg.Recordings[0]
	if !row.Complete || row.Segments != 1 || row.Bytes == 0 || row.SessionId != m.joined.SessionId || row.TechnicianName == "" {
		t.Errorf("listed as %v", row)
	}
	if status, _ := tr.fetch(reviewer, id, "key.age"); status != http.StatusForbidden {
		t.Errorf("before saying why: got %d", status)
	}
	_, err = api.OpenRecording(ctx, connect.NewRequest(&wire.OpenRecordingRequest{Id: id, Reason: " \u202e "}))
	if connect.CodeOf(err) != connect.CodeInvalidArgument {
		t.Errorf("without a reason: got %v", err)
	}
	opened, err := api.OpenRecording(ctx, connect.NewRequest(&wire.OpenRecordingRequest{Id: id, Reason: "complaint", Ticket: "T-7"}))
	if err != nil || len(opened.Msg.Objects) != len(objects) {
		t.Fatalf("got %v, %v", opened, err)
	}
	for name, want := range objects {
		if status, data := tr.fetch(reviewer, id, name); status != http.StatusOK || !bytes.Equal(data, want) {
			t.Errorf("%s: got %d, %q", name, status, data)
		}
	}
	second, _ := tr.user(tr.org, "second@example.com", auth.Reviewer)
	if status, _ := tr.fetch(second, id, "key.age"); status != http.StatusForbidden {
		t.Errorf("another reviewer, who gave no reason: got %d", status)
	}
	log, err := tr.store.Openings(ctx, tr.org.ID, id)
	if err != nil || len(log) != 1 || log[0].Reason != "complaint" || log[0].Ticket != "T-7" || log[0].UserName != "Name of reviewer@example.com" {
		t.Errorf("written down: %+v, %v", log, err)
	}
	sessions, err := wireconnect.NewSessionServiceClient(m.client, tr.URL()+rpc).ListSessions(ctx, connect.NewRequest(&wire.ListSessionsRequest{}))
	if err != nil || len(sessions.Msg.Sessions) != 1 || sessions.Msg.Sessions[0].RecordingId != id {
		t.Errorf("sessions %v, %v", sessions, err)
	}
}

// THREAT 16: the store holds the sealed bytes that were put, and no other object.
func TestStoreHoldsJustWhatWasPut(t *testing.T) {
	tr := startRelay(t, nil)
	m := tr.meet()
	id := strings.Repeat("0c", 16)
	want := map[string]string{}
	for i := range 5 {
		name := fmt.Sprintf("segment-%06d.age", i+1)
		want[name] = string(sealed(strings.Repeat(name, 100)))
		tr.mustPut(m.joined.UploadToken, id, name, []byte(want[name]))
	}
	tr.put(m.joined.UploadToken, id, "segment-000009.age", []byte("a picture in the clear"))
	got := map[string]string{}
	err := filepath.WalkDir(filepath.Join(tr.cfg.Dir, "recordings"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		got[filepath.Base(path)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"recordings", "beside.db", "beside.db-wal", "relay.key"} {
		if info, err := os.Stat(filepath.Join(tr.cfg.Dir, name)); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s can be read by others: %v, %v", name, info.Mode(), err)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d files, want %d", len(got), len(want))
	}
	for name, data := range want {
		if got[name] != data {
			t.Errorf("%s is not what was put", name)
		}
	}
}

func TestRecordingIdentityIsSetOnce(t *testing.T) {
	tr := startRelay(t, nil)
	ctx := context.Background()
	reviewer, _ := tr.user(tr.org, "reviewer@example.com", auth.Reviewer)
	api := wireconnect.NewOrganisationServiceClient(reviewer, tr.URL()+rpc)
	good := &wire.SetRecordingIdentityRequest{
		Recipient: "age1" + strings.Repeat("q", 58), RecoveryRecipient: "age1" + strings.Repeat("p", 58),
		WrappedIdentity: "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n",
	}
	clear := &wire.SetRecordingIdentityRequest{Recipient: good.Recipient, RecoveryRecipient: good.RecoveryRecipient, WrappedIdentity: "AGE-SECRET-KEY-1QQ"}
	alone := &wire.SetRecordingIdentityRequest{Recipient: good.Recipient, WrappedIdentity: good.WrappedIdentity}
	for _, m := range []*wire.SetRecordingIdentityRequest{clear, alone} {
		if _, err := api.SetRecordingIdentity(ctx, connect.NewRequest(m)); connect.CodeOf(err) != connect.CodeInvalidArgument {
			t.Errorf("%v: got %v", m, err)
		}
	}
	if _, err := api.SetRecordingIdentity(ctx, connect.NewRequest(good)); err != nil {
		t.Fatal(err)
	}
	good.Recipient = "age1" + strings.Repeat("z", 58)
	if _, err := api.SetRecordingIdentity(ctx, connect.NewRequest(good)); connect.CodeOf(err) != connect.CodeAlreadyExists {
		t.Errorf("second time: got %v", err)
	}
	_, welcome, _ := tr.agent()
	want := []string{"age1" + strings.Repeat("q", 58), good.RecoveryRecipient}
	if !slices.Equal(welcome.Organisation.RecordingRecipients, want) {
		t.Errorf("agents are told %v, want %v", welcome.Organisation.RecordingRecipients, want)
	}
}
