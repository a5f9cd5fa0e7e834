package ui

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"beside/agent/internal/catalogue"
)

// Sheets are pictures for eyes: with PICTURES=folder, TestEveryWindowInEveryLanguage leaves
// one a window and mode there, all languages side by side in the order of
// catalogue.Languages:
//
//	PICTURES=/tmp/sheets go test -run TestEveryWindowInEveryLanguage ./agent/internal/ui
//
// parts is the folder for the single windows until their sheet is made.
const parts = "parts"

// keepWindows writes each window in one language and mode.
func keepWindows(t *testing.T, mode, tag string, all []painted) {
	t.Helper()
	dir := os.Getenv("PICTURES")
	if dir == "" {
		return
	}
	seen := map[string]int{}
	for _, w := range all {
		name := w.name
		if seen[w.name]++; seen[w.name] > 1 {
			name = fmt.Sprintf("%s-%d", w.name, seen[w.name])
		}
		writePicture(t, filepath.Join(dir, parts, mode, name, tag+".png"), w.picture())
	}
}

// sheets makes one picture of each window's languages.
func sheets(t *testing.T) {
	t.Helper()
	dir := os.Getenv("PICTURES")
	if dir == "" {
		return
	}
	windows, err := filepath.Glob(filepath.Join(dir, parts, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range windows {
		var all []image.Image
		for _, l := range catalogue.Languages() {
			if img := readPicture(t, filepath.Join(w, l.Tag+".png")); img != nil {
				all = append(all, img)
			}
		}
		mode := filepath.Base(filepath.Dir(w))
		writePicture(t, filepath.Join(dir, mode+"-"+filepath.Base(w)+".png"), sheetOf(all))
	}
	if err := os.RemoveAll(filepath.Join(dir, parts)); err != nil {
		t.Fatal(err)
	}
}

// sheetOf lays pictures out in rows, as many in one as there is room for.
func sheetOf(all []image.Image) *image.RGBA {
	const gap = 16
	most := 4 * all[0].Bounds().Dx()
	if all[0].Bounds().Dx() > 3*all[0].Bounds().Dy() {
		most = 1 // bars lie one below the other
	}
	at := make([]image.Point, len(all))
	x, y, row, width := gap, gap, 0, 0
	for i, img := range all {
		size := img.Bounds().Size()
		if i > 0 && x+size.X > most+4*gap {
			x, y, row = gap, y+row+gap, 0
		}
		at[i] = image.Pt(x, y)
		x, row = x+size.X+gap, max(row, size.Y)
		width = max(width, x)
	}
	sheet := image.NewRGBA(image.Rect(0, 0, width, y+row+gap))
	draw.Draw(sheet, sheet.Rect, image.NewUniform(color.RGBA{0x70, 0x78, 0x88, 0xff}), image.Point{}, draw.Src)
	for i, img := range all {
		draw.Draw(sheet, image.Rectangle{Max: img.Bounds().Size()}.Add(at[i]), img, image.Point{}, draw.Src)
	}
	return sheet
}

func writePicture(t *testing.T, path string, img image.Image) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(f, img); err != nil {
		t.Fatal(err)
	}
}

// readPicture reads one; nil where there is none.
func readPicture(t *testing.T, path string) image.Image {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return img
}
