package probe

import (
	"context"
	"errors"
	"fmt"
	"time"

	"beside/protocol/wire"
)

// Plan is what Run does in a session.
type Plan struct {
	Config
	// Reason and Ticket are shown to the user with every question.
	Reason, Ticket string
	// Ask lists what to ask for after view, in this order.
	Ask []wire.Scope
	// Watch is how long to stay after the last answer; the user may end it before.
	Watch time.Duration
	// Answer bounds the wait for each of the user's answers; zero means two minutes.
	Answer time.Duration
	// Picture bounds the wait for the first full frame; zero means ten seconds.
	Picture time.Duration
}

// Why a session did not go through.
var (
	// ErrRefused means that the user did not say yes to showing the screen.
	ErrRefused = errors.New("probe: the user did not show the screen")
	// ErrNoPicture means that yes was said and no whole picture came.
	ErrNoPicture = errors.New("probe: no picture came")
)

// Report tells of one session. Durations are in milliseconds; nil means that it did
// not come so far.
type Report struct {
	OK           bool     `json:"ok"`
	Problem      string   `json:"problem,omitempty"`
	SessionID    string   `json:"session_id,omitempty"`
	Technician   string   `json:"technician,omitempty"`
	Organisation string   `json:"organisation,omitempty"`
	Times        Times    `json:"times_ms"`
	Answers      []Answer `json:"answers"`
	Granted      []string `json:"granted"` // at the end of the watch
	Packets      int64    `json:"packets"`
	Bytes        int64    `json:"bytes"`
	Frames       int64    `json:"frames"`
	KeyFrames    int64    `json:"key_frames"`
	Broken       int64    `json:"broken_frames"`
	Cursor       int      `json:"cursor_messages"`
	RecordingID  string   `json:"recording_id,omitempty"`
	EndedBy      string   `json:"ended_by"`
}

// Times of a session, in milliseconds.
type Times struct {
	Join               *float64 `json:"dial_to_joined"`       // with the handshake
	JoinToQuestion     *float64 `json:"joined_to_question"`   // on the user's screen
	QuestionToAnswer   *float64 `json:"question_to_answer"`   // the user's own time
	GrantedToPacket    *float64 `json:"granted_to_packet"`    // first packet of the picture
	GrantedToFullFrame *float64 `json:"granted_to_frame"`     // first whole key frame
	EndToLastPacket    *float64 `json:"ended_to_last_packet"` // negative: before the goodbye
}

// Answer is how one question went.
type Answer struct {
	Scope   string `json:"scope"`
	Outcome string `json:"outcome"`
	Detail  string `json:"detail,omitempty"`
}

// Run goes through a whole session: join, prove the code, ask to see, wait for the
// picture, ask for the rest, watch, say goodbye. The report is worth reading whatever
// the error; without one the session went through.
func Run(ctx context.Context, plan Plan) (Report, error) {
	r := Report{Answers: []Answer{}, Granted: []string{}}
	began := time.Now()
	s, err := Dial(ctx, plan.Config)
	if err != nil {
		r.Problem = err.Error()
		return r, err
	}
	defer s.Close()
	r.SessionID = s.Welcome().GetSessionId()
	r.Technician = s.Welcome().GetTechnician().GetName()
	r.Organisation = s.Welcome().GetOrganisation().GetName()
	err = plan.carryOut(ctx, s)
	before := s.State()
	err = errors.Join(err, goodbye(ctx, s))
	r.fill(s.State(), before, began)
	r.OK = err == nil
	if err != nil {
		r.Problem = err.Error()
	}
	return r, err
}

func (p Plan) carryOut(ctx context.Context, s *Session) error {
	d, err := p.ask(ctx, s, wire.Scope_SCOPE_VIEW)
	if err != nil {
		return err
	}
	if d.Outcome != wire.Decision_OUTCOME_GRANTED {
		return fmt.Errorf("%w: %s", ErrRefused, outcomeName(d.Outcome))
	}
	if err := p.awaitPicture(ctx, s); err != nil {
		return err
	}
	for _, scope := range p.Ask {
		if _, err := p.ask(ctx, s, scope); err != nil {
			return err
		}
	}
	watching, cancel := context.WithTimeout(ctx, p.Watch)
	defer cancel()
	_, err = s.Wait(watching, func(State) bool { return false })
	if errors.Is(err, ErrOver) || ctx.Err() == nil {
		return nil // the user ended it, or the time is up
	}
	return err
}

// ask puts one question and waits for the answer. An ending while it is open is a no.
func (p Plan) ask(ctx context.Context, s *Session, scope wire.Scope) (Decision, error) {
	limit := p.Answer
	if limit <= 0 {
		limit = 2 * time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := s.Ask(scope, p.Reason, p.Ticket); err != nil {
		return Decision{}, err
	}
	state, err := s.Wait(ctx, func(st State) bool { _, ok := st.Decided(scope); return ok })
	d, decided := state.Decided(scope)
	if err != nil && !decided && state.Ended.GetBy() == wire.Ended_BY_REFUSAL {
		return Decision{Scope: scope, Outcome: wire.Decision_OUTCOME_REFUSED}, nil
	}
	return d, err
}

func (p Plan) awaitPicture(ctx context.Context, s *Session) error {
	limit := p.Picture
	if limit <= 0 {
		limit = 10 * time.Second
	}
	waiting, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if _, err := s.Wait(waiting, func(st State) bool { return !st.Media.FirstFrame.IsZero() }); err != nil {
		return fmt.Errorf("%w: %w", ErrNoPicture, err)
	}
	return nil
}

// goodbye ends the session and waits a moment for the agent's own goodbye.
func goodbye(ctx context.Context, s *Session) error {
	if s.State().Over() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	if err := s.Goodbye(); err != nil {
		return err
	}
	if _, err := s.Wait(ctx, func(st State) bool { return st.Ended != nil || st.Broken != nil }); err != nil {
		return fmt.Errorf("probe: the agent did not say goodbye: %w", err)
	}
	return nil
}

func (r *Report) fill(st, before State, began time.Time) {
	between := func(from, to time.Time) *float64 {
		if from.IsZero() || to.IsZero() {
			return nil
		}
		ms := float64(to.Sub(from).Microseconds()) / 1000
		return &ms
	}
	view, _ := st.Decided(wire.Scope_SCOPE_VIEW)
	for _, d := range st.Decisions {
		r.Answers = append(r.Answers, Answer{ScopeName(d.Scope), outcomeName(d.Outcome), d.Detail})
		if d.Scope == wire.Scope_SCOPE_VIEW && d.Outcome == wire.Decision_OUTCOME_GRANTED {
			view = d
		}
	}
	for _, scope := range before.Agent.GetGranted() {
		r.Granted = append(r.Granted, ScopeName(scope))
	}
	var question time.Time
	for _, a := range st.Asking {
		if a.Scope == wire.Scope_SCOPE_VIEW {
			question = a.At
			break
		}
	}
	m := st.Media
	r.Times = Times{
		Join: between(began, st.Joined), JoinToQuestion: between(st.Joined, question),
		QuestionToAnswer: between(question, view.At),
		GrantedToPacket:  between(view.At, m.FirstPacket), GrantedToFullFrame: between(view.At, m.FirstFrame),
		EndToLastPacket: between(st.EndedAt, m.LastPacket),
	}
	r.Packets, r.Bytes, r.Frames, r.KeyFrames, r.Broken = m.Packets, m.Bytes, m.Frames, m.KeyFrames, m.Broken
	r.Cursor = st.CursorMessages
	for _, rec := range st.Recording {
		r.RecordingID = rec.GetRecordingId()
	}
	r.EndedBy = endedBy(st.Ended)
}
