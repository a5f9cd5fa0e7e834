package screen

import (
	"bytes"
	"errors"
	"image"
	"runtime"
	"testing"
)

// What waits for video may be transparent already: the viewer decides when.
func TestCopyFromWhatWaitsForVideo(t *testing.T) {
	v := newViewer(t)
	r := image.Rect(0, 0, 20, 20)
	h := header{flags: flagRefresh, serial: 1, width: 20, height: 20}
	body := bytes.Join([][]byte{
		filled(r, 1, 2, 3), appendVideo(nil, image.Rect(2, 2, 4, 4), image.Point{}),
		appendCopy(nil, image.Rect(8, 8, 12, 12), image.Pt(1, 1)),
	}, nil)
	h.length = len(body)
	if _, err := v.Message(piece(buildUpdate(t, h, body))); !errors.Is(err, ErrFormat) {
		t.Errorf("got %v, want %v", err, ErrFormat)
	}
}

// What waits for video cannot grow without end.
func TestManyHoles(t *testing.T) {
	v := newViewer(t)
	h := header{flags: flagRefresh, serial: 1, width: 100, height: 100}
	var body []byte
	for i := range 2 * maxHoles {
		body = appendVideo(body, image.Rect(i%100, i/100, i%100+1, i/100+1), image.Point{})
	}
	h.length = len(body)
	if _, err := v.Message(piece(buildUpdate(t, h, body))); !errors.Is(err, ErrFormat) {
		t.Errorf("got %v, want %v", err, ErrFormat)
	}
}

// A picture larger than the decoder takes makes it allocate nothing.
func TestLargePictureRefused(t *testing.T) {
	d, err := NewDecoder(100 * 100)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	u := buildUpdate(t, header{flags: flagRefresh, width: 101, height: 100}, nil)
	if _, err := d.Message(piece(u)); !errors.Is(err, ErrFormat) || d.Picture() != nil {
		t.Errorf("got %v, want %v", err, ErrFormat)
	}
}

// THREAT 19: unpacking stops at the length that the header announces, and a frame whose
// window is larger than the limit is refused before anything is made for it.
func TestBombs(t *testing.T) {
	noSize := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 13 << 3} // a window of 8 MiB, no content size
	for range 8192 {
		noSize = append(noSize, 0x02, 0x00, 0x10, 0x00) // one byte, 128 KiB times
	}
	liar := []byte{0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0x00, 0x00, 0x80, 0x00} // says 8 MiB, is a gibibyte
	liar = append(liar, noSize[6:]...)
	wide := bytes.Clone(noSize)
	wide[5] = 21 << 3 // a window of 2 GiB
	honest := bytes.Clone(liar)
	honest[7], honest[8] = 0, 0x40 // says a gibibyte
	frames := map[string][]byte{"a gibibyte": honest, "without its size": noSize, "a window of 2 GiB": wide, "a liar": liar}
	for name, frame := range frames {
		for _, announced := range []int{0, 100, MaxBody, 1 << 30} {
			t.Run(name, func(t *testing.T) { refuseBomb(t, frame, announced) })
		}
	}
}

func refuseBomb(t *testing.T, frame []byte, announced int) {
	d, err := NewDecoder(0)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	h := header{flags: flagRefresh | flagZstd, serial: 1, width: 10, height: 10, length: announced}
	u := append(h.append(nil), frame...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for m := range messagesOf(u) {
		_, err = d.Message(m)
	}
	runtime.ReadMemStats(&after)
	if !errors.Is(err, ErrFormat) {
		t.Errorf("got %v, want %v", err, ErrFormat)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 16<<20 {
		t.Errorf("%d bytes allocated, want at most 16 MiB", grown)
	}
}

// Whatever a decoder is given, it neither breaks nor shows anything half drawn.
func FuzzDecoder(f *testing.F) {
	v := readVectors(f)
	for _, scene := range v.Scenes {
		var before [][]byte
		for _, s := range scene.Steps {
			for _, m := range s.Messages {
				if len(m) < 4096 {
					f.Add(bytes.Join(before, nil), m)
				}
			}
			if len(s.Messages) == 1 && len(s.Messages[0]) < 4096 {
				before = s.Messages
			}
		}
	}
	for _, r := range v.Refused {
		f.Add(bytes.Join(r.Before, nil), r.Messages[len(r.Messages)-1])
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		d, err := NewDecoder(300 * 300)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		for _, m := range [][]byte{first, second} {
			sum, seen := pixels(d)
			done, err := d.Message(m)
			d.Shown(uint32(len(m)))
			if p := d.Picture(); p != nil && area(p.Rect) > 300*300 {
				t.Fatalf("picture of %v", p.Rect)
			}
			if now, _ := pixels(d); err != nil && (done || seen && !bytes.Equal(sum, now) && len(d.shown.pending) == 0 && !d.shown.seen) {
				t.Fatalf("%v, and something is seen", err)
			}
		}
	})
}

func pixels(d *Decoder) ([]byte, bool) {
	if d.Picture() == nil {
		return nil, false
	}
	return bytes.Clone(d.Picture().Pix), true
}
