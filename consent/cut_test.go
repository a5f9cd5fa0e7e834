package consent

import (
	"errors"
	"testing"
	"time"
)

// THREAT 4: everything that is taken back is cut at once, before anything is waited for: an
// effect of one scope that takes its time gives no other scope a moment more. So it is with a
// pause.
func TestEverythingIsCutBeforeAnythingIsWaitedFor(t *testing.T) {
	for name, c := range map[string]struct {
		stop func(*Gate)
		want error
	}{
		"end":   {func(g *Gate) { g.End(ByUser) }, ErrRevoked},
		"pause": {func(g *Gate) { g.Pause() }, ErrPaused},
	} {
		for slow := range 3 {
			g, _ := newTestGate(t, says(Yes), newBar())
			view, err := g.AskView(t.Context(), Question{})
			if err != nil {
				t.Fatal(err)
			}
			control, _ := g.AskControl(t.Context(), Question{})
			record, _ := g.AskRecord(t.Context(), Question{})
			uses := []func(func() error) error{view.Use, control.Use, record.Use}
			started, release, stopped := make(chan struct{}), make(chan struct{}), make(chan struct{})
			go func() {
				_ = uses[slow](func() error { close(started); <-release; return nil })
			}()
			<-started
			go func() { defer close(stopped); c.stop(g) }()
			for other, use := range uses {
				if other == slow {
					continue // it would wait behind whoever waits for it
				}
				for began := time.Now(); ; time.Sleep(time.Millisecond) {
					if err := use(func() error { return nil }); errors.Is(err, c.want) {
						break
					}
					if time.Since(began) > 5*time.Second {
						t.Errorf("%s: scope %d goes on while scope %d is waited for", name, other+1, slow+1)
						break
					}
				}
			}
			select {
			case <-stopped:
				t.Errorf("%s: scope %d was not waited for", name, slow+1)
			default:
			}
			close(release)
			<-stopped
		}
	}
}
