package main

import (
	"fmt"
	"image"
	"sync"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// patchPlace is where the patch lies: to the right of everything that scenes move.
var patchPlace = image.Rect(1780, 500, 1844, 564)

// The patch's two colours, as the server's pixels.
const (
	patchBlue  = 0x1d4ed8
	patchAmber = 0xf59e0b
)

// patch is a small window that changes its colour at every press of a button: what the
// latency from input to pixel is read from. It takes no focus, so that others can type.
type patch struct {
	x      *xclient
	window xproto.Window

	mu    sync.Mutex
	amber bool
}

func openPatch(display string) (*patch, error) {
	p := &patch{}
	ready := make(chan struct{})
	var err error
	p.x, err = dialX(display, func(event xgb.Event) {
		<-ready
		if _, pressed := event.(xproto.ButtonPressEvent); pressed {
			p.flip()
		}
	})
	if err != nil {
		return nil, err
	}
	defer close(ready)
	p.window, err = p.x.window(patchPlace, 0, xproto.StackModeAbove, xproto.EventMaskButtonPress)
	if err == nil {
		p.paint(patchBlue)
		err = p.x.sync()
	}
	if err != nil {
		go p.x.close() // waits for the listener, which waits for ready
		return nil, fmt.Errorf("bench: patch: %w", err)
	}
	return p, nil
}

// flip paints the other colour.
func (p *patch) flip() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.amber = !p.amber
	if p.amber {
		p.paint(patchAmber)
	} else {
		p.paint(patchBlue)
	}
}

// paint sends both requests at once; an error would mean that the window is gone.
func (p *patch) paint(pixel uint32) {
	xproto.ChangeWindowAttributes(p.x.conn, p.window, xproto.CwBackPixel, []uint32{pixel})
	xproto.ClearArea(p.x.conn, false, p.window, 0, 0, 0, 0)
}

// raise puts the patch above all other windows.
func (p *patch) raise() error {
	xproto.ConfigureWindow(p.x.conn, p.window, xproto.ConfigWindowStackMode, []uint32{xproto.StackModeAbove})
	return p.x.sync()
}

func (p *patch) close() { p.x.close() }

// middle is the pixel that is pressed and read.
func (p *patch) middle() image.Point {
	return patchPlace.Min.Add(patchPlace.Size().Div(2))
}
