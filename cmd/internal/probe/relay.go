package probe

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/proto"

	"beside/protocol"
	"beside/protocol/wire"
)

const (
	dialTimeout  = 10 * time.Second
	writeTimeout = 10 * time.Second
	// handshakeTimeout: the agent answers by itself, without a person.
	handshakeTimeout = 15 * time.Second
)

// link is the WebSocket to the relay.
type link struct {
	ws *websocket.Conn
}

// dialRelay opens the viewers' WebSocket with the API token.
func dialRelay(ctx context.Context, cfg Config) (*link, error) {
	u, err := url.Parse(cfg.Relay)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("%w: %q is no address of the form https://relay.example", ErrUnreachable, cfg.Relay)
	}
	u.Scheme = "ws" + strings.TrimPrefix(u.Scheme, "http")
	u.Path = strings.TrimSuffix(u.Path, "/") + "/api/v1/session"
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	client := &http.Client{
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: cfg.TLS},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	ws, resp, err := websocket.Dial(ctx, u.String(), &websocket.DialOptions{
		HTTPClient: client,
		HTTPHeader: http.Header{"Authorization": {"Bearer " + cfg.Token}},
	})
	switch {
	case resp != nil && (resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden):
		return nil, fmt.Errorf("%w: %s", ErrToken, resp.Status)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	ws.SetReadLimit(protocol.MaxFrame)
	return &link{ws: ws}, nil
}

// join redeems the locator.
func (l *link) join(ctx context.Context, locator string) (*wire.ViewerWelcome, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	join := &wire.ViewerJoin{Protocol: protocol.Version, Locator: locator}
	if err := l.send(&wire.ViewerFrame{Kind: &wire.ViewerFrame_Join{Join: join}}); err != nil {
		return nil, err
	}
	frame, err := l.read(ctx)
	if err != nil {
		return nil, err
	}
	if frame.GetWelcome() == nil {
		return nil, fmt.Errorf("%w: no welcome", protocol.ErrBadMessage)
	}
	return frame.GetWelcome(), nil
}

// read reads one frame; the relay's errors become ours.
func (l *link) read(ctx context.Context) (*wire.RelayToViewer, error) {
	_, data, err := l.ws.Read(ctx)
	if err != nil {
		return nil, fmt.Errorf("probe: read from relay: %w", err)
	}
	frame, err := protocol.DecodeRelayToViewer(data)
	if err != nil {
		return nil, err
	}
	if e := frame.GetError(); e != nil {
		return nil, relayError(e)
	}
	return frame, nil
}

func relayError(e *wire.RelayError) error {
	switch e.GetCode() {
	case wire.RelayError_CODE_CODE_UNKNOWN:
		return ErrCode
	case wire.RelayError_CODE_TOO_MANY:
		return fmt.Errorf("probe: too many tries; try again in %d s", e.GetRetryAfterSeconds())
	case wire.RelayError_CODE_FORBIDDEN:
		return ErrToken
	}
	return fmt.Errorf("probe: the relay refused: %s", e.GetCode())
}

func (l *link) send(f *wire.ViewerFrame) error {
	data, err := proto.Marshal(f)
	if err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	if err := l.ws.Write(ctx, websocket.MessageBinary, data); err != nil {
		return fmt.Errorf("probe: write to relay: %w", err)
	}
	return nil
}

func (l *link) forward(f *wire.PeerFrame) error {
	data, err := proto.Marshal(f)
	if err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	return l.send(&wire.ViewerFrame{Kind: &wire.ViewerFrame_Forward{Forward: data}})
}

// close leaves without waiting for an answer.
func (l *link) close() {
	_ = l.send(&wire.ViewerFrame{Kind: &wire.ViewerFrame_Leave{Leave: &wire.ViewerLeave{}}}) // it may be gone
	_ = l.ws.CloseNow()
}

// shake runs the handshake to the agreed key.
func (s *Session) shake(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	own := &wire.HandshakeData{
		Protocol: protocol.Version, Role: wire.Role_ROLE_VIEWER, DtlsFingerprint: s.peer.fingerprint[:],
		SessionId: s.welcome.GetSessionId(), TechnicianName: s.welcome.GetTechnician().GetName(),
		OrganisationName: s.welcome.GetOrganisation().GetName(),
	}
	expect := proto.CloneOf(own)
	expect.Role, expect.DtlsFingerprint = wire.Role_ROLE_AGENT, nil
	if other := s.cfg.Attack.BindFingerprint; other != nil {
		own.DtlsFingerprint = other[:]
	}
	h, err := protocol.NewHandshake(s.cfg.Code, own, expect)
	if err != nil {
		return err
	}
	share, err := h.Start()
	if err != nil {
		return err
	}
	if err := s.link.forward(&wire.PeerFrame{Kind: &wire.PeerFrame_Share{Share: share}}); err != nil {
		return err
	}
	if err := s.agree(ctx, h); err != nil {
		return err
	}
	s.bound = h.PeerFingerprint()
	s.sealer, err = h.Sealer()
	return err
}

// agree answers the agent's frames until its confirmation is right.
func (s *Session) agree(ctx context.Context, h *protocol.Handshake) error {
	for {
		frame, err := s.nextPeerFrame(ctx)
		if err != nil {
			return err
		}
		switch kind := frame.GetKind().(type) {
		case *wire.PeerFrame_Share:
			confirm, err := h.Finish(kind.Share)
			if err != nil {
				return err
			}
			if err := s.link.forward(&wire.PeerFrame{Kind: &wire.PeerFrame_Confirm{Confirm: confirm}}); err != nil {
				return err
			}
		case *wire.PeerFrame_Confirm:
			_, err := h.Verify(kind.Confirm)
			return err
		case *wire.PeerFrame_Failed:
			if kind.Failed.GetWhy() == wire.HandshakeFailed_WHY_WRONG_SECRET {
				return protocol.ErrWrongSecret
			}
			return fmt.Errorf("probe: the agent refused: %s", kind.Failed.GetWhy())
		default:
			return protocol.ErrOutOfTurn
		}
	}
}

func (s *Session) nextPeerFrame(ctx context.Context) (*wire.PeerFrame, error) {
	for {
		frame, err := s.link.read(ctx)
		if err != nil {
			return nil, err
		}
		switch kind := frame.GetKind().(type) {
		case *wire.RelayToViewer_Forward:
			return protocol.DecodePeerFrame(kind.Forward)
		case *wire.RelayToViewer_Left:
			return nil, fmt.Errorf("probe: the agent is gone: %s", kind.Left.GetWhy())
		}
	}
}

// read takes what comes over the relay until the link ends.
func (s *Session) read(ctx context.Context) {
	for {
		frame, err := s.nextPeerFrame(ctx)
		if err != nil {
			s.change(func(st *State) { st.Broken = err })
			return
		}
		if frame.GetSealed() == nil {
			continue
		}
		plain, err := s.sealer.Open(frame.GetSealed())
		if err != nil {
			s.cfg.Log.Info("probe: sealed message refused", "err", err)
			continue
		}
		s.received(plain)
	}
}

// received takes one message of the agent, from either way.
func (s *Session) received(data []byte) {
	m, err := protocol.DecodeFromAgent(data)
	if err != nil {
		s.cfg.Log.Info("probe: message refused", "err", err)
		return
	}
	switch kind := m.GetKind().(type) {
	case *wire.FromAgent_Answer:
		err = s.peer.answer(kind.Answer.GetSdp(), s.bound)
	case *wire.FromAgent_Candidate:
		err = s.peer.add(kind.Candidate)
	default:
		s.change(func(st *State) { st.apply(m, time.Now()) })
	}
	if err != nil {
		s.cfg.Log.Info("probe: connection", "err", err)
		s.change(func(st *State) { st.Broken = errors.Join(st.Broken, err) })
	}
}

// apply notes what the agent said.
func (s *State) apply(m *wire.FromAgent, now time.Time) {
	switch kind := m.GetKind().(type) {
	case *wire.FromAgent_Asking:
		s.Asking = append(s.Asking[:len(s.Asking):len(s.Asking)], Asking{kind.Asking.GetScope(), now})
	case *wire.FromAgent_Decision:
		d := kind.Decision
		s.Decisions = append(s.Decisions[:len(s.Decisions):len(s.Decisions)],
			Decision{d.GetScope(), d.GetOutcome(), d.GetDetail(), now})
	case *wire.FromAgent_State:
		s.Agent = kind.State
	case *wire.FromAgent_Displays:
		s.Displays = kind.Displays
	case *wire.FromAgent_Recording:
		s.Recording = append(s.Recording[:len(s.Recording):len(s.Recording)], kind.Recording)
	case *wire.FromAgent_Ended:
		if s.Ended == nil {
			s.Ended, s.EndedAt = kind.Ended, now
		}
	}
}

// checkFingerprints refuses a description with another certificate than the bound one.
func checkFingerprints(sdp string, bound [sha256.Size]byte) error {
	found := false
	for line := range strings.Lines(sdp) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "a=fingerprint:")
		if !ok {
			continue
		}
		got, err := parseFingerprint(rest)
		if err != nil || got != bound {
			return errors.New("probe: the agent's certificate is not the one that was agreed")
		}
		found = true
	}
	if !found {
		return errors.New("probe: the agent's description names no certificate")
	}
	return nil
}
