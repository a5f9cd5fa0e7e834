package consent

import (
	"context"
	"crypto/ed25519"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// person is a scripted Prompter: it does what its function says.
type person func(ctx context.Context, q Question) (Answer, error)

func (p person) Ask(ctx context.Context, q Question) (Answer, error) { return p(ctx, q) }

func says(a Answer) person {
	return func(context.Context, Question) (Answer, error) { return a, nil }
}

// bar is an Indicator that a test can hide and lose.
type bar struct {
	hidden atomic.Bool
	lost   chan struct{}
}

func newBar() *bar { return &bar{lost: make(chan struct{})} }

func (b *bar) Visible() bool { return !b.hidden.Load() }

func (b *bar) Lost() <-chan struct{} { return b.lost }

// diary keeps the events of a gate.
type diary struct {
	mu     sync.Mutex
	events []Event
}

func (d *diary) add(e Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.events = append(d.events, e)
}

// String is the events in short: "asked view technician, granted view user".
func (d *diary) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var lines []string
	for _, e := range d.events {
		lines = append(lines, e.Kind.String()+" "+e.Scope.String()+" "+e.By.String())
	}
	return strings.Join(lines, ", ")
}

func testKey() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte("a seed for the tests, 32 bytes.."))
}

func testParty() Party {
	return Party{
		TechnicianID: "t1", TechnicianName: "Ana Pérez", OrganisationID: "o1", OrganisationName: "Example",
		Controller: "Example Ltd, 1 Road, Town", Processor: "Relay Co", Region: "Frankfurt, Germany",
		PrivacyURL: "https://example.com/privacy", RecordingDays: 30,
	}
}

func newTestGate(t testing.TB, p Prompter, b *bar) (*Gate, *diary) {
	t.Helper()
	d := &diary{}
	g, err := NewGate(Config{SessionID: "s1", Party: testParty(), Prompter: p, Indicator: b, Key: testKey(), OnEvent: d.add})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g, d
}

func wantEvents(t testing.TB, d *diary, want ...string) {
	t.Helper()
	if got := d.String(); got != strings.Join(want, ", ") {
		t.Errorf("events:\n got %s\nwant %s", got, strings.Join(want, ", "))
	}
}

func runs(use func(func() error) error) bool {
	ran := false
	err := use(func() error { ran = true; return nil })
	return ran && err == nil
}
