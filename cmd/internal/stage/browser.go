package stage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Browser is one real Chromium with one tab. It finds things as a person does: by the
// words on them.
type Browser struct {
	ctx    context.Context
	cancel []context.CancelFunc

	mu       sync.Mutex
	messages []string // the console's errors and warnings
}

// pollEvery is how often the page is looked at while waiting for something to appear.
const pollEvery = 30 * time.Millisecond

// OpenBrowser starts Chromium with an empty profile and a window of that size, which
// nobody sees.
func (s *Stage) OpenBrowser(ctx context.Context, width, height int) (*Browser, error) {
	return s.openBrowser(ctx, width, height, chromedp.Flag("headless", "new"))
}

// OpenUserBrowser starts Chromium on the user's desktop, below the bar, where the user's
// own devices and the technician's events reach it.
func (s *Stage) OpenUserBrowser(ctx context.Context) (*Browser, error) {
	return s.openBrowser(ctx, 0, 0, chromedp.Flag("headless", false), chromedp.Env(s.Desktop.Env()...),
		chromedp.Flag("window-position", "40,80"), chromedp.Flag("window-size", "1000,900"), chromedp.Flag("no-first-run", true),
		chromedp.Flag("password-store", "basic"))
}

func (s *Stage) openBrowser(ctx context.Context, width, height int, more ...chromedp.ExecAllocatorOption) (*Browser, error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.WindowSize(max(width, 1), max(height, 1)),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-domain-reliability", true),
		chromedp.Flag("disable-gpu", true),
		// The whole session stays on this machine: see agent.peer, loopback.
		chromedp.Flag("allow-loopback-in-peer-connection", true),
	)
	if path := os.Getenv("BESIDE_CHROMIUM"); path != "" {
		options = append(options, chromedp.ExecPath(path))
	}
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	for name, value := range s.opts.BrowserFlags {
		options = append(options, chromedp.Flag(name, value))
	}
	options = append(options, more...)
	allocator, stopAllocator := chromedp.NewExecAllocator(context.WithoutCancel(ctx), options...) // lives until close
	tab, stopTab := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {}))
	b := &Browser{ctx: tab, cancel: []context.CancelFunc{stopTab, stopAllocator}}
	chromedp.ListenTarget(tab, b.listen)
	prepare := []chromedp.Action{log.Enable()}
	if width > 0 {
		prepare = append(prepare, emulation.SetDeviceMetricsOverride(int64(width), int64(height), 1, false))
	}
	if err := chromedp.Run(tab, prepare...); err != nil {
		b.close()
		return nil, fmt.Errorf("stage: start Chromium: %w", err)
	}
	s.browsers = append(s.browsers, b)
	return b, nil
}

// Close ends the browser, or the tab of one. It may be called twice.
func (b *Browser) Close() { b.close() }

func (b *Browser) close() {
	for _, cancel := range b.cancel {
		cancel()
	}
	b.cancel = nil
}

func (b *Browser) listen(event any) {
	var line string
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError || e.Entry.Level == log.LevelWarning {
			line = e.Entry.Text
		}
	case *runtime.EventExceptionThrown:
		line = e.ExceptionDetails.Error()
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError {
			line = fmt.Sprint("console.error ", len(e.Args))
			for _, a := range e.Args {
				line += " " + string(a.Value) + a.Description
			}
		}
	}
	if line == "" {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.messages = append(b.messages, line)
}

// Messages returns the errors and warnings of the page's console so far.
func (b *Browser) Messages() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.messages...)
}

// Pid is the browser's main process.
func (b *Browser) Pid() int { return chromedp.FromContext(b.ctx).Browser.Process().Pid }

// Context is the tab's, for chromedp.Run.
func (b *Browser) Context() context.Context { return b.ctx }

// bound runs f with the tab's context, ended with ctx.
func (b *Browser) run(ctx context.Context, actions ...chromedp.Action) error {
	tab, cancel := context.WithCancel(b.ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, cancel)
	defer stop()
	err := chromedp.Run(tab, actions...)
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// Open navigates to an address.
func (b *Browser) Open(ctx context.Context, url string) error {
	return b.run(ctx, chromedp.Navigate(url))
}

// Evaluate runs an expression in the page and decodes its value into result.
func (b *Browser) Evaluate(ctx context.Context, expression string, result any) error {
	return b.run(ctx, chromedp.Evaluate(expression, result, func(p *runtime.EvaluateParams) *runtime.EvaluateParams {
		return p.WithAwaitPromise(true)
	}))
}

// wait polls expression until it is true.
func (b *Browser) wait(ctx context.Context, expression, what string) error {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		var found bool
		err := b.Evaluate(ctx, expression, &found)
		if err == nil && found {
			return nil
		}
		select {
		case <-ctx.Done():
			var text string
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			_ = b.Evaluate(last, "document.querySelectorAll('details').forEach(d => { d.open = true; }), document.body.innerText", &text)
			return errors.Join(fmt.Errorf("stage: %s: %w; the page says %q; console %q", what, ctx.Err(), text, b.Messages()), err)
		case <-ticker.C:
		}
	}
}

// Says reports whether the page shows text now.
func (b *Browser) Says(ctx context.Context, text string) bool {
	var says bool
	err := b.Evaluate(ctx, fmt.Sprintf("document.body.innerText.includes(%s)", quote(text)), &says)
	return err == nil && says
}

// WaitText waits until the page shows text (without regard to case).
func (b *Browser) WaitText(ctx context.Context, text string) error {
	return b.wait(ctx, fmt.Sprintf("document.body.innerText.toLowerCase().includes(%s)", quote(strings.ToLower(text))),
		fmt.Sprintf("the page does not show %q", text))
}

// finder is the page's side of finding things: the first visible control whose words
// are, or begin with, the given ones.
const finder = `(() => {
  const words = e => (e.getAttribute('aria-label') || e.innerText || e.value || '').trim().toLowerCase();
  const seen = e => { const r = e.getBoundingClientRect(), s = getComputedStyle(e);
    return r.width > 0 && r.height > 0 && s.visibility !== 'hidden' && !e.disabled; };
  const pick = (list, name) => list.find(e => words(e) === name) || list.find(e => words(e).startsWith(name)) || null;
  const control = name => pick([...document.querySelectorAll('button,[role=button],[role=menuitem],[role=tab],a[href],[role=checkbox],input[type=checkbox]')].filter(seen), name.toLowerCase());
  const field = name => {
    name = name.toLowerCase();
    const fields = [...document.querySelectorAll('input,textarea')].filter(seen);
    const label = e => ((e.getAttribute('aria-label') || '') + ' ' + [...(e.labels || [])].map(l => l.innerText).join(' ')).trim().toLowerCase();
    return fields.find(e => label(e) === name) || fields.find(e => label(e).startsWith(name)) || fields.find(e => label(e).includes(name)) || null;
  };
  return {control, field};
})()`

// Click presses the control with those words.
func (b *Browser) Click(ctx context.Context, name string) error {
	expression := fmt.Sprintf("%s.control(%s)", finder, quote(name))
	if err := b.wait(ctx, expression+" !== null", fmt.Sprintf("no control %q", name)); err != nil {
		return err
	}
	return b.clickElement(ctx, expression)
}

func (b *Browser) clickElement(ctx context.Context, expression string) error {
	var at struct{ X, Y float64 }
	err := b.Evaluate(ctx, fmt.Sprintf(`(() => { const e = %s; e.scrollIntoView({block: 'nearest'});
		const r = e.getBoundingClientRect(); return {X: r.x + r.width / 2, Y: r.y + r.height / 2}; })()`, expression), &at)
	if err != nil {
		return err
	}
	return b.ClickAt(ctx, at.X, at.Y)
}

// ClickAt presses the left button at a place of the page.
func (b *Browser) ClickAt(ctx context.Context, x, y float64) error {
	return b.run(ctx, chromedp.MouseClickXY(x, y))
}

// MoveTo moves the pointer to a place of the page.
func (b *Browser) MoveTo(ctx context.Context, x, y float64) error {
	return b.run(ctx, chromedp.ActionFunc(func(ctx context.Context) error {
		return input.DispatchMouseEvent(input.MouseMoved, x, y).Do(ctx)
	}))
}

// Fill types text into the field with that label, replacing what is there.
func (b *Browser) Fill(ctx context.Context, label, text string) error {
	expression := fmt.Sprintf("%s.field(%s)", finder, quote(label))
	if err := b.wait(ctx, expression+" !== null", fmt.Sprintf("no field %q", label)); err != nil {
		return err
	}
	return b.fillElement(ctx, expression, text)
}

// clickIn presses a control with those words inside the first element that selector names.
func (b *Browser) clickIn(ctx context.Context, selector, name string) error {
	expression := fmt.Sprintf(`[...document.querySelectorAll(%s + ' button')].find(e => !e.disabled && e.innerText.trim() === %s)`,
		quote(selector), quote(name))
	if err := b.wait(ctx, expression+" !== undefined", fmt.Sprintf("no control %q in %s", name, selector)); err != nil {
		return err
	}
	return b.clickElement(ctx, expression)
}

func (b *Browser) fillElement(ctx context.Context, expression, text string) error {
	if err := b.Evaluate(ctx, fmt.Sprintf("(() => { const e = %s; e.focus(); e.select?.(); })()", expression), nil); err != nil {
		return err
	}
	return b.run(ctx, input.InsertText(text))
}

// Choose puts files into the page's field for files that selector names.
func (b *Browser) Choose(ctx context.Context, selector string, paths ...string) error {
	return b.run(ctx, chromedp.SetUploadFiles(selector, paths, chromedp.ByQuery))
}

// Screenshot writes what the tab shows as a PNG.
func (b *Browser) Screenshot(ctx context.Context, path string) error {
	var png []byte
	err := b.run(ctx, chromedp.ActionFunc(func(ctx context.Context) (err error) {
		png, err = page.CaptureScreenshot().WithFormat(page.CaptureScreenshotFormatPng).Do(ctx)
		return err
	}))
	if err != nil {
		return fmt.Errorf("stage: screenshot: %w", err)
	}
	return os.WriteFile(path, png, 0o644)
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(b)
}
