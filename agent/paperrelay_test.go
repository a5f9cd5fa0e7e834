package agent

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"beside/protocol"
	"beside/protocol/wire"
)

// paperRelay speaks a relay's protocol with one agent, as the test says.
type paperRelay struct {
	t      *testing.T
	server *httptest.Server
	lines  chan *line       // connections of the agent, after their hello
	audit  *wire.AuditProof // shown with the technician

	mu      sync.Mutex
	objects map[string][]byte // guarded by mu; what was uploaded, by recording/object
	status  int               // guarded by mu; answer to uploads, 0 is as it should be
	said    []string          // guarded by mu; token and body of each feedback
	gate    chan struct{}     // guarded by mu; uploads wait for it when not nil
}

// line is one WebSocket of the agent.
type line struct {
	t     *testing.T
	conn  *websocket.Conn
	hello *wire.AgentHello
	got   chan *wire.AgentFrame
	ctx   context.Context
	cut   context.CancelFunc

	reading sync.Mutex // held while the relay does not read
}

func newPaperRelay(t *testing.T) *paperRelay {
	r := &paperRelay{t: t, lines: make(chan *line, 8), objects: map[string][]byte{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /agent/v1/connect", r.connect)
	mux.HandleFunc("PUT /agent/v1/feedback", r.feedback)
	mux.HandleFunc("DELETE /agent/v1/recordings/{id}", r.erase)
	mux.HandleFunc("PUT /agent/v1/recordings/{id}/{object}", r.ingest)
	r.server = httptest.NewServer(mux)
	t.Cleanup(r.server.Close)
	return r
}

func (r *paperRelay) feedback(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.said = append(r.said, req.Header.Get("Authorization")+" "+string(body))
	if r.status != 0 {
		w.WriteHeader(r.status)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// erase deletes a recording, for the session's token.
func (r *paperRelay) erase(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.status != 0:
		w.WriteHeader(r.status)
		return
	case req.Header.Get("Authorization") != "Bearer "+uploadToken:
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	for name := range r.objects {
		if path.Dir(name) == req.PathValue("id") {
			delete(r.objects, name)
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

// heard is the feedback that came.
func (r *paperRelay) heard() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.said)
}

func (r *paperRelay) connect(w http.ResponseWriter, req *http.Request) {
	conn, err := websocket.Accept(w, req, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	conn.SetReadLimit(protocol.MaxFrame)
	ctx, cut := context.WithCancel(req.Context())
	defer cut()
	l := &line{t: r.t, conn: conn, got: make(chan *wire.AgentFrame, 4096), ctx: ctx, cut: cut}
	for {
		l.reading.Lock()
		//lint:ignore SA2001 a frozen relay waits for the lock
		l.reading.Unlock()
		_, data, err := conn.Read(ctx)
		if err != nil {
			return
		}
		frame, err := protocol.DecodeAgentFrame(data)
		if err != nil {
			r.t.Errorf("the agent sent what no relay takes: %v", err)
			return
		}
		if l.hello == nil {
			l.hello = frame.GetHello()
			r.lines <- l
			continue
		}
		l.got <- frame
	}
}

func (r *paperRelay) ingest(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	status, gate := r.status, r.gate
	r.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-req.Context().Done():
			return
		}
	}
	data, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	if req.Header.Get("Authorization") != "Bearer "+uploadToken {
		status = http.StatusUnauthorized
	}
	if status != 0 {
		w.WriteHeader(status)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.objects[path.Join(req.PathValue("id"), req.PathValue("object"))] = data
	w.WriteHeader(http.StatusNoContent)
}

// uploaded are the objects that arrived of a recording.
func (r *paperRelay) uploaded(id string) map[string][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := map[string][]byte{}
	for name, data := range r.objects {
		if path.Dir(name) == id {
			found[path.Base(name)] = data
		}
	}
	return found
}

// hold keeps uploads waiting until the function that it returns is called.
func (r *paperRelay) hold() (release func()) {
	gate := make(chan struct{})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gate = gate
	return func() { close(gate) }
}

func (r *paperRelay) refuse(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

func (l *line) send(f *wire.RelayToAgent) {
	l.t.Helper()
	data, err := proto.Marshal(f)
	if err != nil {
		l.t.Fatal(err)
	}
	if err := l.conn.Write(l.ctx, websocket.MessageBinary, data); err != nil {
		l.t.Fatalf("write to the agent: %v", err)
	}
}

func (l *line) forward(f *wire.PeerFrame) {
	l.t.Helper()
	data, err := proto.Marshal(f)
	if err != nil {
		l.t.Fatal(err)
	}
	l.send(&wire.RelayToAgent{Kind: &wire.RelayToAgent_Forward{Forward: data}})
}

func (l *line) welcome(resumed bool) {
	l.t.Helper()
	l.send(&wire.RelayToAgent{Kind: &wire.RelayToAgent_Welcome{Welcome: &wire.AgentWelcome{
		Organisation: acme, ResumeToken: "room.token", Resumed: resumed,
	}}})
}

func (l *line) locate() {
	l.t.Helper()
	l.send(&wire.RelayToAgent{Kind: &wire.RelayToAgent_Locator{Locator: &wire.Locator{
		Digits: "48291", Expires: timestamppb.New(time.Now().Add(codeLife)),
	}}})
}

// await waits for a frame of the agent that is as wanted, and drops those before it.
func (l *line) await(what string, as func(*wire.AgentFrame) bool) *wire.AgentFrame {
	l.t.Helper()
	for {
		if f := receive(l.t, what, l.got); as(f) {
			return f
		}
	}
}
