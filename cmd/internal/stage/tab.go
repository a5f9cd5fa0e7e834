package stage

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"beside/agent/desktop"
)

// Tab opens another tab of the technician's browser, signed in as the first one is.
// scripts run in its pages before their own code. CloseTab closes it.
func (t *Technician) Tab(ctx context.Context, scripts ...string) (*Technician, error) {
	tab, closeTab := chromedp.NewContext(t.ctx)
	b := &Browser{ctx: tab, cancel: []context.CancelFunc{closeTab}}
	chromedp.ListenTarget(tab, b.listen)
	chromedp.ListenTarget(tab, b.leave)
	// The first run makes the tab, which lives as long as the context it is given.
	err := chromedp.Run(tab, log.Enable(), emulation.SetDeviceMetricsOverride(1920, 1080, 1, false))
	if err != nil {
		b.close()
		return nil, fmt.Errorf("stage: open a tab: %w", err)
	}
	other := &Technician{Browser: b, stage: t.stage, Recovery: t.Recovery}
	return other, b.run(ctx, addScripts(scripts...))
}

// CloseTab closes the tab, as a person does by its cross: a page that asks whether to
// leave is told yes. It may be called twice.
func (t *Technician) CloseTab() {
	if t.ctx.Err() == nil && t.cancel != nil {
		c := chromedp.FromContext(t.ctx)
		ctx, cancel := context.WithTimeout(t.ctx, killAfter)
		defer cancel()
		browser := cdp.WithExecutor(ctx, c.Browser)
		// An error means that it is closed already, or that its browser is gone.
		err := target.CloseTarget(c.Target.TargetID).Do(browser)
		for ticker := time.NewTicker(pollEvery); err == nil && isOpen(browser, c.Target.TargetID); {
			select {
			case <-ticker.C:
			case <-ctx.Done():
				err = ctx.Err()
			}
		}
	}
	t.close()
}

// isOpen reports whether the browser still has the tab.
func isOpen(browser context.Context, id target.ID) bool {
	tabs, err := target.GetTargets().Do(browser)
	return err == nil && slices.ContainsFunc(tabs, func(t *target.Info) bool { return t.TargetID == id })
}

// leave answers a page that asks whether it may be left.
func (b *Browser) leave(event any) {
	if _, ok := event.(*page.EventJavascriptDialogOpening); ok {
		go func() { _ = chromedp.Run(b.ctx, page.HandleJavaScriptDialog(true)) }() // fails once the tab is gone
	}
}

// WaitFor polls an expression of the page until it is true; what says what is missing.
func (b *Browser) WaitFor(ctx context.Context, expression, what string) error {
	return b.wait(ctx, expression, what)
}

// Processes lists a process and all of its descendants, as they are now.
func Processes(root int) ([]int, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, fmt.Errorf("stage: %w", err)
	}
	children := map[int][]int{}
	for _, path := range stats {
		content, err := os.ReadFile(path)
		if err != nil {
			continue // it has just ended
		}
		// "pid (name) state parent …"; the name may hold anything, brackets too.
		text := string(content)
		fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
		pid, err := strconv.Atoi(strings.Split(text, " ")[0])
		if err != nil || len(fields) < 2 || fields[0] == "Z" {
			continue
		}
		parent, err := strconv.Atoi(fields[1])
		if err != nil {
			continue
		}
		children[parent] = append(children[parent], pid)
	}
	all := []int{root}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all, nil
}

// YesButton returns the middle of the open question's yes, once it is armed.
func (s *Stage) YesButton(ctx context.Context) (image.Point, error) {
	w, err := s.AwaitQuestion(ctx)
	if err != nil {
		return image.Point{}, err
	}
	at, err := s.find(ctx, w, brand, 60, 25)
	return at, errors.Join(err, ctx.Err())
}

// DoneButton returns the middle of the blue button of one of the agent's windows: the one
// that lets something go on.
func (s *Stage) DoneButton(ctx context.Context, w desktop.Window) (image.Point, error) {
	return s.find(ctx, w, brand, 40, 15)
}

// EndButton returns the middle of the bar's End.
func (s *Stage) EndButton(ctx context.Context) (image.Point, error) {
	w, err := s.AwaitBar(ctx)
	if err != nil {
		return image.Point{}, err
	}
	return s.find(ctx, w, danger, 40, 15)
}

// Press moves the user's hand to a place of the screen and clicks; it returns the
// moment of the press.
func (s *Stage) Press(ctx context.Context, at image.Point) (time.Time, error) {
	return s.press(ctx, at)
}

// The colours of the bar's buttons but End, at rest and under the pointer.
var barButtons = []color.RGBA{{0x37, 0x3F, 0x4D, 0xFF}, {0x48, 0x52, 0x63, 0xFF}}

// BarButtons waits until the bar has that many buttons beside End and returns where
// they are, from the left: Stop control and Stop recording while those run, then Pause
// or Resume.
func (s *Stage) BarButtons(ctx context.Context, count int) ([]image.Rectangle, error) {
	bar, err := s.AwaitBar(ctx)
	if err != nil {
		return nil, err
	}
	var found []image.Rectangle
	for ticker := time.NewTicker(pollEvery); ; {
		picture, err := s.Desktop.PictureOf(bar.Bounds)
		if err != nil {
			return nil, err
		}
		if found = buttonsIn(picture, bar.Bounds); len(found) == count {
			return found, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("stage: the bar has buttons at %v, want %d: %w", found, count, ctx.Err())
		case <-ticker.C:
		}
	}
}

// buttonsIn finds the buttons of a bar in the row above their text: there each is one run.
func buttonsIn(picture *image.RGBA, bar image.Rectangle) (found []image.Rectangle) {
	const aboveText, least = 9, 20
	y, start := bar.Min.Y+aboveText, -1
	for x := bar.Min.X; x <= bar.Max.X; x++ {
		inside := x < bar.Max.X && slices.Contains(barButtons, picture.RGBAAt(x, y))
		if inside && start < 0 {
			start = x
		}
		if !inside && start >= 0 {
			if x-start >= least {
				found = append(found, image.Rect(start, bar.Min.Y+aboveText, x, bar.Max.Y-aboveText))
			}
			start = -1
		}
	}
	return found
}

// End lets the technician end the session with the toolbar's button and its dialog.
func (t *Technician) End(ctx context.Context) error {
	return all([]func() error{
		func() error { return t.WakeToolbar(ctx) },
		func() error { return t.Click(ctx, "End session") },
		func() error { return t.clickIn(ctx, "[role=dialog]", "End session") },
	})
}
