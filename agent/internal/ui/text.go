package ui

import (
	"sort"
	"strings"
	"unicode"

	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/language"
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
	glyphs glyphCache
	blocks map[blockKey]*block

	shaper  shaping.HarfbuzzShaper
	split   shaping.Segmenter
	wrapper shaping.LineWrapper
}

type blockKey struct {
	text  string
	style style
	width float64
}

// maxBlocks bounds the cache: more than all windows show at once.
const maxBlocks = 256

func newTypesetter(scale float64) *typesetter {
	return &typesetter{scale: scale, fonts: newFontBook(), blocks: map[blockKey]*block{},
		glyphs: glyphCache{masks: map[glyphKey]*glyphMask{}}}
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
		b.lines = append(b.lines, t.lines([]rune(paragraph), s, width)...)
	}
	if s.lines > 0 && len(b.lines) > s.lines {
		b.lines = b.lines[:s.lines]
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

func (t *typesetter) lines(text []rune, s style, width float64) []line {
	if len(text) == 0 {
		return []line{{}}
	}
	input := shaping.Input{
		Text: text, RunEnd: len(text), Direction: directionOf(text), Size: t.px(s.size),
		Language: language.DefaultLanguage(),
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
	limit := 1 << 20
	if width > 0 {
		limit = int(width * t.scale)
	}
	config := shaping.WrapConfig{Direction: input.Direction, TruncateAfterLines: s.lines}
	if s.lines > 0 {
		config.Truncator = t.ellipsis(input, s)
	}
	wrapped, _ := t.wrapper.WrapParagraph(config, limit, text, shaping.NewSliceIterator(runs))
	return t.visual(wrapped)
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
