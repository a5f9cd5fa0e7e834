package relay

import (
	"context"
	"encoding/json"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"beside/protocol"
	"beside/protocol/wire"
	"beside/relay/internal/auth"
	"beside/relay/internal/bus"
)

const (
	// A code can be renewed this often: at once, and again every so many seconds.
	newCodeBurst = 20
	newCodeEvery = 30 * time.Second
	// storeTimeout bounds one write to the database.
	storeTimeout = 5 * time.Second
)

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
		Ice: r.desk.turn.servers(session, "agent"), Audit: r.openingProof(),
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

// wasRight: only an agent that agreed on a key with the technician, so that the secret
// was right as well as the locator, says that a session is over. One that did not asks
// for a new code. So the try was no guess, and the technician has it back.
func (r *room) wasRight() {
	if r.try != nil {
		r.desk.giveBack(r.org.ID, *r.try)
	}
	r.try = nil
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
	r.sendEndingProof()
	r.session = ""
}
