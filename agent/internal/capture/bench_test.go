package capture

import (
	"context"
	"image"
	"testing"

	"beside/consent/consenttest"
)

func BenchmarkFull(b *testing.B) {
	for _, s := range []Source{SharedPixmap, SharedImage, Requests} {
		b.Run(s.String(), func(b *testing.B) { benchmark(b, s, image.Rect(0, 0, 1920, 1080)) })
	}
}

func BenchmarkTyping(b *testing.B) {
	for _, s := range []Source{SharedPixmap, SharedImage, Requests} {
		b.Run(s.String(), func(b *testing.B) { benchmark(b, s, image.Rect(401, 301, 417, 317)) })
	}
}

func benchmark(b *testing.B, source Source, r image.Rectangle) {
	startX(b, "1920x1080x24")
	p := newPainter(b)
	grant, _ := consenttest.NewView(b)
	c, err := Open(grant, Options{source: source})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	ctx := context.Background()
	if _, err := c.Next(ctx); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		p.fill(red, r)
		b.StartTimer()
		if _, err := c.Next(ctx); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	startX(b, "1920x1080x24")
	grant, _ := consenttest.NewView(b)
	for b.Loop() {
		c, err := Open(grant, Options{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := c.Next(context.Background()); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
