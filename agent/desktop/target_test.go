package desktop

import (
	"image"
	"image/color"
	"testing"

	"github.com/jezek/xgb/xproto"
)

func target(t *testing.T, d *Desktop) *Target {
	t.Helper()
	w, err := OpenTarget(d.Display(), image.Rect(100, 100, 500, 400))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

// must fails the test at the first error.
func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestTargetWritesDownPointerAndButtons(t *testing.T) {
	d := begin(t, Options{Width: 800, Height: 600})
	w, p := target(t, d), d.Person()
	must(t, p.MoveTo(150, 160), p.Click(Left), p.Click(Right), p.Wheel(2), p.Wheel(-1), w.Sync(within(t)))
	var buttons []int
	for _, e := range w.Clear() {
		if e.Kind == ButtonPress {
			buttons = append(buttons, e.Button)
			if e.X != 150 || e.Y != 160 {
				t.Errorf("button at %d,%d, want 150,160", e.X, e.Y)
			}
		}
	}
	want := []int{Left, Right, WheelDown, WheelDown, WheelUp}
	if len(buttons) != len(want) {
		t.Fatalf("got buttons %v, want %v", buttons, want)
	}
	for i := range want {
		if buttons[i] != want[i] {
			t.Fatalf("got buttons %v, want %v", buttons, want)
		}
	}
}

func TestEveryPixelOfTheScreenCanBePointedAt(t *testing.T) {
	d := begin(t, Options{Width: 1920, Height: 1080})
	for _, at := range []image.Point{{0, 0}, {1919, 1079}, {1, 1078}, {959, 540}, {1234, 17}, {7, 1001}} {
		must(t, d.Person().MoveTo(at.X, at.Y))
		x, y, err := d.Person().Location()
		must(t, err)
		if x != at.X || y != at.Y {
			t.Errorf("pointer at %d,%d, want %v", x, y, at)
		}
	}
}

func TestAClickChangesTheColour(t *testing.T) {
	d := begin(t, Options{Width: 800, Height: 600})
	w := target(t, d)
	for _, want := range []color.RGBA{TargetAmber, TargetBlue} {
		must(t, d.Person().ClickAt(200, 200), w.Sync(within(t)))
		if got, err := d.Pixel(300, 300); err != nil || got != want {
			t.Errorf("colour %v (%v), want %v", got, err, want)
		}
	}
}

func TestThePersonTypesInManyLayouts(t *testing.T) {
	d := begin(t, Options{Width: 800, Height: 600})
	w := target(t, d)
	for _, c := range []struct{ layout, text string }{
		{"us", "Hello, World! {~}"},
		{"de", "Zäh & grün: 5 € @ {ß}"},
		{"fr", "il co&te 3 € à l'été (ç)"},
		{"ru", "Привет, Ёлка"},
	} {
		must(t, d.SetLayout(within(t), c.layout), w.Sync(within(t)))
		w.Clear()
		must(t, d.Person().Type(c.text), w.WaitText(within(t), c.text))
	}
	if err := d.Person().Type("你"); err == nil {
		t.Error("a Russian keyboard typed a Chinese character")
	}
}

func TestAShortcutTypesNothing(t *testing.T) {
	d := begin(t, Options{Width: 800, Height: 600})
	w := target(t, d)
	must(t, d.Person().Tap(KeyControl, 'c'), w.Sync(within(t)))
	if got := w.Text(); got != "" {
		t.Errorf("Control+C typed %q", got)
	}
	events := w.Events()
	if len(events) != 4 || events[1].Keysym != 'c' || events[1].State&xproto.ModMaskControl == 0 {
		t.Errorf("got %+v", events)
	}
}
