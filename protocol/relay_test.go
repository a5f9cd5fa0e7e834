package protocol

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"google.golang.org/protobuf/proto"

	"beside/protocol/wire"
)

// leg is one frame on its way, and who sent it.
type leg int

const (
	viewerShare leg = iota
	agentShare
	viewerConfirm
	agentConfirm
	legs
)

// maliciousRelay passes frames between two honest ends and may change, swap, repeat or
// keep any of them. It knows everything but the secret of the code.
type maliciousRelay struct {
	seen [legs]*wire.PeerFrame
	// change gets each frame and returns what is delivered instead; nil delivers nothing.
	change func(r *maliciousRelay, l leg, f *wire.PeerFrame) *wire.PeerFrame
}

func (r *maliciousRelay) pass(t *testing.T, l leg, f *wire.PeerFrame) *wire.PeerFrame {
	t.Helper()
	if f == nil {
		return nil
	}
	r.seen[l] = f
	out := r.change(r, l, proto.CloneOf(f))
	if out == nil {
		return nil
	}
	got, err := DecodePeerFrame(marshal(t, out)) // as the ends do
	if err != nil {
		return nil
	}
	return got
}

func frameOfShare(s *wire.Share, err error) *wire.PeerFrame {
	if err != nil {
		return nil
	}
	return &wire.PeerFrame{Kind: &wire.PeerFrame_Share{Share: s}}
}

func frameOfConfirm(c *wire.Confirm, err error) *wire.PeerFrame {
	if err != nil || c == nil {
		return nil
	}
	return &wire.PeerFrame{Kind: &wire.PeerFrame_Confirm{Confirm: c}}
}

// run goes through a handshake over the relay and reports which end completed it.
func (r *maliciousRelay) run(t *testing.T, viewer, agent *Handshake) (viewerDone, agentDone bool) {
	t.Helper()
	f := r.pass(t, viewerShare, frameOfShare(viewer.Start()))
	if f.GetShare() == nil {
		return false, false
	}
	f = r.pass(t, agentShare, frameOfShare(agent.Respond(f.GetShare())))
	if f.GetShare() == nil {
		return false, false
	}
	f = r.pass(t, viewerConfirm, frameOfConfirm(viewer.Finish(f.GetShare())))
	if f.GetConfirm() == nil {
		return false, false
	}
	reply, err := agent.Verify(f.GetConfirm())
	agentDone = err == nil
	f = r.pass(t, agentConfirm, frameOfConfirm(reply, err))
	if f.GetConfirm() != nil {
		_, err = viewer.Verify(f.GetConfirm())
		viewerDone = err == nil
	}
	return viewerDone, agentDone
}

// rebind changes the data that a share binds.
func rebind(t *testing.T, f *wire.PeerFrame, change func(*wire.HandshakeData)) *wire.PeerFrame {
	t.Helper()
	var d wire.HandshakeData
	must(t, proto.Unmarshal(f.GetShare().AssociatedData, &d))
	change(&d)
	f.GetShare().AssociatedData = marshal(t, &d)
	return f
}

// ownEnd is the relay's own end of a handshake, run with a guessed secret.
func ownEnd(t *testing.T, role wire.Role) *Handshake {
	t.Helper()
	guess := testCode()
	guess.Secret = NewSecret("123456")
	viewer, agent := pair(t, guess, guess)
	if role == wire.Role_ROLE_VIEWER {
		return viewer
	}
	return agent
}

type tampering func(r *maliciousRelay, l leg, f *wire.PeerFrame) *wire.PeerFrame

// tamperings is everything that threat 5 names, and what a careless reading of it
// would leave open.
func tamperings(t *testing.T) map[string]tampering {
	t.Helper()
	on := func(at leg, change func(r *maliciousRelay, f *wire.PeerFrame) *wire.PeerFrame) tampering {
		return func(r *maliciousRelay, l leg, f *wire.PeerFrame) *wire.PeerFrame {
			if l == at {
				return change(r, f)
			}
			return f
		}
	}
	data := func(at leg, change func(*wire.HandshakeData)) tampering {
		return on(at, func(_ *maliciousRelay, f *wire.PeerFrame) *wire.PeerFrame { return rebind(t, f, change) })
	}
	older := func() [legs]*wire.PeerFrame { // an honest handshake with the same code, overheard
		viewer, agent := pair(t, testCode(), testCode())
		r := &maliciousRelay{change: func(_ *maliciousRelay, _ leg, f *wire.PeerFrame) *wire.PeerFrame { return f }}
		if v, a := r.run(t, viewer, agent); !v || !a {
			t.Fatal("an honest handshake did not complete")
		}
		return r.seen
	}()
	evil := bytes.Repeat([]byte{0xee}, 32)
	out := map[string]tampering{
		"swap the viewer's fingerprint": data(viewerShare, func(d *wire.HandshakeData) { d.DtlsFingerprint = evil }),
		"swap the agent's fingerprint":  data(agentShare, func(d *wire.HandshakeData) { d.DtlsFingerprint = evil }),
		"another technician":            data(viewerShare, func(d *wire.HandshakeData) { d.TechnicianName = "Mallory" }),
		"another organisation":          data(agentShare, func(d *wire.HandshakeData) { d.OrganisationName = "Mallory & Co" }),
		"another session":               data(viewerShare, func(d *wire.HandshakeData) { d.SessionId = "00" }),
		"downgrade the viewer":          data(viewerShare, func(d *wire.HandshakeData) { d.Protocol = 0 }),
		"downgrade the agent":           data(agentShare, func(d *wire.HandshakeData) { d.Protocol = 0 }),
		"make the agent a viewer":       data(agentShare, func(d *wire.HandshakeData) { d.Role = wire.Role_ROLE_VIEWER }),
		"a field more": data(viewerShare, func(d *wire.HandshakeData) {
			d.ProtoReflect().SetUnknown([]byte{0x7a, 0x01, 0x61})
		}),
		"swap both fingerprints": func(_ *maliciousRelay, l leg, f *wire.PeerFrame) *wire.PeerFrame {
			if f.GetShare() == nil {
				return f
			}
			return rebind(t, f, func(d *wire.HandshakeData) { d.DtlsFingerprint = evil })
		},
		"reflect the viewer's share": on(agentShare, func(r *maliciousRelay, _ *wire.PeerFrame) *wire.PeerFrame { return r.seen[viewerShare] }),
		"reflect the viewer's point": on(agentShare, func(r *maliciousRelay, f *wire.PeerFrame) *wire.PeerFrame {
			f.GetShare().Point = r.seen[viewerShare].GetShare().Point
			return f
		}),
		"reflect the viewer's confirmation": on(agentConfirm, func(r *maliciousRelay, _ *wire.PeerFrame) *wire.PeerFrame { return r.seen[viewerConfirm] }),
		"confirm with an empty tag": on(viewerConfirm, func(_ *maliciousRelay, f *wire.PeerFrame) *wire.PeerFrame {
			f.GetConfirm().Tag = nil
			return f
		}),
		"a share where a confirmation belongs": on(viewerConfirm, func(r *maliciousRelay, _ *wire.PeerFrame) *wire.PeerFrame { return r.seen[viewerShare] }),
		"the neutral element": on(viewerShare, func(_ *maliciousRelay, f *wire.PeerFrame) *wire.PeerFrame {
			f.GetShare().Point = make([]byte, 32)
			return f
		}),
		"a share of the relay's own to the agent": on(viewerShare, func(_ *maliciousRelay, _ *wire.PeerFrame) *wire.PeerFrame {
			return frameOfShare(ownEnd(t, wire.Role_ROLE_VIEWER).Start())
		}),
		"a share of the relay's own to the viewer": on(agentShare, func(r *maliciousRelay, _ *wire.PeerFrame) *wire.PeerFrame {
			return frameOfShare(ownEnd(t, wire.Role_ROLE_AGENT).Respond(r.seen[viewerShare].GetShare()))
		}),
		"a relay in the middle with a guess": middle(t),
	}
	for l := range legs {
		out["replay of an older handshake, frame "+string(rune('1'+l))] = on(l, func(_ *maliciousRelay, _ *wire.PeerFrame) *wire.PeerFrame { return older[l] })
		out["keep back frame "+string(rune('1'+l))] = on(l, func(_ *maliciousRelay, _ *wire.PeerFrame) *wire.PeerFrame { return nil })
	}
	return out
}

// middle runs a whole handshake of its own with each end, with a guessed secret.
func middle(t *testing.T) tampering {
	asAgent, asViewer := ownEnd(t, wire.Role_ROLE_AGENT), ownEnd(t, wire.Role_ROLE_VIEWER)
	var toViewer *wire.PeerFrame
	return func(_ *maliciousRelay, l leg, f *wire.PeerFrame) *wire.PeerFrame {
		switch l {
		case viewerShare:
			toViewer = frameOfShare(asAgent.Respond(f.GetShare()))
			return frameOfShare(asViewer.Start())
		case agentShare:
			c := frameOfConfirm(asViewer.Finish(f.GetShare()))
			f, toViewer = toViewer, c
			return f
		case viewerConfirm:
			return toViewer
		}
		return f
	}
}

// THREAT 5: whatever the relay does to a handshake, the end it deceived never completes
// it, and the agent asks nothing.
func TestMaliciousRelay(t *testing.T) {
	all := tamperings(t)
	if len(all) < 25 {
		t.Fatalf("got %d tamperings, want at least 25", len(all))
	}
	for name, change := range all {
		t.Run(name, func(t *testing.T) {
			viewer, agent := pair(t, testCode(), testCode())
			r := &maliciousRelay{change: change}
			viewerDone, agentDone := r.run(t, viewer, agent)
			lastOnly := r.seen[agentConfirm] != nil // only the frame after the agent's check was touched
			if viewerDone || (agentDone && !lastOnly) {
				t.Errorf("completed: viewer %v, agent %v", viewerDone, agentDone)
			}
		})
	}
}

// THREAT 5: the same with any bit of any frame that arrives. A changed last frame
// leaves the viewer out; every other leaves out both.
func TestMaliciousRelayFlipsBits(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 5))
	for l := range legs {
		for range 60 {
			flip := func(_ *maliciousRelay, at leg, f *wire.PeerFrame) *wire.PeerFrame {
				if at != l {
					return f
				}
				field := f.GetConfirm().GetTag()
				if s := f.GetShare(); s != nil {
					field = s.Point
					if random.IntN(2) == 0 {
						field = s.AssociatedData
					}
				}
				field[random.IntN(len(field))] ^= 1 << random.IntN(8)
				return f
			}
			viewer, agent := pair(t, testCode(), testCode())
			viewerDone, agentDone := (&maliciousRelay{change: flip}).run(t, viewer, agent)
			if viewerDone || (agentDone && l != agentConfirm) {
				t.Fatalf("frame %d changed: completed: viewer %v, agent %v", l, viewerDone, agentDone)
			}
		}
	}
}

// THREAT 7: a guess is right once in a million, and each costs the code. Here: none of
// many wrong secrets completes, and the agent tells nothing before it knows.
func TestGuessesNeverComplete(t *testing.T) {
	for i := range 200 {
		guess := testCode()
		digits := []byte(guess.Secret.Reveal())
		digits[i%SecretDigits] = '0' + (digits[i%SecretDigits]-'0'+1+byte(i/SecretDigits)%9)%10
		guess.Secret = NewSecret(string(digits))
		viewer, agent := pair(t, guess, testCode())
		r := &maliciousRelay{change: func(_ *maliciousRelay, _ leg, f *wire.PeerFrame) *wire.PeerFrame { return f }}
		if v, a := r.run(t, viewer, agent); v || a {
			t.Fatalf("guess %d completed: viewer %v, agent %v", i, v, a)
		}
		if r.seen[agentConfirm] != nil {
			t.Fatal("the agent confirmed to somebody who does not know the secret")
		}
	}
}
