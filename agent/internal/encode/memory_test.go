package encode

import (
	"image"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// resident is what this process holds, in MiB.
func resident(t *testing.T) float64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		t.Fatal(err)
	}
	return float64(pages*os.Getpagesize()) / (1 << 20)
}

// A settled encoder holds a third less at least, and its next frames are as good as ever.
func TestSettleGivesMemoryBackAndKeepsThePicture(t *testing.T) {
	d := newDesk(1920, 1080)
	start := resident(t)
	v, dec := newVP9(t, Config{Width: d.w, Height: d.h}), newDecoder(t)
	at := time.Now()
	shot := func(damage ...image.Rectangle) float64 {
		p := d.picture(damage...)
		at = at.Add(time.Second / 30)
		p.At = at
		seen, _, _ := step(t, v, dec, p, false)
		return d.psnr(seen, d.whole())
	}
	shot()
	for range 8 {
		shot(d.scroll(16))
	}
	before := resident(t) - start
	if !v.Unsettled() {
		t.Fatal("a new encoder has nothing to settle")
	}
	v.Settle()
	after := resident(t) - start
	t.Logf("%.0f MiB, settled %.0f MiB", before, after)
	if after > before-18 {
		t.Errorf("got %.0f MiB after settling, want 18 less than %.0f", after, before)
	}
	if v.Unsettled() {
		t.Error("a settled encoder is unsettled")
	}
	var quality float64
	for range 8 {
		quality = shot(d.scroll(16))
	}
	if quality < 30 {
		t.Errorf("got %.1f dB after settling, want 30", quality)
	}
}

// A clock's tick on a picture that is fine needs one frame, not two.
func TestASmallChangeOfAFinePictureNeedsNoRefinement(t *testing.T) {
	d := newDesk(640, 480)
	v, dec := newVP9(t, Config{Width: d.w, Height: d.h}), newDecoder(t)
	at := time.Now()
	shot := func(p Picture) *Picture {
		at = at.Add(time.Second)
		p.At = at
		step(t, v, dec, p, false)
		return &p
	}
	shot(d.picture())
	for v.Refinable() {
		p := d.picture()
		p.Refine = true
		shot(p)
	}
	for range 40 { // a rate far above what is needed brings the quantizer down
		shot(d.picture(d.text(100, 200, at.Format("15:04:05"))))
		for v.Refinable() {
			p := d.picture()
			p.Refine = true
			shot(p)
		}
	}
	if v.quantizer > fineQuantizer {
		t.Fatalf("got quantizer %d, want at most %d", v.quantizer, fineQuantizer)
	}
	shot(d.picture(d.text(100, 200, "12:34:56")))
	if v.Refinable() {
		t.Error("a tick asks for refinement")
	}
}
