package consent

import (
	"context"
	"crypto/ed25519"
	"errors"
	"flag"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

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

func (b *bar) Visible() bool         { return !b.hidden.Load() }
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

// PROMISE A1: only a yes is a yes.
func TestOnlyYesGrants(t *testing.T) {
	failed := errors.New("no display")
	for name, c := range map[string]struct {
		person Prompter
		want   error
		event  string
	}{
		"no":                {says(No), ErrRefused, "refused view user"},
		"time out":          {says(TimedOut), ErrExpired, "expired view agent"},
		"an answer unknown": {says(Answer(77)), ErrRefused, "refused view user"},
		"an error":          {person(func(context.Context, Question) (Answer, error) { return No, failed }), failed, "refused view agent"},
		"yes and an error":  {person(func(context.Context, Question) (Answer, error) { return Yes, failed }), failed, "refused view agent"},
		"a panic":           {person(func(context.Context, Question) (Answer, error) { panic("broken") }), ErrRefused, "refused view agent"},
	} {
		t.Run(name, func(t *testing.T) {
			g, d := newTestGate(t, c.person, newBar())
			grant, err := g.AskView(t.Context(), Question{})
			if grant != nil || !errors.Is(err, c.want) {
				t.Fatalf("got %v, %v, want nothing and %v", grant, err, c.want)
			}
			wantEvents(t, d, "asked view technician", c.event)
			if got := g.Snapshot(); len(got.Granted) != 0 || got.Asking != 0 {
				t.Errorf("snapshot: %+v", got)
			}
		})
	}
	t.Run("yes", func(t *testing.T) {
		g, d := newTestGate(t, says(Yes), newBar())
		grant, err := g.AskView(t.Context(), Question{})
		if err != nil || !runs(grant.Use) {
			t.Fatalf("a yes did not grant: %v", err)
		}
		wantEvents(t, d, "asked view technician", "granted view user")
	})
}

// PROMISE A1: silence is no, and a yes that comes too late is none.
func TestSilenceIsNo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := person(func(ctx context.Context, q Question) (Answer, error) {
			if q.Timeout != DefaultTimeout {
				t.Errorf("timeout: got %v, want %v", q.Timeout, DefaultTimeout)
			}
			<-ctx.Done()
			return Yes, nil
		})
		g, d := newTestGate(t, late, newBar())
		begun := time.Now()
		if _, err := g.AskView(t.Context(), Question{}); !errors.Is(err, ErrExpired) {
			t.Fatalf("got %v, want ErrExpired", err)
		}
		if took := time.Since(begun); took != DefaultTimeout {
			t.Errorf("took %v, want %v", took, DefaultTimeout)
		}
		wantEvents(t, d, "asked view technician", "expired view agent")
		g.Close()
	})
}

func TestCancelledQuestionIsNo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	g, d := newTestGate(t, person(func(context.Context, Question) (Answer, error) { cancel(); return Yes, nil }), newBar())
	if _, err := g.AskView(ctx, Question{}); !errors.Is(err, ErrExpired) {
		t.Fatalf("got %v, want ErrExpired", err)
	}
	wantEvents(t, d, "asked view technician", "expired view agent")
}

// THREAT 3: no bar, no question; no bar at the moment of the yes, no grant.
func TestNoBarNoGrant(t *testing.T) {
	b := newBar()
	g, d := newTestGate(t, person(func(context.Context, Question) (Answer, error) { b.hidden.Store(true); return Yes, nil }), b)
	if _, err := g.AskView(t.Context(), Question{}); !errors.Is(err, ErrNoBar) {
		t.Fatalf("bar hidden during the question: got %v, want ErrNoBar", err)
	}
	if _, err := g.AskView(t.Context(), Question{}); !errors.Is(err, ErrNoBar) {
		t.Fatalf("bar hidden before the question: got %v, want ErrNoBar", err)
	}
	wantEvents(t, d, "asked view technician", "refused view bar lost")
}

// THREAT 3: losing the bar ends the session.
func TestLostBarEnds(t *testing.T) {
	b := newBar()
	g, d := newTestGate(t, says(Yes), b)
	grant, err := g.AskView(t.Context(), Question{})
	if err != nil {
		t.Fatal(err)
	}
	close(b.lost)
	<-g.Over()
	<-grant.Done()
	if err := grant.Use(func() error { t.Error("an effect ran"); return nil }); !errors.Is(err, ErrRevoked) {
		t.Errorf("use: got %v, want ErrRevoked", err)
	}
	g.Close()
	wantEvents(t, d, "asked view technician", "granted view user", "ended none bar lost")
	if got := g.Snapshot(); !got.Over || got.EndedBy != ByBarLost {
		t.Errorf("snapshot: %+v", got)
	}
}

func TestNoScopeWithoutView(t *testing.T) {
	g, d := newTestGate(t, says(Yes), newBar())
	if _, err := g.AskControl(t.Context(), Question{}); !errors.Is(err, ErrNeedsView) {
		t.Errorf("control: got %v, want ErrNeedsView", err)
	}
	if _, err := g.AskRecord(t.Context(), Question{}); !errors.Is(err, ErrNeedsView) {
		t.Errorf("record: got %v, want ErrNeedsView", err)
	}
	if _, err := g.AskClipboard(t.Context(), Question{}); !errors.Is(err, ErrNeedsView) {
		t.Errorf("clipboard: got %v, want ErrNeedsView", err)
	}
	if _, err := g.AskFiles(t.Context(), Question{}); !errors.Is(err, ErrNeedsView) {
		t.Errorf("files: got %v, want ErrNeedsView", err)
	}
	wantEvents(t, d)
}

// PROMISE A2: each scope is its own question, and its grant its own.
// PROMISE E1: recording is asked for itself, and going on is not a yes.
func TestEachScopeIsItsOwn(t *testing.T) {
	answers := map[Scope]Answer{View: Yes, Control: Yes, Record: No}
	g, d := newTestGate(t, person(func(_ context.Context, q Question) (Answer, error) { return answers[q.Scope], nil }), newBar())
	view, err := g.AskView(t.Context(), Question{})
	if err != nil {
		t.Fatal(err)
	}
	control, err := g.AskControl(t.Context(), Question{})
	if err != nil {
		t.Fatal(err)
	}
	if record, err := g.AskRecord(t.Context(), Question{}); record != nil || !errors.Is(err, ErrRefused) {
		t.Fatalf("record: got %v, %v", record, err)
	}
	if !runs(view.Use) || !runs(control.Use) {
		t.Error("refusing to be recorded took something else away")
	}
	if _, err := g.AskControl(t.Context(), Question{}); !errors.Is(err, ErrAlready) {
		t.Errorf("control again: got %v, want ErrAlready", err)
	}
	g.Withdraw(Control, ByUser)
	if runs(control.Use) || !runs(view.Use) {
		t.Error("taking control back: view must stay, control must go")
	}
	again, err := g.AskControl(t.Context(), Question{})
	if err != nil || !runs(again.Use) || runs(control.Use) {
		t.Errorf("control anew: %v; the old grant must stay dead", err)
	}
	if again.Epoch() <= control.Epoch() {
		t.Errorf("epochs: got %d after %d", again.Epoch(), control.Epoch())
	}
	wantEvents(t, d, "asked view technician", "granted view user", "asked control technician", "granted control user",
		"asked record technician", "refused record user", "withdrawn control user", "asked control technician", "granted control user")
}

// PROMISE E6: withdrawing the recording leaves the session running.
func TestWithdrawRecord(t *testing.T) {
	g, d := newTestGate(t, says(Yes), newBar())
	view, _ := g.AskView(t.Context(), Question{})
	record, _ := g.AskRecord(t.Context(), Question{})
	g.Withdraw(Record, ByTechnician)
	if runs(record.Use) || !runs(view.Use) {
		t.Error("recording must stop, view must stay")
	}
	g.Withdraw(Record, ByUser) // not recording any more: nothing happens
	g.Withdraw(Voice, ByUser)
	g.Withdraw(Scope(200), ByUser)
	wantEvents(t, d, "asked view technician", "granted view user", "asked record technician", "granted record user", "released record technician")
}

// PROMISE A2, THREAT 2: clipboard and files are scopes of their own: a yes to one is
// none to the other, and taking one back leaves the other.
func TestClipboardAndFilesAreTheirOwn(t *testing.T) {
	g, d := newTestGate(t, says(Yes), newBar())
	_, _ = g.AskView(t.Context(), Question{})
	clipboard, err := g.AskClipboard(t.Context(), Question{})
	if err != nil || !runs(clipboard.Use) {
		t.Fatalf("clipboard: %v", err)
	}
	if got := g.Snapshot().Granted; !slices.Equal(got, []Scope{View, Clipboard}) {
		t.Fatalf("granted %v", got)
	}
	files, err := g.AskFiles(t.Context(), Question{})
	if err != nil || !runs(files.Use) {
		t.Fatalf("files: %v", err)
	}
	g.Withdraw(Clipboard, ByUser)
	if runs(clipboard.Use) || !runs(files.Use) {
		t.Error("taking the clipboard back: files must stay, the clipboard must go")
	}
	g.Withdraw(Files, ByTechnician)
	if runs(files.Use) {
		t.Error("files go on after they were given back")
	}
	wantEvents(t, d, "asked view technician", "granted view user", "asked clipboard technician", "granted clipboard user",
		"asked files technician", "granted files user", "withdrawn clipboard user", "released files technician")
}

// PROMISE A5: withdrawing view, or End, is the end of everything, for good.
func TestEndIsForGood(t *testing.T) {
	for name, end := range map[string]func(*Gate){
		"end":           func(g *Gate) { g.End(ByUser) },
		"withdraw view": func(g *Gate) { g.Withdraw(View, ByUser) },
	} {
		t.Run(name, func(t *testing.T) {
			g, d := newTestGate(t, says(Yes), newBar())
			view, _ := g.AskView(t.Context(), Question{})
			control, _ := g.AskControl(t.Context(), Question{})
			record, _ := g.AskRecord(t.Context(), Question{})
			clipboard, _ := g.AskClipboard(t.Context(), Question{})
			files, _ := g.AskFiles(t.Context(), Question{})
			end(g)
			<-g.Over()
			if runs(view.Use) || runs(control.Use) || runs(record.Use) || runs(clipboard.Use) || runs(files.Use) {
				t.Error("something runs after the end")
			}
			before := d.String()
			g.End(ByTechnician)
			g.Pause()
			g.Resume()
			g.Withdraw(Control, ByUser)
			if _, err := g.AskView(t.Context(), Question{}); !errors.Is(err, ErrEnded) {
				t.Errorf("asking after the end: got %v, want ErrEnded", err)
			}
			if d.String() != before {
				t.Errorf("events after the end: %s", d)
			}
			if got := g.Snapshot(); got.EndedBy != ByUser || len(got.Granted) != 0 {
				t.Errorf("snapshot: %+v", got)
			}
		})
	}
}

// A question that is open when the session ends goes, and a yes to it is none.
func TestEndCancelsTheQuestion(t *testing.T) {
	open := make(chan struct{})
	g, d := newTestGate(t, person(func(ctx context.Context, _ Question) (Answer, error) {
		close(open)
		<-ctx.Done()
		return Yes, nil
	}), newBar())
	answered := make(chan error, 1)
	go func() {
		_, err := g.AskView(t.Context(), Question{})
		answered <- err
	}()
	<-open
	if got := g.Snapshot().Asking; got != View {
		t.Errorf("asking: got %v", got)
	}
	if _, err := g.AskView(t.Context(), Question{}); !errors.Is(err, ErrBusy) {
		t.Errorf("a second question: got %v, want ErrBusy", err)
	}
	g.End(ByUser)
	if err := <-answered; !errors.Is(err, ErrEnded) {
		t.Errorf("got %v, want ErrEnded", err)
	}
	wantEvents(t, d, "asked view technician", "expired view user", "ended none user")
}

// A technician who takes the question back gets no answer to it.
func TestWithdrawWhileAsking(t *testing.T) {
	var g *Gate
	g, d := newTestGate(t, person(func(_ context.Context, q Question) (Answer, error) {
		if q.Scope == Control {
			g.Withdraw(Control, ByTechnician)
		}
		return Yes, nil
	}), newBar())
	if _, err := g.AskView(t.Context(), Question{}); err != nil {
		t.Fatal(err)
	}
	if _, err := g.AskControl(t.Context(), Question{}); !errors.Is(err, ErrExpired) {
		t.Errorf("got %v, want ErrExpired", err)
	}
	wantEvents(t, d, "asked view technician", "granted view user", "asked control technician", "expired control agent")
}

func TestPauseStopsEffects(t *testing.T) {
	g, d := newTestGate(t, says(Yes), newBar())
	view, _ := g.AskView(t.Context(), Question{})
	g.Pause()
	g.Pause()
	if err := view.Use(func() error { t.Error("an effect ran"); return nil }); !errors.Is(err, ErrPaused) {
		t.Errorf("got %v, want ErrPaused", err)
	}
	control, err := g.AskControl(t.Context(), Question{})
	if err != nil {
		t.Fatal(err)
	}
	if err := control.Use(func() error { return nil }); !errors.Is(err, ErrPaused) {
		t.Errorf("granted while paused: got %v, want ErrPaused", err)
	}
	g.Resume()
	if !runs(view.Use) || !runs(control.Use) {
		t.Error("nothing runs after the pause")
	}
	if got := g.Snapshot(); got.Paused || !slices.Equal(got.Granted, []Scope{View, Control}) {
		t.Errorf("snapshot: %+v", got)
	}
	wantEvents(t, d, "asked view technician", "granted view user", "paused none user",
		"asked control technician", "granted control user", "resumed none user")
}

// THREAT 4: Withdraw, Pause and End wait for what is in progress.
func TestRevocationWaits(t *testing.T) {
	for name, stop := range map[string]func(*Gate){
		"withdraw": func(g *Gate) { g.Withdraw(Control, ByUser) },
		"pause":    func(g *Gate) { g.Pause() },
		"end":      func(g *Gate) { g.End(ByUser) },
	} {
		t.Run(name, func(t *testing.T) {
			g, _ := newTestGate(t, says(Yes), newBar())
			_, _ = g.AskView(t.Context(), Question{})
			control, _ := g.AskControl(t.Context(), Question{})
			begun := make(chan struct{})
			var returned atomic.Bool
			var wait sync.WaitGroup
			wait.Go(func() {
				_ = control.Use(func() error {
					close(begun)
					for !control.control.paused.Load() && control.control.live.Load() { // until the stop is under way
						runtime.Gosched()
					}
					for range 10_000 { // time enough for a stop that does not wait
						runtime.Gosched()
					}
					if returned.Load() {
						t.Error("returned while an effect was in progress")
					}
					return nil
				})
			})
			<-begun
			stop(g)
			returned.Store(true)
			wait.Wait()
		})
	}
}

var races = flag.Int("races", 10_000, "how many races are run")

// THREAT 4: 10,000 races of effects against the four ways of stopping them, 100,000 by
// `make prove`. None finishes after the stop returned, and none starts.
func TestUseAgainstRevoke(t *testing.T) {
	rounds := *races
	stops := []func(*Gate){
		func(g *Gate) { g.Withdraw(Control, ByUser) },
		func(g *Gate) { g.Withdraw(View, ByUser) },
		func(g *Gate) { g.End(ByUser) },
		func(g *Gate) { g.Pause() },
	}
	after, ran, raced, played := 0, 0, 0, 0
	for round := range rounds {
		g := newGate(Config{SessionID: "s", Prompter: says(Yes), Indicator: newBar(), Now: time.Now}, &countingLog{})
		_, err := g.AskView(t.Context(), Question{})
		if err != nil {
			t.Fatal(err)
		}
		control, err := g.AskControl(t.Context(), Question{})
		if err != nil {
			t.Fatal(err)
		}
		var stopped atomic.Bool
		var late, done atomic.Int32
		var wait sync.WaitGroup
		for range 2 {
			wait.Go(func() {
				for range 8 {
					_ = control.Use(func() error {
						done.Add(1)
						if stopped.Load() {
							late.Add(1)
						}
						return nil
					})
				}
			})
		}
		wait.Go(func() { stops[round%len(stops)](g); stopped.Store(true) })
		wait.Wait()
		after += int(late.Load())
		ran += int(done.Load())
		if n := done.Load(); n > 0 && n < 16 {
			raced++
		}
		g.Close()
		played++
	}
	if played != *races {
		t.Errorf("%d rounds, want %d", played, *races)
	}
	if after != 0 {
		t.Errorf("%d effects ran after the stop had returned", after)
	}
	if ran == 0 || raced == 0 {
		t.Errorf("no race took place: %d effects, %d rounds cut in the middle", ran, raced)
	}
	t.Logf("%d rounds, %d effects, %d rounds cut in the middle", rounds, ran, raced)
}

// countingLog is a journal that signs nothing, where thousands of gates are needed.
type countingLog struct {
	n    int
	fail error
}

func (l *countingLog) add(Event, Question) error { l.n++; return l.fail }
func (l *countingLog) receipt() Receipt          { return Receipt{} }

// Consent that cannot be shown later is none.
func TestNoRecordNoGrant(t *testing.T) {
	full := errors.New("cannot sign")
	log := &countingLog{}
	d := &diary{}
	asked := person(func(context.Context, Question) (Answer, error) { log.fail = full; return Yes, nil })
	g := newGate(Config{SessionID: "s", Prompter: asked, Indicator: newBar(), OnEvent: d.add, Now: time.Now}, log)
	defer g.Close()
	grant, err := g.AskView(t.Context(), Question{})
	if grant != nil || !errors.Is(err, full) || !errors.Is(err, ErrEnded) {
		t.Fatalf("got %v, %v", grant, err)
	}
	<-g.Over()
	wantEvents(t, d, "asked view technician", "granted view user", "ended none agent")
}

// OnEvent may call the gate; what it causes follows in order.
func TestOnEventMayEnd(t *testing.T) {
	d := &diary{}
	var g *Gate
	cfg := Config{SessionID: "s", Party: testParty(), Prompter: says(Yes), Indicator: newBar(), Key: testKey()}
	cfg.OnEvent = func(e Event) {
		d.add(e)
		if e.Kind == Granted {
			g.End(ByAgent)
		}
	}
	g, err := NewGate(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	grant, err := g.AskView(t.Context(), Question{})
	if err != nil || runs(grant.Use) {
		t.Errorf("got %v; the grant must be dead already", err)
	}
	wantEvents(t, d, "asked view technician", "granted view user", "ended none agent")
}

// nil and zero grants are no.
func TestNilAndZeroGrantsRefuse(t *testing.T) {
	never := func() error { t.Error("an effect ran"); return nil }
	var (
		view    *ViewGrant
		control *ControlGrant
		record  *RecordGrant
		board   *ClipboardGrant
		files   *FilesGrant
		voice   *VoiceGrant
	)
	for name, g := range map[string]interface {
		Use(func() error) error
		Done() <-chan struct{}
		Epoch() uint64
	}{
		"nil view": view, "nil control": control, "nil record": record,
		"zero view": &ViewGrant{}, "zero control": &ControlGrant{}, "zero record": &RecordGrant{},
		"nil clipboard": board, "zero clipboard": &ClipboardGrant{}, "nil files": files, "zero files": &FilesGrant{},
		"nil voice": voice, "zero voice": &VoiceGrant{},
	} {
		if err := g.Use(never); !errors.Is(err, ErrRevoked) {
			t.Errorf("%s: got %v, want ErrRevoked", name, err)
		}
		select {
		case <-g.Done():
		default:
			t.Errorf("%s: Done is open", name)
		}
		if g.Epoch() != 0 {
			t.Errorf("%s: epoch %d", name, g.Epoch())
		}
	}
}

func TestNewGateRefuses(t *testing.T) {
	whole := Config{SessionID: "s", Prompter: says(Yes), Indicator: newBar(), Key: testKey()}
	for name, change := range map[string]func(*Config){
		"session":   func(c *Config) { c.SessionID = "" },
		"prompter":  func(c *Config) { c.Prompter = nil },
		"indicator": func(c *Config) { c.Indicator = nil },
		"key":       func(c *Config) { c.Key = nil },
	} {
		cfg := whole
		change(&cfg)
		if g, err := NewGate(cfg); err == nil || g != nil {
			t.Errorf("a gate without %s was made", name)
		}
	}
}
