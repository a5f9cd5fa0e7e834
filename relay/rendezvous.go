package relay

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"sync"
	"time"

	"beside/protocol"
	"beside/relay/internal/audit"
	"beside/relay/internal/auth"
	"beside/relay/internal/bus"
	"beside/relay/internal/ratelimit"
	"beside/relay/internal/store"
)

const (
	// codeLife is how long a locator can be redeemed.
	codeLife = 15 * time.Minute
	// resumeFor is how long a lost end may come back.
	resumeFor = 30 * time.Second
	// maxLiveCodes bounds the codes of one organisation at a time: with 100,000
	// locators, more would make a guess of the locator too easy, and the next free
	// one hard to find.
	maxLiveCodes = 20_000
	// maxRooms bounds the agents of one relay.
	maxRooms = 20_000
	// askTimeout bounds a question over the bus.
	askTimeout = 5 * time.Second
)

// Limits on redeeming codes, in tries at once and time for one more. A locator alone
// opens nothing; each try that hits one spends it, so tries are kept scarce. A try that
// led to a session, because the whole code was right, is given back.
const (
	technicianBurst, technicianEvery = 10, 90 * time.Second
	orgBurst, orgEvery               = 120, 5 * time.Second
	addressBurst, addressEvery       = 40, 15 * time.Second
)

// desk brings agents and technicians together. Each agent has a room; rooms and
// WebSocket connections speak over the bus only, so they may be on different relays.
type desk struct {
	bus   *bus.Bus
	store *store.Store
	audit audit.Key
	turn  *turnServer
	met   *metrics
	log   *slog.Logger
	// about is what users are told of the relay itself.
	processor, region string

	byTechnician, byOrganisation, byAddress *ratelimit.Limiter

	ctx  context.Context // ends the rooms
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu    sync.Mutex
	codes map[string]map[string]struct{} // organisation, digits
	rooms int
	over  bool
}

func newDesk(b *bus.Bus, s *store.Store, k audit.Key, t *turnServer, m *metrics, c Config) *desk {
	ctx, stop := context.WithCancel(context.Background())
	return &desk{
		bus: b, store: s, audit: k, turn: t, met: m, log: c.Log, processor: c.Processor, region: c.Region,
		byTechnician:   ratelimit.New(technicianBurst, technicianEvery),
		byOrganisation: ratelimit.New(orgBurst, orgEvery),
		byAddress:      ratelimit.New(addressBurst, addressEvery),
		ctx:            ctx, stop: stop,
		codes: map[string]map[string]struct{}{},
	}
}

// close ends all rooms and waits for them.
func (d *desk) close() {
	d.mu.Lock()
	d.over = true
	d.mu.Unlock()
	d.stop()
	d.wg.Wait()
}

// errFull means that the relay or the organisation has as many agents as it takes.
var errFull = errors.New("rendezvous: full")

// open makes the room of a new agent, whose connection is conn, and returns its id.
// audited is whether the agent takes proofs of the audit log.
func (d *desk) open(org store.Organisation, conn string, audited bool) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.over || d.rooms >= maxRooms {
		return "", errFull
	}
	r, err := newRoom(d, org, conn, audited)
	if err != nil {
		return "", err
	}
	d.rooms++
	d.wg.Go(func() {
		r.run(d.ctx)
		d.mu.Lock()
		d.rooms--
		d.mu.Unlock()
	})
	return r.id, nil
}

// codeTries bounds the search for a free locator.
const codeTries = 64

// takeCode finds a locator that nobody in the organisation shows.
func (d *desk) takeCode(org string) (string, error) {
	for range codeTries {
		n, err := rand.Int(rand.Reader, big.NewInt(100_000))
		if err != nil {
			return "", fmt.Errorf("rendezvous: random code: %w", err)
		}
		digits := fmt.Sprintf("%05d", n.Int64())
		if ok, err := d.claim(org, digits); err != nil {
			return "", err
		} else if !ok {
			continue
		}
		if !d.shownElsewhere(org, digits) {
			return digits, nil
		}
		d.freeCode(org, digits)
	}
	return "", errFull
}

func (d *desk) claim(org, digits string) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	codes := d.codes[org]
	if codes == nil {
		codes = map[string]struct{}{}
		d.codes[org] = codes
	}
	if len(codes) >= maxLiveCodes {
		return false, errFull
	}
	if _, taken := codes[digits]; taken {
		return false, nil
	}
	codes[digits] = struct{}{}
	return true, nil
}

// shownElsewhere asks the other relays.
func (d *desk) shownElsewhere(org, digits string) bool {
	ctx, cancel := context.WithTimeout(d.ctx, askTimeout)
	defer cancel()
	_, err := d.bus.Request(ctx, bus.Of(org).Code(digits), bus.Message{Kind: askProbe})
	return !errors.Is(err, bus.ErrNobody)
}

func (d *desk) freeCode(org, digits string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.codes[org], digits)
	if len(d.codes[org]) == 0 {
		delete(d.codes, org)
	}
}

// joiner is a technician as the bus carries them.
type joiner struct {
	UserID  string    `json:"user_id"`
	Name    string    `json:"name"`
	Created time.Time `json:"created"`
	// Address is where they come from, as limits go by it.
	Address string `json:"address,omitempty"`
	// Secret is the resume token's, when they come back.
	Secret string `json:"secret,omitempty"`
}

// errNoCode is the one answer to a code that is unknown, expired, used, or another
// organisation's.
var errNoCode = errors.New("rendezvous: no such code")

// tooMany says how long to wait.
type tooMany struct{ wait time.Duration }

func (e tooMany) Error() string { return "rendezvous: too many tries" }

// join redeems a locator for a technician whose connection is conn, and returns the
// room. It looks in the technician's own organisation only.
func (d *desk) join(ctx context.Context, who auth.Caller, address, digits, conn string) (string, error) {
	if wait := d.admit(who, address); wait > 0 {
		d.met.joins.WithLabelValues("limited").Inc()
		return "", tooMany{wait}
	}
	room, err := d.ask(ctx, bus.Of(who.OrganisationID).Code(digits), askJoin, conn, joiner{
		UserID: who.UserID, Name: who.Name, Created: who.Created, Address: address,
	})
	if err != nil {
		d.met.joins.WithLabelValues("unknown").Inc()
		return "", errNoCode
	}
	d.met.joins.WithLabelValues("joined").Inc()
	return room, nil
}

// admit counts one try against the technician, the organisation and the address. The
// narrowest comes first, so that one technician's bot does not use up the others' tries.
func (d *desk) admit(who auth.Caller, address string) time.Duration {
	if wait := d.byTechnician.Take(who.UserID); wait > 0 {
		return wait
	}
	if wait := d.byAddress.Take(address); wait > 0 {
		return wait
	}
	return d.byOrganisation.Take(who.OrganisationID)
}

// giveBack undoes what admit counted.
func (d *desk) giveBack(org string, who joiner) {
	d.byTechnician.Return(who.UserID)
	d.byAddress.Return(who.Address)
	d.byOrganisation.Return(org)
}

// ask puts a question to a room and returns the room's id when it says yes.
func (d *desk) ask(ctx context.Context, s bus.Subject, kind, conn string, who joiner) (string, error) {
	data, err := json.Marshal(who)
	if err != nil {
		return "", fmt.Errorf("rendezvous: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	answer, err := d.bus.Request(ctx, s, bus.Message{Kind: kind, From: conn, Data: data})
	if err != nil {
		return "", err
	}
	if answer.Kind != answerYes {
		return "", errNoCode
	}
	return string(answer.Data), nil
}

// versionDetail is what an end with another protocol version is told.
func versionDetail() string {
	return fmt.Sprintf("this relay speaks version %d", protocol.Version)
}

// serveAgent is the agents' WebSocket.
func (r *Relay) serveAgent(w http.ResponseWriter, req *http.Request) {
	r.serveSocket(w, req, (*peer).agent)
}

// serveViewer is the viewers' WebSocket.
func (r *Relay) serveViewer(w http.ResponseWriter, req *http.Request) {
	r.serveSocket(w, req, (*peer).viewer)
}
