package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// settleLimit is how long the page may take to show exactly what the screen does.
const settleLimit = 2500 * time.Millisecond

// followPace is the pause between two readings of the whole picture in the page, and
// so about how fine the figure is.
const followPace = 25 * time.Millisecond

// aroundPointer is what of the screen is left out of the comparison: the pointer is
// drawn by some servers into the picture, by others not.
const aroundPointer = 40

// hopeless is how many checks may fail at the beginning before the rest is left out.
const hopeless = 3

// settling measures, many times, the time from the last change of the screen to the
// moment from which the page shows the very same pixels.
func (r *rig) settling(ctx context.Context, m motion) error {
	var samples []float64
	checks := 0
	for checks < r.opts.checks && (checks < hopeless || len(samples) > 0) {
		checks++
		took, err := r.settle(ctx, m, checks)
		if err != nil {
			return err
		}
		if took >= 0 {
			samples = append(samples, took)
		}
	}
	r.add(share(colIdentical, len(samples), checks), figure{Name: colQuality, Unit: "dB", Value: r.quality})
	if len(samples) > 0 {
		r.add(spread(colSettled, "ms", samples))
	}
	return nil
}

// nudger is a motion whose screen changes once instead of moving for a while.
type nudger interface{ nudge() error }

// settle is one check: milliseconds, or a negative number if the picture stays another.
func (r *rig) settle(ctx context.Context, m motion, check int) (float64, error) {
	watch, err := watchChanges(r.patch.x.display)
	if err != nil {
		return 0, err
	}
	defer watch.close()
	if err := r.move(ctx, m); err != nil {
		return 0, err
	}
	at, err := watch.pointer()
	if err != nil {
		return 0, err
	}
	around := []image.Rectangle{image.Rectangle{at, at}.Inset(-aroundPointer)}
	if err := r.follow(ctx, around); err != nil {
		return 0, err
	}
	defer r.unfollow(ctx)
	last, since, err := r.exact(ctx, watch, around)
	if errors.Is(err, errDiffers) {
		return -1, r.describe(ctx, around, check)
	}
	return max(0, milliseconds(since.Sub(last))), err
}

// follow has the page read the whole picture again and again.
func (r *rig) follow(ctx context.Context, without []image.Rectangle) error {
	var blank []rect
	for _, w := range without {
		blank = append(blank, rect{w.Min.X, w.Min.Y, w.Dx(), w.Dy()})
	}
	return r.page.call(ctx, nil, "follow", blank, followPace.Milliseconds())
}

func (r *rig) unfollow(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = r.page.call(ctx, nil, "stopFollowing") // fails only with the page itself
}

// errDiffers means that the page does not come to show what the screen does.
var errDiffers = errors.New("bench: the page shows another picture than the screen")

// exact waits until the screen keeps still and the page shows the very same: when the
// screen last changed, and since when the page has shown it.
func (r *rig) exact(ctx context.Context, watch *changes, without []image.Rectangle) (last, since time.Time, err error) {
	for range 3 { // a clock may change the screen meanwhile
		if last, err = watch.settled(ctx); err != nil {
			return last, since, err
		}
		screen, err := r.grab()
		if err != nil {
			return last, since, err
		}
		since, same, err := r.await(ctx, hashOf(screen, without), last.Add(settleLimit))
		if err != nil || same {
			return last, since, err
		}
		if again := time.Unix(0, watch.last.Load()); !again.After(last) {
			return last, since, errDiffers
		}
	}
	return last, since, errDiffers
}

// move lets the scene move for a moment, of another length each time, and stop.
func (r *rig) move(ctx context.Context, m motion) error {
	if n, ok := m.(nudger); ok {
		return n.nudge()
	}
	moving := time.Duration(200+rand.IntN(500)) * time.Millisecond
	return while(ctx, m, func(ctx context.Context) error { return pause(ctx, moving) })
}

// await waits until the page shows the picture with that hash, and says since when.
func (r *rig) await(ctx context.Context, hash string, limit time.Time) (time.Time, bool, error) {
	for {
		var now struct {
			Hash  string
			Since float64
		}
		err := r.page.Evaluate(ctx, "({Hash: window.besideBench.follower.hash, Since: window.besideBench.follower.since})", &now)
		if err != nil {
			return time.Time{}, false, err
		}
		if now.Hash == hash {
			return fromEpoch(now.Since), true, nil
		}
		if time.Now().After(limit) {
			return time.Time{}, false, nil
		}
		if err := pause(ctx, 30*time.Millisecond); err != nil {
			return time.Time{}, false, err
		}
	}
}

// describe notes, for the first check that fails, how the page differs from the screen,
// and keeps both pictures if wanted.
func (r *rig) describe(ctx context.Context, without []image.Rectangle, check int) error {
	if r.described && r.opts.keep == "" {
		return nil
	}
	r.described = true
	screen, err := r.grab()
	if err != nil {
		return err
	}
	shown, err := r.page.picture(ctx)
	if err != nil {
		return err
	}
	d := differ(screen, shown, without)
	r.note("%v after check %d the page differs: %v", settleLimit, check, d)
	r.quality = min(r.quality, d.psnr)
	if r.opts.keep == "" {
		return nil
	}
	for name, picture := range map[string]image.Image{"screen": screen, "page": shown} {
		path := filepath.Join(r.opts.keep, fmt.Sprintf("%s-%s-%d-%s.png", r.scene, strings.Fields(r.system.name())[0], check, name))
		if err := writePNG(path, picture); err != nil {
			return err
		}
	}
	return nil
}

func writePNG(path string, picture image.Image) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	return errors.Join(encoder.Encode(f, picture), f.Close())
}

// rect is a rectangle as the page's script takes it.
type rect struct{ X, Y, W, H int }
