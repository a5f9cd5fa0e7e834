package ui

import (
	"context"
	"errors"
	"image"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"beside/agent/internal/catalogue"
	"beside/consent"
)

// targetAt is where a target of a panel lies on the screen.
func targetAt(p *panel, id targetID) image.Point {
	for _, t := range p.targets {
		if t.id == id {
			s := p.cv.scale
			return p.win.rect.Min.Add(image.Pt(int((t.box.x+t.box.w/2)*s), int((t.box.y+t.box.h/2)*s)))
		}
	}
	return image.Pt(-1, -1)
}

// opened asks and waits until the question takes answers.
func opened(t *testing.T, u *UI, q consent.Question) (answers <-chan consent.Answer, no, yes image.Point) {
	t.Helper()
	answers = ask(t.Context(), u, q)
	until(t, u, "an armed question", func() bool {
		w := u.loop.question
		if w == nil || !w.wasArmed || !drawn(w.p) {
			return false
		}
		no, yes = targetAt(w.p, answerNo), targetAt(w.p, answerYes)
		return true
	})
	return answers, no, yes
}

func wantAnswer(t *testing.T, answers <-chan consent.Answer, want consent.Answer) {
	t.Helper()
	select {
	case got := <-answers:
		if got != want {
			t.Fatalf("got answer %d, want %d", got, want)
		}
	case <-time.After(60 * time.Second):
		t.Fatal("no answer came")
	}
}

// noAnswer lets the loop work off what came, and wants no answer from it.
func noAnswer(t *testing.T, u *UI, answers <-chan consent.Answer) {
	t.Helper()
	workedOff(t.Context(), u)
	select {
	case got := <-answers:
		t.Fatalf("got answer %d, want none", got)
	default:
	}
}

// workedOff waits until the loop has worked off all that the server has to say. It returns
// when the windows are closed, too.
func workedOff(ctx context.Context, u *UI) {
	for waiting := 1; waiting > 0; {
		if u.do(ctx, func() { _ = u.conn.sync(); waiting = u.conn.events.waiting() }) != nil {
			return
		}
	}
	_ = u.do(ctx, func() {}) // and what the last of it brought about
}

func (q *eventQueue) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)
}

func (c *client) fakeClick(at image.Point) {
	xtest.FakeInput(c.x, xproto.MotionNotify, 0, 0, c.root, int16(at.X), int16(at.Y), 0)
	xtest.FakeInput(c.x, xproto.ButtonPress, 1, 0, c.root, 0, 0, 0)
	xtest.FakeInput(c.x, xproto.ButtonRelease, 1, 0, c.root, 0, 0, 0)
}

func (c *client) fakeKeys(codes ...byte) {
	for _, k := range codes {
		xtest.FakeInput(c.x, xproto.KeyPress, k, 0, c.root, 0, 0, 0)
	}
	for _, k := range codes {
		xtest.FakeInput(c.x, xproto.KeyRelease, k, 0, c.root, 0, 0, 0)
	}
}

func (c *client) flush() {
	c.t.Helper()
	if _, err := xproto.GetInputFocus(c.x).Reply(); err != nil {
		c.t.Fatal(err)
	}
}

// THREAT 1: a thousand injected clicks on Yes are no answer, nor are injected keys
// or made-up events. The person's own click is.
func TestOnlyThePersonAnswers(t *testing.T) {
	s, me, c := besieged(t)
	u := running(t, s)
	answers, no, yes := opened(t, u, exampleQuestion(consent.Control))
	if !u.Locked() {
		t.Error("injection is not locked while a question is shown")
	}
	for range 1000 {
		c.fakeClick(yes)
	}
	c.fakeKeys(codeTab)
	c.fakeKeys(codeSpace)
	c.fakeClick(no)
	c.fakeKeys(codeEsc)
	var id xproto.Window
	inLoop(t, u, func() { id = u.loop.question.p.win.id })
	for _, kind := range []byte{xproto.ButtonPress, xproto.ButtonRelease} {
		ev := xproto.ButtonPressEvent{Detail: 1, Root: c.root, Event: id, EventX: 350, EventY: 650, SameScreen: true}.Bytes()
		ev[0] = kind
		xproto.SendEvent(c.x, false, id, 0, string(ev))
	}
	c.flush()
	noAnswer(t, u, answers)
	me.click(yes)
	wantAnswer(t, answers, consent.Yes)
	if u.Locked() {
		t.Error("injection is locked after the answer")
	}
}

// Deny has the focus; Enter never allows; Space does, once the user went to Yes.
func TestKeysAnswer(t *testing.T) {
	s, me := desk(t)
	u := running(t, s)
	focused := func(id targetID) {
		until(t, u, "the focus", func() bool { return u.loop.question.p.state.focus == id })
	}
	for _, tc := range []struct {
		name string
		keys func()
		want consent.Answer
	}{
		{"enter at first", func() { me.press(codeEnter) }, consent.No},
		{"escape", func() { me.press(codeEsc) }, consent.No},
		{"space on yes", func() { me.press(codeTab); me.press(codeTab); focused(answerYes); me.press(codeSpace) }, consent.Yes},
	} {
		t.Run(tc.name, func(t *testing.T) {
			answers, _, _ := opened(t, u, exampleQuestion(consent.View))
			until(t, u, "the keyboard", func() bool { return u.loop.question.keyboard != 0 })
			// From "take your time" or straight to Yes, whichever is shown.
			inLoop(t, u, func() {
				u.loop.question.a.latest = u.loop.question.a.deadline.Add(time.Hour)
				u.loop.question.p.refresh()
			})
			if tc.want == consent.Yes {
				inLoop(t, u, func() { u.loop.question.p.set(func(s *pointerState) { s.focus = takeTime }) })
			}
			tc.keys()
			wantAnswer(t, answers, tc.want)
		})
	}
	t.Run("enter on yes", func(t *testing.T) {
		answers, _, _ := opened(t, u, exampleQuestion(consent.View))
		until(t, u, "the keyboard", func() bool { return u.loop.question.keyboard != 0 })
		me.press(codeTab)
		focused(answerYes)
		for range 50 {
			me.press(codeEnter)
		}
		noAnswer(t, u, answers)
		me.press(codeEsc)
		wantAnswer(t, answers, consent.No)
	})
}

// THREAT 1: a person's click counts only a second after the question lay in view.
func TestQuestionArmsLate(t *testing.T) {
	s, me := desk(t)
	c := s.client(t)
	u := running(t, s)
	answers := ask(t.Context(), u, exampleQuestion(consent.View))
	var yes image.Point
	var rect image.Rectangle
	until(t, u, "the question", func() bool {
		if u.loop.question == nil || !drawn(u.loop.question.p) {
			return false
		}
		yes, rect = targetAt(u.loop.question.p, answerYes), u.loop.question.p.win.rect
		return true
	})
	inLoop(t, u, func() { u.loop.question.a.disturbed() })
	me.click(yes)
	noAnswer(t, u, answers)
	until(t, u, "arming", func() bool { return u.loop.question.wasArmed })
	// Covered: it comes back to the top by itself and starts again.
	cover := c.window(rect)
	c.flush()
	until(t, u, "the cover to disarm it", func() bool { return !u.loop.question.a.armed(time.Now()) })
	until(t, u, "arming again", func() bool { return u.loop.question.wasArmed })
	if got := count(c.grab(), rect, rgb{0x80, 0x80, 0x80}); got != 0 {
		t.Errorf("%d pixels of the question are covered", got)
	}
	xproto.DestroyWindow(c.x, cover)
	me.click(yes)
	wantAnswer(t, answers, consent.Yes)
}

// A question that nobody answers is no, and so is one whose asker gave up or whose
// window another program took away.
func TestQuestionEndsWithNo(t *testing.T) {
	s := xvfb(t, "1280x1024")
	c := s.client(t)
	u := running(t, s)
	t.Run("time over", func(t *testing.T) {
		q := exampleQuestion(consent.View)
		q.Timeout = 300 * time.Millisecond
		wantAnswer(t, ask(t.Context(), u, q), consent.TimedOut)
	})
	t.Run("given up", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		answers := ask(ctx, u, exampleQuestion(consent.View))
		until(t, u, "the question", func() bool { return u.loop.question != nil })
		cancel()
		wantAnswer(t, answers, consent.No)
		if u.Locked() {
			t.Error("injection is locked after the question")
		}
	})
	t.Run("destroyed", func(t *testing.T) {
		answers := ask(t.Context(), u, exampleQuestion(consent.View))
		var id xproto.Window
		until(t, u, "the question", func() bool {
			if u.loop.question == nil {
				return false
			}
			id = u.loop.question.p.win.id
			return true
		})
		xproto.DestroyWindow(c.x, id)
		wantAnswer(t, answers, consent.No)
	})
	t.Run("second at a time", func(t *testing.T) {
		ask(t.Context(), u, exampleQuestion(consent.View))
		until(t, u, "the question", func() bool { return u.loop.question != nil })
		if a, err := u.Ask(t.Context(), exampleQuestion(consent.Control)); a != consent.No || !errors.Is(err, consent.ErrBusy) {
			t.Errorf("got %d, %v, want no and ErrBusy", a, err)
		}
		inLoop(t, u, func() { u.loop.question.finish(consent.No) })
	})
}

// THREAT 28: somebody who does not know who asks reads a caution first. It cannot be
// skipped at once, by nothing; stopping is no; going on brings the question, which has to
// be read and answered in its own right.
func TestCautionBeforeTheQuestion(t *testing.T) {
	s, me := desk(t)
	c := s.client(t)
	u := running(t, s)
	q := exampleQuestion(consent.View)
	q.Text.Caution = consent.CautionFor(q.Party, consent.Acquaintance{}, "en", time.Now())
	t.Run("stop", func(t *testing.T) {
		answers, no, _ := opened(t, u, q)
		me.click(no)
		wantAnswer(t, answers, consent.No)
	})
	t.Run("enter", func(t *testing.T) {
		answers, _, _ := opened(t, u, q)
		until(t, u, "the keyboard", func() bool { return u.loop.question.keyboard != 0 })
		me.press(codeEnter)
		wantAnswer(t, answers, consent.No)
	})
	t.Run("go on", func(t *testing.T) {
		answers, _, on := opened(t, u, q)
		inLoop(t, u, func() {
			if a := u.loop.question.a; a.yesAfter != readCaution {
				t.Errorf("the caution is to be read for %v", a.yesAfter)
			} else {
				a.yesAfter = time.Hour // however slowly the machine presses
			}
		})
		for range 20 {
			me.click(on)
		}
		inLoop(t, u, func() { u.loop.question.p.set(func(s *pointerState) { s.focus = answerYes }) })
		for range 20 {
			me.press(codeSpace)
		}
		noAnswer(t, u, answers)
		inLoop(t, u, func() {
			if !u.loop.question.caution || u.loop.question.yesIn == 0 {
				t.Error("the caution was skipped at once")
			}
			u.loop.question.a.yesAfter = readCaution
		})
		c.keep("caution")
		until(t, u, "time to read", func() bool { return u.loop.question.yesIn == 0 && drawn(u.loop.question.p) })
		me.click(on)
		until(t, u, "the question", func() bool { return !u.loop.question.caution && drawn(u.loop.question.p) })
		me.click(on)
		me.press(codeSpace)
		noAnswer(t, u, answers)
		inLoop(t, u, func() {
			if u.loop.question == nil || u.loop.question.p.state.focus != answerNo {
				t.Error("the question does not begin anew")
			}
		})
		var yes image.Point
		until(t, u, "arming", func() bool {
			yes = targetAt(u.loop.question.p, answerYes)
			return u.loop.question.wasArmed && drawn(u.loop.question.p)
		})
		me.click(yes)
		wantAnswer(t, answers, consent.Yes)
	})
}

// Whichever answer has the focus, the line below says which key gives it, in its own words.
func TestHintNamesTheAnswer(t *testing.T) {
	t.Parallel() // it needs no screen
	fonts := newFontBook()
	for _, l := range catalogue.Languages() {
		u := paper(fonts, l.Tag, 1, appearance{})
		w := &questionWindow{u: u, q: noticed(consent.View, l.Tag), wasArmed: true, p: &panel{}}
		no, yes := w.verbs()
		for focus, verb := range map[targetID]string{answerNo: no, answerYes: yes} {
			w.p.state.focus = focus
			if got := w.hint(no, yes); !strings.Contains(got, verb) {
				t.Errorf("%s: %q does not name %q", l.Tag, got, verb)
			}
		}
		w.wasArmed = false
		if got := w.hint(no, yes); got != u.words.Question.Soon {
			t.Errorf("%s: before it can be answered it says %q", l.Tag, got)
		}
	}
}
