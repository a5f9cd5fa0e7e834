package agent

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"beside/protocol"
	"beside/protocol/wire"
)

const checkSession = "5e1fc4ec5e1fc4ec5e1fc4ec5e1fc4ec"

// technician joins the agent, proves the number, and asks to see the screen.
func (c *selfCheck) technician(ctx context.Context) error {
	hello := func(f *wire.AgentFrame) bool { return f.GetHello() != nil }
	if _, err := c.next(ctx, hello); err != nil {
		return err
	}
	organisation := &wire.Organisation{Id: "self-check", Name: "Beside self-check"}
	who := &wire.Technician{Id: "self-check", Name: "Beside self-check", AccountCreated: timestamppb.Now()}
	for _, m := range []*wire.RelayToAgent{
		{Kind: &wire.RelayToAgent_Welcome{Welcome: &wire.AgentWelcome{Organisation: organisation}}},
		{Kind: &wire.RelayToAgent_Locator{Locator: &wire.Locator{Digits: "00000", Expires: timestamppb.New(time.Now().Add(codeLife))}}},
	} {
		if err := c.send(ctx, m); err != nil {
			return err
		}
	}
	var code protocol.Code
	select {
	case code = <-c.code:
	case <-ctx.Done():
		return ctx.Err()
	}
	joined := &wire.TechnicianJoined{SessionId: checkSession, Technician: who}
	if err := c.send(ctx, &wire.RelayToAgent{Kind: &wire.RelayToAgent_Joined{Joined: joined}}); err != nil {
		return err
	}
	sealer, err := c.shake(ctx, code, who.Name, organisation.Name)
	if err != nil {
		return err
	}
	return c.ask(ctx, sealer)
}

// shake is the viewer's side of the handshake.
func (c *selfCheck) shake(ctx context.Context, code protocol.Code, who, organisation string) (*protocol.Sealer, error) {
	own, err := newIdentity()
	if err != nil {
		return nil, err
	}
	bound := &wire.HandshakeData{
		Protocol: protocol.Version, Role: wire.Role_ROLE_VIEWER, DtlsFingerprint: own.fingerprint[:],
		SessionId: checkSession, TechnicianName: who, OrganisationName: organisation,
	}
	expect := proto.CloneOf(bound)
	expect.Role, expect.DtlsFingerprint = wire.Role_ROLE_AGENT, nil
	h, err := protocol.NewHandshake(code, bound, expect)
	if err != nil {
		return nil, err
	}
	share, err := h.Start()
	if err != nil {
		return nil, err
	}
	if err := c.forward(ctx, &wire.PeerFrame{Kind: &wire.PeerFrame_Share{Share: share}}); err != nil {
		return nil, err
	}
	theirs, err := c.peerFrame(ctx)
	if err != nil {
		return nil, err
	}
	confirm, err := h.Finish(theirs.GetShare())
	if err != nil {
		return nil, err
	}
	if err := c.forward(ctx, &wire.PeerFrame{Kind: &wire.PeerFrame_Confirm{Confirm: confirm}}); err != nil {
		return nil, err
	}
	if theirs, err = c.peerFrame(ctx); err != nil {
		return nil, err
	}
	if _, err := h.Verify(theirs.GetConfirm()); err != nil {
		return nil, err
	}
	return h.Sealer()
}

func (c *selfCheck) peerFrame(ctx context.Context) (*wire.PeerFrame, error) {
	f, err := c.next(ctx, func(f *wire.AgentFrame) bool { return f.GetForward() != nil })
	if err != nil {
		return nil, err
	}
	return protocol.DecodePeerFrame(f.GetForward())
}

// ask asks for the screen and waits until the question is put, reading everything that
// the agent says meanwhile: only that it asks, and what is granted, which is nothing.
func (c *selfCheck) ask(ctx context.Context, sealer *protocol.Sealer) error {
	ask, err := proto.Marshal(&wire.FromViewer{Kind: &wire.FromViewer_Ask{Ask: &wire.Ask{Scope: wire.Scope_SCOPE_VIEW}}})
	if err != nil {
		return err
	}
	sealed, err := sealer.Seal(ask)
	if err != nil {
		return err
	}
	if err := c.forward(ctx, &wire.PeerFrame{Kind: &wire.PeerFrame_Sealed{Sealed: sealed}}); err != nil {
		return err
	}
	for {
		frame, err := c.peerFrame(ctx)
		if err != nil {
			return err
		}
		plain, err := sealer.Open(frame.GetSealed())
		if err != nil {
			return fmt.Errorf("%w: a message that was not sealed", ErrLeak)
		}
		m, err := protocol.DecodeFromAgent(plain)
		if err != nil {
			return err
		}
		switch kind := m.GetKind().(type) {
		case *wire.FromAgent_Asking:
			return nil
		case *wire.FromAgent_State:
			if len(kind.State.GetGranted()) > 0 {
				return fmt.Errorf("%w: it claims a yes", ErrLeak)
			}
		default:
			return fmt.Errorf("%w: a message of the kind %T", ErrLeak, kind)
		}
	}
}

// watch leaves the question on the screen for a while and looks at what left.
func (c *selfCheck) watch(ctx context.Context, relay string) error {
	began := time.Now()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for time.Since(began) < checkStands {
		if others, err := connections(relay); err != nil || len(others) > 0 {
			return fmt.Errorf("%w: connections to %q, %w", ErrLeak, others, err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	c.mu.Lock()
	c.report.Stood = time.Since(began)
	c.mu.Unlock()
	return c.judge()
}

// judge looks at what was counted.
func (c *selfCheck) judge() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name := range maps.Keys(c.report.Frames) {
		if !slices.Contains([]string{"hello", "new number", "handshake", "sealed", frameOver}, name) {
			return fmt.Errorf("%w: a frame that is %s", ErrLeak, name)
		}
	}
	// A few words that a question is open; a picture would be thousands of bytes.
	const most = 16 << 10
	if c.report.Bytes > most {
		return fmt.Errorf("%w: %d bytes", ErrLeak, c.report.Bytes)
	}
	if c.report.Frames[frameOver] > 0 {
		return ErrInterrupted
	}
	return nil
}

// connections lists the sockets of this process that lead anywhere but to relay, from
// the kernel's own tables; any UDP socket is one.
func connections(relay string) ([]string, error) {
	ours, err := ownSockets()
	if err != nil {
		return nil, err
	}
	_, port, _ := strings.Cut(relay, ":")
	n, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	var others []string
	for _, table := range []string{"tcp", "tcp6", "udp", "udp6"} {
		data, err := os.ReadFile("/proc/self/net/" + table)
		if err != nil {
			continue // a kernel without IPv6
		}
		for line := range strings.Lines(string(data)) {
			f := strings.Fields(line)
			if len(f) < 10 || !ours[f[9]] {
				continue
			}
			end := fmt.Sprintf(":%04X", n)
			if strings.HasPrefix(table, "tcp") && (strings.HasSuffix(f[1], end) || strings.HasSuffix(f[2], end)) {
				continue
			}
			others = append(others, table+" "+f[2])
		}
	}
	return others, nil
}

// ownSockets are the inodes of this process's sockets.
func ownSockets() (map[string]bool, error) {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil, err
	}
	inodes := map[string]bool{}
	for _, e := range entries {
		target, err := os.Readlink("/proc/self/fd/" + e.Name())
		if err != nil {
			continue // closed meanwhile
		}
		if inode, ok := strings.CutPrefix(target, "socket:["); ok {
			inodes[strings.TrimSuffix(inode, "]")] = true
		}
	}
	return inodes, nil
}
