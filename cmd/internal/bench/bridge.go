package main

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// bridge carries packets between two TUN devices, as a link would.
type bridge struct {
	near, far *os.File // the agent's device, and the browser's and relay's
	out, in   *shaper  // from near to far, and back
	running   sync.WaitGroup

	counting time.Time // since reset
}

// parcel is a packet on its way.
type parcel struct {
	due   time.Time
	bytes []byte
}

// onTheWay is more parcels than a second of the fastest link has.
const onTheWay = 1 << 15

func newBridge(near, far *os.File) *bridge {
	b := &bridge{near: near, far: far, out: &shaper{}, in: &shaper{}}
	b.carry(near, far, b.out)
	b.carry(far, near, b.in)
	return b
}

// carry brings packets from one device to the other until that is closed.
func (b *bridge) carry(from, to *os.File, s *shaper) {
	way := make(chan parcel, onTheWay)
	b.running.Go(func() {
		defer close(way)
		packet := make([]byte, 1<<16)
		for {
			n, err := from.Read(packet)
			if err != nil {
				return
			}
			due, err := s.take(time.Now(), n)
			if err != nil {
				continue // dropped, and counted
			}
			way <- parcel{due, append([]byte(nil), packet[:n]...)}
		}
	})
	b.running.Go(func() {
		for p := range way {
			time.Sleep(time.Until(p.due))
			_, _ = to.Write(p.bytes) // a device that is down drops it, as a cable would
		}
	})
}

// become makes the bridge another link.
func (b *bridge) become(l link) {
	b.out.become(l)
	b.in.become(l)
}

// reset begins to count anew.
func (b *bridge) reset() {
	b.out.reset()
	b.in.reset()
	b.counting = time.Now()
}

// figures tell what went to the viewer since reset.
func (b *bridge) figures() []figure { return b.out.figures(time.Since(b.counting)) }

// close takes both devices away and waits for what was on its way.
func (b *bridge) close() error {
	err := errors.Join(b.near.Close(), b.far.Close())
	b.running.Wait()
	if err != nil {
		return fmt.Errorf("bench: bridge: %w", err)
	}
	return nil
}
