package main

import (
	"context"
	"fmt"
	"image"
	"math"
	"time"

	"github.com/jezek/xgb/xproto"
)

// circle is the dragged window's corner at a step.
func circle(n int) image.Point {
	sin, cos := math.Sincos(2 * math.Pi * float64(n) / dragTurn)
	return image.Pt(dragLeft+int(math.Round(dragRadius*cos)), dragTop+int(math.Round(dragRadius*sin)))
}

// scrolled is a page that a browser scrolls: a window that is drawn anew from a tall
// picture at every step, by an odd number of pixels further down, and up again.
type scrolled struct {
	x      *xclient
	window xproto.Window
	page   xproto.Pixmap
	offset int
	down   bool
}

// scrolledPlace is its window; the page is a few windows tall.
var scrolledPlace = image.Rect(300, 150, 1200, 850)

const scrolledHeight = 6000

func openScrolled(display string) (*scrolled, error) {
	picture, err := article(scrolledPlace.Dx(), scrolledHeight, 7)
	if err != nil {
		return nil, err
	}
	s := &scrolled{down: true}
	if s.x, err = dialX(display, nil); err != nil {
		return nil, err
	}
	if s.page, err = s.x.upload(picture); err == nil {
		s.window, err = s.x.window(scrolledPlace, 0, xproto.StackModeAbove, 0)
	}
	if err == nil {
		err = s.draw()
	}
	if err != nil {
		s.x.close()
		return nil, err
	}
	return s, nil
}

// advance is the offset after a step of n pixels between 0 and most, and the direction then.
func advance(offset, by, most int, down bool) (int, bool) {
	if !down {
		by = -by
	}
	switch next := offset + by; {
	case next > most:
		return most, false
	case next < 0:
		return 0, true
	default:
		return next, down
	}
}

func (s *scrolled) run(ctx context.Context) error {
	return every(ctx, step, func(n int) error {
		s.offset, s.down = advance(s.offset, []int{3, 5, 7, 9, 7, 5}[n/10%6], scrolledHeight-scrolledPlace.Dy(), s.down)
		return s.draw()
	})
}

// draw returns when it is drawn, as a program that waits for its swap does.
func (s *scrolled) draw() error {
	xproto.CopyArea(s.x.conn, xproto.Drawable(s.page), xproto.Drawable(s.window), s.x.gc, 0, int16(s.offset), 0, 0,
		uint16(scrolledPlace.Dx()), uint16(scrolledPlace.Dy()))
	return s.x.sync()
}

func (s *scrolled) close() { s.x.close() }

// switched are two windows as large as the screen, one in front of the other in turn.
// They lie below all other windows, so that the agent's bar has nothing to fight with.
type switched struct {
	x       *xclient
	windows [2]xproto.Window
	front   int
	pace    time.Duration
}

func openSwitched(display string, pace time.Duration, pictures [2]*image.RGBA) (_ *switched, err error) {
	s := &switched{pace: pace}
	if s.x, err = dialX(display, nil); err != nil {
		return nil, err
	}
	for i, picture := range pictures {
		if s.windows[i], err = s.x.backdrop(picture); err != nil {
			s.x.close()
			return nil, err
		}
	}
	return s, nil
}

// backdrop shows a picture as a window behind all others.
func (x *xclient) backdrop(picture *image.RGBA) (xproto.Window, error) {
	pixmap, err := x.upload(picture)
	if err != nil {
		return 0, err
	}
	return x.window(picture.Rect, pixmap, xproto.StackModeBelow, 0)
}

func (s *switched) run(ctx context.Context) error {
	return every(ctx, s.pace, func(int) error { return s.nudge() })
}

// nudge is one turn. Settling is measured from it: after a while of turns the last of them
// would be long past.
func (s *switched) nudge() error {
	other := s.windows[s.front]
	s.front = 1 - s.front
	xproto.ConfigureWindow(s.x.conn, s.windows[s.front], xproto.ConfigWindowSibling|xproto.ConfigWindowStackMode,
		[]uint32{uint32(other), xproto.StackModeAbove})
	return s.x.sync()
}

func (s *switched) close() { s.x.close() }

// played is a film in a window: 1280x720, 30 pictures a second. The server holds the
// pictures, so that the film costs next to nothing but what showing it does.
type played struct {
	x      *xclient
	window xproto.Window
	frames []xproto.Pixmap
	next   int
}

var playedPlace = image.Rect(240, 180, 240+1280, 180+720)

const (
	playedPace   = time.Second / 30
	playedFrames = 48
)

func openPlayed(display string) (_ *played, err error) {
	p := &played{}
	if p.x, err = dialX(display, nil); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			p.x.close()
		}
	}()
	for i, frame := range film(playedPlace.Dx(), playedPlace.Dy(), playedFrames, 21) {
		pixmap, err := p.x.upload(frame)
		if err != nil {
			return nil, fmt.Errorf("bench: film: picture %d: %w", i, err)
		}
		p.frames = append(p.frames, pixmap)
	}
	if p.window, err = p.x.window(playedPlace, 0, xproto.StackModeAbove, 0); err != nil {
		return nil, err
	}
	return p, p.show()
}

// show shows the next picture.
func (p *played) show() error {
	xproto.CopyArea(p.x.conn, xproto.Drawable(p.frames[p.next]), xproto.Drawable(p.window), p.x.gc, 0, 0, 0, 0,
		uint16(playedPlace.Dx()), uint16(playedPlace.Dy()))
	p.next = (p.next + 1) % len(p.frames)
	return p.x.sync()
}

func (p *played) run(ctx context.Context) error {
	return every(ctx, playedPace, func(int) error { return p.show() })
}

func (p *played) close() { p.x.close() }

// backdrop is a picture behind all windows, as a wallpaper is.
type backdrop struct{ x *xclient }

func openBackdrop(display string, picture *image.RGBA) (*backdrop, error) {
	x, err := dialX(display, nil)
	if err != nil {
		return nil, err
	}
	if _, err := x.backdrop(picture); err != nil {
		x.close()
		return nil, err
	}
	return &backdrop{x}, nil
}

func (b *backdrop) close() { b.x.close() }
