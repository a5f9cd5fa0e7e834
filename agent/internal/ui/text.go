package ui

import (
	"math"
	"sort"
	"strings"
	"unicode"

	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/segmenter"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/bidi"
)

// style is how a text looks, in logical units.
type style struct {
	size    float64
	weight  weight
	tabular bool    // all figures equally wide, so that clocks stand still
	spacing float64 // between letters
	lines   int     // at most so many, the last one cut with an ellipsis; 0 is any
}

// block is text that has been shaped and broken into lines.
type block struct {
	lines      []line
	w, h       float64 // logical
	cut        bool    // not all of it is there
	lineHeight float64
}

// line is one line: its runs from left to right.
type line struct {
	runs []shaping.Output
	w    float64
}

// typesetter shapes text and keeps what it shaped. The loop alone uses it.
type typesetter struct {
	scale  float64
	fonts  *fontBook
	tones  map[rgb]rgb // colours to put in the place of others; nil is none
	glyphs glyphCache
	blocks map[blockKey]*block
	kept   map[string]float64 // see keep: names, with what it costs to tear them

	parts   segmenter.Segmenter
	shaper  *shaping.HarfbuzzShaper // of all scales
	split   shaping.Segmenter
	wrapper shaping.LineWrapper
}

type blockKey struct {
	text  string
	style style
	width float64
}

// maxBlocks bounds the cache: more than all windows show at once.
const maxBlocks = 512

// shapedFonts is how many fonts the shaper keeps ready: a language's, and those of names
// from elsewhere. By itself it reads the tables of a font anew for every run of text, which
// for Chinese, Japanese and Korean takes far longer than to shape it.
const shapedFonts = 8

func newTypesetter(scale float64) *typesetter {
	t := &typesetter{scale: scale, fonts: newFontBook(), blocks: map[blockKey]*block{}, kept: map[string]float64{}, shaper: &shaping.HarfbuzzShaper{},
		glyphs: glyphCache{masks: map[glyphKey]*glyphMask{}}}
	t.shaper.SetFontCacheSize(shapedFonts)
	return t
}

// at is the typesetter for another scale with the same fonts and colours; itself for its
// own.
func (t *typesetter) at(scale float64) *typesetter {
	if scale == t.scale {
		return t
	}
	other := newTypesetter(scale)
	other.fonts, other.tones, other.shaper = t.fonts, t.tones, t.shaper
	return other
}

// speak forgets what was shaped in another language.
func (t *typesetter) speak(lang string) {
	t.fonts.speak(lang)
	clear(t.blocks)
}

// rescale forgets what was shaped for another scale.
func (t *typesetter) rescale(scale float64) {
	t.scale = scale
	clear(t.blocks)
	t.glyphs.reset()
}

// faceOf gives the shaper the face for each character.
type faceOf struct {
	fonts  *fontBook
	weight weight
}

func (f faceOf) ResolveFace(r rune) *font.Face { return f.fonts.find(f.weight, r) }

// set shapes text to at most width logical units a line; 0 is any width.
func (t *typesetter) set(text string, s style, width float64) *block {
	key := blockKey{text, s, width}
	if b, ok := t.blocks[key]; ok {
		return b
	}
	if len(t.blocks) >= maxBlocks {
		clear(t.blocks)
	}
	b := &block{lineHeight: lineHeight(s.size)}
	for paragraph := range strings.SplitSeq(tidy(text), "\n") {
		lines, cut := t.broken(paragraph, s, width)
		b.lines, b.cut = append(b.lines, lines...), b.cut || cut
	}
	if s.lines > 0 && len(b.lines) > s.lines {
		b.lines, b.cut = b.lines[:s.lines], true
	}
	for _, l := range b.lines {
		b.w = max(b.w, l.w)
	}
	b.h = float64(len(b.lines)) * b.lineHeight
	t.blocks[key] = b
	return b
}

// lineHeight leaves room to read: more under small text than under large.
func lineHeight(size float64) float64 {
	if size >= 20 {
		return size * 1.28
	}
	return size * 1.45
}

// tidy makes text that came from elsewhere safe to lay out: no control characters,
// and none that turn the direction of what follows. THREAT 11.
func tidy(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f:
			return -1
		case unicode.IsControl(r):
			return ' '
		}
		return r
	}, s)
}

// endless is a width in pixels that no line has.
const endless = 1 << 20

// lines reports too whether the text had to be cut.
func (t *typesetter) lines(text []rune, s style, width float64) ([]line, bool) {
	if len(text) == 0 {
		return []line{{}}, false
	}
	input, runs := t.shape(text, s)
	limit := endless
	if width > 0 {
		limit = int(width * t.scale)
	}
	config := shaping.WrapConfig{Direction: input.Direction, TruncateAfterLines: s.lines}
	if s.lines > 0 {
		config.Truncator = t.ellipsis(input, s)
	}
	wrapped, cut := t.wrapper.WrapParagraph(config, limit, text, shaping.NewSliceIterator(runs))
	if cut > 0 {
		last := wrapped[len(wrapped)-1]
		last[len(last)-1].VisualIndex = endOf(input.Direction, len(last)) // the ellipsis, which was given no place
	}
	return t.visual(wrapped), cut > 0
}

// endOf is where in a line of so many runs reading ends, seen from the left.
func endOf(direction di.Direction, runs int) int32 {
	if direction == di.DirectionRTL {
		return -1
	}
	return int32(runs)
}

// shape makes runs of a paragraph, in the order in which it is read.
func (t *typesetter) shape(text []rune, s style) (shaping.Input, []shaping.Output) {
	return t.shapeIn(text, s, directionOf(text))
}

// shapeIn is shape for a part of a paragraph with the direction of the whole.
func (t *typesetter) shapeIn(text []rune, s style, direction di.Direction) (shaping.Input, []shaping.Output) {
	input := shaping.Input{
		Text: text, RunEnd: len(text), Direction: direction, Size: t.sizeOf(s),
		Language: t.language(),
	}
	if s.tabular {
		input.FontFeatures = []shaping.FontFeature{{Tag: opentype.MustNewTag("tnum"), Value: 1}}
	}
	var runs []shaping.Output
	for _, part := range t.split.Split(input, faceOf{t.fonts, s.weight}) {
		runs = append(runs, t.shaper.Shape(part))
	}
	if s.spacing != 0 {
		shaping.AddSpacing(runs, text, 0, t.px(s.spacing))
	}
	return input, runs
}

// language is what the shaper chooses the forms of characters by.
func (t *typesetter) language() language.Language {
	if t.fonts.lang == "" {
		return language.DefaultLanguage()
	}
	return language.NewLanguage(t.fonts.lang)
}

// ellipsis is what a cut line ends with.
func (t *typesetter) ellipsis(like shaping.Input, s style) shaping.Output {
	like.Text, like.RunStart, like.RunEnd = []rune("…"), 0, 1
	like.Face, like.Script = t.fonts.find(s.weight, '…'), language.Common
	return t.shaper.Shape(like)
}

// visual orders the runs of each line from left to right.
func (t *typesetter) visual(wrapped []shaping.Line) []line {
	out := make([]line, 0, len(wrapped))
	for _, w := range wrapped {
		l := line{runs: append([]shaping.Output(nil), w...)}
		sort.SliceStable(l.runs, func(i, j int) bool { return l.runs[i].VisualIndex < l.runs[j].VisualIndex })
		for _, r := range l.runs {
			l.w += float64(r.Advance) / 64 / t.scale
		}
		out = append(out, l)
	}
	return out
}

// sizeOf is the size of letters in whole pixels: the shaper counts their widths for whole
// sizes only, and letters of any other would stand too far apart.
func (t *typesetter) sizeOf(s style) fixed.Int26_6 {
	return fixed.I(max(1, int(math.Round(s.size*t.scale))))
}

func (t *typesetter) px(v float64) fixed.Int26_6 { return fixed.Int26_6(v*t.scale*64 + 0.5) }

// directionOf is the direction of the first letter that has one.
func directionOf(text []rune) di.Direction {
	for _, r := range text {
		p, _ := bidi.LookupRune(r)
		switch p.Class() {
		case bidi.L:
			return di.DirectionLTR
		case bidi.R, bidi.AL:
			return di.DirectionRTL
		}
	}
	return di.DirectionLTR
}
