package consent

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// histories is how many random histories of a gate are played.
var histories = flag.Int("histories", 100_000, "how many random histories are played")

// history is one session in play, beside a model of it that is too simple to be wrong:
// what is on, and when it was last given and taken.
type history struct {
	t    *rapid.T
	gate *Gate
	bar  *bar

	answer  Answer                 // what the person says next
	fault   string                 // what goes wrong next: "", "error", "panic", "bar", "end", "release"
	prompts map[Scope]int          // yes answers not yet used up by a grant
	tick    int                    // rises with every given and taken
	given   [scopes]int            // tick of the last grant
	taken   [scopes]int            // tick of the last revocation
	uses    [scopes][]func() error // every grant ever handed out, old ones too
	ticks   [scopes][]int          // when each of them was given
	ended   bool                   // Ended was seen
	told    []Event                // everything told
}

// Ask is the person of the history, with everything that can go wrong around one.
func (h *history) Ask(ctx context.Context, q Question) (Answer, error) {
	fault := h.fault
	h.fault = ""
	switch fault {
	case "error":
		return h.answer, errors.New("broken")
	case "panic":
		panic("broken")
	case "bar":
		h.bar.hidden.Store(true)
	case "end":
		h.gate.End(ByUser)
	case "release":
		h.gate.Withdraw(q.Scope, ByTechnician)
	case "late":
		h.gate.cancel() // as the deadline would
	case "ask":
		h.ask(View)
		h.ask(Control)
	}
	if (fault == "" || fault == "ask") && h.answer == Yes && ctx.Err() == nil {
		h.prompts[q.Scope]++
	}
	return h.answer, nil
}

func (h *history) onEvent(e Event) {
	if h.ended {
		h.t.Fatalf("an event after the end: %v", e)
	}
	h.told = append(h.told, e)
	h.ended = e.Kind == Ended
}

func (h *history) ask(scope Scope) {
	var use func() error
	var err error
	never := func() error { return nil }
	short := Question{Text: Text{Title: "x"}} // saves making the text 100,000 times
	switch scope {
	case View:
		var g *ViewGrant
		g, err = h.gate.AskView(h.t.Context(), short)
		use = func() error { return g.Use(never) }
	case Control:
		var g *ControlGrant
		g, err = h.gate.AskControl(h.t.Context(), short)
		use = func() error { return g.Use(never) }
	case Record:
		var g *RecordGrant
		g, err = h.gate.AskRecord(h.t.Context(), short)
		use = func() error { return g.Use(never) }
	case Clipboard:
		var g *ClipboardGrant
		g, err = h.gate.AskClipboard(h.t.Context(), short)
		use = func() error { return g.Use(never) }
	case Files:
		var g *FilesGrant
		g, err = h.gate.AskFiles(h.t.Context(), short)
		use = func() error { return g.Use(never) }
	case Voice:
		var g *VoiceGrant
		g, err = h.gate.AskVoice(h.t.Context(), short)
		use = func() error { return g.Use(never) }
	}
	if err != nil {
		return
	}
	if h.prompts[scope] != 1 {
		h.t.Fatalf("%v granted with %d yes", scope, h.prompts[scope])
	}
	h.prompts[scope] = 0
	h.tick++
	h.given[scope] = h.tick
	h.uses[scope] = append(h.uses[scope], use)
	h.ticks[scope] = append(h.ticks[scope], h.tick)
}

func (h *history) take(scope Scope) {
	h.tick++
	h.taken[scope] = h.tick
}

func (h *history) end(by Actor) {
	h.gate.End(by)
	for scope := View; scope < scopes; scope++ {
		h.take(scope)
	}
}

func (h *history) withdraw(scope Scope, by Actor) {
	on := h.given[scope] > h.taken[scope]
	h.gate.Withdraw(scope, by)
	h.take(scope)
	if scope == View && on {
		for other := View; other < scopes; other++ {
			h.take(other)
		}
	}
}

// check holds the invariants after every step.
func (h *history) check() {
	snap := h.gate.Snapshot()
	on := map[Scope]bool{}
	for _, scope := range snap.Granted {
		on[scope] = true
	}
	for scope := View; scope < scopes; scope++ {
		for i, use := range h.uses[scope] {
			err := use()
			waits := snap.Paused || snap.Secret || snap.Away && (scope == Control || scope == Clipboard || scope == Files || scope == Voice)
			live := h.ticks[scope][i] > h.taken[scope] && h.ticks[scope][i] == h.given[scope] && !snap.Over
			switch {
			case err == nil && !live:
				h.t.Fatalf("%v: an effect ran without a live grant", scope)
			case err == nil && waits:
				h.t.Fatalf("%v: an effect ran in a pause", scope)
			case err != nil && live && !waits:
				h.t.Fatalf("%v: a live grant refused: %v", scope, err)
			case live != (on[scope] && i == len(h.uses[scope])-1):
				h.t.Fatalf("%v: the snapshot says %v, the grant %v", scope, on[scope], live)
			}
		}
	}
	if len(snap.Granted) > 0 && !on[View] {
		h.t.Fatalf("granted without view: %v", snap.Granted)
	}
	if snap.Over != h.ended {
		h.t.Fatalf("over is %v, but the end was told: %v", snap.Over, h.ended)
	}
}

// choices turns one drawn number into the choices of a step: one draw a step keeps
// 100,000 histories affordable.
type choices uint64

// draw spreads v, because rapid favours small numbers.
func draw(v uint32) choices { return choices(uint64(v) * 0x9e3779b97f4a7c15 >> 16) }

func (c *choices) below(n int) int {
	v := int(*c % choices(n))
	*c /= choices(n)
	return v
}

func (h *history) step(c choices) {
	scope, by := Scope(c.below(int(Voice))+1), Actor(c.below(5)+1)
	switch action := c.below(21); {
	case action < 12:
		answers := []Answer{Yes, Yes, Yes, Yes, No, TimedOut, 9}
		faults := []string{"", "", "", "", "", "error", "panic", "bar", "end", "release", "late", "ask"}
		h.answer, h.fault = answers[c.below(len(answers))], faults[c.below(len(faults))]
		ended := h.fault == "end"
		h.ask(scope)
		if h.fault = ""; ended && h.gate.Snapshot().Over {
			h.end(ByUser)
		}
		h.bar.hidden.Store(false)
	case action < 15:
		h.withdraw(scope, by)
	case action < 17:
		h.gate.Hold(Hold(c.below(4)), by)
	case action < 19:
		h.gate.Free(Hold(c.below(4)), by)
	default:
		if c.below(5) == 0 {
			h.end(by)
		}
	}
	h.check()
}

// grammar checks what was told against the order that events may have.
func (h *history) grammar() error {
	open := Scope(0)
	on := map[Scope]bool{}
	for i, e := range h.told {
		switch e.Kind {
		case Asked:
			if open != 0 || on[e.Scope] {
				return fmt.Errorf("event %d: asked out of turn", i)
			}
			open = e.Scope
		case Granted:
			if open != e.Scope || e.By != ByUser {
				return fmt.Errorf("event %d: granted without a question to the user", i)
			}
			open, on[e.Scope] = 0, true
		case Refused, Expired:
			if open != e.Scope {
				return fmt.Errorf("event %d: an answer without a question", i)
			}
			open = 0
		case Withdrawn, Released:
			if !on[e.Scope] {
				return fmt.Errorf("event %d: taken without having been given", i)
			}
			on[e.Scope] = false
		}
	}
	return nil
}

func setFlag(t *testing.T, name, value string) {
	t.Helper()
	old := flag.Lookup(name).Value.String()
	if err := flag.Set(name, value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set(name, old) })
}

// PROMISE A1, A2, E1, E6; THREAT 2: over random histories of questions, answers,
// faults, withdrawals, pauses and ends, an effect runs only under a live grant that was
// given later than its last revocation, every grant has its own yes, and nothing
// happens after the end.
func TestRandomHistories(t *testing.T) {
	setFlag(t, "rapid.checks", fmt.Sprint(*histories))
	setFlag(t, "rapid.nofailfile", "true")
	wanted := *histories
	if testing.Short() {
		wanted /= 5 // as rapid does
	}
	played, granted, cut := 0, 0, 0
	steps := rapid.SliceOfN(rapid.Uint32(), 4, 10)
	rapid.Check(t, func(rt *rapid.T) {
		h := &history{t: rt, bar: newBar(), prompts: map[Scope]int{}}
		cfg := Config{SessionID: "s", Prompter: h, Indicator: h.bar, OnEvent: h.onEvent, Now: fixedNow}
		h.gate = newGate(cfg, &countingLog{})
		defer h.gate.Close()
		for _, v := range steps.Draw(rt, "steps") {
			h.step(draw(v))
		}
		if err := h.grammar(); err != nil {
			rt.Fatal(err)
		}
		played++
		for scope := View; scope < scopes; scope++ {
			granted += len(h.uses[scope])
		}
		if h.ended {
			cut++
		}
	})
	if played < wanted {
		t.Errorf("got %d histories, want at least %d", played, wanted)
	}
	if granted < wanted/2 || cut < wanted/20 {
		t.Errorf("dull histories: %d grants, %d ended", granted, cut)
	}
	t.Attr("counted", fmt.Sprintf("%d histories, %d grants, %d ended in play: 0 violations", played, granted, cut))
}
