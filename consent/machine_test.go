package consent

import (
	"errors"
	"slices"
	"testing"
)

// play takes inputs through the machine and returns the last state, effects and error.
func play(inputs ...input) (state, []effect, error) {
	var s state
	var effects []effect
	var err error
	for _, in := range inputs {
		s, effects, err = step(s, in)
	}
	return s, effects, err
}

func ask(s Scope) input               { return input{kind: inAsk, scope: s} }
func answer(s Scope, v verdict) input { return input{kind: inAnswer, scope: s, answer: v} }

// The machine alone, without the gate's own checks around it.
func TestStep(t *testing.T) {
	shown := []input{ask(View), answer(View, verdictYes)}
	for name, c := range map[string]struct {
		inputs []input
		want   error
		on     bool // View or Control, whichever was asked last
		scope  Scope
	}{
		"yes":                       {shown, nil, true, View},
		"yes without a question":    {[]input{answer(View, verdictYes)}, ErrRefused, false, View},
		"yes to another question":   {append(shown, ask(Control), answer(Record, verdictYes)), ErrRefused, false, Record},
		"yes twice":                 {append(shown, answer(View, verdictYes)), ErrRefused, true, View},
		"yes to a question put off": {append(shown, ask(Control), input{kind: inWithdraw, scope: Control, by: ByTechnician}, answer(Control, verdictYes)), ErrExpired, false, Control},
		"yes after the end":         {[]input{ask(View), {kind: inEnd, by: ByUser}, answer(View, verdictYes)}, ErrEnded, false, View},
		"control without view":      {[]input{ask(Control)}, ErrNeedsView, false, Control},
		"two questions":             {append(shown, ask(Control), ask(Record)), ErrBusy, false, Record},
		"voice without view":        {[]input{ask(Voice)}, ErrNeedsView, false, Voice},
		"yes to voice":              {append(shown, ask(Voice), answer(Voice, verdictYes)), nil, true, Voice},
		"voice is not record":       {append(shown, ask(Voice), answer(Voice, verdictYes)), nil, false, Record},
		"voice taken back":          {append(shown, ask(Voice), answer(Voice, verdictYes), input{kind: inWithdraw, scope: Voice, by: ByUser}), nil, false, Voice},
		"clipboard without view":    {[]input{ask(Clipboard)}, ErrNeedsView, false, Clipboard},
		"files without view":        {[]input{ask(Files)}, ErrNeedsView, false, Files},
		"yes to clipboard":          {append(shown, ask(Clipboard), answer(Clipboard, verdictYes)), nil, true, Clipboard},
		"clipboard is not files":    {append(shown, ask(Clipboard), answer(Clipboard, verdictYes)), nil, false, Files},
		"files taken back":          {append(shown, ask(Files), answer(Files, verdictYes), input{kind: inWithdraw, scope: Files, by: ByUser}), nil, false, Files},
		"no scope":                  {[]input{ask(0)}, ErrRefused, false, 0},
		"an unknown scope":          {[]input{ask(200)}, ErrRefused, false, 0},
		"an unknown input":          {[]input{{}}, nil, false, View},
	} {
		s, _, err := play(c.inputs...)
		if !errors.Is(err, c.want) || s.on[c.scope] != c.on {
			t.Errorf("%s: got %v, on %v; want %v, %v", name, err, s.on[c.scope], c.want, c.on)
		}
	}
}

// Revocations come before everything else that an end brings, and the end comes last.
func TestEndRevokesFirst(t *testing.T) {
	_, effects, err := play(ask(View), answer(View, verdictYes), ask(Control), answer(Control, verdictYes),
		ask(Record), input{kind: inEnd, by: ByUser})
	want := []effectKind{doRevoke, doRevoke, doCancel, doNote, doNote, doOver}
	if err != nil || len(effects) != len(want) {
		t.Fatalf("got %v, %v", effects, err)
	}
	for i, e := range effects {
		if e.kind != want[i] {
			t.Errorf("effect %d: got %v, want %v", i, e.kind, want[i])
		}
	}
}

func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		View.String(): "view", Voice.String(): "voice", Scope(99).String(): "none",
		Asked.String(): "asked", Ended.String(): "ended", EventKind(99).String(): "none",
		ByUser.String(): "user", ByAgent.String(): "agent", Actor(99).String(): "nobody",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Each hold stops what it is for, and none ends another.
func TestHolds(t *testing.T) {
	hold := func(h Hold) input { return input{kind: inHold, hold: h, by: ByUser} }
	free := func(h Hold) input { return input{kind: inFree, hold: h, by: ByUser} }
	everything, deeds := []Scope{View, Control, Record, Clipboard, Files, Voice}, []Scope{Control, Clipboard, Files, Voice}
	for name, c := range map[string]struct {
		inputs []input
		waits  []Scope
	}{
		"none":                           {nil, nil},
		"pause":                          {[]input{hold(HoldPause)}, everything},
		"a secret":                       {[]input{hold(HoldSecret)}, everything},
		"away":                           {[]input{hold(HoldAway)}, deeds},
		"away, and back":                 {[]input{hold(HoldAway), free(HoldAway)}, nil},
		"back from away is no resume":    {[]input{hold(HoldPause), hold(HoldAway), free(HoldAway)}, everything},
		"resume is no end of the secret": {[]input{hold(HoldSecret), hold(HoldPause), free(HoldPause)}, everything},
		"the secret is no return":        {[]input{hold(HoldAway), hold(HoldSecret), free(HoldSecret)}, deeds},
		"an unknown hold":                {[]input{hold(0), hold(holds), hold(200)}, nil},
		"the end":                        {[]input{hold(HoldPause), {kind: inEnd, by: ByUser}}, nil},
	} {
		s, _, _ := play(c.inputs...)
		for _, scope := range everything {
			if want := slices.Contains(c.waits, scope); s.waits(scope) != want {
				t.Errorf("%s: %v waits: %v, want %v", name, scope, !want, want)
			}
		}
	}
}
