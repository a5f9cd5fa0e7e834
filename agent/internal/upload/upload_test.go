package upload

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// relay is a relay's ingest in process, over real HTTP on pipes.
type relay struct {
	mu    sync.Mutex
	store map[string][]byte
	order []string
	tries int
	// answer may answer instead of storing; 0 means store.
	answer func(try int, w http.ResponseWriter, r *http.Request) int
}

func (r *relay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	name := req.URL.Path[strings.LastIndex(req.URL.Path, "/")+1:]
	data, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tries++
	if r.answer != nil {
		if code := r.answer(r.tries, w, req); code != 0 {
			w.WriteHeader(code)
			return
		}
	}
	if old, ok := r.store[name]; ok && !bytes.Equal(old, data) {
		w.WriteHeader(http.StatusConflict)
		return
	}
	if req.Header.Get("Authorization") != "Bearer tok" || req.Method != http.MethodPut ||
		req.URL.Path != "/agent/v1/recordings/abc/"+name {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if _, ok := r.store[name]; !ok {
		r.order = append(r.order, name)
	}
	r.store[name] = data
	w.WriteHeader(http.StatusNoContent)
}

// serve runs the relay until the test ends and returns a client for it.
func (r *relay) serve(t *testing.T) *http.Client {
	t.Helper()
	if r.store == nil {
		r.store = map[string][]byte{}
	}
	pipes := &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
	server := &http.Server{Handler: r}
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(pipes) }()
	transport := &http.Transport{DialContext: pipes.dial}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		<-served
	})
	return &http.Client{Transport: transport}
}

type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		return ours, nil
	case <-l.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}
func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// started runs an uploader for the spool; stop ends it and returns Run's error.
func started(t *testing.T, spool *Spool, client *http.Client) (u *Uploader, stop func() error) {
	t.Helper()
	u = &Uploader{Client: client, URL: "http://relay/agent/v1/recordings/abc", Token: "tok", Spool: spool}
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- u.Run(ctx) }()
	return u, func() error { cancel(); return <-result }
}

func put(t *testing.T, s *Spool, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := s.Put(name, []byte("sealed "+name)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestArrivesInOrderManifestLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &relay{}
		spool := tempSpool(t)
		put(t, spool, "manifest.jws", "segment-000002.age", "events-000001.age", "segment-000001.age", "key.age")
		u, stop := started(t, spool, r.serve(t))
		if err := u.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := "[key.age segment-000001.age events-000001.age segment-000002.age manifest.jws]"
		if got := fmt.Sprint(r.order); got != want {
			t.Errorf("order: got %s, want %s", got, want)
		}
		if n := spool.Waiting(); n != 0 {
			t.Errorf("%d objects still wait", n)
		}
		put(t, spool, "segment-000003.age") // while it runs
		if err := u.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if string(r.store["segment-000003.age"]) != "sealed segment-000003.age" {
			t.Error("a later object did not arrive")
		}
		if err := stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func TestTriesAgainWithGrowingPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var pauses []time.Duration
		last := began
		r := &relay{answer: func(try int, _ http.ResponseWriter, _ *http.Request) int {
			if try > 1 {
				pauses = append(pauses, time.Since(last))
			}
			last = time.Now()
			if try <= 9 {
				return http.StatusServiceUnavailable
			}
			return 0
		}}
		spool := tempSpool(t)
		put(t, spool, "key.age")
		deliver(t, spool, r)
		if len(pauses) != 9 {
			t.Fatalf("%d pauses, want 9", len(pauses))
		}
		want := firstWait
		for i, got := range pauses {
			if got < want*3/4 || got > want*5/4 {
				t.Errorf("pause %d: got %v, want %v ± 25 %%", i, got, want)
			}
			want = min(2*want, maxWait)
		}
	})
}

func TestHonoursRetryAfterWithinReason(t *testing.T) {
	for _, c := range []struct {
		header string
		least  time.Duration
		most   time.Duration
	}{
		{"7", 7 * time.Second, 7 * time.Second},
		{"99999", maxWait, maxWait},
		{"-5", 0, time.Second},
		{"soon", 0, time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := &relay{answer: func(try int, w http.ResponseWriter, _ *http.Request) int {
				if try > 1 {
					return 0
				}
				w.Header().Set("Retry-After", c.header)
				return http.StatusTooManyRequests
			}}
			spool := tempSpool(t)
			put(t, spool, "key.age")
			began := time.Now()
			u, stop := started(t, spool, r.serve(t))
			if err := u.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if d := time.Since(began); d < c.least || d > c.most {
				t.Errorf("Retry-After %s: waited %v, want %v to %v", c.header, d, c.least, c.most)
			}
			_ = stop()
		})
	}
}

// deliver sends all that waits.
func deliver(t *testing.T, spool *Spool, r *relay) {
	t.Helper()
	u, stop := started(t, spool, r.serve(t))
	if err := u.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
}

func TestLostAnswerIsHarmless(t *testing.T) { // the relay stored it, but we never heard
	synctest.Test(t, func(t *testing.T) {
		r := &relay{store: map[string][]byte{"key.age": []byte("sealed key.age")}}
		spool := tempSpool(t)
		put(t, spool, "key.age")
		deliver(t, spool, r)
	})
}

func TestRefusalStopsAndKeeps(t *testing.T) {
	for _, code := range []int{
		http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusConflict,
		http.StatusRequestEntityTooLarge, http.StatusTemporaryRedirect,
	} {
		synctest.Test(t, func(t *testing.T) {
			r := &relay{answer: func(_ int, w http.ResponseWriter, _ *http.Request) int {
				w.Header().Set("Location", "http://elsewhere/")
				return code
			}}
			spool := tempSpool(t)
			put(t, spool, "key.age")
			u, stop := started(t, spool, r.serve(t))
			if err := u.Flush(t.Context()); !errors.Is(err, ErrRefused) {
				t.Errorf("%d: Flush: got %v, want ErrRefused", code, err)
			}
			if err := stop(); err != nil && !errors.Is(err, ErrRefused) {
				t.Errorf("%d: Run: %v", code, err)
			}
			if spool.Waiting() != 1 || r.tries != 1 {
				t.Errorf("%d: %d waiting after %d tries, want 1 and 1", code, spool.Waiting(), r.tries)
			}
		})
	}
}

func TestFlushEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &relay{answer: func(int, http.ResponseWriter, *http.Request) int { return http.StatusBadGateway }}
		spool := tempSpool(t)
		put(t, spool, "key.age")
		u, stop := started(t, spool, r.serve(t))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		if err := u.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the deadline", err)
		}
		if err := stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
		if spool.Waiting() != 1 {
			t.Error("the object is gone although the relay never took it")
		}
	})
}

// A relay that takes the connection and never answers holds nothing up for ever.
func TestFrozenRelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var wait sync.WaitGroup
		free := make(chan struct{})
		r := &relay{}
		client := r.serve(t)
		frozen := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			r.mu.Lock()
			r.tries++
			first := r.tries == 1
			r.mu.Unlock()
			if first {
				wait.Add(1)
				defer wait.Done()
				select {
				case <-free:
				case <-req.Context().Done():
				}
				return nil, req.Context().Err()
			}
			return client.Transport.RoundTrip(req)
		})}
		spool := tempSpool(t)
		put(t, spool, "key.age")
		began := time.Now()
		u, stop := started(t, spool, frozen)
		if err := u.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(began); d < tryTimeout || d > tryTimeout+time.Second {
			t.Errorf("took %v, want one timeout and a second try", d)
		}
		_ = stop()
		close(free)
		wait.Wait()
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
