package ui

import (
	"slices"
	"testing"
	"time"

	"beside/agent/internal/catalogue"
)

// THREAT 1: what lets something go on, and a report, needs the user's own hand on a bar that
// lies where they put it, in full view and undisturbed. What takes something back does not:
// it works however the pointer came there. Keys press nothing on the bar.
func TestWhatGivesNeedsTheUsersHand(t *testing.T) {
	nothing, yes := func(*Bar) {}, func() bool { return true }
	ways := map[string]struct {
		set   func(*Bar)
		by    trigger
		gives bool // such a press may let something go on
		takes bool // and such a one may take something back
	}{
		"their own hand":           {nothing, byPointer, true, true},
		"a program moved it there": {nothing, byStray, false, true},
		"it is not seen":           {func(b *Bar) { b.top.seen = false }, byPointer, false, true},
		"something happened to it": {func(b *Bar) { b.top.alarm() }, byPointer, false, true},
		"it shows other words":     {func(b *Bar) { b.truthful = func() bool { return false } }, byPointer, false, true},
		"the space bar":            {nothing, bySpace, false, false},
		"enter":                    {nothing, byEnter, false, false},
	}
	for name, way := range ways {
		for _, c := range []struct {
			id    targetID
			view  BarView
			does  Action
			gives bool
		}{
			{barPause, BarView{Paused: true}, ResumeSession, true},
			{barSecret, BarView{Secret: true}, EndSecret, true},
			{barMute, BarView{Voice: true, Muted: true}, UnmuteVoice, true},
			{barPause, BarView{}, PauseSession, false},
			{barSecret, BarView{}, BeginSecret, false},
			{barMute, BarView{Voice: true}, MuteVoice, false},
			{barControl, BarView{Control: true}, StopControl, false},
			{barRecording, BarView{Recording: true}, StopRecording, false},
			{barClipboard, BarView{Clipboard: true}, StopClipboard, false},
			{barFiles, BarView{Files: true}, StopFiles, false},
			{barVoice, BarView{Voice: true}, StopVoice, false},
			{barEnd, BarView{}, EndSession, false},
		} {
			c.view.View = true
			b := &Bar{u: &UI{words: catalogue.For("en")}, view: c.view, top: topmost{seen: true}, truthful: yes}
			way.set(b)
			b.press(c.id, way.by, time.Now())
			var want []Action
			if c.gives && way.gives || !c.gives && way.takes {
				want = []Action{c.does}
			}
			if got := b.u.loop.pending; !slices.Equal(got, want) {
				t.Errorf("%s: the button %d does %v, want %v", name, c.id, got, want)
			}
		}
		b := &Bar{u: &UI{words: catalogue.For("en")}, view: BarView{View: true}, top: topmost{seen: true}, truthful: yes}
		b.report.until = time.Now().Add(time.Hour)
		way.set(b)
		if way.gives {
			continue // TestReportFromTheBar has it
		}
		if b.press(barReportYes, way.by, time.Now()); len(b.u.loop.pending) > 0 {
			t.Errorf("%s: the session is reported", name)
		}
	}
}

// THREAT 1, THREAT 3: from the moment that something happens to a window of ours it is not
// held to be seen, until it has been looked at again, and that is soon. Windows that move about
// elsewhere change nothing before the next look.
func TestWhatHappenedIsNotSeen(t *testing.T) {
	began := time.Unix(1000, 0)
	for name, c := range map[string]struct {
		happens func(*topmost)
		seen    bool
		within  time.Duration
	}{
		"to it":                {(*topmost).alarm, false, lookOdd},
		"it was placed anew":   {(*topmost).placed, false, lookOdd},
		"elsewhere":            {(*topmost).touch, true, lookQuiet},
		"elsewhere, and to it": {func(top *topmost) { top.touch(); top.alarm() }, false, lookOdd},
		"to it, and elsewhere": {func(top *topmost) { top.alarm(); top.touch() }, false, lookOdd},
	} {
		top := &topmost{seen: true, looked: began}
		c.happens(top)
		due, err := top.keep(began.Add(lookOdd / 2))
		if err != nil || top.seen != c.seen || !due.Equal(began.Add(c.within)) {
			t.Errorf("%s: seen %v, looked at again %v later, %v; want %v and %v", name, top.seen, due.Sub(began), err, c.seen, c.within)
		}
	}
}
