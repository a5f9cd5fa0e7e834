package main

import (
	"bytes"
	"image"
	"testing"
)

func TestTheFilmMovesAndNumbersItsPictures(t *testing.T) {
	frames := film(320, 180, 4, 1)
	for i, f := range frames {
		got := 0
		for c := range filmCells {
			got <<= 1
			if f.RGBAAt(c*cellSide+cellSide/2, cellSide/2).G > 127 {
				got |= 1
			}
		}
		if got != i {
			t.Errorf("picture %d says that it is %d", i, got)
		}
		if d := differ(f, frames[(i+1)%len(frames)], nil); d.pixels < 320*180/2 {
			t.Errorf("from picture %d to the next only %d pixels change", i, d.pixels)
		}
	}
}

func TestPicturesAreTheSameInEveryRun(t *testing.T) {
	one, err := article(300, 400, 7)
	if err != nil {
		t.Fatal(err)
	}
	two, err := article(300, 400, 7)
	if err != nil || !bytes.Equal(one.Pix, two.Pix) {
		t.Errorf("two articles of one seed differ (%v)", err)
	}
	if bytes.Equal(photo(64, 64, 1).Pix, photo(64, 64, 2).Pix) {
		t.Error("photographs of two seeds are equal")
	}
	source, err := program(300, 100, 3)
	if err != nil || differ(source, image.NewUniform(source.At(0, 0)), nil).pixels < 500 {
		t.Errorf("a window of source text is nearly empty (%v)", err)
	}
}

func TestScrollingTurnsBackAtBothEnds(t *testing.T) {
	offset, down := 0, true
	least, most := 1000, 0
	for range 300 {
		offset, down = advance(offset, 7, 100, down)
		least, most = min(least, offset), max(most, offset)
	}
	if least != 0 || most != 100 {
		t.Errorf("scrolled from %d to %d, want from 0 to 100", least, most)
	}
}

func TestTheDraggedWindowGoesRoundAndCoversTheSight(t *testing.T) {
	if circle(0) != circle(dragTurn) {
		t.Errorf("a round ends at %v, not at %v", circle(dragTurn), circle(0))
	}
	for n := range dragTurn {
		if d := circle(n + 1).Sub(circle(n)); d.X*d.X+d.Y*d.Y > 81 {
			t.Errorf("step %d is %v long", n, d)
		}
		// An xterm of 80 by 24 with this font is at least 720 by 430.
		if window := image.Rect(0, 0, 720, 430).Add(circle(n)); !sceneDrag.sight.at.In(window) {
			t.Errorf("at step %d the window %v leaves the sight %v", n, window, sceneDrag.sight.at)
		}
	}
}

func TestServerRowsAreBlueGreenRed(t *testing.T) {
	p := image.NewRGBA(image.Rect(0, 0, 2, 3))
	for i := range p.Pix {
		p.Pix[i] = byte(i)
	}
	if got, want := serverRows(p, 1, 2), []byte{10, 9, 8, 0, 14, 13, 12, 0, 18, 17, 16, 0, 22, 21, 20, 0}; !bytes.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
