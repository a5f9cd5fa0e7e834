package relay

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"
	"google.golang.org/protobuf/proto"

	"beside/protocol"
	"beside/protocol/wire"
	"beside/relay/internal/auth"
	"beside/relay/internal/bus"
)

// Bounds of one WebSocket connection.
const (
	// helloTimeout: a connection that does not say who it is is closed.
	helloTimeout = 10 * time.Second
	// writeTimeout: a client that does not read for so long is closed.
	writeTimeout = 10 * time.Second
	// pingEvery finds dead connections; pongTimeout is how long an answer may take.
	pingEvery   = 15 * time.Second
	pongTimeout = 10 * time.Second
	// outQueue is how many messages wait for a slow client before it is closed.
	outQueue = 64
	// A client may send so many frames a second and so many at once, and the bytes
	// likewise; more is read later, so the client feels it and nobody else.
	framesPerSecond, framesBurst = 100, 400
	bytesPerSecond, bytesBurst   = 512 << 10, 4 << 20
)

// peer is one WebSocket connection, of an agent or a viewer.
type peer struct {
	relay   *Relay
	ws      *websocket.Conn
	id      string
	who     auth.Caller // of a viewer
	address string
	log     *slog.Logger

	out    chan outgoing
	frames *rate.Limiter
	bytes  *rate.Limiter
}

// outgoing is a message to write; a close code other than 0 closes after it.
type outgoing struct {
	data []byte
	code websocket.StatusCode
}

// closed ends a connection with a close code; its last message was queued.
type closed struct{ code websocket.StatusCode }

func (c closed) Error() string { return "closed with " + strconv.Itoa(int(c.code)) }

// errSlow ends a connection that does not take what it is sent.
var errSlow = errors.New("the client reads too slowly")

// serveSocket accepts a WebSocket and runs it as an agent's or a viewer's.
func (r *Relay) serveSocket(w http.ResponseWriter, req *http.Request, run func(*peer, context.Context) error) {
	address := r.clientAddress(req)
	release, ok := r.sockets.enter(address)
	if !ok {
		writeError(w, http.StatusTooManyRequests, "resource_exhausted", "too many connections from your address; close some and try again")
		return
	}
	defer release()
	ws, err := websocket.Accept(w, req, &websocket.AcceptOptions{
		// The route's guard has checked the Origin, more strictly than the library
		// would: it lets a missing one pass.
		InsecureSkipVerify: true,
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		return // the library has answered
	}
	ws.SetReadLimit(protocol.MaxFrame)
	caller, _ := callerOf(req.Context())
	p := &peer{
		relay: r, ws: ws, id: auth.NewID(), who: caller, address: address, log: r.cfg.Log,
		out:    make(chan outgoing, outQueue),
		frames: rate.NewLimiter(framesPerSecond, framesBurst),
		bytes:  rate.NewLimiter(bytesPerSecond, bytesBurst),
	}
	p.end(run(p, r.ctx))
}

// end closes the connection as err says.
func (p *peer) end(err error) {
	var c closed
	switch {
	case errors.As(err, &c):
		_ = p.ws.Close(c.code, "") // the other side may be gone already
	case errors.Is(err, errSlow), errors.Is(err, context.DeadlineExceeded):
		_ = p.ws.Close(protocol.CloseSilent, "")
	default:
		_ = p.ws.CloseNow()
	}
}

// subscribe takes what the room sends to this connection.
func (p *peer) subscribe(org string, cancel context.CancelCauseFunc) (*bus.Subscription, error) {
	return p.relay.bus.Subscribe(bus.Of(org).Conn(p.id), func(m bus.Message) { p.queue(cancel, m) })
}

// queue puts a message in line; a full line ends the connection.
func (p *peer) queue(cancel context.CancelCauseFunc, m bus.Message) {
	next := outgoing{data: m.Data}
	if m.Kind == toClose {
		code, err := strconv.Atoi(m.From)
		if err != nil {
			code = int(websocket.StatusInternalError)
		}
		next.code = websocket.StatusCode(code)
	}
	select {
	case p.out <- next:
	default:
		cancel(errSlow)
	}
}

// agent runs an agent's connection.
func (p *peer) agent(ctx context.Context) error {
	data, err := p.first(ctx)
	if err != nil {
		return err
	}
	frame, err := protocol.DecodeAgentFrame(data)
	hello := frame.GetHello()
	if err != nil || hello == nil {
		return p.refuse(ctx, agentError(wire.RelayError_CODE_BAD_FRAME, "", 0), protocol.CloseBadFrame)
	}
	if hello.Protocol != protocol.Version {
		return p.refuse(ctx, agentError(wire.RelayError_CODE_VERSION, versionDetail(), 0), protocol.CloseVersion)
	}
	if wait := p.relay.hellos.Take(p.address); wait > 0 {
		return p.refuse(ctx, agentError(wire.RelayError_CODE_TOO_MANY, "", wait), protocol.CloseTooMany)
	}
	org, err := p.relay.store.OrganisationByShortName(ctx, hello.Organisation)
	if err != nil {
		return p.refuse(ctx, agentError(wire.RelayError_CODE_ORGANISATION, "", 0), protocol.CloseForbidden)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	sub, err := p.subscribe(org.ID, cancel)
	if err != nil {
		return err
	}
	defer sub.End()
	p.relay.met.agentsNow.Inc()
	defer p.relay.met.agentsNow.Dec()
	if hello.ResumeToken == "" {
		room, err := p.relay.desk.open(org, p.id, hello.Audit)
		if err != nil {
			return p.refuse(ctx, agentError(wire.RelayError_CODE_UNAVAILABLE, "", 0), protocol.CloseUnavailable)
		}
		return p.pump(ctx, cancel, bus.Of(org.ID).Room(room), sides{fromAgent, agentLost, agentGone})
	}
	room, secret := splitToken(hello.ResumeToken)
	subject := bus.Of(org.ID).Room(room)
	if _, err := p.relay.desk.ask(ctx, subject, resumeAgent, p.id, joiner{Secret: secret}); err != nil {
		return p.refuse(ctx, agentError(wire.RelayError_CODE_RESUME, "", 0), protocol.CloseResume)
	}
	return p.pump(ctx, cancel, subject, sides{fromAgent, agentLost, agentGone})
}

// viewer runs a viewer's connection.
func (p *peer) viewer(ctx context.Context) error {
	data, err := p.first(ctx)
	if err != nil {
		return err
	}
	frame, err := protocol.DecodeViewerFrame(data)
	join := frame.GetJoin()
	if err != nil || join == nil {
		return p.refuse(ctx, viewerError(wire.RelayError_CODE_BAD_FRAME, "", 0), protocol.CloseBadFrame)
	}
	if join.Protocol != protocol.Version {
		return p.refuse(ctx, viewerError(wire.RelayError_CODE_VERSION, versionDetail(), 0), protocol.CloseVersion)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	sub, err := p.subscribe(p.who.OrganisationID, cancel)
	if err != nil {
		return err
	}
	defer sub.End()
	watch, err := p.watchRights(ctx, cancel)
	if err != nil {
		return err
	}
	defer watch.End()
	// The guard looked when the connection was opened, and the watch tells of what comes.
	if !p.mayHelp(ctx) {
		return p.refuse(ctx, viewerError(wire.RelayError_CODE_FORBIDDEN, "", 0), protocol.CloseForbidden)
	}
	p.relay.met.viewersNow.Inc()
	defer p.relay.met.viewersNow.Dec()
	room, refusal := p.enter(ctx, join)
	if refusal != nil {
		return p.refuse(ctx, refusal.frame, refusal.code)
	}
	return p.pump(ctx, cancel, bus.Of(p.who.OrganisationID).Room(room), sides{fromViewer, viewerLost, viewerGone})
}

// refusal is a last frame and a close code.
type refusal struct {
	frame *wire.RelayToViewer
	code  int
}

// enter redeems the code, or comes back with a resume token.
func (p *peer) enter(ctx context.Context, join *wire.ViewerJoin) (string, *refusal) {
	if join.ResumeToken != "" {
		room, secret := splitToken(join.ResumeToken)
		_, err := p.relay.desk.ask(ctx, bus.Of(p.who.OrganisationID).Room(room), resumeViewer, p.id,
			joiner{UserID: p.who.UserID, Secret: secret})
		if err != nil {
			return "", &refusal{viewerError(wire.RelayError_CODE_RESUME, "", 0), protocol.CloseResume}
		}
		return room, nil
	}
	room, err := p.relay.desk.join(ctx, p.who, p.address, join.Locator, p.id)
	var many tooMany
	switch {
	case errors.As(err, &many):
		return "", &refusal{viewerError(wire.RelayError_CODE_TOO_MANY, "", many.wait), protocol.CloseTooMany}
	case err != nil:
		return "", &refusal{viewerError(wire.RelayError_CODE_CODE_UNKNOWN, "", 0), protocol.CloseCodeUnknown}
	}
	return room, nil
}

// watchRights ends the connection when its user loses the technician's role.
func (p *peer) watchRights(ctx context.Context, cancel context.CancelCauseFunc) (*bus.Subscription, error) {
	return p.relay.bus.Subscribe(bus.Of(p.who.OrganisationID).User(p.who.UserID), func(bus.Message) {
		if !p.mayHelp(ctx) {
			p.queue(cancel, closing(viewerError(wire.RelayError_CODE_FORBIDDEN, "", 0), protocol.CloseForbidden))
		}
	})
}

// mayHelp reports whether the user is a technician now. Where that cannot be told, they are
// not.
func (p *peer) mayHelp(ctx context.Context) bool {
	u, err := p.relay.store.User(ctx, p.who.OrganisationID, p.who.UserID)
	return err == nil && u.Roles.Has(auth.Technician)
}

// first reads the connection's first message.
func (p *peer) first(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, helloTimeout)
	defer cancel()
	return p.read(ctx)
}

func (p *peer) read(ctx context.Context) ([]byte, error) {
	kind, data, err := p.ws.Read(ctx)
	if err != nil {
		return nil, err
	}
	if kind != websocket.MessageBinary {
		return nil, closed{protocol.CloseBadFrame}
	}
	return data, nil
}

// refuse writes a last frame and ends.
func (p *peer) refuse(ctx context.Context, last proto.Message, code int) error {
	data, err := proto.Marshal(last)
	if err != nil {
		return err
	}
	if err := p.write(ctx, data); err != nil {
		return err
	}
	return closed{websocket.StatusCode(code)}
}

func (p *peer) write(ctx context.Context, data []byte) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	return p.ws.Write(ctx, websocket.MessageBinary, data)
}

// sides are the words by which a connection speaks to its room.
type sides struct{ frame, lost, gone string }

// pump moves frames both ways until the connection ends, and tells the room how it did.
func (p *peer) pump(ctx context.Context, cancel context.CancelCauseFunc, room bus.Subject, words sides) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return p.readLoop(ctx, room, words.frame) })
	g.Go(func() error { return p.writeLoop(ctx) })
	g.Go(func() error { return p.pingLoop(ctx) })
	err := g.Wait()
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, context.Canceled) {
		err = cause
	}
	word := words.lost
	if left(err) {
		word = words.gone
	}
	if perr := p.relay.bus.Publish(room, bus.Message{Kind: word, From: p.id}); perr != nil {
		p.log.Warn("tell room of the end", "err", perr)
	}
	return err
}

// left reports whether the other side, or the relay by a verdict, closed for good.
func left(err error) bool {
	var c closed
	return errors.As(err, &c) || websocket.CloseStatus(err) == websocket.StatusNormalClosure
}

// readLoop passes frames to the room, no faster than the limits allow.
func (p *peer) readLoop(ctx context.Context, room bus.Subject, word string) error {
	for {
		data, err := p.read(ctx)
		if err != nil {
			return err
		}
		if err := p.frames.Wait(ctx); err != nil {
			return err
		}
		if err := p.bytes.WaitN(ctx, len(data)); err != nil {
			return err
		}
		if err := p.relay.bus.Publish(room, bus.Message{Kind: word, From: p.id, Data: data}); err != nil {
			return err
		}
	}
}

// writeLoop writes what the room sends.
func (p *peer) writeLoop(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m := <-p.out:
			if len(m.data) > 0 {
				if err := p.write(ctx, m.data); err != nil {
					return err
				}
			}
			if m.code != 0 {
				// Here and not in end: cancelling a read drops the connection before
				// the close frame.
				_ = p.ws.Close(m.code, "")
				return closed{m.code}
			}
		}
	}
}

// pingLoop finds out when the other side is gone without a word.
func (p *peer) pingLoop(ctx context.Context) error {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			pctx, cancel := context.WithTimeout(ctx, pongTimeout)
			err := p.ws.Ping(pctx)
			cancel()
			if err != nil {
				return err
			}
		}
	}
}
