// Package relay brings agents and technicians together, keeps the organisation's
// accounts, and stores recordings that it cannot read.
//
//	agent ──WebSocket──► peer ─┐                 ┌─ peer ◄──WebSocket── viewer
//	                           └──► bus: room ◄──┘
//	agent ──PUT─────────► ingest ─► blobs, database ◄── api ◄──Connect── web application
//	both  ──UDP, TCP────► turn
//
// Begin with [New] and [Relay.Run]; route.go is the table of everything that is served
// and who may use it. The relay promises: the organisation is in every key, path and
// query; codes, passwords and tokens are stored as hashes or not at all; what the two
// ends say to one another passes unread; when a session ends, its TURN allocations end.
package relay

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"golang.org/x/crypto/acme/autocert"
	"golang.org/x/sync/errgroup"

	"beside/relay/internal/audit"
	"beside/relay/internal/auth"
	"beside/relay/internal/blob"
	"beside/relay/internal/bus"
	"beside/relay/internal/ratelimit"
	"beside/relay/internal/store"
)

// Bounds of the web server.
const (
	headerTimeout = 10 * time.Second
	// requestTimeout and answerTimeout are for ordinary requests; transferTimeout is
	// for a recording object of 8 MiB over a thin line.
	requestTimeout  = 30 * time.Second
	answerTimeout   = 60 * time.Second
	transferTimeout = 5 * time.Minute
	idleTimeout     = 2 * time.Minute
	maxHeader       = 16 << 10
	// drainTimeout is how long requests may finish when the relay stops.
	drainTimeout = 10 * time.Second
	// sweepEvery is how often expired recordings, sign-ins and links are deleted.
	sweepEvery = 10 * time.Minute
	// maxSockets and maxSocketsEach bound the WebSocket connections.
	maxSockets, maxSocketsEach = 20_000, 200
	// hashesAtATime bounds the memory of password hashing: 19 MiB each.
	hashesAtATime = 4
	// uploadsAtATime bounds the memory of uploads: 8 MiB each. One session has few of
	// them, so that its slow ones do not keep the others'.
	uploadsAtATime, uploadsEach = 32, 2
)

// Relay is a relay that New has started to listen. Run serves until its context ends.
type Relay struct {
	cfg      Config
	url      string
	listener net.Listener
	server   *http.Server
	store    *store.Store
	blobs    *blob.Store
	audit    audit.Key
	bus      *bus.Bus
	turn     *turnServer
	desk     *desk
	met      *metrics
	hasher   *auth.Hasher
	sockets  *gate
	hellos   *ratelimit.Limiter
	signIns  signInLimits
	names    nameRules
	scrape   auth.Secret        // the token for /metrics; empty: loopback only
	uploads  *gate              // by session
	flow     *ratelimit.Limiter // of uploads, by session, in units of flowUnit
	words    *ratelimit.Limiter // of feedback, by session
	looks    *ratelimit.Limiter // at checkpoints, by address
	adding   sync.Mutex         // held while an object's blob and row are written

	ctx  context.Context // ends the connections
	stop context.CancelFunc
	open sync.WaitGroup // handlers at work; http.Server does not wait for WebSockets
}

// New checks cfg, opens what is kept and the ports. Whoever calls it calls Run.
func New(cfg Config) (*Relay, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	r := &Relay{
		cfg: cfg, url: cfg.PublicURL,
		hasher:  auth.NewHasher(hashesAtATime),
		sockets: newGate(maxSockets, maxSocketsEach),
		hellos:  ratelimit.New(60, time.Second),
		signIns: newSignInLimits(),
		names:   newNameRules(),
		uploads: newGate(uploadsAtATime, uploadsEach),
		flow:    ratelimit.New(flowBurst, flowEvery),
		words:   ratelimit.New(20, 5*time.Second),
		looks:   ratelimit.New(60, time.Second),
	}
	r.ctx, r.stop = context.WithCancel(context.Background())
	if err := r.start(); err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

// start opens everything; close closes what was opened.
func (r *Relay) start() error {
	key, err := openDir(r.cfg.Dir)
	if err != nil {
		return err
	}
	if r.cfg.MetricsTokenFile != "" {
		if r.scrape, err = readSecret(r.cfg.MetricsTokenFile); err != nil {
			return err
		}
	}
	if r.store, err = openStore(r.ctx, r.cfg.Dir); err != nil {
		return err
	}
	if r.audit, err = openAudit(r.ctx, r.cfg.Dir, r.store); err != nil {
		return err
	}
	if r.blobs, err = blob.Open(filepath.Join(r.cfg.Dir, "recordings")); err != nil {
		return fmt.Errorf("%w: %w", ErrDataDir, err)
	}
	if err := r.listen(); err != nil {
		return err
	}
	if r.turn, err = newTurn(r.cfg, key); err != nil {
		return err
	}
	if r.bus, err = bus.Open(); err != nil {
		return err
	}
	r.met = newMetrics(r.turn.allocations)
	r.desk = newDesk(r.bus, r.store, r.audit, r.turn, r.met, r.cfg)
	return r.firstPerson(r.ctx)
}

// keyName is the file of the relay's own secret, from which TURN credentials are made.
const keyName = "relay.key"

// keyLength is the length of the secret in bytes.
const keyLength = 32

// openDir makes the data folder and reads the relay's key, which it makes at the first
// start.
func openDir(dir string) ([]byte, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDataDir, err)
	}
	return openKey(filepath.Join(dir, keyName), "delete it and a new one is made")
}

// openKey reads a key file, which it makes when there is none. remedy is what to do about
// one that holds no key.
func openKey(name, remedy string) ([]byte, error) {
	key := make([]byte, keyLength)
	rand.Read(key)
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		_, err = f.Write(key)
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrDataDir, err)
		}
		return key, nil
	}
	if !errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("%w: %w", ErrDataDir, err)
	}
	if key, err = readKeyFile(name); err != nil {
		return nil, err
	}
	if len(key) != keyLength || key[0] == key[1] && key[1] == key[2] && key[2] == key[3] {
		return nil, refuse("%s does not hold a random key of %d bytes; %s", name, keyLength, remedy)
	}
	return key, nil
}

func openStore(ctx context.Context, dir string) (*store.Store, error) {
	s, err := store.Open(ctx, dir)
	switch {
	case errors.Is(err, store.ErrNewer):
		return nil, fmt.Errorf("%w: %w", ErrNewer, err)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrDataDir, err)
	}
	return s, nil
}

// portError makes ErrPortInUse of what the system says.
func portError(err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%w: %w", ErrPortInUse, err)
	}
	return err
}

// listen opens the web server's port, with TLS when there is a certificate.
func (r *Relay) listen() error {
	config, err := r.tlsConfig()
	if err != nil {
		return err
	}
	r.listener, err = net.Listen("tcp", r.cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", r.cfg.Listen, portError(err))
	}
	if r.url == "" {
		scheme := "http://"
		if config != nil {
			scheme = "https://"
		}
		r.url = scheme + r.listener.Addr().String()
	}
	r.listener = gateConnections(r.listener, r.cfg.BehindProxy)
	if config != nil {
		r.listener = tls.NewListener(r.listener, config)
	}
	return nil
}

// tlsConfig returns nil for plain HTTP, which validate allowed on loopback only.
func (r *Relay) tlsConfig() (*tls.Config, error) {
	if r.cfg.ACMEHost != "" {
		m := &autocert.Manager{
			Prompt:     autocert.AcceptTOS,
			HostPolicy: autocert.HostWhitelist(r.cfg.ACMEHost),
			Cache:      autocert.DirCache(filepath.Join(r.cfg.Dir, "acme")),
		}
		c := m.TLSConfig()
		c.MinVersion = tls.VersionTLS12
		c.NextProtos = []string{"http/1.1", "acme-tls/1"}
		return c, nil
	}
	if r.cfg.TLSCert == "" {
		return nil, nil
	}
	key, err := readKeyFile(r.cfg.TLSKey)
	if err != nil {
		return nil, fmt.Errorf("read --tls-key: %w", err)
	}
	cert, err := os.ReadFile(r.cfg.TLSCert)
	if err != nil {
		return nil, fmt.Errorf("read --tls-cert: %w", err)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, refuse("--tls-cert and --tls-key do not belong together or cannot be read: %v", err)
	}
	// WebSockets need HTTP/1.1.
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}, nil
}

// Addr is the address that the web server listens on.
func (r *Relay) Addr() net.Addr { return r.listener.Addr() }

// URL is the address under which browsers and agents reach the relay, without a path.
func (r *Relay) URL() string { return r.url }

// Run serves until ctx ends or the web server fails, then tells every connection and
// stops. It returns when all of its goroutines have.
func (r *Relay) Run(ctx context.Context) error {
	if err := r.store.EndAllSessions(r.ctx); err != nil {
		return errors.Join(err, r.close())
	}
	r.server = &http.Server{
		Handler: r.handler(), ReadHeaderTimeout: headerTimeout, ReadTimeout: requestTimeout,
		WriteTimeout: answerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog: silentLog(),
	}
	r.cfg.Log.Info("relay serves", "url", r.url, "listen", r.listener.Addr().String())
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := r.server.Serve(r.listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	g.Go(func() error { return r.sweep(ctx) })
	g.Go(func() error {
		<-ctx.Done()
		r.drain()
		return nil
	})
	err := g.Wait()
	return errors.Join(err, r.close())
}

// drain ends the sessions, the requests and the connections, in this order.
func (r *Relay) drain() {
	r.desk.close() // every end is told
	ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	if err := r.server.Shutdown(ctx); err != nil {
		r.cfg.Log.Warn("requests were cut off", "err", err)
		_ = r.server.Close() // nothing more can be done about it
	}
	done := make(chan struct{})
	go func() { r.open.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
	r.stop()
	<-done
}

// sweep deletes what has expired.
func (r *Relay) sweep(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		err := errors.Join(r.store.RemoveExpired(ctx), r.deleteDue(ctx))
		if err != nil && ctx.Err() == nil {
			r.cfg.Log.Error("remove expired", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// close closes what start opened, and reports what could not be closed.
func (r *Relay) close() error {
	r.stop()
	if r.desk != nil {
		r.desk.close()
	}
	var errs []error
	if r.listener != nil {
		if err := r.listener.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	errs = append(errs, r.turn.close())
	if r.bus != nil {
		r.bus.Close()
	}
	if r.blobs != nil {
		errs = append(errs, r.blobs.Close())
	}
	if r.store != nil {
		errs = append(errs, r.store.Close())
	}
	return errors.Join(errs...)
}
