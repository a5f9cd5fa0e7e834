package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// system is a remote desktop that is measured: Beside, or a peer. All of them show the
// same desktop in the same browser.
type system interface {
	// name is what the table calls it.
	name() string
	// missing says what of it is not installed; empty when it can be measured.
	missing() string
	// browse opens a fresh browser and brings it to where the picture can be asked for.
	browse(ctx context.Context) error
	// browsing tells whether a browser is open.
	browsing() bool
	// connect shows the desktop. It returns when the whole picture is there.
	connect(ctx context.Context, seen []landmark) (first, error)
	// furnish gets what scenes need beyond the picture: mouse and keyboard.
	furnish(ctx context.Context) error
	// disconnect ends the session; the browser stays.
	disconnect(ctx context.Context) error
	// families are the processes while connected.
	families() []family
	// page is what shows the picture.
	page() page
	// hands are the technician's.
	hands() hands
	// received is what the page has received so far.
	received(ctx context.Context) (received, error)
	// close ends everything of it.
	close()
}

// first is when a picture was allowed, and when the page first showed the whole of it.
type first struct{ allowed, shown time.Time }

func (f first) took() float64 { return milliseconds(f.shown.Sub(f.allowed)) }

// hands press and type in the page.
type hands interface {
	ClickAt(ctx context.Context, x, y float64) error
	MoveTo(ctx context.Context, x, y float64) error
	Key(ctx context.Context, keys string) error
}

// received is what the page's connections have received so far.
type received struct {
	Bytes  float64 // everything, with the channels
	Frames float64 // of video, decoded
}

// The parts of a system that processes are counted for.
const (
	partServer   = "server"   // what reads the screen: the agent, the VNC server
	partGateway  = "gateway"  // what brings it to the browser; the relay has its own part
	partRelay    = "relay"    // Beside's relay
	partXServer  = "X server" // the user's
	partBrowser  = "browser"  // all of its processes
	partRenderer = "page"     // of these the one that runs the page
)

// attachTime bounds what brings a session up or down on a slow and busy machine.
const attachTime = time.Minute

// attach connects, with a fresh browser if wanted or if none is open, and tries once
// more with everything anew when that fails.
func attach(ctx context.Context, s system, fresh bool, seen []landmark) (first, error) {
	try := func() (first, error) {
		ctx, cancel := context.WithTimeout(ctx, attachTime)
		defer cancel()
		if fresh || !s.browsing() {
			if err := s.browse(ctx); err != nil {
				return first{}, err
			}
		}
		return s.connect(ctx, seen)
	}
	got, err := try()
	if err == nil || ctx.Err() != nil {
		return got, err
	}
	s.close()
	got, second := try()
	if second != nil {
		return first{}, fmt.Errorf("bench: %s does not connect: %w", s.name(), errors.Join(err, second))
	}
	return got, nil
}

// detach ends a session within bounds; one that does not end is closed with everything.
func detach(ctx context.Context, s system) error {
	ctx, cancel := context.WithTimeout(ctx, attachTime)
	defer cancel()
	if err := s.disconnect(ctx); err != nil {
		s.close()
		return err
	}
	return nil
}
