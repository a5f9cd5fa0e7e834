package relay

import (
	"crypto/subtle"
	"encoding/json"
	"strings"
	"time"

	"beside/protocol"
	"beside/relay/internal/auth"
	"beside/relay/internal/bus"
)

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
