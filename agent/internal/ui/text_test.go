package ui

import "testing"

// A line that was cut ends with its dots, whatever scripts it is written in: those of
// another font than the text's end once came in its middle.
func TestDotsEndALineThatIsCut(t *testing.T) {
	ts := newTypesetter(1)
	input, _ := ts.shape([]rune("x"), small)
	dots := ts.ellipsis(input, small).Glyphs[0].GlyphID
	for name, c := range map[string]struct {
		text  string
		first bool // of the runs, seen from the left
	}{
		"one script":    {"Landesamt für Informationstechnik und Digitalisierung", false},
		"two scripts":   {"发送给 Landesamt für Informationstechnik und Digitalisierung", false},
		"two and back":  {"Landesamt 发送给 Informationstechnik 发送给 Digitalisierung", false},
		"right to left": {"שלום Landesamt שלום עולם שלום עולם שלום עולם שלום עולם", true},
	} {
		b := ts.set(c.text, oneLine(small), 200)
		if !b.cut || len(b.lines) != 1 {
			t.Fatalf("%s: not cut to one line", name)
		}
		runs := b.lines[0].runs
		at := len(runs) - 1
		if c.first {
			at = 0
		}
		if g := runs[at].Glyphs; len(g) != 1 || g[0].GlyphID != dots {
			t.Errorf("%s: run %d of %d is not the dots", name, at, len(runs))
		}
	}
}
