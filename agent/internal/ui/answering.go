package ui

import (
	"time"

	"beside/consent"
)

// armAfter is how long a question must lie in full view, unmoved, before it takes
// an answer: nobody answers what they could not read, and a click or key meant for
// another window is no answer. THREAT 1.
const armAfter = time.Second

// waitAtMost bounds a question whose time the user stopped. Silence is still no.
const waitAtMost = 15 * time.Minute

// worthWaiting is how much longer than the countdown whoever asks must be ready to
// wait, for "take your time" to be offered.
const worthWaiting = 10 * time.Second

// The targets of a question.
const (
	answerNo targetID = iota + 1
	answerYes
	takeTime
)

// answering is the life of one question, without a window and a clock of its own.
//
//	hidden ──in view──► waiting ──armAfter──► armed ──press──► answered
//	   ▲                   │                   │
//	   └────── covered, moved, resized ────────┘      deadline ──► answered (no)
type answering struct {
	deadline time.Time
	whole    time.Duration // from asked to deadline
	latest   time.Time     // when whoever asks gives up
	patient  bool          // the user stopped the time

	yesAfter time.Duration // armAfter, or longer where there is more to read
	inView   time.Time     // since when undisturbed; zero is hidden
	readyAt  targetID      // what the button went down on while armed

	answer consent.Answer
	done   bool
}

// newAnswering starts the countdown. Whoever asks gives up at latest; zero is never.
func newAnswering(now time.Time, timeout time.Duration, latest time.Time) *answering {
	if most := now.Add(waitAtMost); latest.IsZero() || latest.After(most) {
		latest = most
	}
	a := &answering{deadline: now.Add(timeout), whole: timeout, latest: latest, yesAfter: armAfter}
	a.deadline = earliest(a.deadline, latest)
	return a
}

// stoppable reports whether the user can stop the countdown.
func (a *answering) stoppable() bool {
	return !a.patient && a.latest.Sub(a.deadline) >= worthWaiting
}

// seen says that the question lies in full view now.
func (a *answering) seen(now time.Time) {
	if a.inView.IsZero() {
		a.inView = now
	}
}

// disturbed says that the question was covered, moved, resized or redrawn.
func (a *answering) disturbed() { a.inView, a.readyAt = time.Time{}, 0 }

// armed reports whether an answer counts now.
func (a *answering) armed(now time.Time) bool {
	return !a.inView.IsZero() && now.Sub(a.inView) >= armAfter
}

// yesIn is how long it takes until a yes counts; zero is now.
func (a *answering) yesIn(now time.Time) time.Duration {
	if a.inView.IsZero() {
		return a.yesAfter
	}
	return max(a.yesAfter-now.Sub(a.inView), 0)
}

// down notes a button that went down; up alone is no answer.
func (a *answering) down(id targetID, now time.Time) {
	a.readyAt = 0
	if a.armed(now) && (id != answerYes || a.yesIn(now) == 0) {
		a.readyAt = id
	}
}

// press takes what the user chose. Enter never allows: it may be meant for
// whatever was typed into a moment before; nor does a press with a pointer that a
// program moved.
func (a *answering) press(id targetID, by trigger, now time.Time) {
	pointer := by == byPointer || by == byStray
	if a.done || !a.armed(now) || pointer && a.readyAt != id {
		return
	}
	switch id {
	case answerNo:
		a.finish(consent.No)
	case answerYes:
		if by != byEnter && by != byStray && a.yesIn(now) == 0 {
			a.finish(consent.Yes)
		}
	case takeTime:
		if a.stoppable() {
			a.patient, a.deadline = true, a.latest
		}
	}
}

// escape is no, once the question is armed. Before, it was meant for something else, a
// menu perhaps, and must not refuse help that the user has asked for.
func (a *answering) escape(now time.Time) {
	if !a.done && a.armed(now) {
		a.finish(consent.No)
	}
}

// tick ends the question when its time is over.
func (a *answering) tick(now time.Time) {
	if !a.done && !now.Before(a.deadline) {
		a.finish(consent.TimedOut)
	}
}

// left is the time left, and its part of the whole.
func (a *answering) left(now time.Time) (time.Duration, float64) {
	d := max(a.deadline.Sub(now), 0)
	if a.patient || a.whole <= 0 {
		return d, 1
	}
	return d, min(float64(d)/float64(a.whole), 1)
}

func (a *answering) finish(answer consent.Answer) { a.answer, a.done = answer, true }
