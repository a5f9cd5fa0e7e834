package ui

import (
	"errors"
	"image"
	"testing"
	"time"

	"beside/consent"
)

const codeY = 29

// told collects what a page is told of questions.
type told chan Asked

func (c told) follow(a Asked) { c <- a }

// armedOn waits until the page is told of a question whose yes counts by now.
func (c told) armedOn(t *testing.T) Asked {
	t.Helper()
	for late := time.After(60 * time.Second); ; {
		select {
		case a := <-c:
			if a.Nonce == "" || a.YesAt.IsZero() {
				continue
			}
			time.Sleep(time.Until(a.YesAt))
			return a
		case <-late:
			t.Fatal("the page is told of no question")
		}
	}
}

// readingDesk is a screen with a person, windows that a page stands beside, and a bar.
func readingDesk(t *testing.T, opts Options) (*UI, *person, *client, told) {
	t.Helper()
	s, me, c := besieged(t)
	me.move(image.Pt(5, 1000)) // without a window manager keys go where the pointer is: not to our windows
	page := make(told, 1024)
	opts.Follow = page.follow
	u := runningWith(t, s, opts)
	bar, err := u.ShowBar(t.Context(), exampleBar())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bar.Hide)
	return u, me, c, page
}

// byHand presses the space bar and then does something; again where the machine was so
// slow that the hand was forgotten meanwhile.
func byHand(me *person, do func() error) (err error) {
	for range 10 {
		me.press(codeSpace)
		if err = do(); !errors.Is(err, ErrNoHand) {
			return err
		}
	}
	return err
}

func wantError(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) || want == nil && got != nil {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// THREAT 1: a yes by the page counts for the very text on the screen, when it lay there
// long enough, and with the user's own hand, which counts once. After somebody else had
// mouse and keyboard it does not count at all: the user's own keys do, injected ones never.
func TestPageAnswersNoMoreEasilyThanAWindow(t *testing.T) {
	u, me, c, page := readingDesk(t, Options{Reader: true})
	answers := ask(t.Context(), u, exampleQuestion(consent.Control))
	until(t, u, "a question", func() bool { return u.loop.question != nil })
	early := <-page
	wantError(t, "another question", u.Answer("AAAA", ReplyYes), ErrStale)
	wantError(t, "no question named", u.Answer("", ReplyYes), ErrStale)
	if early.NoAt.IsZero() || time.Now().Before(early.NoAt) {
		inLoop(t, u, func() { u.loop.question.a.disturbed() })
		wantError(t, "too soon", u.Answer(early.Nonce, ReplyYes), ErrTooSoon)
		inLoop(t, u, func() { u.loop.question.top.alarm() })
	}
	now := page.armedOn(t)
	if !now.Answers || now.KeysOnly || now.Keys == "" || now.Question.Text.Title == "" {
		t.Errorf("the page is told %+v", now)
	}
	wantError(t, "no hand", u.Answer(now.Nonce, ReplyYes), ErrNoHand)
	for range 1000 {
		c.fakeKeys(codeSpace)
	}
	c.fakeKeys(codeCtrl, codeAlt, codeShift, codeY)
	c.flush()
	wantError(t, "an injected hand", u.Answer(now.Nonce, ReplyYes), ErrNoHand)
	me.press(codeTab)
	wantError(t, "another key", u.Answer(now.Nonce, ReplyYes), ErrNoHand)
	me.press(codeSpace)
	wantError(t, "a stale answer", u.Answer("AAAA", ReplyYes), ErrStale)
	wantError(t, "a hand that counted already", u.Answer(now.Nonce, ReplyYes), ErrNoHand)
	noAnswer(t, u, answers)
	wantError(t, "the user's hand", byHand(me, func() error { return u.Answer(now.Nonce, ReplyYes) }), nil)
	wantAnswer(t, answers, consent.Yes)
	wantError(t, "an answer twice", u.Answer(now.Nonce, ReplyYes), ErrStale)

	answers = ask(t.Context(), u, exampleQuestion(consent.Record))
	now = page.armedOn(t)
	if !now.KeysOnly {
		t.Error("after mouse and keyboard the page is still told that it may answer")
	}
	wantError(t, "after somebody had mouse and keyboard", byHand(me, func() error { return u.Answer(now.Nonce, ReplyYes) }), ErrKeysOnly)
	c.fakeKeys(codeCtrl, codeAlt, codeShift, codeY)
	c.flush()
	noAnswer(t, u, answers)
	me.press(codeCtrl, codeAlt, codeShift, codeY)
	wantAnswer(t, answers, consent.Yes)

	answers = ask(t.Context(), u, exampleQuestion(consent.Clipboard))
	now = page.armedOn(t)
	wantError(t, "no", u.Answer(now.Nonce, ReplyNo), nil)
	wantAnswer(t, answers, consent.No)
}

// A caution is gone on from like in the window, after as long, and the question after it
// is another text: an answer to the first is none to the second.
func TestPageReadsTheCautionFirst(t *testing.T) {
	u, me, _, page := readingDesk(t, Options{Reader: true})
	q := exampleQuestion(consent.View)
	q.Text.Caution = consent.CautionFor(q.Party, consent.Acquaintance{}, "en", time.Now())
	answers := ask(t.Context(), u, q)
	until(t, u, "an armed caution", func() bool { return u.loop.question != nil && u.loop.question.wasArmed })
	var first Asked
	inLoop(t, u, func() { first = u.asked() })
	if !first.Caution || first.YesAt.Sub(first.NoAt) < 4*time.Second {
		t.Errorf("the page is told %+v", first)
	}
	wantError(t, "too soon for going on", u.Answer(first.Nonce, ReplyYes), ErrTooSoon)
	me.press(codeCtrl, codeAlt, codeShift, codeY)
	noAnswer(t, u, answers)
	_ = page.armedOn(t)
	wantError(t, "going on", byHand(me, func() error { return u.Answer(first.Nonce, ReplyYes) }), nil)
	until(t, u, "the question", func() bool { return u.loop.question != nil && !u.loop.question.caution && u.loop.question.wasArmed })
	wantError(t, "a yes to the caution again", byHand(me, func() error { return u.Answer(first.Nonce, ReplyYes) }), ErrStale)
	noAnswer(t, u, answers)
	me.press(codeCtrl, codeAlt, codeShift, codeY)
	wantAnswer(t, answers, consent.Yes)
}

// Who did not choose it before the session has a page that reads out and takes away: it
// answers nothing, lets nothing go on, and has no keys. Choosing it later changes nothing.
func TestPageThatWasNotChosen(t *testing.T) {
	u, me, _, page := readingDesk(t, Options{})
	inLoop(t, u, func() { u.loop.reader.chosen = true })
	answers := ask(t.Context(), u, exampleQuestion(consent.View))
	now := page.armedOn(t)
	if now.Answers || now.Keys != "" {
		t.Errorf("the page is told %+v", now)
	}
	for _, r := range []Reply{ReplyYes, ReplyNo, ReplyTakeTime} {
		wantError(t, "an answer", u.Answer(now.Nonce, r), ErrNotChosen)
	}
	me.press(codeCtrl, codeAlt, codeShift, codeY)
	noAnswer(t, u, answers)
	inLoop(t, u, func() { u.loop.bar.view.Paused = true })
	wantError(t, "going on", u.Act(ResumeSession), ErrNotChosen)
	wantError(t, "ending", u.Act(EndSession), nil)
	if acts := acted(t, u); len(acts) != 1 || acts[0] != EndSession {
		t.Errorf("actions %v", acts)
	}
}

// What lets something go on that waits for the user needs their hand, and there must be
// something; what takes away needs nothing.
func TestPageLetsGoOnByHandAlone(t *testing.T) {
	u, me, c, _ := readingDesk(t, Options{Reader: true})
	for _, a := range []Action{ResumeSession, EndSecret, ImHere, UnmuteVoice} {
		wantError(t, "nothing waits", byHand(me, func() error { return u.Act(a) }), ErrStale)
	}
	inLoop(t, u, func() { u.loop.bar.view.Paused, u.loop.bar.view.Secret, u.loop.bar.view.Muted = true, true, true })
	u.ShowHere(HereView{Technician: "Ana Pérez"})
	for _, a := range []Action{ResumeSession, EndSecret, ImHere, UnmuteVoice} {
		c.fakeKeys(codeSpace)
		c.flush()
		wantError(t, "without a hand", u.Act(a), ErrNoHand)
		wantError(t, "by hand", byHand(me, func() error { return u.Act(a) }), nil)
		if acts := acted(t, u); len(acts) != 1 || acts[0] != a {
			t.Errorf("actions %v, want %d", acts, a)
		}
	}
	for _, a := range []Action{PauseSession, StopControl, StopRecording, StopClipboard, StopFiles, StopVoice, MuteVoice, BeginSecret, EndSession} {
		wantError(t, "taking away", u.Act(a), nil)
		if acts := acted(t, u); len(acts) != 1 || acts[0] != a {
			t.Errorf("actions %v, want %d", acts, a)
		}
	}
	for _, a := range []Action{Quit, ForgetPeople, LanguageChanged, OpenPage, NewCode, CloseOver, Rate3, EraseRecording, CommentSession, 0, 255} {
		wantError(t, "what is not on the screen", u.Act(a), ErrStale)
	}
	if acts := acted(t, u); len(acts) != 0 {
		t.Errorf("actions %v", acts)
	}
}

// overDesk is readingDesk after the session, in its last window.
func overDesk(t *testing.T, opts Options, controlled bool) (*UI, *person, *client) {
	t.Helper()
	u, me, c, _ := readingDesk(t, opts)
	inLoop(t, u, func() { u.loop.bar.remove() })
	inLoop(t, u, func() { u.loop.reader.controlled = controlled })
	u.ShowOver(OverView{Technician: "Ana Pérez", Started: time.Now(), Recorded: true, ReceiptPath: "/home/kim/receipt.html"})
	until(t, u, "the last window", func() bool { return u.loop.over != nil && drawn(u.loop.over.p) })
	me.move(image.Pt(5, 1000))
	return u, me, c
}

// THREAT 1, PROMISE D1, PROMISE E6: what the user says of the session on the page, and that
// the recording is erased, take a hand of theirs; what programs press counts for nothing.
func TestPageSpeaksAfterwardsByHandAlone(t *testing.T) {
	u, me, c := overDesk(t, Options{Reader: true}, false)
	says := map[string]func() error{
		"a rating": func() error { return u.Act(Rate4) }, "a report": func() error { return u.Act(ReportSession) },
		"sending": func() error { return u.Act(SendFeedback) }, "erasing": func() error { return u.Act(EraseRecording) },
		"a comment": func() error { return u.WriteComment("Thank you\x1b!") },
	}
	wants := map[string]Action{"a rating": Rate4, "a report": ReportSession, "sending": SendFeedback, "erasing": EraseRecording, "a comment": CommentSession}
	for range 1000 {
		c.fakeKeys(codeSpace)
	}
	c.flush()
	for name, say := range says {
		c.fakeKeys(codeSpace)
		c.flush()
		wantError(t, name+" by a program", say(), ErrNoHand)
	}
	if acts := acted(t, u); len(acts) != 0 || u.Comment() != "" {
		t.Fatalf("actions %v, comment %q", acts, u.Comment())
	}
	for name, say := range says {
		wantError(t, name, byHand(me, say), nil)
		if acts := acted(t, u); len(acts) != 1 || acts[0] != wants[name] {
			t.Errorf("%s: actions %v", name, acts)
		}
	}
	inLoop(t, u, func() {
		if got := string(u.loop.over.comment.field.text); got != "Thank you!" || u.Comment() != got {
			t.Errorf("the window holds %q, handed on %q", got, u.Comment())
		}
		u.loop.over.view.Erasure = ErasingNow
	})
	wantError(t, "erasing twice", byHand(me, says["erasing"]), ErrStale)
	inLoop(t, u, func() { u.loop.over.view.ReceiptPath = "" })
	wantError(t, "a comment that nothing keeps", byHand(me, says["a comment"]), ErrStale)
	u.ShowOver(OverView{Technician: "Ana Pérez", Started: time.Now()})
	wantError(t, "erasing nothing", byHand(me, says["erasing"]), ErrStale)
}

// THREAT 1: after somebody else had mouse and keyboard no press on the page erases the
// evidence: the last window asks, and the user's own keys answer, injected ones never.
func TestPageErasesByKeysAfterControl(t *testing.T) {
	u, me, c := overDesk(t, Options{Reader: true}, true)
	yes := []uint32{codeCtrl, codeAlt, codeShift, codeY}
	me.press(yes...)
	err := byHand(me, func() error { return u.Act(EraseRecording) })
	var keys *KeysError
	if !errors.As(err, &keys) || keys.Keys == "" {
		t.Fatalf("got %v", err)
	}
	for range 100 {
		c.fakeKeys(codeCtrl, codeAlt, codeShift, codeY)
	}
	c.flush()
	wantError(t, "a press again", byHand(me, func() error { return u.Act(EraseRecording) }), ErrKeysOnly)
	if acts := acted(t, u); len(acts) != 0 {
		t.Fatalf("actions %v", acts)
	}
	inLoop(t, u, func() { u.loop.over.press(overEraseNo, bySpace, time.Now()) })
	me.press(yes...)
	if acts := acted(t, u); len(acts) != 0 {
		t.Errorf("after no the keys do %v", acts)
	}
	wantError(t, "asking once more", byHand(me, func() error { return u.Act(EraseRecording) }), ErrKeysOnly)
	me.press(yes...)
	if a := awaitAction(t, u); a != EraseRecording {
		t.Errorf("action %d", a)
	}
	inLoop(t, u, func() {
		if u.loop.over.asks || u.loop.hotkeys != nil {
			t.Error("the keys are still held")
		}
	})
}

// THREAT 28: a report on the page while the session goes on takes the user's own hand, as
// on the bar, and whoever had mouse and keyboard cannot keep them from it.
func TestPageReportsByHand(t *testing.T) {
	u, me, c, _ := readingDesk(t, Options{})
	inLoop(t, u, func() { u.loop.reader.controlled = true })
	for range 1000 {
		c.fakeKeys(codeSpace)
	}
	c.flush()
	wantError(t, "a program's report", u.Act(ReportSession), ErrNoHand)
	me.press(codeTab)
	wantError(t, "another key", u.Act(ReportSession), ErrNoHand)
	if acts := acted(t, u); len(acts) != 0 {
		t.Errorf("actions %v", acts)
	}
	wantError(t, "the user's report", byHand(me, func() error { return u.Act(ReportSession) }), nil)
	if a := awaitAction(t, u); a != ReportSession {
		t.Errorf("action %d", a)
	}
}

// Programs that may press by the user's own choice may on the page too.
func TestPageOfAccessibilityPrograms(t *testing.T) {
	u, _, _, page := readingDesk(t, Options{Reader: true, Synthetic: true})
	answers := ask(t.Context(), u, exampleQuestion(consent.Control))
	wantError(t, "a program's yes", u.Answer(page.armedOn(t).Nonce, ReplyYes), nil)
	wantAnswer(t, answers, consent.Yes)
	answers = ask(t.Context(), u, exampleQuestion(consent.Record))
	now := page.armedOn(t)
	if now.KeysOnly {
		t.Error("the page is told that keys alone count")
	}
	wantError(t, "a program's yes", u.Answer(now.Nonce, ReplyYes), nil)
	wantAnswer(t, answers, consent.Yes)
}

// F1 in the start window opens the page and chooses that it may answer, and so does the row
// that says so; the tick in the options takes that back. THREAT 1: a pointer that a program
// moves under the user's finger chooses nothing.
func TestPageIsChosenInTheStartWindow(t *testing.T) {
	s, me := desk(t)
	u := running(t, s)
	u.ShowStart(exampleStart())
	until(t, u, "the start window", func() bool { return drawn(u.loop.start.p) })
	inLoop(t, u, func() { me.move(u.loop.start.p.win.rect.Min.Add(u.loop.start.p.win.rect.Size().Div(2))) })
	const codeF1 = 67
	me.press(codeF1)
	if a := <-u.Actions(); a != OpenPage {
		t.Fatalf("action %d, want OpenPage", a)
	}
	inLoop(t, u, func() {
		if !u.loop.reader.chosen || u.loop.reader.answers {
			t.Errorf("after F1: %+v", u.loop.reader)
		}
		u.loop.start.press(startReader, bySpace, time.Now())
		if u.loop.reader.chosen {
			t.Error("the tick cannot be taken away")
		}
		for _, id := range []targetID{startPage, startReader} {
			u.loop.start.press(id, byStray, time.Now())
			if u.loop.reader.chosen {
				t.Error("a program chose the page")
			}
		}
	})
	var row image.Point
	until(t, u, "the row", func() bool {
		if !drawn(u.loop.start.p) {
			return false
		}
		row = targetAt(u.loop.start.p, startPage)
		return true
	})
	me.click(row)
	if a := awaitAction(t, u); a != OpenPage {
		t.Fatalf("action %d, want OpenPage", a)
	}
}
