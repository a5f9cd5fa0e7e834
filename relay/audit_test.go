package relay

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beside/consent"
	"beside/consent/checkpoint"
	"beside/protocol/wire"
	"beside/relay/internal/auth"
)

// proofOf is the proof as it came over the wire.
func proofOf(t *testing.T, m *wire.AuditProof) *checkpoint.Proof {
	t.Helper()
	if m == nil {
		t.Fatal("no proof came")
	}
	list := func(raw [][]byte) []checkpoint.Hash {
		hashes := make([]checkpoint.Hash, len(raw))
		for i, b := range raw {
			hashes[i] = checkpoint.Hash(b)
		}
		return hashes
	}
	return &checkpoint.Proof{
		Checkpoint: m.Checkpoint, Entry: string(m.Entry), Number: int64(m.Number),
		Inclusion: list(m.Inclusion), Consistency: list(m.Consistency),
	}
}

// audited is a meeting of a technician with an agent that takes proofs of the audit log.
func (tr *testRelay) audited(client *http.Client) (*testAgent, *testViewer, *wire.TechnicianJoined) {
	tr.t.Helper()
	a := tr.dialAgent(&wire.AgentHello{AgentVersion: "test", Audit: true})
	welcome := a.read().GetWelcome()
	locator := a.read().GetLocator()
	if welcome == nil || locator == nil {
		tr.t.Fatal("no welcome, or no locator")
	}
	v := tr.viewer(client, &wire.ViewerJoin{Locator: locator.Digits})
	v.read()
	return a, v, a.read().GetJoined()
}

// today asks for a log's state as anybody can.
func (tr *testRelay) today(log string, from int64) (checkpoint.Today, int) {
	tr.t.Helper()
	status, body := tr.get(fmt.Sprintf("/api/v1/audit/%s?from=%d", log, from))
	var today checkpoint.Today
	if status == http.StatusOK {
		if err := json.Unmarshal([]byte(body), &today); err != nil {
			tr.t.Fatal(err)
		}
	}
	return today, status
}

// THREAT 24: the agent is shown that its session's beginning and end are in the log, and
// holds the relay to them: afterwards anybody finds out when the log is not that any more.
func TestAgentIsShownTheAuditLog(t *testing.T) {
	tr := startRelay(t, nil)
	client, user := tr.user(tr.org, "tech@example.com", auth.Technician)
	a, _, joined := tr.audited(client)
	w := consent.Witness{State: consent.WitnessHeld, Key: joined.GetAudit().GetKey(), Opened: proofOf(t, joined.GetAudit())}
	told, err := w.Verify(joined.SessionId)
	if err != nil || told.Opened.Actor != "person:"+user.ID {
		t.Fatalf("%+v, %v", told, err)
	}
	if _, err := w.Verify("another session"); !errors.Is(err, checkpoint.ErrFalse) {
		t.Errorf("it is taken for another session's: %v", err)
	}
	tr.user(tr.org, "somebody@example.com", auth.Technician) // the log grows meanwhile
	a.send(&wire.AgentFrame{Kind: &wire.AgentFrame_Over{Over: &wire.SessionOver{}}})
	w.Ended = proofOf(t, a.read().GetAudit())
	if told, err = w.Verify(joined.SessionId); err != nil || told.Ended == nil {
		t.Fatalf("the end: %+v, %v", told, err)
	}

	tr.user(tr.org, "else@example.com", auth.Technician)
	today, _ := tr.today(told.Head.Log(), told.Head.Size)
	now, err := today.Check(w.Key, told.Head)
	if err != nil || now.Size <= told.Head.Size {
		t.Errorf("the log of today: %+v, %v", now, err)
	}
	cut, _ := tr.today(told.Head.Log(), now.Size+5) // of a log that had more entries
	longer := now
	longer.Size += 5
	if _, err := cut.Check(w.Key, longer); !errors.Is(err, checkpoint.ErrFalse) {
		t.Errorf("a log that was cut: %v", err)
	}
	for path, want := range map[string]int{
		"/api/v1/audit/" + strings.Repeat("0", 32) + "?from=1":  404,
		"/api/v1/audit/" + tr.org.ID + "?from=1":                404,
		"/api/v1/audit/" + told.Head.Log():                      400,
		"/api/v1/audit/" + told.Head.Log() + "?from=0":          400,
		"/api/v1/audit/" + told.Head.Log() + "?from=9999999999": 200,
	} {
		if got, body := tr.get(path); got != want {
			t.Errorf("%s: %d, want %d: %s", path, got, want, body)
		}
	}
}

// An agent that knows no audit log is sent nothing that it would not understand.
func TestOlderAgentHearsNothingOfTheEnd(t *testing.T) {
	tr := startRelay(t, nil)
	m := tr.meet()
	m.agent.send(&wire.AgentFrame{Kind: &wire.AgentFrame_Over{Over: &wire.SessionOver{}}})
	m.agent.send(&wire.AgentFrame{Kind: &wire.AgentFrame_NewCode{NewCode: &wire.NewCode{Why: wire.NewCode_WHY_USER}}})
	if next := m.agent.read(); next.GetLocator() == nil {
		t.Errorf("after the end it was sent %v", next)
	}
}

// THREAT 24, PROMISE C2: neither another session's nor another organisation's proof is
// good for this one, though one relay signs them all.
func TestProofsOfOthersAreWorthNothing(t *testing.T) {
	tr := startRelay(t, nil)
	client, _ := tr.user(tr.org, "tech@example.com", auth.Technician)
	_, _, one := tr.audited(client)
	_, _, two := tr.audited(client)
	w := consent.Witness{State: consent.WitnessHeld, Key: one.Audit.Key, Opened: proofOf(t, two.Audit)}
	if _, err := w.Verify(one.SessionId); !errors.Is(err, checkpoint.ErrFalse) {
		t.Errorf("the other session's proof: %v", err)
	}
	w.Opened = proofOf(t, one.Audit)
	w.Opened.Checkpoint = two.Audit.Checkpoint
	if _, err := w.Verify(one.SessionId); !errors.Is(err, checkpoint.ErrFalse) {
		t.Errorf("under the other session's checkpoint: %v", err)
	}
	head, err := checkpoint.Open(two.Audit.Checkpoint, two.Audit.Key)
	if err != nil {
		t.Fatal(err)
	}
	if data, _ := json.Marshal(head); strings.Contains(string(data), tr.org.ID) {
		t.Errorf("a checkpoint names the organisation: %s", data)
	}
}

// A burst of requests for checkpoints is answered with how long to wait.
func TestCheckpointsAreLimited(t *testing.T) {
	tr := startRelay(t, nil)
	limited := 0
	for range 120 {
		if _, status := tr.today(strings.Repeat("0", 32), 1); status == http.StatusTooManyRequests {
			limited++
		}
	}
	if limited < 30 {
		t.Errorf("only %d of 120 were told to wait", limited)
	}
}

// THREATS 22, 24: the key is the operator's alone, and a relay that lost it does not go on
// with its logs under another.
func TestAuditKey(t *testing.T) {
	dir := t.TempDir()
	here := func(c *Config) { c.Dir = dir }
	tr := startRelay(t, here)
	tr.stop()
	name := filepath.Join(dir, auditKeyName)
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 || info.Size() != keyLength {
		t.Fatalf("%v, %v", info, err)
	}
	cfg := Config{Dir: dir, Listen: "127.0.0.1:0", Organisation: "Acme", Console: &lockedBuffer{}}
	if err := os.Chmod(name, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := New(cfg); !errors.Is(err, ErrKeyFile) {
		t.Errorf("a key that others read: %v", err)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	var refused *ConfigError
	if _, err := New(cfg); !errors.As(err, &refused) || !strings.Contains(err.Error(), "backup") {
		t.Errorf("another key: %v", err)
	}
}
