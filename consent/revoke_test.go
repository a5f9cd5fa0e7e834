package consent

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

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
	t.Attr("counted", fmt.Sprintf("%d rounds, %d effects, %d rounds cut in the middle: %d effects after the stop", rounds, ran, raced, after))
}
