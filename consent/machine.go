package consent

import "errors"

// Errors of the Ask methods.
var (
	ErrRefused   = errors.New("consent: the user said no")
	ErrExpired   = errors.New("consent: nobody answered")
	ErrEnded     = errors.New("consent: the session is over")
	ErrBusy      = errors.New("consent: another question is open")
	ErrNoBar     = errors.New("consent: the bar cannot be shown")
	ErrNeedsView = errors.New("consent: the screen must be shown first")
	// ErrAlready means that the scope is granted already: use the grant you have. It is
	// not handed out twice, so that each grant has one owner.
	ErrAlready = errors.New("consent: granted already")
)

// phase is how far a session has come. Only step changes it, and over is for good.
//
//	          yes to view                 withdraw view, end,
//	waiting ───────────────► shared ───────bar lost, closed──────► over
//	   │                                                             ▲
//	   └───────────── end, bar lost, closed ─────────────────────────┘
//
// Beside it stands one question at most, and for each scope whether it is on:
//
//	        ask                          yes, and the bar visible
//	off ───────────► asked ─────────────────────────────────────────► on
//	 ▲                 │  no, silence, error, panic, cancelled,        │
//	 ├─────────────────┘  bar gone, question void                      │
//	 └───────────────── withdraw, release ─────────────────────────────┘
//
// Everything but view can be asked while view is on only. A hold leaves all
// of this as it is and stops effects alone.
type phase uint8

const (
	waiting phase = iota
	shared
	over
)

// state is everything that decides. Its zero value is a session that has just begun.
type state struct {
	phase   phase
	asking  Scope // the open question, zero when there is none
	void    bool  // the open question cannot be answered with yes any more
	held    [holds]bool
	on      [scopes]bool
	epoch   uint64         // rises with every grant and every revocation
	granted [scopes]uint64 // epoch of the last grant, zero when there was none
	revoked [scopes]uint64 // epoch of the last revocation
	endedBy Actor
}

// input is one thing that comes to the machine. Nothing else can change the state.
type input struct {
	kind   inputKind
	scope  Scope
	hold   Hold // of inHold and inFree
	by     Actor
	answer verdict
}

type inputKind uint8

const (
	inAsk inputKind = iota + 1
	inAnswer
	inWithdraw
	inHold
	inFree
	inEnd
)

// verdict is an answer as the Gate judged it: a Yes counts only when the question was
// in time, not cancelled, and the bar visible. The zero verdict is no.
type verdict uint8

const (
	verdictNo     verdict = iota // the user pressed No
	verdictYes                   // the user pressed Yes, and everything else is right
	verdictLate                  // nobody answered in time, or the question was called off
	verdictFailed                // the question could not be asked: error, panic
	verdictNoBar                 // yes, but the bar was not visible
)

// effect is one thing for the Gate to carry out, in order.
type effect struct {
	kind  effectKind
	scope Scope
	epoch uint64    // of a mint
	event EventKind // of a note
	hold  Hold      // of a note
	by    Actor
}

type effectKind uint8

const (
	doMint   effectKind = iota + 1 // make the grant of scope
	doRevoke                       // revoke the grant of scope
	doCancel                       // take the open question off the screen
	doHold                         // stop the effects that are to wait, and let the others run
	doNote                         // an event: record it and tell
	doOver                         // the session has ended
)

// step is the whole of the rules: it alone says what an input makes of a state. It
// knows no clock, no lock and no goroutine.
func step(s state, in input) (state, []effect, error) {
	if s.phase == over {
		return s, nil, ErrEnded
	}
	switch in.kind {
	case inAsk:
		return stepAsk(s, in)
	case inAnswer:
		return stepAnswer(s, in)
	case inWithdraw:
		return stepWithdraw(s, in)
	case inHold, inFree:
		return stepHold(s, in)
	case inEnd:
		return stepEnd(s, in)
	}
	return s, nil, nil
}

// askable are the scopes that there is a question for.
func askable(s Scope) bool { return s >= View && s < scopes }

func stepAsk(s state, in input) (state, []effect, error) {
	switch {
	case !askable(in.scope):
		return s, nil, ErrRefused
	case s.asking != 0:
		return s, nil, ErrBusy
	case s.on[in.scope]:
		return s, nil, ErrAlready
	case in.scope != View && !s.on[View]:
		return s, nil, ErrNeedsView
	}
	s.asking, s.void = in.scope, false
	return s, []effect{note(Asked, in.scope, ByTechnician)}, nil
}

func stepAnswer(s state, in input) (state, []effect, error) {
	if s.asking == 0 || s.asking != in.scope {
		return s, nil, ErrRefused
	}
	answer := in.answer
	if s.void && answer == verdictYes {
		answer = verdictLate
	}
	s.asking, s.void = 0, false
	switch answer {
	case verdictYes:
		s.epoch++
		s.on[in.scope], s.granted[in.scope] = true, s.epoch
		if in.scope == View {
			s.phase = shared
		}
		mint := effect{kind: doMint, scope: in.scope, epoch: s.epoch}
		return s, []effect{mint, note(Granted, in.scope, ByUser)}, nil
	case verdictLate:
		return s, []effect{note(Expired, in.scope, ByAgent)}, ErrExpired
	case verdictNoBar:
		return s, []effect{note(Refused, in.scope, ByBarLost)}, ErrNoBar
	case verdictFailed:
		return s, []effect{note(Refused, in.scope, ByAgent)}, ErrRefused
	}
	return s, []effect{note(Refused, in.scope, ByUser)}, ErrRefused
}

func stepWithdraw(s state, in input) (state, []effect, error) {
	if in.scope == s.asking && s.asking != 0 {
		s.void = true
		return s, []effect{{kind: doCancel}}, nil
	}
	if in.scope >= scopes || !s.on[in.scope] {
		return s, nil, nil
	}
	kind := Released
	if in.by == ByUser {
		kind = Withdrawn
	}
	if in.scope == View {
		ended, effects, err := stepEnd(s, in)
		return ended, append([]effect{note(kind, View, in.by)}, effects...), err
	}
	s = s.revoke(in.scope)
	return s, []effect{{kind: doRevoke, scope: in.scope}, note(kind, in.scope, in.by)}, nil
}

// stepHold begins or ends one hold. Holds do not count one another: each has its own end.
func stepHold(s state, in input) (state, []effect, error) {
	on := in.kind == inHold
	if in.hold == 0 || in.hold >= holds || s.held[in.hold] == on {
		return s, nil, nil
	}
	s.held[in.hold] = on
	told := note(Resumed, 0, in.by)
	if on {
		told.event = Paused
	}
	told.hold = in.hold
	return s, []effect{{kind: doHold}, told}, nil
}

// waits reports whether effects of the scope wait.
func (s state) waits(scope Scope) bool {
	for h := HoldPause; h < holds; h++ {
		if s.held[h] && h.stops(scope) {
			return true
		}
	}
	return false
}

// stepEnd revokes everything, calls off an open question and is never left again.
func stepEnd(s state, in input) (state, []effect, error) {
	var effects []effect
	for scope := View; scope < scopes; scope++ {
		if s.on[scope] {
			s = s.revoke(scope)
			effects = append(effects, effect{kind: doRevoke, scope: scope})
		}
	}
	if s.asking != 0 {
		effects = append(effects, effect{kind: doCancel}, note(Expired, s.asking, in.by))
		s.asking, s.void = 0, false
	}
	s.phase, s.held, s.endedBy = over, [holds]bool{}, in.by
	return s, append(effects, note(Ended, 0, in.by), effect{kind: doOver}), nil
}

func (s state) revoke(scope Scope) state {
	s.epoch++
	s.on[scope], s.revoked[scope] = false, s.epoch
	return s
}

func note(kind EventKind, scope Scope, by Actor) effect {
	return effect{kind: doNote, scope: scope, event: kind, by: by}
}
