package encode

import (
	"image"
	"testing"
	"time"
)

func BenchmarkConvertFull(b *testing.B) {
	d := newDesk(1920, 1080)
	v := newVP9(b, Config{Width: d.w, Height: d.h})
	benchmarkConvert(b, v, d.picture(d.whole()))
}

func BenchmarkConvertFullChroma(b *testing.B) {
	d := newDesk(1920, 1080)
	v := newVP9(b, Config{Width: d.w, Height: d.h, FullChroma: true})
	benchmarkConvert(b, v, d.picture(d.whole()))
}

func BenchmarkConvertTyping(b *testing.B) {
	d := newDesk(1920, 1080)
	v := newVP9(b, Config{Width: d.w, Height: d.h})
	benchmarkConvert(b, v, d.picture(image.Rect(401, 301, 417, 317)))
}

func benchmarkConvert(b *testing.B, v *VP9, p Picture) {
	b.ReportAllocs()
	for b.Loop() {
		if err := v.convert(p); err != nil {
			b.Fatal(err)
		}
	}
}

// The first picture: a new encoder and its key frame.
func BenchmarkFirstPicture(b *testing.B) {
	d := newDesk(1920, 1080)
	for b.Loop() {
		v, err := New(Config{Width: d.w, Height: d.h})
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := v.Encode(d.picture(), false); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		v.Close()
		b.StartTimer()
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		v, err := New(Config{Width: 1920, Height: 1080})
		if err != nil {
			b.Fatal(err)
		}
		v.Close()
	}
}

func BenchmarkKey(b *testing.B) {
	benchmarkEncode(b, true, func(d *desk) image.Rectangle { return d.whole() })
}

func BenchmarkTyping(b *testing.B) {
	i := 0
	benchmarkEncode(b, false, func(d *desk) image.Rectangle {
		i++
		return d.text(400+7*(i%80), 401, string(rune('a'+i%26)))
	})
}

func BenchmarkScroll(b *testing.B) {
	benchmarkEncode(b, false, func(d *desk) image.Rectangle { return d.scroll(16) })
}

func benchmarkEncode(b *testing.B, force bool, change func(*desk) image.Rectangle) {
	d := newDesk(1920, 1080)
	v := newVP9(b, Config{Width: d.w, Height: d.h})
	p := d.picture()
	p.At = time.Now()
	if _, _, err := v.Encode(p, false); err != nil {
		b.Fatal(err)
	}
	p.Damage = make([]image.Rectangle, 1)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		p.Damage[0] = change(d)
		p.At = p.At.Add(time.Second / 30)
		b.StartTimer()
		if _, _, err := v.Encode(p, force); err != nil {
			b.Fatal(err)
		}
	}
}
