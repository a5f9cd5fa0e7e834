package main

import (
	"context"
	"fmt"
	"image"
	"sync/atomic"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/damage"
	"github.com/jezek/xgb/xproto"
)

// changes notes when the user's screen was last drawn on.
type changes struct {
	x    *xclient
	last atomic.Int64 // Unix nanoseconds
}

// watchChanges begins; close ends it. Meanwhile the server has more to do, so nothing
// that costs CPU is measured then.
func watchChanges(display string) (*changes, error) {
	c := &changes{}
	c.last.Store(time.Now().UnixNano())
	var err error
	c.x, err = dialX(display, func(event xgb.Event) {
		if _, drawn := event.(damage.NotifyEvent); drawn {
			c.last.Store(time.Now().UnixNano())
		}
	})
	if err != nil {
		return nil, err
	}
	if err := c.begin(); err != nil {
		c.x.close()
		return nil, fmt.Errorf("bench: changes: %w", err)
	}
	return c, nil
}

func (c *changes) begin() error {
	if err := damage.Init(c.x.conn); err != nil {
		return err
	}
	if _, err := damage.QueryVersion(c.x.conn, 1, 1).Reply(); err != nil {
		return err
	}
	id, err := damage.NewDamageId(c.x.conn)
	if err != nil {
		return err
	}
	return damage.CreateChecked(c.x.conn, id, xproto.Drawable(c.x.screen.Root), damage.ReportLevelRawRectangles).Check()
}

// quietFor is how long nothing may be drawn for the screen to count as settled: longer
// than a key on its way takes to arrive.
const quietFor = 250 * time.Millisecond

// settled waits until nothing has been drawn for a while and returns when something last was.
func (c *changes) settled(ctx context.Context) (time.Time, error) {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		last := time.Unix(0, c.last.Load())
		if time.Since(last) >= quietFor {
			return last, nil
		}
		select {
		case <-ctx.Done():
			return time.Time{}, fmt.Errorf("bench: the screen does not settle: %w", ctx.Err())
		case <-ticker.C:
		}
	}
}

// pointer is where the pointer is.
func (c *changes) pointer() (image.Point, error) {
	at, err := xproto.QueryPointer(c.x.conn, c.x.screen.Root).Reply()
	if err != nil {
		return image.Point{}, fmt.Errorf("bench: changes: %w", err)
	}
	return image.Pt(int(at.RootX), int(at.RootY)), nil
}

func (c *changes) close() { c.x.close() }
