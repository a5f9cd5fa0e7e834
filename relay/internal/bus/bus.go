// Package bus carries messages between the parts of the relay, and between relays
// when there are several. It is a NATS server inside the process with no listener.
//
// Begin with [Open]. What it promises: a [Subject] can only be made from an
// organisation, so no message crosses from one organisation to another; messages of
// one subject arrive in the order they were published in.
package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// ErrNobody is returned by Request when nobody listens on the subject.
var ErrNobody = errors.New("bus: nobody listens")

// maxMessage is the largest message: a frame of the signalling (64 KiB) and its
// envelope.
const maxMessage = 256 << 10

// startTimeout bounds the start of the server inside the process.
const startTimeout = 10 * time.Second

// Bus is one connection to the bus. It is safe for use by several goroutines.
type Bus struct {
	server *server.Server
	conn   *nats.Conn
}

// Open starts the bus. No port is opened.
func Open() (*Bus, error) {
	srv, err := server.NewServer(&server.Options{
		ServerName: "beside",
		DontListen: true,
		NoLog:      true,
		NoSigs:     true,
		MaxPayload: maxMessage,
	})
	if err != nil {
		return nil, fmt.Errorf("bus: make server: %w", err)
	}
	go srv.Start() // returns once the server runs; Close waits for the rest
	if !srv.ReadyForConnections(startTimeout) {
		srv.Shutdown()
		return nil, errors.New("bus: the server did not start")
	}
	conn, err := nats.Connect("", nats.InProcessServer(srv), nats.NoReconnect())
	if err != nil {
		srv.Shutdown()
		srv.WaitForShutdown()
		return nil, fmt.Errorf("bus: connect: %w", err)
	}
	return &Bus{server: srv, conn: conn}, nil
}

// Close ends all subscriptions and stops the server.
func (b *Bus) Close() {
	b.conn.Close()
	b.server.Shutdown()
	b.server.WaitForShutdown()
}

// Message is one message.
type Message struct {
	// Kind says what it is; the subscriber's own vocabulary.
	Kind string
	// From names the connection it came from or is about; may be empty.
	From string
	Data []byte

	reply func(Message) error
}

// Reply answers a message that came by Request. It does nothing for others.
func (m Message) Reply(answer Message) error {
	if m.reply == nil {
		return nil
	}
	return m.reply(answer)
}

// The headers that hold a message's fields.
const (
	headerKind = "k"
	headerFrom = "f"
)

func encode(s Subject, m Message) *nats.Msg {
	msg := nats.NewMsg(s.name)
	msg.Header[headerKind] = []string{m.Kind}
	msg.Header[headerFrom] = []string{m.From}
	msg.Data = m.Data
	return msg
}

func decode(msg *nats.Msg) Message {
	m := Message{Data: msg.Data}
	if v := msg.Header[headerKind]; len(v) == 1 {
		m.Kind = v[0]
	}
	if v := msg.Header[headerFrom]; len(v) == 1 {
		m.From = v[0]
	}
	if msg.Reply != "" {
		m.reply = func(answer Message) error {
			return msg.RespondMsg(encode(Subject{name: msg.Reply}, answer))
		}
	}
	return m
}

// Publish sends m to everyone who listens on s.
func (b *Bus) Publish(s Subject, m Message) error {
	if err := b.conn.PublishMsg(encode(s, m)); err != nil {
		return fmt.Errorf("bus: publish: %w", err)
	}
	return nil
}

// Request sends m and waits for the first answer, until ctx ends.
func (b *Bus) Request(ctx context.Context, s Subject, m Message) (Message, error) {
	msg, err := b.conn.RequestMsgWithContext(ctx, encode(s, m))
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return Message{}, ErrNobody
	case err != nil:
		return Message{}, fmt.Errorf("bus: request: %w", err)
	}
	return decode(msg), nil
}

// Subscription is one listening. End stops it.
type Subscription struct{ sub *nats.Subscription }

// End stops the subscription. Calls under way may still finish.
func (s *Subscription) End() {
	if s != nil {
		_ = s.sub.Unsubscribe() // fails only when the bus is closed, which ends it too
	}
}

// Subscribe calls f for every message on s, one after the other. f must not block
// for long: messages behind it wait.
func (b *Bus) Subscribe(s Subject, f func(Message)) (*Subscription, error) {
	sub, err := b.conn.Subscribe(s.name, func(msg *nats.Msg) { f(decode(msg)) })
	if err != nil {
		return nil, fmt.Errorf("bus: subscribe: %w", err)
	}
	return &Subscription{sub: sub}, nil
}
