package encode

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"testing"
	"time"

	"beside/agent/internal/encode/decodetest"
)

func newVP9(t testing.TB, cfg Config) *VP9 {
	t.Helper()
	v, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v
}

func newDecoder(t testing.TB) *decodetest.Decoder {
	t.Helper()
	d, err := decodetest.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// step encodes and decodes one picture.
func step(t *testing.T, v *VP9, dec *decodetest.Decoder, p Picture, force bool) (*decodetest.Picture, int, bool) {
	t.Helper()
	data, key, err := v.Encode(p, force)
	if err != nil {
		t.Fatal(err)
	}
	seen, err := dec.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return seen, len(data), key
}

// A key frame comes first and looks like the screen, in both chroma formats and at
// sizes that are no multiple of anything.
func TestFirstPicture(t *testing.T) {
	sizes := []struct{ w, h int }{{683, 384}, {641, 359}, {34, 66}, {17, 33}, {2, 1}, {1, 1}}
	for _, size := range sizes {
		for _, full := range []bool{false, true} {
			t.Run(fmt.Sprintf("%dx%d full chroma %v", size.w, size.h, full), func(t *testing.T) {
				d := newDesk(size.w, size.h)
				v, dec := newVP9(t, Config{Width: d.w, Height: d.h, FullChroma: full}), newDecoder(t)
				seen, _, key := step(t, v, dec, d.picture(), false)
				if !key || seen.Width != d.w || seen.Height != d.h {
					t.Fatalf("got key %v, %d x %d, want a key frame of %d x %d", key, seen.Width, seen.Height, d.w, d.h)
				}
				if seen.FullChroma != full || !seen.BT601 || seen.FullRange {
					t.Errorf("the stream says full chroma %v, BT.601 %v, full range %v", seen.FullChroma, seen.BT601, seen.FullRange)
				}
				if got := d.psnr(seen, d.whole()); got < 30 {
					t.Errorf("got %.1f dB, want 30", got)
				}
			})
		}
	}
}

// Flat colours arrive as they were, within what studio range and rounding cost.
func TestColours(t *testing.T) {
	colours := []color.RGBA{
		{255, 255, 255, 255}, {0, 0, 0, 255}, {255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255},
		{128, 128, 128, 255}, {0x24, 0x5a, 0x88, 255}, {250, 200, 20, 255},
	}
	d := newDesk(64*len(colours), 128)
	for i, c := range colours {
		d.fill(image.Rect(64*i, 0, 64*i+64, 128), c)
	}
	for _, full := range []bool{false, true} {
		v, dec := newVP9(t, Config{Width: d.w, Height: d.h, FullChroma: full}), newDecoder(t)
		seen, _, _ := step(t, v, dec, d.picture(), false)
		for i, c := range colours {
			got := seen.Pix[4*(64*d.w+64*i+32):]
			for j, want := range []byte{c.B, c.G, c.R} {
				if diff := int(got[j]) - int(want); diff < -4 || diff > 4 {
					t.Errorf("full chroma %v: got %v, want %v", full, got[:3], c)
					break
				}
			}
		}
	}
}

// What is outside the damage stays, even when the source differs there; at most it
// gets finer.
func TestOutsideDamageStays(t *testing.T) {
	d := newDesk(640, 480)
	v, dec := newVP9(t, Config{Width: d.w, Height: d.h}), newDecoder(t)
	before, _, _ := step(t, v, dec, d.picture(), false)
	was := d.packed()
	hit := image.Rect(100, 100, 180, 116)
	d.fill(d.whole(), color.RGBA{0, 128, 0, 255})
	var seen *decodetest.Picture
	for range 5 {
		seen, _, _ = step(t, v, dec, d.picture(hit), false)
	}
	if got := d.psnr(seen, hit); got < 30 {
		t.Errorf("inside the damage: got %.1f dB, want 30", got)
	}
	for _, outside := range []image.Rectangle{{Max: image.Pt(640, 88)}, image.Rect(0, 128, 640, 480), image.Rect(200, 88, 640, 128)} {
		first, now := decodetest.PSNR(was, before.Pix, 4*d.w, outside), decodetest.PSNR(was, seen.Pix, 4*d.w, outside)
		if now < first-0.1 {
			t.Errorf("outside the damage, %v: fell from %.1f to %.1f dB", outside, first, now)
		}
	}
}

func TestNothingToEncode(t *testing.T) {
	d := newDesk(320, 240)
	v, dec := newVP9(t, Config{Width: d.w, Height: d.h}), newDecoder(t)
	step(t, v, dec, d.picture(), false)
	for _, damage := range []image.Rectangle{{}, image.Rect(320, 0, 400, 100), image.Rect(-5, -5, 0, 0)} {
		if data, _, err := v.Encode(d.picture(damage), false); len(data) != 0 || err != nil {
			t.Errorf("damage %v: got %d bytes, %v, want none", damage, len(data), err)
		}
	}
}

func TestForcedKey(t *testing.T) {
	d := newDesk(640, 480)
	v, dec := newVP9(t, Config{Width: d.w, Height: d.h}), newDecoder(t)
	step(t, v, dec, d.picture(), false)
	if _, _, key := step(t, v, dec, d.picture(d.scroll(16)), false); key {
		t.Error("a key frame came unasked")
	}
	d.fill(image.Rect(0, 0, 100, 100), color.RGBA{200, 0, 0, 255}) // never reported as damage
	late := newDecoder(t)
	seen, _, key := step(t, v, late, d.picture(), true)
	if got := d.psnr(seen, d.whole()); !key || got < 34 {
		t.Errorf("got key %v, %.1f dB, want a key frame of the whole picture", key, got)
	}
	d.text(100, 200, "and on it goes")
	if _, _, key := step(t, v, late, d.picture(d.whole()), false); key {
		t.Error("a second key frame came unasked")
	}
}

// Refinement improves the picture and comes to an end.
func TestRefine(t *testing.T) {
	d := newDesk(640, 480)
	v, dec := newVP9(t, Config{Width: d.w, Height: d.h, Kilobits: 2000}), newDecoder(t)
	at := time.Now()
	shot := func(p Picture) *decodetest.Picture {
		at = at.Add(100 * time.Millisecond)
		p.At = at
		seen, _, _ := step(t, v, dec, p, false)
		return seen
	}
	shot(d.picture())
	var moving *decodetest.Picture
	for range 10 {
		moving = shot(d.picture(d.scroll(5)))
	}
	before, settled, rounds := d.psnr(moving, d.whole()), moving, 0
	for v.Refinable() {
		if rounds++; rounds > 100 {
			t.Fatal("refinement does not end")
		}
		p := d.picture()
		p.Refine = true
		settled = shot(p)
	}
	if after := d.psnr(settled, d.whole()); after < before+1 {
		t.Errorf("got %.1f dB after %d refinements, want 1 dB more than %.1f", after, rounds, before)
	}
	p := d.picture()
	p.Refine = true
	if data, _, err := v.Encode(p, false); len(data) != 0 || err != nil {
		t.Errorf("a settled picture: got %d bytes, %v, want none", len(data), err)
	}
}

// The rate holds for content that wants far more, and changes while running.
func TestRate(t *testing.T) {
	d := newDesk(640, 360)
	v, dec := newVP9(t, Config{Width: d.w, Height: d.h, Kilobits: 1000}), newDecoder(t)
	at, random := time.Now(), rand.New(rand.NewPCG(1, 2))
	second := func() (bits int) {
		for range 30 {
			at = at.Add(time.Second / 30)
			for i := range 3000 {
				d.pix[(i*97+random.IntN(97))%len(d.pix)] += byte(random.IntN(32))
			}
			p := d.picture(d.whole())
			p.At = at
			_, n, _ := step(t, v, dec, p, false)
			bits += 8 * n
		}
		return bits
	}
	for _, kilobits := range []int{1000, 4000} {
		if err := v.SetKilobits(kilobits); err != nil {
			t.Fatal(err)
		}
		second() // until rate control has settled
		got := (second() + second()) / 2000
		if got > kilobits*3/2 || got < kilobits/4 {
			t.Errorf("got %d kbit/s, want about %d", got, kilobits)
		}
	}
}

func TestRecordingSettings(t *testing.T) {
	d := newDesk(640, 360)
	v, dec := newVP9(t, Config{Width: d.w, Height: d.h, Recording: true}), newDecoder(t)
	at := time.Now()
	for i := range 6 {
		p := d.picture(d.scroll(8))
		at = at.Add(200 * time.Millisecond)
		p.At = at
		seen, _, key := step(t, v, dec, p, i == 3)
		if want := i == 0 || i == 3; key != want {
			t.Errorf("frame %d: got key %v, want %v", i, key, want)
		}
		if got := d.psnr(seen, d.whole()); got < 30 {
			t.Errorf("frame %d: got %.1f dB, want 30", i, got)
		}
	}
}

func TestBadConfigs(t *testing.T) {
	for _, c := range []struct {
		cfg  Config
		want error
	}{
		{Config{}, ErrSize},
		{Config{Width: 0, Height: 100}, ErrSize},
		{Config{Width: 100, Height: -1}, ErrSize},
		{Config{Width: 16385, Height: 1}, ErrSize},
		{Config{Width: 16384, Height: 16384}, ErrSize},
		{Config{Width: 100, Height: 100, Kilobits: -1}, ErrRate},
		{Config{Width: 100, Height: 100, Kilobits: 1e9}, ErrRate},
		{Config{Width: 100, Height: 100, FramesPerSecond: -1}, ErrRate},
	} {
		v, err := New(c.cfg)
		if !errors.Is(err, c.want) {
			t.Errorf("%+v: got %v, want %v", c.cfg, err, c.want)
		}
		if v != nil {
			v.Close()
		}
	}
}

func TestBadPictures(t *testing.T) {
	d := newDesk(64, 64)
	v := newVP9(t, Config{Width: 64, Height: 64})
	for name, p := range map[string]Picture{
		"no pixels":       {Stride: 256},
		"too few pixels":  {Pix: d.pix[:256*63], Stride: 256},
		"narrow stride":   {Pix: d.pix, Stride: 252},
		"negative stride": {Pix: d.pix, Stride: -256},
		"zero stride":     {Pix: d.pix},
	} {
		if _, _, err := v.Encode(p, false); !errors.Is(err, ErrPicture) {
			t.Errorf("%s: got %v, want %v", name, err, ErrPicture)
		}
	}
	if err := v.SetKilobits(0); !errors.Is(err, ErrRate) {
		t.Errorf("rate 0: got %v, want %v", err, ErrRate)
	}
}

func TestClosed(t *testing.T) {
	d := newDesk(64, 64)
	v := newVP9(t, Config{Width: 64, Height: 64})
	v.Close()
	v.Close()
	if _, _, err := v.Encode(d.picture(), false); !errors.Is(err, ErrClosed) {
		t.Errorf("Encode: got %v, want %v", err, ErrClosed)
	}
	if err := v.SetKilobits(1000); !errors.Is(err, ErrClosed) {
		t.Errorf("SetKilobits: got %v, want %v", err, ErrClosed)
	}
	if v.Refinable() {
		t.Error("a closed encoder is refinable")
	}
}
