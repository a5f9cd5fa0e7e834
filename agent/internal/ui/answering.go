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
	patient  bool          // the user stopped the time

	inView  time.Time // since when undisturbed; zero is hidden
	readyAt targetID  // what the button went down on while armed

	answer consent.Answer
	done   bool
}

func newAnswering(now time.Time, timeout time.Duration) *answering {
	return &answering{deadline: now.Add(timeout), whole: timeout}
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

// down notes a button that went down; up alone is no answer.
func (a *answering) down(id targetID, now time.Time) {
	a.readyAt = 0
	if a.armed(now) {
		a.readyAt = id
	}
}

// press takes what the user chose. Enter never allows: it may be meant for
// whatever was typed into a moment before.
func (a *answering) press(id targetID, by trigger, now time.Time) {
	if a.done || !a.armed(now) || by == byPointer && a.readyAt != id {
		return
	}
	switch id {
	case answerNo:
		a.finish(consent.No)
	case answerYes:
		if by != byEnter {
			a.finish(consent.Yes)
		}
	case takeTime:
		if !a.patient {
			a.patient, a.deadline = true, now.Add(waitAtMost)
		}
	}
}

// escape is no.
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
