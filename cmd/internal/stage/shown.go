package stage

import (
	"context"
	"fmt"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// watchShown runs in every page before its own code. It reads the picture as it is
// shown: the video, and the canvases of the exact updates over it.
const watchShown = `(() => {
  const layers = () => {
    const box = document.querySelector('[aria-label="Their screen"]');
    if (!box) return null;
    const video = box.querySelector('video'), canvases = [...box.querySelectorAll('canvas[data-layer=screen]')];
    const set = canvases[0]?.parentElement.dataset;
    const width = Number(set?.width ?? video?.videoWidth ?? 0), height = Number(set?.height ?? video?.videoHeight ?? 0);
    return width > 0 ? {box: box.getBoundingClientRect(), all: [video, ...canvases].filter(e => e && (e.videoWidth ?? e.width) > 0), width, height} : null;
  };
  const pens = {};
  const pen = (w, h) => pens[w + 'x' + h] ??= new OffscreenCanvas(w, h).getContext('2d', {willReadFrequently: true});
  // The part x, y, w, h of the picture, scaled to dw, dh; null while there is none.
  const read = (x, y, w, h, dw = w, dh = h) => {
    const l = layers();
    if (!l) return null;
    const to = pen(dw, dh), scale = l.width / l.box.width;
    to.setTransform(1, 0, 0, 1, 0, 0);
    to.clearRect(0, 0, dw, dh);
    to.setTransform(dw / w, 0, 0, dh / h, -x * dw / w, -y * dh / h);
    for (const e of l.all) {
      const r = e.getBoundingClientRect();
      to.drawImage(e, Math.round((r.x - l.box.x) * scale), Math.round((r.y - l.box.y) * scale), Math.round(r.width * scale), Math.round(r.height * scale));
    }
    return to.getImageData(0, 0, dw, dh).data;
  };
  const hash = () => {
    const l = layers(), data = l && read(0, 0, l.width, l.height, 240, 135);
    if (!data) return 0;
    let sum = 0;
    for (const word of new Uint32Array(data.buffer)) sum = (Math.imul(sum, 31) + word) | 0;
    return sum;
  };
  const there = () => { const l = layers(), d = l && read(0, 0, l.width, l.height, 16, 9); return !!d && d.some((v, i) => i % 4 === 3 && v === 255); };
  // Resolves when that many further pictures were shown.
  const changes = (n) => new Promise(done => {
    let last = hash();
    const look = () => { const now = hash(); if (now !== last) n--; last = now; if (n > 0) requestAnimationFrame(look); else done(true); };
    requestAnimationFrame(look);
  });
  window.besideShown = {layers, read, hash, there, changes};
})()`

// AwaitPicture waits until the page shows a picture, and returns when that was.
func (t *Technician) AwaitPicture(ctx context.Context) (time.Time, error) {
	const watch = `(() => {
	  window.besideFirst = 0;
	  const look = () => {
	    if (besideShown.there()) window.besideFirst = performance.timeOrigin + performance.now();
	    else requestAnimationFrame(look);
	  };
	  look();
	})()`
	if err := t.Evaluate(ctx, watch, nil); err != nil {
		return time.Time{}, err
	}
	if err := t.wait(ctx, "window.besideFirst > 0", "no picture on the page"); err != nil {
		return time.Time{}, err
	}
	var at float64
	err := t.Evaluate(ctx, "window.besideFirst", &at)
	return time.UnixMicro(int64(at * 1000)), err
}

// AwaitPictures waits until the page has shown so many further pictures.
func (t *Technician) AwaitPictures(ctx context.Context, count int) error {
	err := t.Evaluate(ctx, fmt.Sprintf("besideShown.changes(%d)", count), nil)
	if err != nil {
		return fmt.Errorf("stage: the picture stands still: %w", err)
	}
	return nil
}

// AwaitSize waits until the picture on the page has that size.
func (t *Technician) AwaitSize(ctx context.Context, width, height int) error {
	return t.wait(ctx, fmt.Sprintf("besideShown.layers()?.width === %d && besideShown.layers().height === %d", width, height),
		fmt.Sprintf("the picture is not %d by %d", width, height))
}

// Screen is where the user's screen is on the page: its corner, and page pixels for
// one pixel of the user's.
type Screen struct{ X, Y, Scale float64 }

// Screen returns where the picture is shown.
func (t *Technician) Screen(ctx context.Context) (Screen, error) {
	var s Screen
	err := t.Evaluate(ctx, `(() => { const l = besideShown.layers();
		return {X: l.box.x, Y: l.box.y, Scale: l.box.width / l.width}; })()`, &s)
	return s, err
}

// At is where a pixel of the user's screen is on the page.
func (s Screen) At(x, y int) (float64, float64) {
	return s.X + (float64(x)+0.5)*s.Scale, s.Y + (float64(y)+0.5)*s.Scale
}

// addScripts has scripts run in every page of the tab before its own code.
func addScripts(scripts ...string) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		for _, script := range append([]string{watchPackets, watchShown}, scripts...) {
			if _, err := page.AddScriptToEvaluateOnNewDocument(script).Do(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}
