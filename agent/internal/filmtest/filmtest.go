// Package filmtest draws films for tests and measurements: pictures that follow one
// another as people see them in a player's window.
//
//	camera   a moving camera, things that fly past, grain in every picture: much for a coder
//	talk     somebody talks before a still room: little moves, and seldom all of it
//	cartoon  flat colours with hard edges that move, and another scene every second
//
// They are different on purpose: what was tuned with one of them is measured with the
// others as well. All are loops, and the same in every run.
package filmtest

import (
	"math"
	"math/rand/v2"

	"beside/agent/desktop/field"
)

// Film is one of them.
type Film struct {
	Name string
	// draw draws picture n of count.
	draw func(p *painter, n, count int)
}

// All are the films, in the order of the package comment.
func All() []Film {
	return []Film{{"camera", camera}, {"talk", talk}, {"cartoon", cartoon}}
}

// Pictures draws a loop of so many pictures, BGRX without gaps between rows.
func (f Film) Pictures(width, height, count int) [][]byte {
	p := newPainter(width, height)
	pictures := make([][]byte, count)
	for n := range pictures {
		p.pix = make([]byte, 4*width*height)
		f.draw(p, n, count)
		pictures[n] = p.pix
	}
	return pictures
}

// colour is red, green and blue, 0 to 255 and beyond.
type colour [3]float64

// painter draws one film.
type painter struct {
	width, height int
	pix           []byte
	scenery       []colour // twice the film's width and height, as much as a camera sees of it
	rnd           *rand.Rand
}

func newPainter(width, height int) *painter {
	p := &painter{width: width, height: height, rnd: rand.New(rand.NewPCG(21, 4))}
	p.scenery = make([]colour, (width+width/4)*(height+height/4))
	fields := [3]*field.Field{field.New(p.rnd), field.New(p.rnd), field.New(p.rnd)}
	wide := p.sceneryWidth()
	for i := range p.scenery {
		x, y := float64(i%wide)/256, float64(i/wide)/256
		light := 70 + 150*fields[0].At(x, y)
		warm := fields[1].At(x/2, y/2)
		p.scenery[i] = colour{light * (0.7 + 0.5*warm), light * (0.8 + 0.2*fields[2].At(x/3, y/3)), light * (1.1 - 0.5*warm)}
	}
	return p
}

func (p *painter) sceneryWidth() int { return p.width + p.width/4 }

// set writes a pixel with some grain.
func (p *painter) set(x, y int, c colour, grain float64) {
	if x < 0 || y < 0 || x >= p.width || y >= p.height {
		return
	}
	at := p.pix[4*(y*p.width+x):]
	for i := range 3 {
		at[2-i] = uint8(min(max(c[i]+grain, 0), 255))
	}
}

// view draws what a camera sees that stands at left, top in the scenery.
func (p *painter) view(left, top, grain int) {
	for y := range p.height {
		for x := range p.width {
			g := 0.0
			if grain > 0 {
				g = float64(p.rnd.IntN(2*grain+1) - grain)
			}
			p.set(x, y, p.scenery[(top+y)*p.sceneryWidth()+left+x], g)
		}
	}
}

// ellipse fills one, shaded from its middle to its edge.
func (p *painter) ellipse(cx, cy, rx, ry float64, middle, edge colour) {
	for y := int(cy - ry); y <= int(cy+ry); y++ {
		for x := int(cx - rx); x <= int(cx+rx); x++ {
			u, v := (float64(x)-cx)/rx, (float64(y)-cy)/ry
			d := u*u + v*v
			if d > 1 {
				continue
			}
			var c colour
			for i := range c {
				c[i] = middle[i] + (edge[i]-middle[i])*d
			}
			p.set(x, y, c, 0)
		}
	}
}

// box fills a rectangle with one colour.
func (p *painter) box(left, top, right, bottom float64, c colour) {
	for y := int(top); y < int(bottom); y++ {
		for x := int(left); x < int(right); x++ {
			p.set(x, y, c, 0)
		}
	}
}

// camera is a pan over hills with balls in flight.
func camera(p *painter, n, count int) {
	w, h, turn := float64(p.width), float64(p.height), 2*math.Pi*float64(n)/float64(count)
	p.view(int(w/8*(1+math.Sin(turn)))*99/100, int(h/8*(1+math.Cos(2*turn)))*99/100, 8)
	for ball := range 5 {
		phase, size := turn+1.3*float64(ball), w/50*(1+float64(ball)/2)
		p.ellipse(w/2+0.42*w*math.Sin(2*phase), h/2+0.36*h*math.Sin(3*phase+1), size, size, colour{255, 170, 90}, colour{80, 50, 60})
	}
}

// talk is a head that nods and speaks. The room is as the film's own coder left it: the
// same from picture to picture, and slightly another now and then.
func talk(p *painter, n, count int) {
	p.rnd = rand.New(rand.NewPCG(uint64(n/8), 9))
	p.view(p.width/8, p.height/8, 1)
	w, h, turn := float64(p.width), float64(p.height), 2*math.Pi*float64(n)/float64(count)
	x, y := w/2+w/100*math.Sin(turn), 0.42*h+h/90*math.Sin(2*turn)
	p.ellipse(x, h*1.05, 0.27*w, 0.36*h, colour{60, 75, 120}, colour{30, 36, 70})                             // shoulders
	p.ellipse(x, y, 0.11*w, 0.27*h, colour{232, 190, 165}, colour{150, 105, 85})                              // head
	p.ellipse(x, y-0.2*h, 0.112*w, 0.11*h, colour{70, 50, 40}, colour{40, 28, 22})                            // hair
	p.ellipse(x, y+0.13*h, 0.03*w, h/100*(1.5+1.2*math.Sin(6*turn)), colour{120, 40, 50}, colour{90, 30, 40}) // mouth
	for _, side := range [2]float64{-1, 1} {
		open := 1.0
		if n%40 > 36 {
			open = 0.2
		}
		p.ellipse(x+side*0.04*w, y-0.02*h, 0.014*w, 0.018*h*open, colour{30, 30, 40}, colour{240, 240, 240})
	}
}

// cartoon is made of a few colours: a sky, hills, a house or two, somebody who runs, and a
// line of text below, which stays for a scene.
func cartoon(p *painter, n, _ int) {
	const scene = 24
	w, h, cut := float64(p.width), float64(p.height), n/scene
	sky := []colour{{120, 190, 250}, {250, 180, 110}, {40, 50, 110}}[cut%3]
	for y := range p.height {
		fall := 40 * float64(y) / h
		p.box(0, float64(y), w, float64(y+1), colour{sky[0] - fall, sky[1] - fall, sky[2] - fall})
	}
	run := float64(n%scene) / scene
	for hill := range 4 {
		p.ellipse(w*(float64(hill)/3-0.15*run), h*1.02, 0.3*w, 0.4*h, colour{60, 150, 70}, colour{60, 150 - 20*float64(cut%3), 70})
	}
	for house := range 3 {
		left := w * (0.1 + 0.35*float64(house) - 0.3*run)
		p.box(left, 0.5*h, left+0.16*w, 0.8*h, colour{200, 80, 60})
		for window := range 4 {
			at := left + w*(0.015+0.036*float64(window))
			p.box(at, 0.56*h, at+0.02*w, 0.64*h, colour{255, 240, 150})
		}
	}
	hop := math.Abs(math.Sin(4 * math.Pi * run))
	p.ellipse(w*(0.1+0.8*run), h*(0.72-0.12*hop), 0.04*w, 0.09*h, colour{250, 220, 60}, colour{250, 220, 60})
	p.ellipse(w*(0.115+0.8*run), h*(0.68-0.12*hop), 0.008*w, 0.014*h, colour{}, colour{})
	letters := rand.New(rand.NewPCG(uint64(cut), 5))
	for letter := range 30 {
		for stroke := range 3 {
			left, top := w*(0.2+0.02*float64(letter)), h*(0.9+0.016*float64(stroke))
			p.box(left, top, left+w*0.014*letters.Float64(), top+h*0.01, colour{255, 255, 255})
		}
	}
}
