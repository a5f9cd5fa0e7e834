package agent

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"beside/agent/internal/catalogue"
	"beside/agent/internal/ui"
	"beside/consent"
)

// patience bounds every wait for something that must happen.
const patience = 20 * time.Second

// receive waits for the next value of a channel.
func receive[T any](t *testing.T, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

// person is the user and their screen: the windows of an agent in a test. Nothing is
// answered or pressed but by the test.
type person struct {
	actions   chan ui.Action
	questions chan *openQuestion
	bars      chan *paperBar
	overs     chan ui.OverView
	starts    chan ui.StartView
	links     chan string
	here      chan *ui.HereView // nil: taken away
	comment   string            // what they wrote, set before they press
	choice    ui.Choice         // what the user shows, set before the test begins
	noBar     atomic.Bool       // the next bar cannot be shown
	language  string            // of the windows, set before the test begins; empty is English
	choices   chan *openChoice
	lists     chan ui.ActivityView
	chats     chan shownChat

	open   atomic.Int32
	closed chan struct{}
	once   sync.Once
}

func newPerson() *person {
	return &person{
		actions: make(chan ui.Action), questions: make(chan *openQuestion), bars: make(chan *paperBar, 8),
		overs: make(chan ui.OverView, 64), starts: make(chan ui.StartView, 256), links: make(chan string, 8), here: make(chan *ui.HereView, 256), closed: make(chan struct{}),
		choices: make(chan *openChoice), lists: make(chan ui.ActivityView, 4096),
		chats: make(chan shownChat, 4096),
	}
}

// openQuestion is a question on the screen.
type openQuestion struct {
	consent.Question
	reply chan consent.Answer
}

func (p *person) Ask(ctx context.Context, q consent.Question) (consent.Answer, error) {
	p.open.Add(1)
	defer p.open.Add(-1)
	shown := &openQuestion{q, make(chan consent.Answer, 1)}
	select {
	case p.questions <- shown:
	case <-ctx.Done():
		return consent.No, ctx.Err()
	}
	select {
	case a := <-shown.reply:
		return a, nil
	case <-ctx.Done():
		return consent.No, ctx.Err()
	}
}

func (p *person) ShowActivity(v ui.ActivityView)   { p.lists <- v }
func (p *person) UpdateActivity(v ui.ActivityView) { p.lists <- v }
func (p *person) HideSide()                        {}

func (p *person) ShowChat(v ui.ChatView, talk ui.Talk, asked bool) {
	p.chats <- shownChat{v, talk, asked, true}
}
func (p *person) UpdateChat(v ui.ChatView, _ ui.Talk) { p.chats <- shownChat{ChatView: v} }

// shownChat is the conversation as it was shown.
type shownChat struct {
	ui.ChatView
	talk         ui.Talk
	asked, opens bool
}

// openChoice is a list of files on the screen.
type openChoice struct {
	ui.ChooseView
	reply chan string
}

func (p *person) ChooseFile(ctx context.Context, v ui.ChooseView) (string, error) {
	shown := &openChoice{v, make(chan string, 1)}
	select {
	case p.choices <- shown:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	select {
	case path := <-shown.reply:
		return path, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// answer waits for a question about the scope and answers it.
func (p *person) answer(t *testing.T, scope consent.Scope, a consent.Answer) {
	t.Helper()
	q := receive(t, "a question about "+scope.String(), p.questions)
	if q.Scope != scope {
		t.Fatalf("asked about %v, want %v", q.Scope, scope)
	}
	q.reply <- a
}

// press presses a button that is no question's.
func (p *person) press(t *testing.T, a ui.Action) {
	t.Helper()
	select {
	case p.actions <- a:
	case <-time.After(patience):
		t.Fatalf("nobody took action %d", a)
	}
}

func (p *person) Locked() bool              { return p.open.Load() > 0 }
func (p *person) Ours(uint32) bool          { return false }
func (p *person) Actions() <-chan ui.Action { return p.actions }
func (p *person) ShowStart(v ui.StartView)  { p.starts <- v }
func (p *person) HideStart()                {}

// ShowLink is where the user finds the address that no browser took.
func (p *person) ShowLink(address string, _ time.Time) { p.links <- address }

func (p *person) ShowHere(v ui.HereView)  { p.here <- &v }
func (p *person) Chosen() ui.Choice       { return p.choice }
func (p *person) HideHere()               { p.here <- nil }
func (p *person) Texts() *catalogue.Texts { return catalogue.For(cmp.Or(p.language, "en")) }
func (p *person) Comment() string         { return p.comment }
func (p *person) ShowOver(v ui.OverView)  { p.overs <- v }
func (p *person) Close() error            { p.once.Do(func() { close(p.closed) }); return nil }
func (p *person) Run(ctx context.Context) (err error) {
	select {
	case <-ctx.Done():
	case <-p.closed:
	}
	return nil
}

func (p *person) ShowBar(_ context.Context, v ui.BarView) (sessionBar, error) {
	if p.noBar.Load() {
		return nil, errors.New("no room for a bar")
	}
	b := &paperBar{lost: make(chan struct{}), hidden: make(chan struct{}), view: v}
	p.bars <- b
	return b, nil
}

// paperBar is a bar that is seen until the test takes it away.
type paperBar struct {
	lost, hidden chan struct{}
	once         sync.Once
	level        atomic.Int32
	blinks       atomic.Int32 // looks at the bar that do not see it
	goes         func()       // what happens just before it goes; nil is nothing

	mu   sync.Mutex
	view ui.BarView
}

func (b *paperBar) Visible() bool {
	if b.blinks.Load() > 0 {
		b.blinks.Add(-1)
		return false
	}
	select {
	case <-b.lost:
		return false
	default:
		return true
	}
}
func (b *paperBar) Lost() <-chan struct{} { return b.lost }

func (b *paperBar) Hide() {
	b.once.Do(func() {
		if b.goes != nil {
			b.goes()
		}
		close(b.hidden)
	})
}

func (b *paperBar) Level(level int) { b.level.Store(int32(level)) }

func (b *paperBar) Update(v ui.BarView) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.view = v
}

func (b *paperBar) shows() ui.BarView {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.view
}

// awaitStart waits for a start window that is as wanted.
func (p *person) awaitStart(t *testing.T, what string, as func(ui.StartView) bool) ui.StartView {
	t.Helper()
	for {
		if v := receive(t, what, p.starts); as(v) {
			return v
		}
	}
}

// awaitOver waits for a summary that is as wanted.
func (p *person) awaitOver(t *testing.T, what string, as func(ui.OverView) bool) ui.OverView {
	t.Helper()
	for {
		if v := receive(t, what, p.overs); as(v) {
			return v
		}
	}
}
