package protocol

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"testing"

	"github.com/gtank/ristretto255"
	"google.golang.org/protobuf/proto"

	"beside/protocol/wire"
)

var update = flag.Bool("update", false, "write testdata/handshake.json and testdata/codes.json anew")

// sideVector is one end of the handshake in testdata/handshake.json.
type sideVector struct {
	Scalar           hexBytes `json:"scalar"`
	DTLSFingerprint  hexBytes `json:"dtls_fingerprint"`
	TechnicianName   string   `json:"technician_name"`
	OrganisationName string   `json:"organisation_name"`
	AssociatedData   hexBytes `json:"associated_data"`
	Share            hexBytes `json:"share"`
	ShareFrame       hexBytes `json:"share_frame"`
	Tag              hexBytes `json:"tag"`
	ConfirmFrame     hexBytes `json:"confirm_frame"`
	SealingKey       hexBytes `json:"sealing_key"`
}

// sealedVector is one sealed message; Refused says why Open must not take it.
type sealedVector struct {
	From       string   `json:"from"`
	Counter    uint64   `json:"counter"`
	Plain      hexBytes `json:"plain,omitempty"`
	Ciphertext hexBytes `json:"ciphertext"`
	Frame      hexBytes `json:"frame,omitempty"`
	Refused    string   `json:"refused,omitempty"`
}

type handshakeVectors struct {
	About     string         `json:"about"`
	Protocol  uint32         `json:"protocol"`
	Locator   string         `json:"locator"`
	Secret    string         `json:"secret"`
	Display   string         `json:"display"`
	SessionID string         `json:"session_id"`
	CI        hexBytes       `json:"ci"`
	SID       hexBytes       `json:"sid"`
	Generator hexBytes       `json:"generator"`
	Viewer    sideVector     `json:"viewer"`
	Agent     sideVector     `json:"agent"`
	ISK       hexBytes       `json:"isk"`
	MacKey    hexBytes       `json:"mac_key"`
	Sealed    []sealedVector `json:"sealed"`
}

// Both ends' data in most tests.
const (
	testSession      = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
	testTechnician   = "Ana Pérez"
	testOrganisation = "Example Help Desk"
)

func testCode() Code { return Code{Locator: "40812", Secret: NewSecret("730156")} }

func testData(role wire.Role) *wire.HandshakeData {
	fingerprint := sha256.Sum256([]byte("certificate of the " + role.String()))
	return &wire.HandshakeData{
		Protocol: Version, Role: role, DtlsFingerprint: fingerprint[:],
		SessionId: testSession, TechnicianName: testTechnician, OrganisationName: testOrganisation,
	}
}

// pair makes both ends of a handshake.
func pair(t testing.TB, viewerCode, agentCode Code) (viewer, agent *Handshake) {
	t.Helper()
	v, a := testData(wire.Role_ROLE_VIEWER), testData(wire.Role_ROLE_AGENT)
	viewer, err := NewHandshake(viewerCode, v, a)
	if err != nil {
		t.Fatal(err)
	}
	agent, err = NewHandshake(agentCode, a, v)
	if err != nil {
		t.Fatal(err)
	}
	return viewer, agent
}

func fixScalar(t testing.TB, h *Handshake, seed string) []byte {
	t.Helper()
	wide := append(sha256Of(seed+" 1"), sha256Of(seed+" 2")...)
	y, err := ristretto255.NewScalar().SetUniformBytes(wide)
	if err != nil {
		t.Fatal(err)
	}
	h.scalar = func() (*ristretto255.Scalar, error) { return y, nil }
	return y.Bytes()
}

func sha256Of(s string) []byte { sum := sha256.Sum256([]byte(s)); return sum[:] }

func marshal(t testing.TB, m proto.Message) []byte {
	t.Helper()
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// runVectors goes through the one handshake that the vectors hold.
func runVectors(t *testing.T) handshakeVectors {
	t.Helper()
	viewer, agent := pair(t, testCode(), testCode())
	v := handshakeVectors{
		About: "One whole handshake with fixed scalars and some sealed messages. Bytes are in hexadecimal. " +
			"A frame is a serialised PeerFrame. Messages are opened in the order given, each direction by itself.",
		Protocol: Version, Locator: "40812", Secret: "730156", Display: testCode().Display(),
		SessionID: testSession, CI: viewer.ci, SID: viewer.sid,
	}
	g, err := generator(viewer.prs, viewer.ci, viewer.sid)
	if err != nil {
		t.Fatal(err)
	}
	v.Generator = g.Bytes()
	v.Viewer.Scalar = fixScalar(t, viewer, "viewer")
	v.Agent.Scalar = fixScalar(t, agent, "agent")

	viewerShare, err := viewer.Start()
	must(t, err)
	agentShare, err := agent.Respond(viewerShare)
	must(t, err)
	viewerConfirm, err := viewer.Finish(agentShare)
	must(t, err)
	agentConfirm, err := agent.Verify(viewerConfirm)
	must(t, err)
	_, err = viewer.Verify(agentConfirm)
	must(t, err)

	wantBytes(t, "isk", viewer.isk, agent.isk)
	v.ISK, v.MacKey = bytes.Clone(viewer.isk), bytes.Clone(viewer.mac)
	v.Viewer.fill(t, viewer, viewerShare, viewerConfirm, infoViewerToAgent)
	v.Agent.fill(t, agent, agentShare, agentConfirm, infoAgentToViewer)
	v.Sealed = sealVectors(t, viewer, agent)
	return v
}

func (s *sideVector) fill(t *testing.T, h *Handshake, share *wire.Share, confirm *wire.Confirm, info string) {
	t.Helper()
	key, err := hkdf.Key(sha256.New, h.isk, h.sid, info, 32)
	must(t, err)
	s.DTLSFingerprint, s.TechnicianName, s.OrganisationName = h.own.DtlsFingerprint, h.own.TechnicianName, h.own.OrganisationName
	s.AssociatedData, s.Share, s.Tag, s.SealingKey = share.AssociatedData, share.Point, confirm.Tag, key
	s.ShareFrame = marshal(t, &wire.PeerFrame{Kind: &wire.PeerFrame_Share{Share: share}})
	s.ConfirmFrame = marshal(t, &wire.PeerFrame{Kind: &wire.PeerFrame_Confirm{Confirm: confirm}})
}

// sealVectors seals messages both ways, and some that must be refused.
func sealVectors(t *testing.T, viewer, agent *Handshake) []sealedVector {
	t.Helper()
	vs, err := viewer.Sealer()
	must(t, err)
	as, err := agent.Sealer()
	must(t, err)
	ask := marshal(t, &wire.FromViewer{Kind: &wire.FromViewer_Ask{Ask: &wire.Ask{Scope: wire.Scope_SCOPE_VIEW, Reason: "the printer", Ticket: "T-17"}}})
	asking := marshal(t, &wire.FromAgent{Kind: &wire.FromAgent_Asking{Asking: &wire.Asking{Scope: wire.Scope_SCOPE_VIEW, SecondsLeft: 60}}})
	goodbye := marshal(t, &wire.FromViewer{Kind: &wire.FromViewer_Goodbye{Goodbye: &wire.Goodbye{}}})

	one := func(from string, s *Sealer, plain []byte) sealedVector {
		m, err := s.Seal(plain)
		must(t, err)
		return sealedVector{From: from, Counter: m.Counter, Plain: plain, Ciphertext: m.Ciphertext,
			Frame: marshal(t, &wire.PeerFrame{Kind: &wire.PeerFrame_Sealed{Sealed: m}})}
	}
	bad := func(v sealedVector, why string, change func(*sealedVector)) sealedVector {
		out := sealedVector{From: v.From, Counter: v.Counter, Ciphertext: bytes.Clone(v.Ciphertext), Refused: why}
		change(&out)
		return out
	}
	first, reply := one("viewer", vs, ask), one("agent", as, asking)
	_ = one("viewer", vs, goodbye) // counter 1 is lost on the way
	third := one("viewer", vs, goodbye)
	return []sealedVector{
		first, reply,
		bad(first, "came twice", func(*sealedVector) {}),
		bad(first, "counter changed", func(v *sealedVector) { v.Counter = 7 }),
		bad(third, "one bit changed", func(v *sealedVector) { v.Ciphertext[0] ^= 1 }),
		bad(third, "tag cut off", func(v *sealedVector) { v.Ciphertext = v.Ciphertext[:len(v.Ciphertext)-1] }),
		bad(first, "sent back to its sender", func(v *sealedVector) { v.From = "agent"; v.Counter = 1 }),
		third,
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func writeVectors(t *testing.T, name string, v any) {
	t.Helper()
	b, err := json.MarshalIndent(v, "", "  ")
	must(t, err)
	must(t, os.WriteFile("testdata/"+name, append(b, '\n'), 0o644))
}

func TestHandshakeVectors(t *testing.T) {
	got := runVectors(t)
	if *update {
		writeVectors(t, "handshake.json", got)
	}
	want, err := os.ReadFile("testdata/handshake.json")
	must(t, err)
	b, err := json.MarshalIndent(got, "", "  ")
	must(t, err)
	if !bytes.Equal(append(b, '\n'), want) {
		t.Errorf("the handshake of testdata/handshake.json runs differently now:\n%s", b)
	}
}

func TestSealedVectors(t *testing.T) {
	var v handshakeVectors
	readVectors(t, "handshake.json", &v)
	viewer, err := newSealer(v.ISK, v.SID, wire.Role_ROLE_VIEWER)
	must(t, err)
	agent, err := newSealer(v.ISK, v.SID, wire.Role_ROLE_AGENT)
	must(t, err)
	refused := 0
	for i, m := range v.Sealed {
		opener := agent
		if m.From == "agent" {
			opener = viewer
		}
		plain, err := opener.Open(&wire.Sealed{Counter: m.Counter, Ciphertext: m.Ciphertext})
		if m.Refused != "" {
			refused++
			if err == nil {
				t.Errorf("message %d: opened, but %s", i, m.Refused)
			}
			continue
		}
		must(t, err)
		wantBytes(t, "plain", plain, m.Plain)
	}
	if refused < 5 {
		t.Errorf("got %d refused messages, want at least 5", refused)
	}
}

func TestHandshakeAgrees(t *testing.T) {
	viewer, agent := pair(t, testCode(), testCode())
	if viewer.PeerFingerprint() != [32]byte{} {
		t.Error("a fingerprint is known before the handshake")
	}
	share, err := viewer.Start()
	must(t, err)
	answer, err := agent.Respond(share)
	must(t, err)
	confirm, err := viewer.Finish(answer)
	must(t, err)
	if agent.PeerFingerprint() != [32]byte{} {
		t.Error("a fingerprint is known before it is confirmed")
	}
	proof, err := agent.Verify(confirm)
	must(t, err)
	if reply, err := viewer.Verify(proof); err != nil || reply != nil {
		t.Fatalf("viewer's verify: got %v, %v, want nothing", reply, err)
	}
	a, v := agent.PeerFingerprint(), viewer.PeerFingerprint()
	wantBytes(t, "viewer's fingerprint", a[:], testData(wire.Role_ROLE_VIEWER).DtlsFingerprint)
	wantBytes(t, "agent's fingerprint", v[:], testData(wire.Role_ROLE_AGENT).DtlsFingerprint)

	vs, err := viewer.Sealer()
	must(t, err)
	as, err := agent.Sealer()
	must(t, err)
	m, err := vs.Seal([]byte("hello"))
	must(t, err)
	plain, err := as.Open(m)
	must(t, err)
	wantBytes(t, "opened", plain, []byte("hello"))
	if _, err := viewer.Sealer(); err == nil {
		t.Error("a second sealer would use the same counters with the same key")
	}
}

func TestHandshakeWrongSecret(t *testing.T) {
	wrong := testCode()
	wrong.Secret = NewSecret("730157")
	viewer, agent := pair(t, wrong, testCode())
	share, err := viewer.Start()
	must(t, err)
	answer, err := agent.Respond(share)
	must(t, err)
	confirm, err := viewer.Finish(answer)
	must(t, err)
	proof, err := agent.Verify(confirm)
	if !errors.Is(err, ErrWrongSecret) || proof != nil {
		t.Fatalf("got %v, %v, want nothing and ErrWrongSecret", proof, err)
	}
	if why := FailureOf(err).Why; why != wire.HandshakeFailed_WHY_WRONG_SECRET {
		t.Errorf("why: got %v", why)
	}
	if _, err := agent.Verify(confirm); !errors.Is(err, ErrOutOfTurn) {
		t.Errorf("a second guess: got %v, want ErrOutOfTurn", err)
	}
	if _, err := agent.Sealer(); err == nil {
		t.Error("a failed handshake gave a sealer")
	}
}

func TestHandshakeStepsOutOfTurn(t *testing.T) {
	share := &wire.Share{}
	for name, step := range map[string]func(viewer, agent *Handshake) error{
		"agent starts":           func(_, a *Handshake) error { _, err := a.Start(); return err },
		"viewer responds":        func(v, _ *Handshake) error { _, err := v.Respond(share); return err },
		"viewer finishes first":  func(v, _ *Handshake) error { _, err := v.Finish(share); return err },
		"agent finishes":         func(_, a *Handshake) error { _, err := a.Finish(share); return err },
		"agent verifies first":   func(_, a *Handshake) error { _, err := a.Verify(&wire.Confirm{}); return err },
		"viewer starts twice":    func(v, _ *Handshake) error { _, _ = v.Start(); _, err := v.Start(); return err },
		"sealer before the end":  func(v, _ *Handshake) error { _, err := v.Sealer(); return err },
		"sealer of a lone agent": func(_, a *Handshake) error { _, err := a.Sealer(); return err },
	} {
		viewer, agent := pair(t, testCode(), testCode())
		if err := step(viewer, agent); !errors.Is(err, ErrOutOfTurn) {
			t.Errorf("%s: got %v, want ErrOutOfTurn", name, err)
		}
	}
}

func TestNewHandshakeRefuses(t *testing.T) {
	for name, change := range map[string]func(c *Code, own, expect *wire.HandshakeData){
		"no code":            func(c *Code, _, _ *wire.HandshakeData) { *c = Code{} },
		"no role":            func(_ *Code, own, _ *wire.HandshakeData) { own.Role = 0 },
		"same roles":         func(_ *Code, own, expect *wire.HandshakeData) { expect.Role = own.Role },
		"no session":         func(_ *Code, own, _ *wire.HandshakeData) { own.SessionId = "" },
		"short fingerprint":  func(_ *Code, own, _ *wire.HandshakeData) { own.DtlsFingerprint = own.DtlsFingerprint[:20] },
		"name with override": func(_ *Code, own, _ *wire.HandshakeData) { own.TechnicianName = "Ana\u202e" },
	} {
		code, own, expect := testCode(), testData(wire.Role_ROLE_AGENT), testData(wire.Role_ROLE_VIEWER)
		change(&code, own, expect)
		if _, err := NewHandshake(code, own, expect); err == nil {
			t.Errorf("%s: got a handshake", name)
		}
	}
}

// THREAT 5: a relay that tells the two ends different names, sessions or versions gets
// no further than the first share, though nothing is changed on the way.
func TestEndsToldDifferentThings(t *testing.T) {
	for name, c := range map[string]struct {
		lie  func(viewer *wire.HandshakeData)
		want error
	}{
		"version":      {func(d *wire.HandshakeData) { d.Protocol = 2 }, ErrVersion},
		"technician":   {func(d *wire.HandshakeData) { d.TechnicianName = "Mallory" }, ErrBinding},
		"organisation": {func(d *wire.HandshakeData) { d.OrganisationName = "Mallory & Co" }, ErrBinding},
		"session":      {func(d *wire.HandshakeData) { d.SessionId = "00" }, ErrBinding},
		"fingerprint": {func(d *wire.HandshakeData) {
			d.DtlsFingerprint = testData(wire.Role_ROLE_AGENT).DtlsFingerprint
		}, ErrMalformed},
	} {
		told := testData(wire.Role_ROLE_VIEWER)
		c.lie(told)
		viewer, err := NewHandshake(testCode(), told, testData(wire.Role_ROLE_AGENT))
		must(t, err)
		_, agent := pair(t, testCode(), testCode())
		share, err := viewer.Start()
		must(t, err)
		if answer, err := agent.Respond(share); answer != nil || !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, %v, want nothing and %v", name, answer, err, c.want)
		}
	}
}
