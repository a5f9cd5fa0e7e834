package main

import (
	"image"
	"image/color"
	"testing"
)

func TestTheHashSeesEveryPixelButThoseLeftOut(t *testing.T) {
	picture := fakeScreen(0)
	whole := hashOf(picture, nil)
	picture.SetRGBA(99, 50, color.RGBA{1, 2, 3, 0xff})
	if hashOf(picture, nil) == whole {
		t.Error("a changed pixel does not change the hash")
	}
	without := []image.Rectangle{image.Rect(90, 40, 110, 60), image.Rect(-10, -10, 5, 5), image.Rect(500, 500, 600, 600)}
	if hashOf(picture, without) != hashOf(fakeScreen(0), without) {
		t.Error("a pixel that is left out changes the hash")
	}
	picture.SetRGBA(90, 60, color.RGBA{1, 2, 3, 0xff})
	if hashOf(picture, without) == hashOf(fakeScreen(0), without) {
		t.Error("a pixel just outside of what is left out does not change the hash")
	}
}

func TestDifferencesAreCountedAndPlaced(t *testing.T) {
	screen, shown := fakeScreen(0), fakeScreen(0)
	if d := differ(screen, shown, nil); d.pixels != 0 || d.psnr != 99 || !d.bounds.Empty() {
		t.Errorf("equal pictures differ: %v", d)
	}
	c := shown.RGBAAt(20, 30)
	shown.SetRGBA(20, 30, color.RGBA{c.R ^ 4, c.G, c.B, 0xff})
	shown.SetRGBA(25, 35, color.RGBA{})
	d := differ(screen, shown, []image.Rectangle{image.Rect(25, 35, 26, 36)})
	if d.pixels != 1 || d.bounds != image.Rect(20, 30, 21, 31) || d.most != 4 || d.psnr < 80 || d.psnr > 90 {
		t.Errorf("got %v", d)
	}
}
