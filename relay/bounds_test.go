package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"

	"beside/relay/internal/auth"
)

// slowPut begins an upload that does not end before stop is called.
func (tr *testRelay) slowPut(token, id, object string) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	body, more := io.Pipe()
	req, err := http.NewRequestWithContext(ctx, "PUT", tr.URL()+"/agent/v1/recordings/"+id+"/"+object, body)
	if err != nil {
		tr.t.Fatal(err)
	}
	req.ContentLength = maxUpload
	req.Header.Set("Authorization", "Bearer "+token)
	var done sync.WaitGroup
	done.Go(func() {
		if resp, err := http.DefaultClient.Do(req); err == nil {
			resp.Body.Close()
		}
	})
	if _, err := more.Write([]byte(ageHeader)); err != nil { // it is being read
		tr.t.Fatal(err)
	}
	return func() {
		cancel()
		more.Close()
		done.Wait()
	}
}

// uploading is how many uploads the relay takes now.
func (tr *testRelay) uploading() int {
	tr.uploads.mu.Lock()
	defer tr.uploads.mu.Unlock()
	return tr.uploads.n
}

// THREAT 18: one session's slow uploads keep nobody else's, and do not last.
func TestOneSessionUploadsFewAtATime(t *testing.T) {
	tr := startRelay(t, nil)
	token, other := tr.meet().joined.UploadToken, tr.meet().joined.UploadToken
	id, small := auth.NewID(), sealed("small")
	var stops []func()
	for i := range uploadsEach {
		stops = append(stops, tr.slowPut(token, id, fmt.Sprintf("segment-%06d.age", i)))
	}
	for until := time.Now().Add(patience); tr.uploading() < uploadsEach && time.Now().Before(until); {
		time.Sleep(time.Millisecond)
	}
	if status, body := tr.put(token, id, "segment-000009.age", small); status != http.StatusTooManyRequests {
		t.Errorf("one upload more: got %d %s", status, body)
	}
	tr.mustPut(other, auth.NewID(), keyObject, small)
	for _, stop := range stops {
		stop()
	}
	for until := time.Now().Add(patience); tr.uploading() > 0 && time.Now().Before(until); {
		time.Sleep(time.Millisecond)
	}
	tr.mustPut(token, id, "segment-000009.age", small)
}

// THREAT 18: so many bytes a second of one session, and so many recordings.
func TestOneSessionUploadsSoMuch(t *testing.T) {
	tr := startRelay(t, nil)
	token, other := tr.meet().joined.UploadToken, tr.meet().joined.UploadToken
	id, large := auth.NewID(), append(sealed(""), make([]byte, maxUpload-len(ageHeader))...)
	began, taken := time.Now(), 0
	for i := range 2 * flowBurst * flowUnit / maxUpload {
		status, body := tr.put(token, id, fmt.Sprintf("segment-%06d.age", i), large)
		if status == http.StatusTooManyRequests {
			break
		}
		if taken += maxUpload; status != http.StatusNoContent {
			t.Fatalf("object %d: got %d %s", i, status, body)
		}
	}
	if most := flowBurst*flowUnit + int(time.Since(began)/flowEvery+1)*flowUnit; taken < flowBurst*flowUnit || taken > most {
		t.Errorf("%d bytes were taken in %v, want from %d to %d", taken, time.Since(began), flowBurst*flowUnit, most)
	}
	for range 100 {
		tr.mustPut(other, auth.NewID(), keyObject, sealed("x"))
	}
	if status, body := tr.put(other, auth.NewID(), keyObject, sealed("x")); status != http.StatusInsufficientStorage {
		t.Errorf("one recording more: got %d %s", status, body)
	}
}

// THREAT 18: connections from one address are bounded before they cost anything.
func TestConnectionsAreBounded(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gated := &gatedListener{listener, newGate(10, 3)}
	accepted := make(chan net.Conn, 10)
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for {
			conn, err := gated.Accept()
			if err != nil {
				return
			}
			accepted <- conn
		}
	})
	defer accepting.Wait()
	defer gated.Close()
	dial := func(address string) net.Conn {
		dialer, _ := from(t, address)
		conn, err := dialer.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	var held []net.Conn
	for range 3 {
		dial("127.0.0.2")
		held = append(held, <-accepted)
	}
	refused := dial("127.0.0.2")
	if err := refused.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := refused.Read(make([]byte, 1)); err != io.EOF && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a fourth connection: got %v, want it closed", err)
	}
	dial("127.0.0.3")
	held = append(held, <-accepted)
	held[0].Close()
	_ = held[0].Close() // twice counts once
	dial("127.0.0.2")
	held = append(held, <-accepted)
	for _, conn := range held {
		conn.Close()
	}
	if gated.gate.n != 0 {
		t.Errorf("%d connections are still counted", gated.gate.n)
	}
}
