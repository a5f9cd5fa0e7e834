package relay

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/proto"

	"beside/protocol"
	"beside/protocol/wire"
)

// attack is one kind of abusive client. It goes on until its context ends, and returns
// how often it did what it does.
type attack struct {
	name string
	run  func(*attacker) int
}

// attacker is where an attack runs: at an address of its own, as the limits see it.
type attacker struct {
	*testRelay
	ctx    context.Context
	dialer *net.Dialer
	client *http.Client
	token  string // of a technician
	upload string // of a session
}

// pace is how often each attacker does its worst. The attackers run on the test's own
// machine; what is put to the test are the relay's bounds, not who has more processors.
const pace = 100 * time.Millisecond

// The eight kinds.
func attacks() []attack {
	return []attack{
		{"half-open sockets", func(a *attacker) int { return a.hold(300, "") }},
		{"slow loris", func(a *attacker) int { return a.hold(100, "GET /healthz HTTP/1.1\r\nHost: ") }},
		{"flood of connects", func(a *attacker) int {
			return a.repeat(pace, func() { a.agentSays(nil) })
		}},
		{"oversized frames", func(a *attacker) int {
			frame := make([]byte, 4*protocol.MaxFrame)
			return a.repeat(pace, func() { a.agentSays(frame) })
		}},
		{"garbage frames", func(a *attacker) int {
			frame := make([]byte, 2000)
			rand.Read(frame)
			return a.repeat(pace, func() { a.agentSays(frame) })
		}},
		{"SDP bombs", (*attacker).bomb},
		{"code guessing", func(a *attacker) int {
			return a.repeat(pace, a.guess)
		}},
		{"upload flood", (*attacker).flood},
	}
}

// repeat does something again and again.
func (a *attacker) repeat(pace time.Duration, do func()) (n int) {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for {
		select {
		case <-a.ctx.Done():
			return n
		case <-tick.C:
			do()
			n++
		}
	}
}

// hold keeps connections that never finish their request: silent ones, or with one byte
// now and then.
func (a *attacker) hold(count int, begin string) (made int) {
	conns := make([]net.Conn, count)
	defer func() {
		for _, c := range conns {
			if c != nil {
				c.Close()
			}
		}
	}()
	next := 0
	return a.repeat(pace/10, func() {
		i := next % count
		next++
		if conns[i] == nil {
			c, err := a.dialer.DialContext(a.ctx, "tcp", a.Addr().String())
			if err != nil {
				return
			}
			conns[i] = c
			_, _ = io.WriteString(c, begin)
			return
		}
		if begin == "" {
			return
		}
		if _, err := conns[i].Write([]byte("x")); err != nil { // it was closed: once more
			conns[i].Close()
			conns[i] = nil
		}
	})
}

func (a *attacker) dial(path string, h http.Header) *websocket.Conn {
	ws, _, err := websocket.Dial(a.ctx, strings.Replace(a.URL(), "http", "ws", 1)+path, &websocket.DialOptions{HTTPClient: a.client, HTTPHeader: h})
	if err != nil {
		return nil
	}
	ws.SetReadLimit(-1)
	return ws
}

// agentSays connects as an agent, says hello and then something, and hangs up.
func (a *attacker) agentSays(frame []byte) {
	ws := a.dial("/agent/v1/connect", nil)
	if ws == nil {
		return
	}
	defer ws.CloseNow()
	a.write(ws, &wire.AgentFrame{Kind: &wire.AgentFrame_Hello{Hello: &wire.AgentHello{Protocol: protocol.Version, AgentVersion: "x"}}})
	if frame != nil {
		_ = ws.Write(a.ctx, websocket.MessageBinary, frame) // refused is what it should be
		_, _, _ = ws.Read(a.ctx)
	}
}

func (a *attacker) write(ws *websocket.Conn, m proto.Message) {
	if data, err := proto.Marshal(m); err == nil {
		_ = ws.Write(a.ctx, websocket.MessageBinary, data)
	}
}

// guess tries a code.
func (a *attacker) guess() {
	ws := a.dial("/api/v1/session", http.Header{"Authorization": {"Bearer " + a.token}})
	if ws == nil {
		return
	}
	defer ws.CloseNow()
	a.write(ws, &wire.ViewerFrame{Kind: &wire.ViewerFrame_Join{Join: &wire.ViewerJoin{Protocol: protocol.Version, Locator: "00000"}}})
	_, _, _ = ws.Read(a.ctx)
}

// bomb is a technician who sends the largest descriptions without end to an agent that
// does not read them: sealed, so that the relay cannot know what they are.
func (a *attacker) bomb() (sent int) {
	agent, viewer := a.session()
	if viewer == nil {
		return 0
	}
	defer agent.CloseNow()
	defer viewer.CloseNow()
	frame := &wire.ViewerFrame{Kind: &wire.ViewerFrame_Forward{Forward: make([]byte, protocol.MaxForward)}}
	began := time.Now()
	for a.ctx.Err() == nil {
		data, err := proto.Marshal(frame)
		if err != nil || viewer.Write(a.ctx, websocket.MessageBinary, data) != nil {
			time.Sleep(10 * time.Millisecond) // it was thrown out
			continue
		}
		sent++
	}
	const buffers = 16 << 20 // what the system may hold on its way
	if most := bytesBurst + int(bytesPerSecond*time.Since(began).Seconds()) + buffers; sent*protocol.MaxForward > most {
		a.t.Errorf("the relay took %d bytes of one connection in %v, want at most %d", sent*protocol.MaxForward, time.Since(began), most)
	}
	return sent
}

// session makes a session of the attacker's own, and keeps its upload token.
func (a *attacker) session() (agent, viewer *websocket.Conn) {
	agent = a.dial("/agent/v1/connect", nil)
	a.write(agent, &wire.AgentFrame{Kind: &wire.AgentFrame_Hello{Hello: &wire.AgentHello{Protocol: protocol.Version, AgentVersion: "x"}}})
	for {
		_, data, err := agent.Read(a.ctx)
		if err != nil {
			return agent, nil
		}
		f, err := protocol.DecodeRelayToAgent(data)
		switch {
		case err != nil:
			return agent, nil
		case f.GetLocator() != nil:
			viewer = a.dial("/api/v1/session", http.Header{"Authorization": {"Bearer " + a.token}})
			a.write(viewer, &wire.ViewerFrame{Kind: &wire.ViewerFrame_Join{Join: &wire.ViewerJoin{Protocol: protocol.Version, Locator: f.GetLocator().Digits}}})
		case f.GetJoined() != nil:
			a.upload = f.GetJoined().UploadToken
			return agent, viewer
		}
	}
}

// flood uploads large objects as fast as it can, and many at once that never end.
func (a *attacker) flood() int {
	agent, viewer := a.session()
	if viewer == nil {
		return 0
	}
	defer agent.CloseNow()
	defer viewer.CloseNow()
	var sent atomic.Int64
	var all sync.WaitGroup
	for i := range uploadsAtATime + 8 {
		all.Go(func() {
			for n := 0; a.ctx.Err() == nil; n++ {
				var body io.Reader = &trickle{ctx: a.ctx}
				if i == 0 {
					body = io.MultiReader(strings.NewReader(ageHeader), bytes.NewReader(make([]byte, maxUpload-len(ageHeader))))
				}
				a.put(fmt.Sprintf("segment-%03d%03d.age", i, n%1000), body)
				sent.Add(1)
				select {
				case <-a.ctx.Done():
				case <-time.After(25 * pace):
				}
			}
		})
	}
	all.Wait()
	return int(sent.Load())
}

func (a *attacker) put(name string, body io.Reader) {
	req, err := http.NewRequestWithContext(a.ctx, "PUT", a.URL()+"/agent/v1/recordings/"+strings.Repeat("ab", 16)+"/"+name, body)
	if err != nil {
		return
	}
	req.ContentLength = maxUpload
	req.Header.Set("Authorization", "Bearer "+a.upload)
	resp, err := a.client.Do(req)
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
}

// trickle is a body that comes a byte at a time.
type trickle struct{ ctx context.Context }

func (t *trickle) Read(p []byte) (int, error) {
	select {
	case <-t.ctx.Done():
		return 0, t.ctx.Err()
	case <-time.After(50 * time.Millisecond):
		p[0] = 'x'
		return 1, nil
	}
}

// from is a client whose connections come from an address of its own.
func from(t *testing.T, address string) (*net.Dialer, *http.Client) {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	transport := &http.Transport{DialContext: dialer.DialContext}
	t.Cleanup(transport.CloseIdleConnections)
	return dialer, &http.Client{Transport: transport}
}
