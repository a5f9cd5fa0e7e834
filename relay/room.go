package relay

import (
	"context"
	"log/slog"
	"time"

	"beside/protocol"
	"beside/protocol/wire"
	"beside/relay/internal/auth"
	"beside/relay/internal/bus"
	"beside/relay/internal/ratelimit"
	"beside/relay/internal/store"
)

// The vocabulary of the bus between connections and rooms.
const (
	fromAgent    = "agent"         // a frame from the agent
	fromViewer   = "viewer"        // a frame from the viewer
	agentLost    = "agent-lost"    // the agent's connection broke
	agentGone    = "agent-gone"    // the agent closed it
	viewerLost   = "viewer-lost"   // the viewer's connection broke
	viewerGone   = "viewer-gone"   // the viewer closed it
	askProbe     = "probe"         // is this code shown?
	askJoin      = "join"          // redeems a code
	resumeAgent  = "resume-agent"  // an agent comes back
	resumeViewer = "resume-viewer" // a viewer comes back

	answerYes = "yes"
	answerNo  = "no"

	toWrite = "write" // to a connection: write Data
	toClose = "close" // to a connection: write Data if any, then close; From is the close code
)

// room is where the two ends of a session meet: one agent, and at most one viewer at
// a time. One goroutine owns it; everything reaches it over the bus.
//
//	            join                    over, burnt, gone, 30 s lost
//	waiting ───────────► session live ───────────────────────────────► idle
//	   ▲ │ 15 min                                                        │
//	   │ └────────────────────────────────────────────────────────────► idle
//	   └──────────────────────────── new code ───────────────────────────┘
//
// The room ends when its agent has gone, or was lost for 30 s.
type room struct {
	desk *desk
	org  store.Organisation
	id   string
	log  *slog.Logger
	in   chan bus.Message
	done chan struct{}
	sub  *bus.Subscription

	agent, viewer end

	digits  string // the live code; empty: none
	expires time.Time
	codeSub *bus.Subscription
	renewal *ratelimit.Limiter

	session string  // the live session; empty: none
	audited bool    // the agent takes proofs of the audit log
	seen    int64   // entries of the log when the agent was shown it
	try     *joiner // whose redeeming the code was not proved right or wrong yet
	over    bool    // the room itself
}

func newRoom(d *desk, org store.Organisation, conn string, audited bool) (*room, error) {
	id := auth.NewID()
	r := &room{
		desk: d, org: org, id: id,
		log:     d.log.With("organisation", org.ID, "room", id),
		in:      make(chan bus.Message, 64),
		done:    make(chan struct{}),
		agent:   end{conn: conn},
		renewal: ratelimit.New(newCodeBurst, newCodeEvery),
		audited: audited,
	}
	var err error
	r.sub, err = d.bus.Subscribe(bus.Of(org.ID).Room(id), r.post)
	return r, err
}

// post hands a message to the room's goroutine, unless it has ended.
func (r *room) post(m bus.Message) {
	select {
	case r.in <- m:
	case <-r.done:
	}
}

// run is the room's goroutine.
func (r *room) run(ctx context.Context) {
	defer close(r.done)
	defer r.sub.End()
	defer r.dropCode()
	r.welcomeAgent(false)
	r.newCode()
	for !r.over {
		timer := time.NewTimer(time.Until(r.deadline()))
		select {
		case m := <-r.in:
			r.handle(m)
		case <-timer.C:
			r.expire()
		case <-ctx.Done():
			r.shutDown()
		}
		timer.Stop()
	}
	r.endSession()
}

// idleLook is how far away the deadline of a room is that has none.
const idleLook = time.Hour

func (r *room) deadline() time.Time {
	at := time.Now().Add(idleLook)
	sooner := func(t time.Time) {
		if t.Before(at) {
			at = t
		}
	}
	if r.digits != "" {
		sooner(r.expires)
	}
	for _, e := range []*end{&r.agent, &r.viewer} {
		if e.present() && e.conn == "" {
			sooner(e.lost.Add(resumeFor))
		}
	}
	return at
}

func (r *room) expire() {
	now := time.Now()
	if r.digits != "" && !now.Before(r.expires) {
		r.dropCode()
		r.log.Info("code ran out")
	}
	if r.viewer.present() && r.viewer.conn == "" && now.Sub(r.viewer.lost) >= resumeFor {
		r.viewerHasGone()
	}
	if r.agent.conn == "" && now.Sub(r.agent.lost) >= resumeFor {
		r.agentHasGone()
	}
}

// handle takes one message. Frames of a connection that is not the end's any more are
// dropped.
func (r *room) handle(m bus.Message) {
	isAgent := m.From != "" && m.From == r.agent.conn
	isViewer := m.From != "" && m.From == r.viewer.conn
	switch {
	case m.Kind == askProbe:
		r.answer(m, true)
	case m.Kind == askJoin:
		r.answer(m, r.join(m))
	case m.Kind == resumeAgent:
		r.answer(m, r.resumeAgent(m))
	case m.Kind == resumeViewer:
		r.answer(m, r.resumeViewer(m))
	case m.Kind == fromAgent && isAgent:
		r.agentFrame(m.Data)
	case m.Kind == agentLost && isAgent:
		r.agentWasLost()
	case m.Kind == agentGone && isAgent:
		r.agentHasGone()
	case m.Kind == fromViewer && isViewer:
		r.viewerFrame(m.Data)
	case m.Kind == viewerLost && isViewer:
		r.viewerWasLost()
	case m.Kind == viewerGone && isViewer:
		r.viewerHasGone()
	}
}

func (r *room) answer(m bus.Message, yes bool) {
	kind := answerNo
	if yes {
		kind = answerYes
	}
	if err := m.Reply(bus.Message{Kind: kind, Data: []byte(r.id)}); err != nil {
		r.log.Warn("answer", "err", err)
	}
}

// agentFrame handles what the agent sent.
func (r *room) agentFrame(data []byte) {
	f, err := protocol.DecodeAgentFrame(data)
	if err != nil {
		r.refuseAgent(wire.RelayError_CODE_BAD_FRAME, protocol.CloseBadFrame)
		return
	}
	switch k := f.Kind.(type) {
	case *wire.AgentFrame_Forward:
		r.toViewer(&wire.RelayToViewer{Kind: &wire.RelayToViewer_Forward{Forward: k.Forward}})
	case *wire.AgentFrame_NewCode:
		r.viewerDropped()
		r.newCode()
	case *wire.AgentFrame_Over:
		r.wasRight()
		r.dropCode()
		r.viewerDropped()
	case *wire.AgentFrame_Ice:
		if r.session != "" {
			r.toAgent(&wire.RelayToAgent{Kind: &wire.RelayToAgent_Ice{Ice: r.desk.turn.servers(r.session, "agent")}})
		}
	default: // a second hello
		r.refuseAgent(wire.RelayError_CODE_BAD_FRAME, protocol.CloseBadFrame)
	}
}

// viewerFrame handles what the viewer sent.
func (r *room) viewerFrame(data []byte) {
	f, err := protocol.DecodeViewerFrame(data)
	if err != nil {
		r.refuseViewer(wire.RelayError_CODE_BAD_FRAME, protocol.CloseBadFrame)
		return
	}
	switch k := f.Kind.(type) {
	case *wire.ViewerFrame_Forward:
		r.toAgent(&wire.RelayToAgent{Kind: &wire.RelayToAgent_Forward{Forward: k.Forward}})
	case *wire.ViewerFrame_Ice:
		r.toViewer(&wire.RelayToViewer{Kind: &wire.RelayToViewer_Ice{Ice: r.desk.turn.servers(r.session, "viewer")}})
	case *wire.ViewerFrame_Leave:
		r.close(&r.viewer, nil, protocol.CloseSessionOver)
		r.viewerHasGone()
	default: // a second join
		r.refuseViewer(wire.RelayError_CODE_BAD_FRAME, protocol.CloseBadFrame)
	}
}

// agentWasLost: the agent may come back within 30 s.
func (r *room) agentWasLost() {
	r.agent.conn, r.agent.lost = "", time.Now()
	r.toViewer(viewerLeft(wire.PeerLeft_WHY_LOST))
}

// agentHasGone ends the room.
func (r *room) agentHasGone() {
	r.dropCode()
	r.viewerDropped()
	r.agent = end{lost: time.Now()}
	r.over = true
}

// viewerWasLost: the viewer may come back within 30 s.
func (r *room) viewerWasLost() {
	r.viewer.conn, r.viewer.lost = "", time.Now()
	r.toAgent(agentLeft(wire.PeerLeft_WHY_LOST))
}

// viewerHasGone: the technician left for good.
func (r *room) viewerHasGone() {
	if r.session == "" {
		return
	}
	r.endSession()
	r.toAgent(agentLeft(wire.PeerLeft_WHY_GONE))
}

// viewerDropped: the agent's side ended the session; the viewer is told and closed.
func (r *room) viewerDropped() {
	if r.viewer.conn != "" {
		r.close(&r.viewer, viewerLeft(wire.PeerLeft_WHY_GONE), protocol.CloseSessionOver)
	}
	r.endSession()
}

// shutDown tells both ends that the relay stops. They may come back to another one.
func (r *room) shutDown() {
	r.close(&r.viewer, viewerError(wire.RelayError_CODE_UNAVAILABLE, "", 0), protocol.CloseUnavailable)
	r.close(&r.agent, agentError(wire.RelayError_CODE_UNAVAILABLE, "", 0), protocol.CloseUnavailable)
	r.over = true
}
