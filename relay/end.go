package relay

import (
	"context"
	"errors"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"beside/protocol"
	"beside/protocol/wire"
	"beside/relay/internal/bus"
)

// What is held for an end that lost its connection. More ends the session.
const (
	maxHeld      = 64
	maxHeldBytes = 256 << 10
)

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

func (r *room) refuseAgent(code wire.RelayError_Code, closeCode int) {
	r.close(&r.agent, agentError(code, "", 0), closeCode)
	r.agentHasGone()
}

func (r *room) refuseViewer(code wire.RelayError_Code, closeCode int) {
	r.close(&r.viewer, viewerError(code, "", 0), closeCode)
	r.viewerHasGone()
}

func (r *room) toAgent(m *wire.RelayToAgent) { r.marshalTo(&r.agent, m) }

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
