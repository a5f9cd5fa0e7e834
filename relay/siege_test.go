package relay

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"beside/protocol"
	"beside/protocol/wire"
	"beside/relay/internal/auth"
)

// siege runs all attacks at once until stop is called, which returns what each did.
func (tr *testRelay) siege(tokens []string) (stop func() map[string]int) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	var mu sync.Mutex
	did := map[string]int{}
	for i, kind := range attacks() {
		dialer, client := from(tr.t, fmt.Sprintf("127.0.0.%d", 10+i))
		a := &attacker{testRelay: tr, ctx: ctx, dialer: dialer, client: client, token: tokens[i]}
		all.Go(func() {
			n := kind.run(a)
			mu.Lock()
			defer mu.Unlock()
			did[kind.name] = n
		})
	}
	return func() map[string]int {
		cancel()
		all.Wait()
		return did
	}
}

// setUp is an honest session from the agent's first word to the first object of its
// recording; it returns how long that took. Both ends have an address of their own. It stays until the test ends.
func (tr *testRelay) setUp(technician string, number int) time.Duration {
	tr.t.Helper()
	_, client := from(tr.t, fmt.Sprintf("127.0.1.%d", 1+number%200))
	began := time.Now()
	a := &testAgent{tr.t, tr.dial("/agent/v1/connect", nil, client)}
	a.send(&wire.AgentFrame{Kind: &wire.AgentFrame_Hello{Hello: &wire.AgentHello{Protocol: protocol.Version, AgentVersion: "test"}}})
	var digits, upload string
	for digits == "" {
		digits = a.read().GetLocator().GetDigits()
	}
	v := &testViewer{tr.t, tr.dial("/api/v1/session", http.Header{"Authorization": {"Bearer " + technician}}, client)}
	v.send(&wire.ViewerFrame{Kind: &wire.ViewerFrame_Join{Join: &wire.ViewerJoin{Protocol: protocol.Version, Locator: digits}}})
	for upload == "" {
		upload = a.read().GetJoined().GetUploadToken()
	}
	v.forward(strings.Repeat("an offer ", 400))
	for a.read().GetForward() == nil {
		continue
	}
	a.forward(strings.Repeat("an answer ", 400))
	for v.read().GetForward() == nil {
		continue
	}
	tr.mustPut(upload, auth.NewID(), keyObject, sealed(strings.Repeat("k", 10_000)))
	return time.Since(began)
}

// yardstick does on a bare server what a set-up does on the wire: two connections and a
// few messages. It tells how much of a slower set-up is the machine's.
func yardstick(t *testing.T, url string) time.Duration {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	began := time.Now()
	for range 2 {
		ws, _, err := websocket.Dial(ctx, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 4 {
			err := ws.Write(ctx, websocket.MessageBinary, make([]byte, 2000))
			if err == nil {
				_, _, err = ws.Read(ctx)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		_ = ws.CloseNow()
	}
	return time.Since(began)
}

// bareServer answers every message with itself.
func bareServer(t *testing.T) (url string) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer ws.CloseNow()
		for {
			kind, data, err := ws.Read(r.Context())
			if err != nil || ws.Write(r.Context(), kind, data) != nil {
				return
			}
		}
	}))
	t.Cleanup(s.Close)
	return strings.Replace(s.URL, "http", "ws", 1)
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}

// THREAT 18: honest people hardly notice eight kinds of abusive client beside them. Quiet
// and siege take turns, so that whatever else the machine does falls on both; and since the
// attackers take time of the very machine that serves, a bare server beside tells how much.
func TestHonestSessionsBesideAbuse(t *testing.T) {
	const rounds, each, between, worst = 3, 8, 100 * time.Millisecond, 2.0
	tr, bare := startRelay(t, nil), bareServer(t)
	var tokens []string
	for i := range attacks() {
		_, user := tr.user(tr.org, fmt.Sprintf("abuser%d@example.com", i), auth.Technician)
		tokens = append(tokens, tr.apiToken(user))
	}
	number := 0
	measure := func(setUps, yards *[]time.Duration) {
		for range each {
			_, technician := tr.user(tr.org, fmt.Sprintf("honest%d@example.com", number), auth.Technician)
			*setUps = append(*setUps, tr.setUp(tr.apiToken(technician), number))
			*yards = append(*yards, yardstick(t, bare))
			number++
			time.Sleep(between)
		}
	}
	var first, quiet, besieged, yardsQuiet, yardsBesieged []time.Duration
	measure(&first, &first) // files and caches are opened
	did := map[string]int{}
	for range rounds {
		measure(&quiet, &yardsQuiet)
		stop := tr.siege(tokens)
		time.Sleep(5 * pace) // until all of them are at it
		measure(&besieged, &yardsBesieged)
		for name, n := range stop() {
			did[name] += n
		}
	}
	for _, kind := range attacks() {
		if did[kind.name] < 20 {
			t.Errorf("%s: only %d times, which puts nothing to the test", kind.name, did[kind.name])
		}
	}
	slower := float64(median(besieged)) / float64(median(quiet))
	machine := max(1, float64(median(yardsBesieged))/float64(median(yardsQuiet)))
	t.Logf("set-up %v, beside abuse %v: %.2f times, of which the machine %.2f; %v", median(quiet), median(besieged), slower, machine, did)
	if slower/machine > worst {
		t.Errorf("set-up takes %.1f times as long beside abuse, want at most %.1f", slower/machine, worst)
	}
	if status, body := tr.get("/readyz"); status != http.StatusOK {
		t.Errorf("afterwards the relay is not ready: %d %s", status, body)
	}
}
