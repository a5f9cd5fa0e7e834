package encode

// Refinement: after motion the picture stands at the quality that the rate allowed.
// Further frames of the same picture cost little, and each makes the blocks that changed
// last finer, until the quantizer is small or a few frames have been spent.
const (
	fineQuantizer  = 12 // of 0..63; below it nobody sees a difference
	maxRefinements = 10
)

// Refinable reports whether a call of Encode with Refine would improve the picture.
func (v *VP9) Refinable() bool {
	return v.begun && v.coarse.any && v.refinement < maxRefinements && (v.refinement == 0 || v.quantizer > fineQuantizer)
}

// Quantizer is that of the last frame, 0 (finest) to 63.
func (v *VP9) Quantizer() int { return v.quantizer }

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
