package main

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"beside/agent/desktop/field"
)

// The pictures that scenes show are drawn here, the same in every run.

// vocabulary is what pages are written with.
var vocabulary = []string{
	"the", "printer", "in", "room", "twelve", "prints", "blank", "pages", "since", "Monday", "and", "nobody", "found", "out", "why",
	"so", "we", "looked", "at", "its", "queue", "driver", "settings", "cable", "paper", "tray", "again", "before", "ordering", "another",
}

func face(ttf []byte, size float64) (font.Face, error) {
	parsed, err := opentype.Parse(ttf)
	if err != nil {
		return nil, fmt.Errorf("bench: font: %w", err)
	}
	return opentype.NewFace(parsed, &opentype.FaceOptions{Size: size, DPI: 96, Hinting: font.HintingFull})
}

// article is a page as a browser shows one: headings, text, links, a picture now and then.
func article(w, h int, seed uint64) (*image.RGBA, error) {
	text, err := face(goregular.TTF, 11)
	if err != nil {
		return nil, err
	}
	head, err := face(goregular.TTF, 19)
	if err != nil {
		return nil, err
	}
	random := rand.New(rand.NewPCG(seed, 1))
	page := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(page, page.Rect, image.White, image.Point{}, draw.Src)
	for y, n := 60, 0; y < h; n++ {
		if n%5 == 0 {
			write(page, head, color.RGBA{0x1d, 0x2b, 0x4f, 0xff}, 40, y, sentence(random, 5))
			y += 20
		}
		if n%7 == 3 {
			figure := image.Rect(40, y, min(w-40, 360), y+140)
			draw.Draw(page, figure, photo(figure.Dx(), figure.Dy(), seed+uint64(n)), image.Point{}, draw.Src)
			y += 170
		}
		for range 3 + random.IntN(4) {
			write(page, text, color.RGBA{0x22, 0x22, 0x22, 0xff}, 40, y, sentence(random, w/65))
			y += 22
		}
		write(page, text, color.RGBA{0x1a, 0x55, 0xcc, 0xff}, 40, y, "Read on: "+sentence(random, 4))
		y += 40
	}
	return page, nil
}

// program is a window of source text, light on dark.
func program(w, h int, seed uint64) (*image.RGBA, error) {
	mono, err := face(gomono.TTF, 10)
	if err != nil {
		return nil, err
	}
	random := rand.New(rand.NewPCG(seed, 2))
	page := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(page, page.Rect, image.NewUniform(color.RGBA{0x1e, 0x22, 0x2a, 0xff}), image.Point{}, draw.Src)
	colours := []color.RGBA{{0xd7, 0xda, 0xe0, 0xff}, {0x7e, 0xc6, 0x99, 0xff}, {0xe5, 0xb5, 0x67, 0xff}, {0x8a, 0xb4, 0xf8, 0xff}}
	for y, n := 30, 1; y < h; y, n = y+19, n+1 {
		write(page, mono, color.RGBA{0x60, 0x68, 0x78, 0xff}, 16, y, fmt.Sprintf("%4d", n))
		x := 70 + 32*random.IntN(5)
		for _, c := range colours[:1+random.IntN(len(colours))] {
			x = write(page, mono, c, x, y, sentence(random, 1+random.IntN(4))+" ")
		}
	}
	return page, nil
}

func sentence(random *rand.Rand, words int) string {
	text := ""
	for range words {
		text += vocabulary[random.IntN(len(vocabulary))] + " "
	}
	return text
}

// write draws text and returns where it ended.
func write(on *image.RGBA, f font.Face, c color.RGBA, x, y int, text string) int {
	d := font.Drawer{Dst: on, Src: image.NewUniform(c), Face: f, Dot: fixed.P(x, y)}
	d.DrawString(text)
	return d.Dot.X.Round()
}

// photo is a picture as a camera makes one: soft shapes of every size, light from one
// side, and grain.
func photo(w, h int, seed uint64) *image.RGBA {
	random := rand.New(rand.NewPCG(seed, 3))
	picture := image.NewRGBA(image.Rect(0, 0, w, h))
	fields := [3]*field.Field{field.New(random), field.New(random), field.New(random)}
	for y := range h {
		for x := range w {
			u, v := float64(x)/256, float64(y)/256
			height := fields[0].At(u, v)
			light := 0.55 + 0.6*height - 0.25*float64(y)/float64(h)
			warm := fields[1].At(u/2, v/2)
			grain := float64(random.IntN(13)) - 6
			picture.SetRGBA(x, y, color.RGBA{
				level(255*light*(0.75+0.4*warm) + grain), level(255*light*(0.8+0.1*fields[2].At(u/3, v/3)) + grain),
				level(255*light*(0.95-0.35*warm) + grain), 0xff,
			})
		}
	}
	return picture
}

func level(v float64) uint8 { return uint8(max(0, min(255, v))) }

// The film's pictures carry their number as a row of squares, the highest bit first.
const (
	filmCells = 16
	cellSide  = 16
)

// film is a loop of pictures in which the camera moves, things fly past, and every
// picture has grain of its own.
func film(w, h, count int, seed uint64) []*image.RGBA {
	scenery := photo(w+160, h+90, seed)
	random := rand.New(rand.NewPCG(seed, 4))
	grain := make([]int8, 1<<16)
	for i := range grain {
		grain[i] = int8(random.IntN(17) - 8)
	}
	frames := make([]*image.RGBA, count)
	for i := range frames {
		frames[i] = filmFrame(scenery, grain, random, w, h, 2*math.Pi*float64(i)/float64(count))
		stamp(frames[i], i)
	}
	return frames
}

func filmFrame(scenery *image.RGBA, grain []int8, random *rand.Rand, w, h int, turn float64) *image.RGBA {
	frame := image.NewRGBA(image.Rect(0, 0, w, h))
	left, top := int(80+79*math.Sin(turn)), int(45+44*math.Cos(2*turn))
	for y := range h {
		from, to := scenery.Pix[scenery.PixOffset(left, top+y):][:4*w], frame.Pix[frame.PixOffset(0, y):][:4*w]
		g := grain[random.IntN(len(grain)-w):]
		for x := range w {
			for c := range 3 {
				to[4*x+c] = uint8(max(0, min(255, int(from[4*x+c])+int(g[x]))))
			}
			to[4*x+3] = 0xff
		}
	}
	for ball := range 5 {
		phase := turn + float64(ball)*1.3
		disc(frame, w/2+int(float64(w)*0.42*math.Sin(2*phase)), h/2+int(float64(h)*0.36*math.Sin(3*phase+1)), 24+12*ball)
	}
	return frame
}

// disc draws a shaded ball.
func disc(on *image.RGBA, cx, cy, radius int) {
	for y := -radius; y <= radius; y++ {
		for x := -radius; x <= radius; x++ {
			if d := x*x + y*y; d <= radius*radius {
				shade := 255 - 180*d/(radius*radius)
				on.SetRGBA(cx+x, cy+y, color.RGBA{uint8(shade), uint8(shade * 2 / 3), uint8(40 + radius), 0xff})
			}
		}
	}
}

// stamp writes n into the picture's upper left corner.
func stamp(on *image.RGBA, n int) {
	for i := range filmCells {
		c := image.Black
		if n>>(filmCells-1-i)&1 == 1 {
			c = image.White
		}
		draw.Draw(on, image.Rect(i*cellSide, 0, (i+1)*cellSide, cellSide), c, image.Point{}, draw.Src)
	}
}
