package screen

import (
	"image"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// lineHeight is that of the text in benchmarks, as a terminal has it.
const lineHeight = 17

// glyph is one letter in a field of letterWidth by lineHeight: how much ink a pixel has.
type glyph [lineHeight][letterWidth]uint8

const letterWidth = 8

// glyphs are real, anti-aliased letters, as a terminal draws them.
var glyphs = sync.OnceValue(func() *[128]glyph {
	f, err := opentype.Parse(gomono.TTF)
	if err != nil {
		panic(err)
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: 10.5, DPI: 96, Hinting: font.HintingFull})
	if err != nil {
		panic(err)
	}
	all := new([128]glyph)
	for c := '!'; c <= '~'; c++ {
		grey := image.NewAlpha(image.Rect(0, 0, letterWidth, lineHeight))
		drawer := font.Drawer{Dst: grey, Src: image.Opaque, Face: face, Dot: fixed.P(0, 13)}
		drawer.DrawString(string(c))
		for y := range lineHeight {
			copy(all[c][y][:], grey.Pix[y*grey.Stride:])
		}
	}
	return all
})

// words makes a line like those that programs print.
func (d *desk) words(columns int) string {
	var line strings.Builder
	for line.Len() < columns*d.rnd.IntN(100)/100 {
		word := make([]byte, 1+d.rnd.IntN(9))
		for i := range word {
			word[i] = "etaoinshrdlucmfwypvbgkjqxz0123456789/.:-_()"[min(d.rnd.IntN(43), d.rnd.IntN(43))]
		}
		line.Write(word)
		line.WriteByte(' ')
	}
	return line.String()[:min(line.Len(), columns)]
}

// write draws a line of text.
//
//go:norace
func (d *desk) write(x, y, width int, line string, ink, paper uint32) {
	var mixed [256]uint32
	for a := range uint32(256) {
		for shift := 0; shift < 24; shift += 8 {
			mixed[a] |= ((ink>>shift&255)*a + (paper>>shift&255)*(255-a)) / 255 << shift
		}
	}
	all := glyphs()
	d.paint(image.Rect(x, y, x+width, y+lineHeight), func(px, py int) uint32 {
		if at := (px - x) / letterWidth; at < len(line) {
			return mixed[all[line[at]&127][py-y][(px-x)%letterWidth]]
		}
		return paper
	})
}

// page fills r with lines of text.
func (d *desk) page(r image.Rectangle, ink, paper uint32) {
	d.fill(r, paper)
	for y := r.Min.Y; y+lineHeight <= r.Max.Y; y += lineHeight {
		d.write(r.Min.X, y, r.Dx(), d.words(r.Dx()/letterWidth), ink, paper)
	}
}

// landscape draws what a photograph has: soft shapes, and grain.
//
//go:norace
func (d *desk) landscape(r image.Rectangle) {
	small := image.NewRGBA(image.Rect(0, 0, r.Dx()/24+2, r.Dy()/24+2))
	for i := range small.Pix {
		small.Pix[i] = byte(d.rnd.IntN(256))
	}
	d.paint(r, func(x, y int) uint32 {
		fx, fy := x-r.Min.X, y-r.Min.Y
		var colour uint32
		for channel := range 3 {
			at := func(dx, dy int) int { return int(small.Pix[small.PixOffset(fx/24+dx, fy/24+dy)+channel]) }
			wx, wy := fx%24, fy%24
			v := (at(0, 0)*(24-wx)*(24-wy) + at(1, 0)*wx*(24-wy) + at(0, 1)*(24-wx)*wy + at(1, 1)*wx*wy) / 576
			colour = colour<<8 | uint32(min(max(v+d.rnd.IntN(5)-2, 0), 255))
		}
		return colour
	})
}

// snapshot keeps what the desk shows.
func (d *desk) snapshot() *desk {
	s := *d
	s.pix = append([]byte(nil), d.pix...)
	return &s
}

// benchScene is a screen and what happens on it: pictures that come one after another,
// again and again.
type benchScene struct {
	name     string
	pictures []*desk
	damage   image.Rectangle
}

func office(seed uint64) *desk {
	d := newDesk(1920, 1080, seed)
	d.fill(d.bounds, 0x2d3e50)
	d.page(image.Rect(40, 40, 1040, 740), 0xdddddd, 0x101418)
	d.page(image.Rect(1100, 100, 1860, 1000), 0x202020, 0xffffff)
	return d
}

func benchScenes() []benchScene {
	return []benchScene{
		typingScene(), scrollScene(), dragScene("drag", false), dragScene("drag over a photograph", true),
		smoothScene(), switchScene(), filmScene(),
	}
}

func typingScene() benchScene {
	s := benchScene{name: "typing", damage: image.Rect(40, 40+30*lineHeight, 140, 40+31*lineHeight)}
	d := office(1)
	for i := range 8 {
		d.write(40, 40+30*lineHeight, 100, "$ make test"[:3+i], 0xdddddd, 0x101418)
		s.pictures = append(s.pictures, d.snapshot())
	}
	return s
}

func scrollScene() benchScene {
	terminal := image.Rect(40, 40, 1040, 40+41*lineHeight)
	s := benchScene{name: "terminal scroll", damage: terminal}
	d := office(2)
	for range 12 {
		d.shift(terminal, image.Pt(0, -lineHeight))
		d.write(terminal.Min.X, terminal.Max.Y-lineHeight, 1000, d.words(125), 0xdddddd, 0x101418)
		s.pictures = append(s.pictures, d.snapshot())
	}
	return s
}

func switchScene() benchScene {
	s := benchScene{name: "whole screen of text", damage: image.Rect(0, 0, 1920, 1080)}
	for seed := range uint64(2) {
		d := newDesk(1920, 1080, 50+seed)
		d.page(d.bounds, 0x101010, 0xfafafa)
		s.pictures = append(s.pictures, d)
	}
	return s
}

func filmScene() benchScene {
	s := benchScene{name: "film of 720p", damage: image.Rect(300, 200, 1580, 920)}
	for seed := range uint64(2) {
		d := office(3)
		d.rnd = rand.New(rand.NewPCG(seed, 11))
		d.landscape(s.damage)
		s.pictures = append(s.pictures, d)
	}
	return s
}

func dragScene(name string, photo bool) benchScene {
	back := office(4)
	if photo {
		back.landscape(back.bounds)
	}
	window := newDesk(600, 400, 5)
	window.page(window.bounds, 0x202020, 0xf4f4f4)
	window.fill(image.Rect(0, 0, 600, 28), 0x4060a0)
	s := benchScene{name: name}
	for i := range 10 {
		d := back.snapshot()
		at := image.Pt(500+7*i, 300+5*i)
		for y := range 400 {
			copy(d.pix[(at.Y+y)*d.stride+4*at.X:], window.pix[y*window.stride:][:4*600])
		}
		s.pictures = append(s.pictures, d)
		s.damage = s.damage.Union(window.bounds.Add(at))
	}
	return s
}

func smoothScene() benchScene {
	page := newDesk(1400, 1100, 6)
	page.page(page.bounds, 0x222222, 0xffffff)
	page.landscape(image.Rect(200, 300, 700, 600))
	s := benchScene{name: "smooth scroll of a page", damage: image.Rect(200, 80, 1600, 980)}
	back := office(7)
	for i := range 16 {
		d := back.snapshot()
		for y := range 900 {
			copy(d.pix[(80+y)*d.stride+4*200:], page.pix[(y+3*i)*page.stride:][:4*1400])
		}
		s.pictures = append(s.pictures, d)
	}
	return s
}

// play shows the n-th picture of the scene's endless repetition, there and back again.
func (s *benchScene) picture(n int) Picture {
	last := len(s.pictures) - 1
	if n %= 2 * last; n > last {
		n = 2*last - n
	}
	d := s.pictures[n]
	return Picture{Pix: d.pix, Stride: d.stride, Damage: []image.Rectangle{s.damage}}
}

func BenchmarkUpdate(b *testing.B) {
	for _, s := range benchScenes() {
		b.Run(strings.ReplaceAll(s.name, " ", "-"), func(b *testing.B) { benchUpdate(b, s) })
	}
}

func benchUpdate(b *testing.B, s benchScene) {
	c, err := NewCoder(1920, 1080)
	if err != nil {
		b.Fatal(err)
	}
	pictures := make([]Picture, 2*len(s.pictures))
	for i := range pictures {
		pictures[i] = s.picture(i)
	}
	n, sum := 0, 0
	next := func() {
		updates, err := c.Update(pictures[n%(2*len(s.pictures)-2)])
		if err != nil {
			b.Fatal(err)
		}
		for _, u := range updates {
			sum += len(u)
		}
		n++
	}
	for range 4 {
		next()
	}
	b.ReportAllocs()
	count := n
	sum = 0
	before := cpuTime(b)
	for b.Loop() {
		next()
	}
	b.ReportMetric(float64(cpuTime(b)-before)/float64(n-count), "cpu-ns/update")
	b.ReportMetric(float64(sum)/float64(n-count), "bytes/update")
}

func BenchmarkRefresh(b *testing.B) {
	photo := newDesk(1920, 1080, 1)
	photo.landscape(photo.bounds)
	for name, d := range map[string]*desk{"text": office(1), "photograph": photo} {
		b.Run(name, func(b *testing.B) {
			c, err := NewCoder(1920, 1080)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			sum := 0
			for b.Loop() {
				c.Invalidate()
				updates, err := c.Update(d.picture())
				if err != nil {
					b.Fatal(err)
				}
				sum = 0
				for _, u := range updates {
					sum += len(u)
				}
			}
			b.ReportMetric(float64(sum), "bytes/update")
		})
	}
}
