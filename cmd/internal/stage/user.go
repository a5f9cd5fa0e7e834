package stage

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"time"

	"github.com/jezek/xgb/xproto"

	"beside/agent/desktop"
)

// The colours a person looks for, at rest and under the pointer, see the agent's windows.
var (
	brand  = []color.RGBA{{0x1D, 0x4E, 0xD8, 0xFF}, {0x1E, 0x40, 0xAF, 0xFF}} // the verb of a question
	danger = []color.RGBA{{0xDC, 0x26, 0x26, 0xFF}, {0xB9, 0x1C, 0x1C, 0xFF}} // End session
)

// keyEscape is the X key symbol of Esc.
const keyEscape xproto.Keysym = 0xff1b

// handSpeed is how long the user's hand takes to a button.
const handSpeed = 250 * time.Millisecond

// agentWindow names one of the agent's windows by its role.
func agentWindow(role string) func(desktop.Window) bool {
	return desktop.WithRole("beside-agent", role)
}

// AwaitQuestion waits until a question is on the user's screen. A caution before it is
// read to its end, and gone on from.
func (s *Stage) AwaitQuestion(ctx context.Context) (desktop.Window, error) {
	caution, question := agentWindow("caution"), agentWindow("question")
	w, err := s.Desktop.WaitWindow(ctx, func(w desktop.Window) bool { return caution(w) || question(w) })
	if err != nil || question(w) {
		return w, err
	}
	if err := s.GoOn(ctx); err != nil {
		return w, err
	}
	return s.Desktop.WaitWindow(ctx, question)
}

// AwaitCaution waits until a caution is on the user's screen.
func (s *Stage) AwaitCaution(ctx context.Context) (desktop.Window, error) {
	return s.Desktop.WaitWindow(ctx, agentWindow("caution"))
}

// GoOn lets the user read the open caution and go on to the question; again, like
// anybody, where a press did not count because something lay over it just then.
func (s *Stage) GoOn(ctx context.Context) error {
	w, err := s.AwaitCaution(ctx)
	if err != nil {
		return err
	}
	for {
		button, err := s.find(ctx, w, brand, 120, 25)
		if err != nil {
			return fmt.Errorf("stage: going on from the caution: %w", err)
		}
		if _, err = s.press(ctx, button); err != nil {
			return err
		}
		soon, cancel := context.WithTimeout(ctx, time.Second)
		err = s.Desktop.WaitGone(soon, agentWindow("caution"))
		cancel()
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// AwaitNoQuestion waits until none is.
func (s *Stage) AwaitNoQuestion(ctx context.Context) error {
	return s.Desktop.WaitGone(ctx, agentWindow("question"))
}

// AwaitBar waits until the bar is on the user's screen.
func (s *Stage) AwaitBar(ctx context.Context) (desktop.Window, error) {
	return s.Desktop.WaitWindow(ctx, agentWindow("bar"))
}

// AwaitOver waits for "It is over".
func (s *Stage) AwaitOver(ctx context.Context) (desktop.Window, error) {
	return s.Desktop.WaitWindow(ctx, agentWindow("over"))
}

// SayYes lets the user answer the open question with yes, by pointer: finds the blue
// button by its colour, waits until it is armed, and presses it. It returns when the
// question is gone, and the moment of the press.
func (s *Stage) SayYes(ctx context.Context) (time.Time, error) {
	w, err := s.AwaitQuestion(ctx)
	if err != nil {
		return time.Time{}, err
	}
	button, err := s.find(ctx, w, brand, 60, 25)
	if err != nil {
		return time.Time{}, fmt.Errorf("stage: the question's yes: %w", err)
	}
	pressed, err := s.press(ctx, button)
	if err != nil {
		return pressed, err
	}
	return pressed, s.AwaitNoQuestion(ctx)
}

// SayNo lets the user answer the open question with no, by keyboard: Escape.
func (s *Stage) SayNo(ctx context.Context) error {
	if _, err := s.AwaitQuestion(ctx); err != nil {
		return err
	}
	if err := s.Desktop.Person().Tap(keyEscape); err != nil {
		return err
	}
	return s.AwaitNoQuestion(ctx)
}

// EndSession lets the user press End on the bar and returns the moment of the press.
func (s *Stage) EndSession(ctx context.Context) (time.Time, error) {
	bar, err := s.AwaitBar(ctx)
	if err != nil {
		return time.Time{}, err
	}
	button, err := s.find(ctx, bar, danger, 40, 15)
	if err != nil {
		return time.Time{}, fmt.Errorf("stage: the bar's End: %w", err)
	}
	return s.press(ctx, button)
}

// press moves the user's hand to a place and clicks.
func (s *Stage) press(ctx context.Context, at image.Point) (time.Time, error) {
	hand := s.Desktop.Person()
	if err := hand.Glide(ctx, at.X, at.Y, handSpeed); err != nil {
		return time.Time{}, err
	}
	pressed := time.Now()
	return pressed, hand.Click(1)
}

// find looks at a window until a filled area of one of those colours and at least that size
// is there, and returns its middle in the screen's pixels.
func (s *Stage) find(ctx context.Context, w desktop.Window, colours []color.RGBA, width, height int) (image.Point, error) {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		picture, err := s.Desktop.PictureOf(w.Bounds)
		if err != nil {
			return image.Point{}, err
		}
		for _, c := range colours {
			if r := largest(picture, picture.Rect, c); r.Dx() >= width && r.Dy() >= height {
				return image.Pt((r.Min.X+r.Max.X)/2, (r.Min.Y+r.Max.Y)/2), nil
			}
		}
		select {
		case <-ctx.Done():
			return image.Point{}, errors.New("not found on the screen")
		case <-ticker.C:
		}
	}
}

// largest returns the bounds of the widest horizontal band of one colour: rows whose
// longest run of it overlaps the run of the row before. Text inside a button breaks
// its rows up, so gaps of up to 200 pixels between runs of the colour are bridged.
func largest(picture *image.RGBA, within image.Rectangle, c color.RGBA) image.Rectangle {
	var best, current image.Rectangle
	within = within.Intersect(picture.Rect)
	for y := within.Min.Y; y < within.Max.Y; y++ {
		row := longestRun(picture, within, y, c)
		if row.Dx() < 20 {
			current = image.Rectangle{}
			continue
		}
		if current.Empty() || row.Min.X > current.Max.X || row.Max.X < current.Min.X {
			current = row
		} else {
			current = current.Union(row)
		}
		if current.Dx()*current.Dy() > best.Dx()*best.Dy() {
			best = current
		}
	}
	return best
}

// longestRun is the longest run of a colour in a row. It has the picture to itself, and
// looks at it again and again: the race detector would make it the most of every wait for
// a button.
//
//go:norace
func longestRun(picture *image.RGBA, within image.Rectangle, y int, c color.RGBA) image.Rectangle {
	const bridge = 200
	var best image.Rectangle
	start, last := -1, -1
	row := picture.Pix[picture.PixOffset(within.Min.X, y):]
	for x := within.Min.X; x < within.Max.X; x++ {
		if px := row[4*(x-within.Min.X):]; px[0] != c.R || px[1] != c.G || px[2] != c.B || px[3] != c.A {
			continue
		}
		if start < 0 || x-last > bridge {
			start = x
		}
		last = x
		if run := image.Rect(start, y, x+1, y+1); run.Dx() > best.Dx() {
			best = run
		}
	}
	return best
}
