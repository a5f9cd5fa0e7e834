package main

import (
	"context"
	"fmt"
	"time"
)

// watchFirst notes, in the page, when the first picture has been decoded. It is put
// there before the yes, so that nothing but the picture is waited for.
const watchFirst = `(() => {
  window.besideFirst = 0;
  const seen = () => { window.besideFirst = performance.timeOrigin + performance.now(); };
  const look = () => {
    const v = document.querySelector('video');
    if (v) v.requestVideoFrameCallback(seen); else setTimeout(look, 2);
  };
  look();
})()`

// firstPicture waits for what watchFirst notes.
func (r *rig) firstPicture(ctx context.Context) (time.Time, error) {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		var at float64
		if err := r.technician.Evaluate(ctx, "window.besideFirst", &at); err != nil {
			return time.Time{}, err
		}
		if at > 0 {
			return time.UnixMicro(int64(at * 1000)), nil
		}
		select {
		case <-ctx.Done():
			return time.Time{}, fmt.Errorf("bench: no first picture: %w", ctx.Err())
		case <-ticker.C:
		}
	}
}

// received is what the page's connection has received so far.
type received struct {
	Bytes   float64 // everything, with the channels
	Frames  float64 // decoded
	Packets float64 // of the picture
}

const readReceived = `(async () => {
  const sum = {Bytes: 0, Frames: 0, Packets: 0};
  for (const p of window.besidePeers) {
    if (p.connectionState === 'closed') continue;
    for (const r of (await p.getStats()).values()) {
      if (r.type === 'transport') sum.Bytes += r.bytesReceived;
      if (r.type === 'inbound-rtp') { sum.Frames += r.framesDecoded || 0; sum.Packets += r.packetsReceived; }
    }
  }
  return sum;
})()`

func (r *rig) received(ctx context.Context) (received, error) {
	var got received
	err := r.technician.Evaluate(ctx, readReceived, &got)
	return got, err
}

// countPictures counts, for some milliseconds, the shown frames that differ from the
// one before, by a small copy of each. It costs the page CPU, so it runs apart from the
// counting of costs.
const countPictures = `((ms) => new Promise(done => {
  const v = document.querySelector('video');
  const c = new OffscreenCanvas(480, 270).getContext('2d', {willReadFrequently: true});
  const began = performance.now();
  let last = -1, count = 0;
  const look = () => {
    c.drawImage(v, 0, 0, 480, 270);
    const words = new Uint32Array(c.getImageData(0, 0, 480, 270).data.buffer);
    let hash = 0;
    for (let i = 0; i < words.length; i++) hash = (Math.imul(hash, 31) + words[i]) | 0;
    if (hash !== last) count++;
    last = hash;
    if (!over) v.requestVideoFrameCallback(look);
  };
  let over = false;
  v.requestVideoFrameCallback(look);
  setTimeout(() => { over = true; done(1000 * count / (performance.now() - began)); }, ms);
}))`

// pictures returns the distinct pictures a second that the page shows.
func (r *rig) pictures(ctx context.Context, window time.Duration) (float64, error) {
	var rate float64
	err := r.technician.Evaluate(ctx, fmt.Sprintf("%s(%d)", countPictures, window.Milliseconds()), &rate)
	return rate, err
}
