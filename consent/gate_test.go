package consent

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

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

// countingLog is a journal that signs nothing, where thousands of gates are needed.
type countingLog struct {
	n    int
	fail error
}

func (l *countingLog) add(Event, Question) error { l.n++; return l.fail }

func (l *countingLog) receipt() Receipt { return Receipt{} }

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
