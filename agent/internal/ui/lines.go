package ui

import (
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/segmenter"
	"github.com/go-text/typesetting/shaping"
)

// How much a paragraph costs by the places where its lines end; the cheapest way to break
// it is taken. A line more is worth a name that stays whole, and nothing less is.
const (
	costLine  = 10.0 // each line
	costName  = 50.0 // a name, or the name of a button, that is torn: more than a line more, a bare one and a torn phrase
	costWord  = 90.0 // a word that is torn
	costKo    = 40.0 // a word of Korean, which the rules for breaking lines would tear anywhere
	costJa    = 14.0 // a phrase of Japanese
	costZh    = 0.6  // a clause of Chinese
	costMark  = 1.5  // a line that ends with a hyphen, a slash or the like
	costOff   = 3.0  // an organisation's name that is torn
	costPause = 0.12 // between phrases without punctuation
	costSpace = 0.1  // between words without punctuation
	costBare  = 20.0 // a line before the last with less than bare of its width
	costStray = 4.0  // a last line with less than stray of its width
	costAlone = 1.5  // a last word alone, on less than lonely of its width

	bare, stray, lonely = 0.45, 0.22, 0.45
	long                = 0.75 // of the width: a name that need not stay whole at all cost
)

// place is where a line may end: before the character end, at a cost.
type place struct {
	end  int
	cost float64
}

// maxKept bounds the names that a typesetter keeps whole: more than all windows show at once.
const maxKept = 24

// keep has a person's name stay on one line wherever there is room for it, and if it can,
// the name of their organisation.
func (t *typesetter) keep(person, organisation string) {
	t.keepAt(person, costName)
	t.keepAt(organisation, costOff)
}

func (t *typesetter) keepAt(name string, cost float64) {
	name = tidy(name)
	if _, known := t.kept[name]; known || name == "" {
		return
	}
	if len(t.kept) >= maxKept {
		clear(t.kept)
		clear(t.blocks)
	}
	t.kept[name] = cost
	maps.DeleteFunc(t.blocks, func(k blockKey, _ *block) bool { return strings.Contains(k.text, name) })
}

// broken sets a paragraph in lines of at most a width. Each line is set by itself.
func (t *typesetter) broken(paragraph string, s style, width float64) ([]line, bool) {
	text := []rune(paragraph)
	if width <= 0 || s.lines == 1 || len(text) == 0 {
		return t.lines(text, s, width)
	}
	if most := s.lines; most > 0 {
		s.lines = 0
		if all, _ := t.broken(paragraph, s, width); len(all) <= most {
			return all, false
		}
		s.lines = most
		return t.lines(text, s, width) // with an ellipsis
	}
	if all, _ := t.lines(text, s, 0); all[0].w <= width {
		return all, false
	}
	direction := directionOf(text)
	room := width
	for {
		var all []line
		over := 0.0 // a line by itself may be a little wider than within its paragraph
		from := 0
		for _, end := range t.breaks(text, s, room) {
			l := t.lineOf(text[from:end], s, direction)
			over, all, from = max(over, l.w-width), append(all, l), end
		}
		const most = 0.1 // of the width; one letter may need more than there is
		if over <= 0.01 || room < width*(1-most) {
			return all, false
		}
		room -= over + 0.1
	}
}

// lineOf sets one line, without the space at its end.
func (t *typesetter) lineOf(text []rune, s style, direction di.Direction) line {
	for len(text) > 1 && text[len(text)-1] == ' ' {
		text = text[:len(text)-1]
	}
	input, runs := t.shapeIn(text, s, direction)
	wrapped, _ := t.wrapper.WrapParagraph(shaping.WrapConfig{Direction: direction}, endless, input.Text, shaping.NewSliceIterator(runs))
	return t.visual(wrapped)[0]
}

// breaks says before which characters the lines of a paragraph end, the last one with it.
func (t *typesetter) breaks(text []rune, s style, width float64) []int {
	at := t.stands(text, s)
	places := t.places(text, at, width)
	type way struct {
		cost float64
		from int // the place before
	}
	ways := make([]way, len(places))
	for k := 1; k < len(places); k++ {
		ways[k].cost = math.Inf(1)
		for j := k - 1; j >= 0; j-- {
			w := wide(text, at, places[j].end, places[k].end)
			if w > width && j < k-1 {
				break
			}
			cost := ways[j].cost + costLine
			if k < len(places)-1 {
				cost += places[k].cost + ragged(w/width)
			} else if j > 0 {
				cost += last(w/width, slices.ContainsFunc(places[j+1:k], func(p place) bool { return p.cost < costMark }))
			}
			if cost < ways[k].cost {
				ways[k] = way{cost, j}
			}
		}
	}
	var ends []int
	for k := len(places) - 1; k > 0; k = ways[k].from {
		ends = append(ends, places[k].end)
	}
	slices.Reverse(ends)
	return ends
}

// ragged is what a line costs that fills a part of its width, and is not the last.
func ragged(part float64) float64 {
	empty := max(1-part, 0)
	if part < bare {
		return costBare + empty*empty
	}
	return empty * empty
}

// last is what the last of several lines costs; more is whether it has more than one word.
func last(part float64, more bool) float64 {
	switch {
	case part < stray:
		return costStray
	case part < lonely && !more:
		return costAlone
	}
	return 0
}

// stands says where each character of a paragraph begins on an endless line; the last
// number is where the line ends.
func (t *typesetter) stands(text []rune, s style) []float64 {
	at := make([]float64, len(text)+1)
	_, runs := t.shape(text, s)
	for _, run := range runs {
		for _, g := range run.Glyphs {
			at[g.ClusterIndex+1] += float64(g.XAdvance) / 64 / t.scale
		}
	}
	for i := 1; i < len(at); i++ {
		at[i] += at[i-1]
	}
	return at
}

// wide is how wide a part of a paragraph is, without the space at its end.
func wide(text []rune, at []float64, from, end int) float64 {
	for end > from && text[end-1] == ' ' {
		end--
	}
	return at[end] - at[from]
}

// places are where the lines of a paragraph may end (UAX 14), with what each costs; the
// first is its beginning. A word that is wider than a line may be torn anywhere.
func (t *typesetter) places(text []rune, at []float64, width float64) []place {
	cost := t.costs(text)
	t.hold(text, at, width, cost)
	places := []place{{}}
	t.parts.Init(text)
	for lines := t.parts.LineIterator(); lines.Next(); {
		l := lines.Line()
		end := l.Offset + len(l.Text)
		if wide(text, at, l.Offset, end) > width {
			places = append(places, torn(l.Text, l.Offset)...)
		}
		places = append(places, place{end, cost[end]})
	}
	return places
}

// torn are the places within a word that is too long.
func torn(word []rune, offset int) (places []place) {
	var seg segmenter.Segmenter
	seg.Init(word)
	for letters := seg.GraphemeIterator(); letters.Next(); {
		if at := letters.Grapheme().Offset; at > 0 {
			places = append(places, place{offset + at, costWord})
		}
	}
	return places
}

// costs is what it costs to end a line before each character, by how the language is read.
func (t *typesetter) costs(text []rune) []float64 {
	cost := make([]float64, len(text)+1)
	pause := map[int]bool{} // where readers of Japanese and Chinese pause
	if apart := map[string]func(string) []string{"ja": phrases, "zh": clauses}[t.fonts.lang]; apart != nil {
		end := 0
		for _, part := range apart(string(text)) {
			end += len([]rune(part))
			pause[end] = true
		}
	}
	for i := 1; i < len(text); i++ {
		cost[i] = t.cost(text, i, pause[i])
	}
	return cost
}

// cost is what it costs to part a text before its character i.
func (t *typesetter) cost(text []rune, i int, pause bool) float64 {
	before, after := text[i-1], text[i]
	east := eastern(before) || eastern(after)
	switch {
	case pause && strings.ContainsRune(pauses, before):
		return 0
	case pause:
		return costPause
	case before == ' ' && t.fonts.lang == "ko" && after == '님': // which belongs to the name before
		return costName
	case before == ' ' && i > 1 && strings.ContainsRune(pauses, text[i-2]):
		return 0
	case t.fonts.lang == "ja" && east, t.fonts.lang == "zh" && closes(after):
		return costJa
	case before == ' ':
		return costSpace
	case t.fonts.lang == "ko" && (unicode.Is(unicode.Hangul, before) || unicode.Is(unicode.Hangul, after)):
		return costKo
	case east:
		return costZh
	}
	return costMark
}

// pauses are the marks after which readers pause.
const pauses = ".,:;!?、。！？：；，）"

// eastern reports whether a character is of a script whose words are not parted by spaces.
func eastern(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || strings.ContainsRune("「」『』、。，！？：；（）ー", r)
}

// hold makes it dear to tear the names that fit on a line: those of people, and what stands
// between quotation marks.
func (t *typesetter) hold(text []rune, at []float64, width float64, cost []float64) {
	whole := func(from, end int, most, more float64) {
		w := wide(text, at, from, end)
		if w > width {
			return
		}
		if w > most*width { // rather than a word alone before it
			more = min(more, costOff)
		}
		for i := from + 1; i < end; i++ {
			cost[i] += more
		}
	}
	for name, more := range t.kept {
		for _, from := range indexes(text, []rune(name)) {
			whole(from, from+len([]rune(name)), long, more)
		}
	}
	for from, r := range text {
		if length := slices.Index(text[from:], closing[r]); closing[r] != 0 && length > 0 {
			whole(from, from+length+1, 1, costName)
		}
	}
}

// closing is the mark that ends a quotation, by the one that begins it.
var closing = map[rune]rune{'“': '”', '„': '“', '«': '»', '‘': '’', '「': '」', '『': '』'}

// indexes is where a text has a part.
func indexes(text, part []rune) (all []int) {
	for i := 0; len(part) > 0 && i+len(part) <= len(text); i++ {
		if slices.Equal(text[i:i+len(part)], part) {
			all = append(all, i)
		}
	}
	return all
}
