package agent

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// THREAT 18: what a technician causes without end does not fill the log; other things are
// written all the same, and how much was left out is told.
func TestALogThatNobodyFills(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		cfg := Config{Relay: "https://relay.example", StateDir: t.TempDir(), Log: slog.New(slog.NewTextHandler(&text, nil))}
		link, err := newSignaller(cfg)
		if err != nil {
			t.Fatal(err)
		}
		log := newAgent(cfg, link, newPerson()).log
		flood := func(n int) {
			for i := range n {
				log.With("from", "x").Warn("message refused", "number", i)
			}
		}
		flood(10_000)
		if got := strings.Count(text.String(), "message refused"); got != calmBurst {
			t.Errorf("%d of 10,000 were written, want %d", got, calmBurst)
		}
		log.Warn("another kind")
		log.Error("message refused", "as", "an error")
		if !strings.Contains(text.String(), "another kind") || !strings.Contains(text.String(), "an error") {
			t.Errorf("something else was left out: %s", text.String())
		}
		text.Reset()
		time.Sleep(calmPace)
		flood(2)
		if got := text.String(); strings.Count(got, "message refused") != 1 || !strings.Contains(got, "from=x") || !strings.Contains(got, "left_out=9960") {
			t.Errorf("a while later: %s", got)
		}
		text.Reset()
		log.WithGroup("of").Warn("message refused")
		if text.Len() > 0 {
			t.Errorf("a group of its own begins anew: %s", &text)
		}
		time.Sleep(calmPace)
		flood(1)
		if got := text.String(); !strings.Contains(got, "left_out=2") {
			t.Errorf("what was told is told again: %s", got)
		}
	})
}

func TestACalmLogHasABound(t *testing.T) {
	h := &past{kinds: map[kind]*count{}}
	for i := range 3 * calmKinds {
		h.allow(kind{message: strings.Repeat("x", i)}, time.Now())
	}
	if len(h.kinds) != calmKinds {
		t.Errorf("%d kinds are remembered, want %d", len(h.kinds), calmKinds)
	}
}
