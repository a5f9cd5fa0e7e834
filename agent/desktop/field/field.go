// Package field makes smooth random fields, of which pictures are drawn that look as if a
// camera had made them: photographs and films for tests and measurements.
package field

import (
	"math"
	"math/rand/v2"
)

// Field is one: values on a lattice, at five scales.
type Field struct{ lattice [64 * 64]float64 }

// New makes one of chance.
func New(rnd *rand.Rand) *Field {
	f := &Field{}
	for i := range f.lattice {
		f.lattice[i] = rnd.Float64()
	}
	return f
}

// At is the field's value between 0 and 1.
func (f *Field) At(x, y float64) float64 {
	sum, share := 0.0, 0.5
	for range 5 {
		sum += share * f.smooth(x, y)
		x, y, share = 2*x+17, 2*y+31, share/2
	}
	return sum
}

// smooth is the value between four places of the lattice.
func (f *Field) smooth(x, y float64) float64 {
	left, top := math.Floor(x), math.Floor(y)
	u, v := ease(x-left), ease(y-top)
	at := func(dx, dy int) float64 { return f.lattice[(int(top)+dy)&63*64+(int(left)+dx)&63] }
	return (at(0, 0)*(1-u)+at(1, 0)*u)*(1-v) + (at(0, 1)*(1-u)+at(1, 1)*u)*v
}

// ease goes from 0 to 1 without a corner at its ends.
func ease(t float64) float64 { return t * t * (3 - 2*t) }
