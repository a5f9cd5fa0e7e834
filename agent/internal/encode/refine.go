package encode

// #include "vp9.h"
import "C"

// Refinement: after motion the picture stands at the quality that the rate allowed.
// Further frames of the same picture cost little, and each makes the blocks that changed
// last finer, until the quantizer is small or a few frames have been spent.
const (
	fineQuantizer  = 12 // of 0..63; below it nobody sees a difference
	maxRefinements = 10
)

// busyFrames is how many frames leave enough behind to be worth settling.
const busyFrames = 30

// Refinable reports whether a call of Encode with Refine would improve the picture.
func (v *VP9) Refinable() bool {
	return v.begun && v.coarse.any && v.refinement < maxRefinements && (v.refinement == 0 || v.quantizer > fineQuantizer)
}

// refined notes what a frame left coarse. Small changes of a screen that was fine are
// mostly fine at once, such as a clock's: they cost one frame and no second.
func (v *VP9) refined(damaged bool) {
	if damaged && !v.mixed && v.quantizer <= fineQuantizer {
		v.coarse.clear()
	}
	v.unsettled++
}

// Unsettled reports whether Settle has something to do.
func (v *VP9) Unsettled() bool { return v.enc != nil && v.unsettled >= busyFrames }

// Settle gives memory back that a still screen does not need. It takes some
// milliseconds, so call it when nothing is waiting.
func (v *VP9) Settle() {
	if !v.Unsettled() {
		return
	}
	C.beside_vp9_settle(v.enc)
	v.unsettled = 0
}

// blockMap has a byte for each block of 16 by 16 pixels, 1 where it counts.
type blockMap struct {
	on   []byte
	cols int
	any  bool
}

func newBlockMap(cfg Config) blockMap {
	cols, rows := (cfg.Width+block-1)/block, (cfg.Height+block-1)/block
	return blockMap{on: make([]byte, cols*rows), cols: cols}
}

func (m *blockMap) clear() {
	clear(m.on)
	m.any = false
}

// add marks the blocks that a rectangle inside the picture touches.
func (m *blockMap) add(x, y, w, h int) {
	for row := y / block; row <= (y+h-1)/block; row++ {
		line := m.on[row*m.cols:][:m.cols]
		for col := x / block; col <= (x+w-1)/block; col++ {
			line[col] = 1
		}
	}
	m.any = true
}

// merge marks also what other has.
func (m *blockMap) merge(other *blockMap) {
	for i, b := range other.on {
		m.on[i] |= b
	}
	m.any = m.any || other.any
}
