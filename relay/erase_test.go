package relay

import (
	"net/http"
	"strings"
	"testing"

	"beside/relay/internal/audit"
	"beside/relay/internal/auth"
)

// PROMISE E6: the user of a session has its recording erased, key and all, with the
// session's token alone; no other session's token does it, and nothing comes back.
func TestUserErasesTheirRecording(t *testing.T) {
	tr := startRelay(t, nil)
	m, other := tr.meet(), tr.meet()
	id, theirs := strings.Repeat("0a", 16), strings.Repeat("0b", 16)
	for _, name := range []string{"key.age", "segment-000000.age", "manifest.jws"} {
		tr.mustPut(m.joined.UploadToken, id, name, sealed("x"))
		tr.mustPut(other.joined.UploadToken, theirs, name, sealed("x"))
	}
	erase := func(token, recording string) int {
		t.Helper()
		req, err := http.NewRequest("DELETE", tr.URL()+"/agent/v1/recordings/"+recording, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	stored := func(recording string) int {
		t.Helper()
		list, err := tr.store.Objects(t.Context(), tr.org.ID, recording)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	if got := erase("bsu_wrong", id); got != 401 {
		t.Errorf("wrong token: %d", got)
	}
	if got := erase(other.joined.UploadToken, id); got != 204 || stored(id) != 3 {
		t.Errorf("another session's token: %d, %d objects left", got, stored(id))
	}
	for range 2 { // again is fine
		if got := erase(m.joined.UploadToken, id); got != 204 || stored(id) != 0 {
			t.Errorf("erasing: %d, %d objects left", got, stored(id))
		}
	}
	if _, _, err := tr.store.AuditEntry(t.Context(), tr.org.ID, audit.RecordingErased, audit.Recording(id)); err != nil {
		t.Errorf("that the user had it erased is not in the log: %v", err)
	}
	if stored(theirs) != 3 {
		t.Error("another recording is gone too")
	}
	if status, _ := tr.put(m.joined.UploadToken, id, "segment-000001.age", sealed("x")); status == http.StatusNoContent {
		t.Error("what was erased begins again")
	}
	client, _ := tr.user(tr.org, "reviewer@example.com", auth.Reviewer)
	if status, _ := tr.fetch(client, id, "key.age"); status == http.StatusOK {
		t.Error("its key is handed out")
	}
}
