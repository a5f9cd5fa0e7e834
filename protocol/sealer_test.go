package protocol

import (
	"bytes"
	"errors"
	"math"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"

	"beside/protocol/wire"
)

func sealers(t testing.TB) (viewer, agent *Sealer) {
	t.Helper()
	isk, sid := bytes.Repeat([]byte{7}, 64), bytes.Repeat([]byte{9}, 16)
	viewer, err := newSealer(isk, sid, wire.Role_ROLE_VIEWER)
	must(t, err)
	agent, err = newSealer(isk, sid, wire.Role_ROLE_AGENT)
	must(t, err)
	return viewer, agent
}

func seal(t testing.TB, s *Sealer, plain string) *wire.Sealed {
	t.Helper()
	m, err := s.Seal([]byte(plain))
	must(t, err)
	return m
}

// THREAT 8: replayed, reordered, reflected and changed messages are refused, and do
// not keep later ones from being opened.
func TestSealerRefuses(t *testing.T) {
	viewer, agent := sealers(t)
	first, second, third := seal(t, viewer, "1"), seal(t, viewer, "2"), seal(t, viewer, "3")
	for name, c := range map[string]struct {
		m    *wire.Sealed
		want error
	}{
		"reflected": {seal(t, agent, "x"), ErrSealBroken},
		"changed":   {&wire.Sealed{Counter: 0, Ciphertext: append(bytes.Clone(first.Ciphertext), 0)}, ErrSealBroken},
		"renumbered": {&wire.Sealed{Counter: 5, Ciphertext: first.Ciphertext},
			ErrSealBroken},
		"empty":        {&wire.Sealed{}, ErrSealBroken},
		"nil":          {nil, ErrSealBroken},
		"last counter": {&wire.Sealed{Counter: math.MaxUint64, Ciphertext: first.Ciphertext}, ErrSealSpent},
		"too large":    {&wire.Sealed{Ciphertext: make([]byte, MaxFrame)}, ErrTooLarge},
	} {
		if _, err := agent.Open(c.m); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	for _, c := range []struct {
		name string
		m    *wire.Sealed
		want error
	}{
		{"the first", first, nil},
		{"the first again", first, ErrSealReplayed},
		{"the third, a gap", third, nil},
		{"the second, too late", second, ErrSealReplayed},
		{"the third again", third, ErrSealReplayed},
	} {
		if _, err := agent.Open(c.m); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}

// Messages sealed for one session open in no other.
func TestSealerOfAnotherSession(t *testing.T) {
	viewer, _ := sealers(t)
	other, err := newSealer(bytes.Repeat([]byte{7}, 64), bytes.Repeat([]byte{8}, 16), wire.Role_ROLE_AGENT)
	must(t, err)
	if _, err := other.Open(seal(t, viewer, "1")); !errors.Is(err, ErrSealBroken) {
		t.Errorf("got %v, want ErrSealBroken", err)
	}
}

func TestSealerNeverRepeatsACounter(t *testing.T) {
	viewer, _ := sealers(t)
	const goroutines, each = 8, 50
	seen := make(chan uint64, goroutines*each)
	var wait sync.WaitGroup
	for range goroutines {
		wait.Go(func() {
			for range each {
				m, err := viewer.Seal([]byte("x"))
				if err != nil {
					t.Error(err)
					return
				}
				seen <- m.Counter
			}
		})
	}
	wait.Wait()
	close(seen)
	counters := map[uint64]bool{}
	for c := range seen {
		counters[c] = true
	}
	if len(counters) != goroutines*each {
		t.Errorf("got %d counters for %d messages", len(counters), goroutines*each)
	}
	viewer.next = math.MaxUint64
	if _, err := viewer.Seal(nil); !errors.Is(err, ErrSealSpent) {
		t.Errorf("after the last counter: got %v, want ErrSealSpent", err)
	}
}

// The largest message that may be sealed fits into a frame with all its envelopes.
func TestLargestSealedFits(t *testing.T) {
	viewer, agent := sealers(t)
	viewer.next = math.MaxUint64 - 1
	m, err := viewer.Seal(make([]byte, MaxSealedPlain))
	must(t, err)
	inner := marshal(t, &wire.PeerFrame{Kind: &wire.PeerFrame_Sealed{Sealed: m}})
	if _, err := DecodePeerFrame(inner); err != nil {
		t.Errorf("peer frame: %v", err)
	}
	frames := map[string]proto.Message{
		"agent":  &wire.AgentFrame{Kind: &wire.AgentFrame_Forward{Forward: inner}},
		"viewer": &wire.ViewerFrame{Kind: &wire.ViewerFrame_Forward{Forward: inner}},
	}
	for name, f := range frames {
		if n := len(marshal(t, f)); n > MaxFrame {
			t.Errorf("%s frame: %d bytes, at most %d", name, n, MaxFrame)
		}
	}
	if _, err := agent.Open(m); err != nil {
		t.Errorf("open: %v", err)
	}
	if _, err := viewer.Seal(make([]byte, MaxSealedPlain+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("one byte more: got %v, want ErrTooLarge", err)
	}
	if MaxSDP+1024 > MaxSealedPlain {
		t.Errorf("the largest description does not fit sealed")
	}
}
