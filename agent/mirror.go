package agent

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os/exec"
	"sync"
	"time"

	"beside/agent/internal/catalogue"
	"beside/agent/internal/page"
	"beside/agent/internal/ui"
	"beside/consent"
)

// mirror are the windows, and beside them the page that shows the same to a screen reader.
// The windows stay what they are: they alone ask, judge every press, the page's too, and
// are seen. The page is told what they were told.
//
//	agent ──ShowStart, ShowBar, …──► mirror ──► windows ──Follow──┐
//	                                   └─────► page ◄─────────────┘
type mirror struct {
	windows
	page    *page.Page
	open    func(ctx context.Context, link string) error // the user's browser
	opening sync.WaitGroup
	console io.Writer // takes the link where no browser opens
	actions chan ui.Action
	atOnce  bool // the user asked for the page when they started the program
	log     *slog.Logger
}

// newMirror puts a page beside the windows. Nobody can reach it before it is opened.
func newMirror(on windows, beside *page.Page, cfg Config) *mirror {
	return &mirror{
		windows: on, page: beside, open: browse, console: cfg.Console, actions: make(chan ui.Action), atOnce: cfg.Accessible, log: cfg.Log,
	}
}

// Run implements windows.
func (m *mirror) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	passed := make(chan struct{})
	go func() {
		defer close(passed)
		m.pass(ctx)
	}()
	defer func() {
		stop()
		<-passed
		m.opening.Wait()
		m.page.Close()
	}()
	return m.windows.Run(ctx)
}

// pass hands on what the user pressed, and opens the page itself.
func (m *mirror) pass(ctx context.Context) {
	if m.atOnce {
		m.opening.Go(func() { m.openPage(ctx) })
	}
	for {
		select {
		case <-ctx.Done():
			return
		case a := <-m.windows.Actions():
			if a == ui.OpenPage {
				m.opening.Go(func() { m.openPage(ctx) })
				continue
			}
			select {
			case m.actions <- a:
			case <-ctx.Done():
				return
			}
		}
	}
}

// Actions implements windows.
func (m *mirror) Actions() <-chan ui.Action { return m.actions }

// openPage shows the page in the user's browser. The link is a secret: where no browser
// takes it it goes to the start window and the user's terminal, and never to the log.
func (m *mirror) openPage(ctx context.Context) {
	link, err := m.page.Open()
	if err != nil {
		m.log.Error("no accessible page", "err", err)
		return
	}
	if err := m.open(ctx, link); err != nil {
		m.log.Warn("no browser opened for the accessible page", "err", err)
		m.ShowLink(link, time.Now().Add(page.LinkLife))
		if m.console != nil {
			fmt.Fprintln(m.console, catalogue.Fill(m.Texts().Page.Terminal, "url", link))
		}
	}
}

// browseTime is how long the program that opens browsers may take to say that it cannot.
const browseTime = 3 * time.Second

// browse opens the user's browser. One that is still busy after a while has found one.
func browse(ctx context.Context, link string) error {
	command := exec.Command("xdg-open", link)
	if err := command.Start(); err != nil {
		return fmt.Errorf("agent: browser: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("agent: browser: %w", err)
		}
		return nil
	case <-time.After(browseTime):
		return nil
	case <-ctx.Done():
		return nil
	}
}

// Extent implements consent.Extender: it is the windows' own word.
func (m *mirror) Extent() consent.Extent {
	if x, ok := m.windows.(consent.Extender); ok {
		return x.Extent()
	}
	return consent.Extent{}
}

func (m *mirror) ShowStart(v ui.StartView) {
	m.windows.ShowStart(v)
	m.page.Update(func(s *page.State) { s.Start = &v })
}

func (m *mirror) HideStart() {
	m.windows.HideStart()
	m.page.Update(func(s *page.State) { s.Start = nil })
}

func (m *mirror) ShowBar(ctx context.Context, v ui.BarView) (sessionBar, error) {
	bar, err := m.windows.ShowBar(ctx, v)
	if err != nil {
		return nil, err
	}
	m.page.Update(func(s *page.State) { *s = page.State{Bar: &v} })
	return &mirrorBar{bar, m.page}, nil
}

func (m *mirror) ShowHere(v ui.HereView) {
	m.windows.ShowHere(v)
	m.page.Update(func(s *page.State) { s.Here = &v })
}

func (m *mirror) HideHere() {
	m.windows.HideHere()
	m.page.Update(func(s *page.State) { s.Here = nil })
}

func (m *mirror) ShowOver(v ui.OverView) {
	m.windows.ShowOver(v)
	m.page.Update(func(s *page.State) { s.Over = &v })
}

func (m *mirror) UpdateActivity(v ui.ActivityView) {
	m.windows.UpdateActivity(v)
	m.page.Update(func(s *page.State) { s.Activity = v })
}

func (m *mirror) ShowChat(v ui.ChatView, talk ui.Talk, asked bool) {
	m.windows.ShowChat(v, talk, asked)
	m.page.Update(func(s *page.State) { s.Chat, s.Talk = &v, talk })
}

func (m *mirror) UpdateChat(v ui.ChatView, talk ui.Talk) {
	m.windows.UpdateChat(v, talk)
	m.page.Update(func(s *page.State) { s.Chat, s.Talk = &v, talk })
}

func (m *mirror) HideSide() {
	m.windows.HideSide()
	m.page.Update(func(s *page.State) { s.Chat, s.Talk = nil, nil })
}

func (m *mirror) ChooseFile(ctx context.Context, v ui.ChooseView) (string, error) {
	m.page.Update(func(s *page.State) { s.Choosing = &v })
	defer m.page.Update(func(s *page.State) { s.Choosing = nil })
	return m.windows.ChooseFile(ctx, v)
}

// mirrorBar is the bar of a session, with the page beside it. What the gate asks of a bar
// it asks of the real one.
type mirrorBar struct {
	sessionBar
	page *page.Page
}

func (b *mirrorBar) Update(v ui.BarView) {
	b.sessionBar.Update(v)
	b.page.Update(func(s *page.State) { s.Bar = &v })
}

func (b *mirrorBar) Hide() {
	b.sessionBar.Hide()
	b.page.Update(func(s *page.State) { s.Bar = nil })
}
