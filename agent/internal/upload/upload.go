// Package upload brings sealed recordings from a spool on disk to the relay.
//
//	recording.Writer ─ Put ─► Spool (fsync, rename) ─► Uploader ─ PUT ─► relay
//	                                ▲                      │
//	                                └── deletes what was ◄─┘ acknowledged
//
// Begin with [OpenSpool] and [Uploader]. It promises: an object that Put took
// survives a crash; objects arrive in order, the key first and the manifest last, so
// that a manifest on the relay means that everything is there; sending one twice does
// no harm; nothing is deleted before the relay has it. What is spooled is sealed
// already: nothing here can read it.
package upload

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// firstWait and maxWait bound the pause between two tries; it doubles.
	firstWait = 500 * time.Millisecond
	maxWait   = 30 * time.Second
	// tryTimeout is for one object of at most 8 MiB: 1 Mbit/s takes 68 s.
	tryTimeout = 2 * time.Minute
)

// ErrRefused means that the relay will never take this object from us: the token is
// not valid (any more), or it holds another object by that name. It stays spooled.
var ErrRefused = errors.New("upload: the relay refused the recording")

// Uploader sends what is in a spool as numbered, idempotent PUTs. Run it once; all
// fields are required and stay as they are.
type Uploader struct {
	Client *http.Client
	// URL of the recording's folder on the relay.
	URL string
	// Token is the session's upload token.
	Token string
	Spool *Spool

	once    sync.Once
	refused chan struct{} // closed when Run gave up; err is set before
	err     error
}

func (u *Uploader) init() {
	u.once.Do(func() { u.refused = make(chan struct{}) })
}

// Run uploads what is spooled and what will be, until ctx ends; then it returns nil.
// It tries again for as long as the relay may still take the object, and returns
// ErrRefused when it will not, or the spool's error.
func (u *Uploader) Run(ctx context.Context) error {
	u.init()
	err := u.run(ctx)
	if ctx.Err() != nil {
		return nil
	}
	u.err = err
	close(u.refused)
	return err
}

func (u *Uploader) run(ctx context.Context) error {
	for {
		changed := u.Spool.changes()
		name := u.Spool.next()
		if name == "" {
			select {
			case <-changed:
			case <-ctx.Done():
				return nil
			}
			continue
		}
		if err := u.deliver(ctx, name); err != nil {
			return err
		}
	}
}

// Flush waits until everything spooled has arrived. It returns Run's error when Run
// gave up, and ctx's when that ends first.
func (u *Uploader) Flush(ctx context.Context) error {
	u.init()
	for {
		changed := u.Spool.changes()
		if u.Spool.next() == "" {
			return nil
		}
		select {
		case <-changed:
		case <-u.refused:
			return u.err
		case <-ctx.Done():
			return fmt.Errorf("upload: wait for the relay: %w", ctx.Err())
		}
	}
}

// deliver sends one object until the relay has it, then deletes it here.
func (u *Uploader) deliver(ctx context.Context, name string) error {
	data, err := u.Spool.read(name)
	if err != nil {
		return err
	}
	for wait := firstWait; ; wait = min(2*wait, maxWait) {
		pause, err := u.put(ctx, name, data)
		if err == nil {
			return u.Spool.delete(name)
		}
		if errors.Is(err, ErrRefused) || ctx.Err() != nil {
			return err
		}
		// Spread the agents of a relay that comes back: 75 to 125 %.
		pause = max(pause, wait*3/4+rand.N(wait/2))
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// put tries once. Any error but ErrRefused is worth another try, after pause at least.
func (u *Uploader) put(ctx context.Context, name string, data []byte) (pause time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	url := strings.TrimSuffix(u.URL, "/") + "/" + name
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, url, bytes.NewReader(data))
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	req.Header.Set("Authorization", "Bearer "+u.Token)
	req.Header.Set("Content-Type", "application/octet-stream")
	client := *u.Client
	// The token goes to the relay alone.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("upload: put %s: %w", name, err)
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 4<<10) // so that the connection is used again
	switch code := resp.StatusCode; {
	case code >= 200 && code < 300:
		return 0, nil
	case code >= 500, code == http.StatusTooManyRequests, code == http.StatusRequestTimeout:
		return retryAfter(resp.Header), fmt.Errorf("upload: put %s: %s", name, resp.Status)
	default:
		return 0, fmt.Errorf("%w: %s: %s", ErrRefused, name, resp.Status)
	}
}

// retryAfter reads the seconds of Retry-After, at most maxWait.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(min(seconds, 3600))*time.Second, maxWait)
}
