package main

import (
	"encoding/binary"
	"fmt"
	"image"
	"math"
)

// hashOf is the hash that page.js makes of the same pixels: two lanes of 32 bits over
// words of red, green, blue and 255. What lies in the rectangles counts as black.
func hashOf(picture *image.RGBA, without []image.Rectangle) string {
	blank := make([]image.Rectangle, 0, len(without))
	for _, r := range without {
		if r = r.Intersect(picture.Rect); !r.Empty() {
			blank = append(blank, r)
		}
	}
	a, b := uint32(0x811c9dc5), uint32(0x9747b28c)
	for y := picture.Rect.Min.Y; y < picture.Rect.Max.Y; y++ {
		row := picture.Pix[picture.PixOffset(picture.Rect.Min.X, y):]
		for x := range picture.Rect.Dx() {
			w := binary.LittleEndian.Uint32(row[4*x:]) | 0xff000000
			for _, r := range blank {
				if image.Pt(x+picture.Rect.Min.X, y).In(r) {
					w = 0xff000000
				}
			}
			a = (a ^ w) * 16777619
			b = b*31 + w
		}
	}
	return fmt.Sprintf("%x-%x", a, b)
}

// difference says how two pictures of one size differ outside of the rectangles.
type difference struct {
	pixels int
	bounds image.Rectangle
	most   int     // of one channel
	psnr   float64 // in dB; noDifference for equal pictures
}

// noDifference is the signal-to-noise ratio that equal pictures are given, in dB.
const noDifference = 99

func differ(screen *image.RGBA, shown image.Image, without []image.Rectangle) difference {
	var d difference
	var squares float64
	count := 0
	for y := screen.Rect.Min.Y; y < screen.Rect.Max.Y; y++ {
	next:
		for x := screen.Rect.Min.X; x < screen.Rect.Max.X; x++ {
			for _, r := range without {
				if image.Pt(x, y).In(r) {
					continue next
				}
			}
			want := screen.RGBAAt(x, y)
			r, g, b, _ := shown.At(x, y).RGBA()
			dr, dg, db := int(want.R)-int(r>>8), int(want.G)-int(g>>8), int(want.B)-int(b>>8)
			count += 3
			if dr == 0 && dg == 0 && db == 0 {
				continue
			}
			squares += float64(dr*dr + dg*dg + db*db)
			d.pixels++
			d.most = max(d.most, dr, -dr, dg, -dg, db, -db)
			d.bounds = d.bounds.Union(image.Rect(x, y, x+1, y+1))
		}
	}
	d.psnr = noDifference
	if squares > 0 {
		d.psnr = min(noDifference, 10*math.Log10(255*255*float64(count)/squares))
	}
	return d
}

func (d difference) String() string {
	return fmt.Sprintf("%d pixels in %v, by at most %d of 255, %.1f dB", d.pixels, d.bounds, d.most, d.psnr)
}
