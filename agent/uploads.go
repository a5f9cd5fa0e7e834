package agent

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"beside/agent/internal/upload"
)

// uploads brings recordings to the relay while the program runs. They outlive the
// session: the summary is on the screen while the rest arrives.
type uploads struct {
	relay  string
	client *http.Client
	log    *slog.Logger

	ctx    context.Context
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu   sync.Mutex
	list []*upload.Uploader
}

// lastUploads is how long the program stays for what has not arrived when its last
// window is closed.
const lastUploads = 20 * time.Second

func newUploads(cfg Config) *uploads {
	u := &uploads{relay: strings.TrimSuffix(cfg.Relay, "/"), client: &http.Client{Timeout: time.Minute}, log: cfg.Log}
	u.ctx, u.cancel = context.WithCancel(context.Background())
	return u
}

// add starts to upload what a spool holds and will hold.
func (u *uploads) add(recording string, spool *upload.Spool, token string) {
	uploader := &upload.Uploader{
		Client: u.client, URL: u.relay + "/agent/v1/recordings/" + recording, Token: token, Spool: spool,
	}
	u.mu.Lock()
	u.list = append(u.list, uploader)
	u.mu.Unlock()
	u.done.Go(func() {
		if err := uploader.Run(u.ctx); err != nil && u.ctx.Err() == nil {
			u.log.Error("recording not uploaded", "err", err)
		}
	})
}

// close waits a bounded time for what is on its way, and ends the rest. What did not
// arrive stays in the spool.
func (u *uploads) close() {
	ctx, cancel := context.WithTimeout(u.ctx, lastUploads)
	defer cancel()
	u.mu.Lock()
	list := u.list
	u.mu.Unlock()
	for _, uploader := range list {
		if err := uploader.Flush(ctx); err != nil {
			u.log.Warn("recording still in the spool", "err", err)
		}
	}
	u.cancel()
	u.done.Wait()
}
