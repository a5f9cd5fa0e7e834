package relay

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

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

const (
	// What is held for an end that lost its connection. More ends the session.
	maxHeld      = 64
	maxHeldBytes = 256 << 10
	// A code can be renewed this often: at once, and again every so many seconds.
	newCodeBurst = 20
	newCodeEvery = 30 * time.Second
	// storeTimeout bounds one write to the database.
	storeTimeout = 5 * time.Second
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
	try     *joiner // whose redeeming the code was not proved right or wrong yet
	over    bool    // the room itself
}

// end is one end of the room.
type end struct {
	conn      string    // its connection; empty while lost or absent
	lost      time.Time // when it was lost
	resume    string    // hash of the resume token; empty: absent
	who       joiner    // the technician
	held      [][]byte
	heldBytes int
}

func (e *end) present() bool { return e.resume != "" }

func newRoom(d *desk, org store.Organisation, conn string) (*room, error) {
	id := auth.NewID()
	r := &room{
		desk: d, org: org, id: id,
		log:     d.log.With("organisation", org.ID, "room", id),
		in:      make(chan bus.Message, 64),
		done:    make(chan struct{}),
		agent:   end{conn: conn},
		renewal: ratelimit.New(newCodeBurst, newCodeEvery),
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

// wasRight: only an agent that agreed on a key with the technician, so that the secret
// was right as well as the locator, says that a session is over. One that did not asks
// for a new code. So the try was no guess, and the technician has it back.
func (r *room) wasRight() {
	if r.try != nil {
		r.desk.giveBack(r.org.ID, *r.try)
	}
	r.try = nil
}

// newCode shows a fresh locator, in place of the one before.
func (r *room) newCode() {
	r.try = nil
	r.dropCode()
	if wait := r.renewal.Take(""); wait > 0 {
		r.close(&r.agent, agentError(wire.RelayError_CODE_TOO_MANY, "", wait), protocol.CloseTooMany)
		r.agentHasGone()
		return
	}
	digits, err := r.desk.takeCode(r.org.ID)
	if err != nil {
		r.log.Warn("take code", "err", err)
		r.refuseAgent(wire.RelayError_CODE_UNAVAILABLE, protocol.CloseUnavailable)
		return
	}
	r.digits, r.expires = digits, time.Now().Add(codeLife)
	r.codeSub, err = r.desk.bus.Subscribe(bus.Of(r.org.ID).Code(digits), r.post)
	if err != nil {
		r.log.Error("subscribe to code", "err", err)
		r.refuseAgent(wire.RelayError_CODE_UNAVAILABLE, protocol.CloseUnavailable)
		return
	}
	r.toAgent(&wire.RelayToAgent{Kind: &wire.RelayToAgent_Locator{Locator: &wire.Locator{
		Digits: digits, Expires: timestamppb.New(r.expires),
	}}})
}

// dropCode makes the locator unknown from now on.
func (r *room) dropCode() {
	if r.digits == "" {
		return
	}
	r.codeSub.End()
	r.desk.freeCode(r.org.ID, r.digits)
	r.digits, r.codeSub = "", nil
}

// join redeems the code: once, before it expires, while the agent is here.
func (r *room) join(m bus.Message) bool {
	var who joiner
	if err := json.Unmarshal(m.Data, &who); err != nil || m.From == "" {
		return false
	}
	if r.digits == "" || r.session != "" || r.agent.conn == "" || !time.Now().Before(r.expires) {
		return false
	}
	r.dropCode()
	upload := auth.NewSecret("bsu_")
	session := auth.NewID()
	if err := r.startSession(session, who, upload); err != nil {
		r.log.Error("start session", "err", err)
		return false
	}
	r.session, r.try = session, &who
	r.viewer = end{conn: m.From, who: who}
	r.welcomeViewer(false)
	r.toAgent(&wire.RelayToAgent{Kind: &wire.RelayToAgent_Joined{Joined: &wire.TechnicianJoined{
		SessionId: session, Technician: who.wire(), UploadToken: upload.Reveal(),
		Ice: r.desk.turn.servers(session, "agent"),
	}}})
	return true
}

func (r *room) startSession(session string, who joiner, upload auth.Secret) error {
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	defer cancel()
	by := auth.Caller{UserID: who.UserID, Name: who.Name}
	if err := r.desk.store.StartSession(ctx, r.org.ID, session, by, upload); err != nil {
		return err
	}
	r.desk.turn.begin(session)
	r.desk.met.sessions.Inc()
	r.desk.met.sessionsNow.Inc()
	r.log.Info("session started", "session", session, "technician", who.UserID)
	return nil
}

// endSession forgets the viewer and closes the session's books. The TURN allocations
// go first.
func (r *room) endSession() {
	r.viewer = end{}
	if r.session == "" {
		return
	}
	r.desk.turn.end(r.session)
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	defer cancel()
	if err := r.desk.store.EndSession(ctx, r.org.ID, r.session); err != nil {
		r.log.Error("end session", "err", err)
	}
	r.desk.met.sessionsNow.Dec()
	r.log.Info("session ended", "session", r.session)
	r.session = ""
}

// resumeAgent lets the agent come back on a new connection.
func (r *room) resumeAgent(m bus.Message) bool {
	if _, ok := r.mayResume(&r.agent, m); !ok {
		return false
	}
	r.replace(&r.agent, m.From)
	r.welcomeAgent(true)
	r.flush(&r.agent)
	return true
}

// resumeViewer lets the same technician come back on a new connection.
func (r *room) resumeViewer(m bus.Message) bool {
	who, ok := r.mayResume(&r.viewer, m)
	if !ok || who.UserID != r.viewer.who.UserID {
		return false
	}
	r.replace(&r.viewer, m.From)
	r.welcomeViewer(true)
	r.flush(&r.viewer)
	return true
}

// mayResume checks the token and the time. A token serves once: the welcome that
// follows brings the next.
func (r *room) mayResume(e *end, m bus.Message) (joiner, bool) {
	var who joiner
	if err := json.Unmarshal(m.Data, &who); err != nil || m.From == "" || !e.present() {
		return who, false
	}
	if e.conn == "" && time.Since(e.lost) >= resumeFor {
		return who, false
	}
	presented := auth.SecretOf(who.Secret).Hash()
	return who, subtle.ConstantTimeCompare([]byte(presented), []byte(e.resume)) == 1
}

func (r *room) replace(e *end, conn string) {
	if e.conn != "" {
		r.close(e, nil, protocol.CloseReplaced)
	}
	e.conn = conn
}

// flush sends what was held while the end was away.
func (r *room) flush(e *end) {
	held := e.held
	e.held, e.heldBytes = nil, 0
	for _, data := range held {
		r.send(e, data)
	}
}

// freshToken makes the end's next resume token: the room's id and a secret.
func (r *room) freshToken(e *end) string {
	secret := auth.NewSecret("")
	e.resume = secret.Hash()
	return r.id + "." + secret.Reveal()
}

// splitToken takes a resume token apart.
func splitToken(token string) (room, secret string) {
	room, secret, _ = strings.Cut(token, ".")
	return room, secret
}

func (r *room) welcomeAgent(resumed bool) {
	r.toAgent(&wire.RelayToAgent{Kind: &wire.RelayToAgent_Welcome{Welcome: &wire.AgentWelcome{
		Organisation: r.desk.describe(r.org), ResumeToken: r.freshToken(&r.agent), Resumed: resumed,
	}}})
}

func (r *room) welcomeViewer(resumed bool) {
	r.toViewer(&wire.RelayToViewer{Kind: &wire.RelayToViewer_Welcome{Welcome: &wire.ViewerWelcome{
		SessionId: r.session, Technician: r.viewer.who.wire(), Organisation: r.desk.describe(r.org),
		ResumeToken: r.freshToken(&r.viewer), Ice: r.desk.turn.servers(r.session, "viewer"), Resumed: resumed,
	}}})
}

func (j joiner) wire() *wire.Technician {
	return &wire.Technician{
		Id: j.UserID, Name: protocol.Clean(j.Name, protocol.MaxName), AccountCreated: timestamppb.New(j.Created),
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

func (r *room) refuseAgent(code wire.RelayError_Code, closeCode int) {
	r.close(&r.agent, agentError(code, "", 0), closeCode)
	r.agentHasGone()
}

func (r *room) refuseViewer(code wire.RelayError_Code, closeCode int) {
	r.close(&r.viewer, viewerError(code, "", 0), closeCode)
	r.viewerHasGone()
}

func (r *room) toAgent(m *wire.RelayToAgent)   { r.marshalTo(&r.agent, m) }
func (r *room) toViewer(m *wire.RelayToViewer) { r.marshalTo(&r.viewer, m) }

func (r *room) marshalTo(e *end, m proto.Message) {
	data, err := proto.Marshal(m)
	if err != nil {
		r.log.Error("marshal", "err", err)
		return
	}
	r.send(e, data)
}

// send writes to the end, or holds what comes while it is lost. When too much is held
// the session ends rather than losing a part of it.
func (r *room) send(e *end, data []byte) {
	if e.conn != "" {
		r.publish(e.conn, bus.Message{Kind: toWrite, Data: data})
		return
	}
	if !e.present() {
		return
	}
	if len(e.held) >= maxHeld || e.heldBytes+len(data) > maxHeldBytes {
		r.log.Warn("too much held for a lost end", "session", r.session)
		e.held, e.heldBytes, e.lost = nil, 0, time.Now().Add(-resumeFor) // expires now
		return
	}
	e.held = append(e.held, data)
	e.heldBytes += len(data)
}

func (r *room) publish(conn string, m bus.Message) {
	err := r.desk.bus.Publish(bus.Of(r.org.ID).Conn(conn), m)
	if err != nil && !errors.Is(err, context.Canceled) {
		r.log.Warn("publish", "err", err)
	}
}

// close writes a last message to the end's connection and closes it.
func (r *room) close(e *end, last proto.Message, code int) {
	if e.conn == "" {
		return
	}
	r.publish(e.conn, closing(last, code))
	e.conn = ""
}
