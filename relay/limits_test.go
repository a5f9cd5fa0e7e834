package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"beside/protocol"
	"beside/protocol/wire"
	"beside/relay/internal/audit"
	"beside/relay/internal/auth"
	"beside/relay/internal/bus"
	"beside/relay/internal/ratelimit"
	"beside/relay/internal/store"
)

// bench is a desk without a network, for a virtual clock.
type bench struct {
	desk *desk
	org  store.Organisation
}

func newBench(t *testing.T) *bench {
	t.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b, err := bus.Open()
	if err != nil {
		t.Fatal(err)
	}
	org, err := s.AddOrganisation(ctx, audit.Operator, "acme", "Acme")
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(b, s, audit.NewKey(make([]byte, keyLength)), nil, newMetrics(func() int { return 0 }), Config{Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(func() {
		d.close()
		b.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &bench{d, org}
}

// benchAgent is an agent's connection without a network.
type benchAgent struct {
	b          *bench
	t          *testing.T
	conn, room string
	frames     chan bus.Message
}

// open opens a room for a new agent.
func (b *bench) open(t *testing.T) *benchAgent {
	t.Helper()
	a := &benchAgent{b: b, t: t, conn: auth.NewID(), frames: make(chan bus.Message, 64)}
	sub, err := b.desk.bus.Subscribe(bus.Of(b.org.ID).Conn(a.conn), func(m bus.Message) { a.frames <- m })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sub.End)
	if a.room, err = b.desk.open(b.org, a.conn, false); err != nil {
		t.Fatal(err)
	}
	return a
}

// code waits for the next code and returns its digits.
func (a *benchAgent) code() string {
	a.t.Helper()
	for m := range a.frames {
		f, err := protocol.DecodeRelayToAgent(m.Data)
		if err != nil {
			a.t.Fatal(err)
		}
		if l := f.GetLocator(); l != nil {
			return l.Digits
		}
	}
	return ""
}

// send lets the room have a frame of the agent's.
func (a *benchAgent) send(f *wire.AgentFrame) {
	a.t.Helper()
	data, err := proto.Marshal(f)
	if err != nil {
		a.t.Fatal(err)
	}
	err = a.b.desk.bus.Publish(bus.Of(a.b.org.ID).Room(a.room), bus.Message{Kind: fromAgent, From: a.conn, Data: data})
	if err != nil {
		a.t.Fatal(err)
	}
}

// says lets the agent say how a technician's try ended, and returns the next code.
func (a *benchAgent) says(agreed bool) string {
	a.t.Helper()
	if agreed {
		a.send(&wire.AgentFrame{Kind: &wire.AgentFrame_Over{Over: &wire.SessionOver{}}})
	}
	a.send(&wire.AgentFrame{Kind: &wire.AgentFrame_NewCode{NewCode: &wire.NewCode{Why: wire.NewCode_WHY_BURNT}}})
	return a.code()
}

// agent opens a room and returns the digits of its code.
func (b *bench) agent(t *testing.T) string { t.Helper(); return b.open(t).code() }

func (b *bench) technician(i int) auth.Caller {
	return auth.Caller{OrganisationID: b.org.ID, UserID: fmt.Sprintf("%032x", i), Name: "T", Roles: auth.Technician}
}

func TestCodeExpiresAfterFifteenMinutes(t *testing.T) {
	for _, c := range []struct {
		after time.Duration
		want  error
	}{{codeLife - time.Second, nil}, {codeLife, errNoCode}, {24 * time.Hour, errNoCode}} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t)
			digits := b.agent(t)
			time.Sleep(c.after) // virtual
			synctest.Wait()
			_, err := b.desk.join(t.Context(), b.technician(1), "192.0.2.1", digits, auth.NewID())
			if !errors.Is(err, c.want) {
				t.Errorf("after %v: got %v, want %v", c.after, err, c.want)
			}
		})
	}
}

// THREAT 7: of 10^6 guesses those within the limit are looked at, and no others.
func TestGuessingCodes(t *testing.T) {
	const perSecond = 50
	for _, c := range []struct {
		name    string
		guesses int
		bots    int
		burst   int
		every   time.Duration
	}{
		{"one technician", 1_000_000, 1, technicianBurst, technicianEvery},
		{"a thousand technicians of one organisation", 200_000, 1000, orgBurst, orgEvery},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				start := time.Now()
				admitted := 0
				for i := range c.guesses {
					var many tooMany
					bot := i % c.bots
					_, err := b.desk.join(t.Context(), b.technician(bot), fmt.Sprint("address ", bot), fmt.Sprintf("%05d", i%100_000), "aa")
					if !errors.As(err, &many) {
						admitted++
					}
					if i%perSecond == perSecond-1 {
						time.Sleep(time.Second) // virtual
					}
				}
				limit := c.burst + int(time.Since(start)/c.every)
				if admitted < limit-1 || admitted > limit {
					t.Errorf("%d guesses were looked at in %v, want the limit of %d", admitted, time.Since(start), limit)
				}
			})
		})
	}
}

// A technician who types right codes all day does not wait, and has no more guesses by
// it. A code whose secret was wrong counts, and so does one that was left.
func TestRightCodesAreNoGuesses(t *testing.T) {
	for _, c := range []struct {
		name   string
		agreed bool
		want   int
	}{{"right", true, 200}, {"wrong secret", false, technicianBurst}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.desk.byAddress, b.desk.byOrganisation = ratelimit.New(50, time.Hour), ratelimit.New(50, time.Hour)
				join := func(digits string) error {
					_, err := b.desk.join(t.Context(), b.technician(1), "192.0.2.1", digits, auth.NewID())
					return err
				}
				var agent *benchAgent
				digits, joined, many := "", 0, tooMany{}
				for i := range 200 {
					if i%newCodeBurst == 0 { // an agent's own codes are limited too
						agent = b.open(t)
						digits = agent.code()
					}
					if err := join(digits); errors.As(err, &many) {
						break
					} else if err != nil {
						t.Fatal(err)
					}
					joined++
					if i%newCodeBurst < newCodeBurst-1 {
						digits = agent.says(c.agreed)
					} else if c.agreed {
						agent.send(&wire.AgentFrame{Kind: &wire.AgentFrame_Over{Over: &wire.SessionOver{}}})
						synctest.Wait()
					}
				}
				if joined != c.want {
					t.Errorf("%d codes were taken, want %d", joined, c.want)
				}
				guesses := 0
				for !errors.As(join("00000"), &many) && guesses < 1000 {
					guesses++
				}
				if want := map[bool]int{true: technicianBurst}[c.agreed]; guesses != want {
					t.Errorf("then %d guesses are looked at, want %d", guesses, want)
				}
			})
		})
	}
}

// THREAT 23: a day of guessing one account's password, once a second from ever new
// addresses, and every account from one address.
func TestGuessingPasswords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &Relay{signIns: newSignInLimits()}
		tries := 0
		for i := range 24 * 3600 {
			if r.admitSignIn("ana@example.com", fmt.Sprint("address ", i)) == 0 {
				tries++
			}
			time.Sleep(time.Second) // virtual
		}
		// 5 free, 7 while the wait doubles from 10 s, then one every 15 minutes.
		if tries < 90 || tries > 110 {
			t.Errorf("%d tries at one account in a day", tries)
		}
		start, spread := time.Now(), 0
		for i := range 24 * 3600 {
			if r.admitSignIn(fmt.Sprintf("user%d@example.com", i), "one address") == 0 {
				spread++
			}
			time.Sleep(time.Second) // virtual
		}
		if limit := 30 + int(time.Since(start)/(10*time.Second)); spread > limit {
			t.Errorf("%d tries from one address in a day, want at most %d", spread, limit)
		}
	})
}

// A lost agent may come back for 30 s; then the room is gone and its session ended.
func TestLostAgentExpires(t *testing.T) {
	for _, c := range []struct {
		after time.Duration
		want  bool
	}{{resumeFor - time.Second, true}, {resumeFor + time.Second, false}} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t)
			conn := auth.NewID()
			frames := make(chan bus.Message, 16)
			sub, err := b.desk.bus.Subscribe(bus.Of(b.org.ID).Conn(conn), func(m bus.Message) { frames <- m })
			if err != nil {
				t.Fatal(err)
			}
			defer sub.End()
			id, err := b.desk.open(b.org, conn, false)
			if err != nil {
				t.Fatal(err)
			}
			first, err := protocol.DecodeRelayToAgent((<-frames).Data)
			if err != nil {
				t.Fatal(err)
			}
			room := bus.Of(b.org.ID).Room(id)
			if err := b.desk.bus.Publish(room, bus.Message{Kind: agentLost, From: conn}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(c.after) // virtual
			_, secret := splitToken(first.GetWelcome().ResumeToken)
			_, err = b.desk.ask(t.Context(), room, resumeAgent, auth.NewID(), joiner{Secret: secret})
			if (err == nil) != c.want {
				t.Errorf("after %v: got %v, want success %v", c.after, err, c.want)
			}
		})
	}
}
