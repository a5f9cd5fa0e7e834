package agent

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"beside/agent/internal/upload"
)

// uploads brings recordings to the relay while the program runs, those that an earlier
// run left behind too. They outlive the session: the summary is on the screen while
// the rest arrives. What has arrived leaves nothing here (PROMISE E3, THREAT 29); what
// has not waits for the next start, for as long as the relay may still take it.
type uploads struct {
	relay  string
	dir    string // the state folder
	client *http.Client
	log    *slog.Logger

	ctx    context.Context
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu   sync.Mutex
	list []*delivery // of this run's session
}

// lastUploads is how long the program stays for what has not arrived when its last
// window is closed.
const lastUploads = 20 * time.Second

func newUploads(cfg Config) *uploads {
	u := &uploads{
		relay: strings.TrimSuffix(cfg.Relay, "/"), dir: cfg.StateDir, log: cfg.Log,
		// Every try has its own time, see package upload.
		client: &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment}},
	}
	u.ctx, u.cancel = context.WithCancel(context.Background())
	return u
}

// resume goes on with what earlier runs left behind.
func (u *uploads) resume() {
	labels, err := upload.Left(u.dir)
	if err != nil {
		u.log.Warn("state folder not cleaned", "err", err)
	}
	for _, path := range labels {
		label, err := upload.OpenLabel(path)
		if errors.Is(err, upload.ErrInUse) {
			continue
		}
		if err != nil {
			u.log.Warn("recording left behind is not readable", "err", err)
			continue
		}
		spool, err := upload.OpenSpool(label.SpoolDir())
		if err != nil {
			u.log.Warn("recording left behind is not readable", "err", errors.Join(err, label.Close()))
			continue
		}
		d := u.deliver(label, spool)
		d.seal()
	}
}

// open makes the spool of a new recording and starts to upload what it will hold.
func (u *uploads) open(recording, token string) (*upload.Spool, error) {
	label, err := upload.NewLabel(u.dir, recording, u.relay+"/agent/v1/recordings/"+recording, token)
	if err != nil {
		return nil, err
	}
	spool, err := upload.OpenSpool(label.SpoolDir())
	if err != nil {
		return nil, errors.Join(err, label.Remove())
	}
	d := u.deliver(label, spool)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.list = append(u.list, d)
	return spool, nil
}

func (u *uploads) deliver(label *upload.Label, spool *upload.Spool) *delivery {
	ctx, stop := context.WithCancel(u.ctx)
	d := &delivery{
		stop: stop, label: label, spool: spool, log: u.log, sealed: make(chan struct{}), over: make(chan struct{}),
		uploader: &upload.Uploader{Client: u.client, URL: label.URL, Token: label.Token, Spool: spool},
	}
	u.done.Go(func() { d.run(ctx) })
	return d
}

// seal says that the session is over: nothing more comes.
func (u *uploads) seal() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, d := range u.list {
		if err := d.label.Touch(); err != nil {
			u.log.Warn("label not touched", "err", err)
		}
		d.seal()
	}
}

// settled is closed when nothing of the session is on its way any more.
func (u *uploads) settled() <-chan struct{} {
	u.mu.Lock()
	list := u.list
	u.mu.Unlock()
	settled := make(chan struct{})
	u.done.Go(func() {
		defer close(settled)
		for _, d := range list {
			<-d.over
		}
	})
	return settled
}

// arrived reports whether the relay has every recording of the session, once settled.
func (u *uploads) arrived() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, d := range u.list {
		if !d.arrived {
			return false
		}
	}
	return true
}

// close ends everything. What did not arrive stays for the next start.
func (u *uploads) close() {
	u.seal()
	u.cancel()
	u.done.Wait()
	u.client.CloseIdleConnections()
}

// delivery is one recording on its way to the relay.
type delivery struct {
	label    *upload.Label
	spool    *upload.Spool
	uploader *upload.Uploader
	log      *slog.Logger

	stop    context.CancelFunc
	erased  atomic.Bool // the user does not want it kept
	sealing sync.Once
	sealed  chan struct{} // closed when nothing more is put into the spool
	over    chan struct{} // closed when it arrived or was given up; arrived is set before
	arrived bool
}

func (d *delivery) seal() { d.sealing.Do(func() { close(d.sealed) }) }

// run uploads until everything has arrived, the relay refuses, or ctx ends, and leaves
// on the disk what a later run can still deliver.
func (d *delivery) run(ctx context.Context) {
	defer close(d.over)
	defer d.stop()
	running, stop := context.WithCancel(ctx)
	var uploading sync.WaitGroup
	uploading.Go(func() {
		if err := d.uploader.Run(running); err != nil {
			d.log.Error("recording not uploaded", "err", err)
		}
	})
	<-d.sealed
	err := d.uploader.Flush(ctx)
	stop()
	uploading.Wait()
	d.arrived = err == nil
	switch {
	case d.arrived, d.erased.Load(), d.label.Expired():
		err = errors.Join(d.spool.Remove(), d.label.Remove())
	default:
		err = errors.Join(d.spool.Close(), d.label.Close())
	}
	if err != nil {
		d.log.Warn("spool not put away", "err", err)
	}
}
