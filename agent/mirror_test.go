package agent

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"beside/agent/internal/page"
	"beside/agent/internal/ui"
)

// deskPage is what a page needs of windows, from a person who has no page.
type deskPage struct{ *person }

func (deskPage) Answer(string, ui.Reply) error { return ui.ErrStale }
func (deskPage) Act(ui.Action) error           { return ui.ErrStale }
func (deskPage) Hand() error                   { return ui.ErrNoHand }
func (deskPage) WriteComment(string) error     { return ui.ErrStale }

// lines hands on what is written.
type lines chan string

func (l lines) Write(b []byte) (int, error) {
	l <- string(b)
	return len(b), nil
}

// THREAT 10: the page's link goes to the user's browser; where none opens, to the window
// that they pressed it in, and to their own terminal if there is one. It is never in the log.
func TestLinkOfThePage(t *testing.T) {
	for name, c := range map[string]struct {
		browser  error
		terminal bool
	}{"a browser": {nil, true}, "no browser": {errors.New("none"), true}, "neither": {errors.New("none"), false}} {
		t.Run(name, func(t *testing.T) {
			var told bytes.Buffer
			console, opened := make(lines, 1), make(lines, 1)
			cfg := Config{Log: slog.New(slog.NewTextHandler(&told, nil))}
			if c.terminal {
				cfg.Console = console
			}
			me := newPerson()
			beside := page.New(deskPage{me}, cfg.Log)
			m := newMirror(me, beside, cfg)
			m.open = func(_ context.Context, link string) error {
				_, _ = io.WriteString(opened, link)
				return c.browser
			}
			ctx, stop := context.WithCancel(t.Context())
			var running sync.WaitGroup
			running.Go(func() { _ = m.Run(ctx) })
			me.press(t, ui.OpenPage)
			link := receive(t, "the link", opened)
			if c.browser != nil && c.terminal {
				if said := receive(t, "the terminal", console); !strings.Contains(said, link) {
					t.Errorf("the terminal says %q", said)
				}
			}
			if c.browser != nil {
				if shown := receive(t, "the window", me.links); shown != link {
					t.Errorf("the window shows %q", shown)
				}
			}
			stop()
			running.Wait()
			_, token, _ := strings.Cut(link, "#")
			if len(console) > 0 || len(me.links) > 0 || len(token) < 40 || strings.Contains(told.String(), token) {
				t.Errorf("the link %q, left in the terminal %d, the log %q", link, len(console), told.String())
			}
		})
	}
}
