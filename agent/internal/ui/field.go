package ui

import (
	"math"
	"slices"
	"unicode"

	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/shaping"
)

// field is a text of several lines that the user types.
type field struct {
	text   []rune
	at     int // the cursor stands before this character
	most   int // characters
	typist typist
}

// insert puts text at the cursor, as much as there is room for.
func (f *field) insert(text string) {
	add := []rune(text)
	add = add[:min(len(add), max(f.most-len(f.text), 0))]
	f.text = slices.Insert(f.text, f.at, add...)
	f.at += len(add)
}

// clear empties the field, and what it held.
func (f *field) clear() {
	clear(f.text[:cap(f.text)])
	f.text, f.at, f.typist = nil, 0, typist{}
}

// erase takes the characters between the cursor and to.
func (f *field) erase(to int) {
	from, to := min(f.at, to), max(f.at, to)
	f.text = slices.Delete(f.text, from, to)
	f.at = from
}

// step is where the cursor is after one character, with the marks on it, or after one word.
func (f *field) step(forward, word bool) int {
	next, at := -1, f.at
	if forward {
		next = 1
	}
	inside := func() bool { return forward && at < len(f.text) || !forward && at > 0 }
	seen := func() rune { return f.text[at+min(next, 0)] }
	if !word {
		for inside() {
			r := seen()
			at += next
			if forward && (at >= len(f.text) || !unicode.Is(unicode.M, f.text[at])) || !forward && !unicode.Is(unicode.M, r) {
				break
			}
		}
		return at
	}
	letter := func() bool {
		return unicode.IsLetter(seen()) || unicode.IsDigit(seen()) || unicode.Is(unicode.M, seen())
	}
	for inside() && !letter() {
		at += next
	}
	for inside() && letter() {
		at += next
	}
	return at
}

// fieldLine is one line of a field: its characters from from to before to.
type fieldLine struct {
	line
	from, to int
}

// lay breaks the field into lines of a width.
func (f *field) lay(t *typesetter, s style, width float64) (all []fieldLine) {
	for from := 0; from <= len(f.text); {
		end := from
		for end < len(f.text) && f.text[end] != '\n' {
			end++
		}
		all = append(all, t.fieldLines(f.text[from:end], from, s, width)...)
		from = end + 1
	}
	return all
}

// fieldLines breaks a paragraph. Unlike text that is only read, spaces at the end of a line
// take room: the cursor stands behind them.
func (t *typesetter) fieldLines(text []rune, from int, s style, width float64) (all []fieldLine) {
	if len(text) == 0 {
		return []fieldLine{{from: from, to: from}}
	}
	input, runs := t.shape(text, s)
	config := shaping.WrapConfig{Direction: input.Direction, DisableTrailingWhitespaceTrim: true}
	wrapped, _ := t.wrapper.WrapParagraph(config, int(width*t.scale), text, shaping.NewSliceIterator(runs))
	for _, l := range t.visual(wrapped) {
		to := from
		for _, run := range l.runs {
			to += run.Runes.Count
		}
		all = append(all, fieldLine{l, from, to})
		from = to
	}
	return all
}

// lineOf is the line in which the cursor stands.
func lineOf(lines []fieldLine, at int) int {
	for i := len(lines) - 1; i > 0; i-- {
		if at >= lines[i].from {
			return i
		}
	}
	return 0
}

// x is where the cursor stands in a line, logical. base is the first character of the
// paragraph, from which the runs count.
func (l fieldLine) x(at int, scale float64) float64 {
	x, base := 0.0, l.base()
	for _, run := range l.runs {
		first := base + run.Runes.Offset
		inside := at >= first && at < first+run.Runes.Count
		rtl := run.Direction == di.DirectionRTL
		for _, g := range run.Glyphs {
			cluster := base + g.ClusterIndex
			if inside && (!rtl && cluster >= at || rtl && cluster < at) {
				return x
			}
			x += float64(g.XAdvance) / 64 / scale
		}
		if inside {
			return x
		}
	}
	return x
}

// base is the number, within the field, of the first character of the line's paragraph.
func (l fieldLine) base() int {
	first := math.MaxInt
	for _, run := range l.runs {
		first = min(first, run.Runes.Offset)
	}
	return l.from - first
}

// near is the place in a line whose x comes closest.
func (l fieldLine) near(x, scale float64) int {
	best, apart := l.from, math.Inf(1)
	for at := l.from; at <= l.to; at++ {
		if d := math.Abs(l.x(at, scale) - x); d < apart {
			best, apart = at, d
		}
	}
	return best
}

// edit does what a key means in the field, and reports whether it means anything. lines
// are those on the screen.
func (f *field) edit(k key, word bool, lines []fieldLine, scale float64) bool {
	switch k {
	case keyBackspace:
		f.erase(f.step(false, word))
	case keyDelete:
		f.erase(f.step(true, word))
	case keyLeft:
		f.at = f.step(false, word)
	case keyRight:
		f.at = f.step(true, word)
	case keyHome:
		f.at = lines[lineOf(lines, f.at)].from
	case keyEnd:
		f.at = f.endOf(lines, lineOf(lines, f.at))
	case keyUp:
		f.move(lines, -1, scale)
	case keyDown:
		f.move(lines, 1, scale)
	default:
		return false
	}
	f.typist = typist{}
	return true
}

// endOf is the end of a line: before the character that the next one begins with, where
// the line was broken for want of room.
func (f *field) endOf(lines []fieldLine, i int) int {
	if i+1 < len(lines) && lines[i+1].from == lines[i].to && lines[i].to > lines[i].from {
		return lines[i].to - 1
	}
	return lines[i].to
}

// move goes up or down, as straight as it can.
func (f *field) move(lines []fieldLine, by int, scale float64) {
	i := lineOf(lines, f.at)
	to := min(max(i+by, 0), len(lines)-1)
	if to != i {
		f.at = min(lines[to].near(lines[i].x(f.at, scale), scale), f.endOf(lines, to))
	}
}

// field draws what is written in f, in fieldLines of its lines from *down on, and the cursor
// where it has the focus. A field that is off takes nothing. It returns the lines.
func (p *page) field(id targetID, b box, f *field, down *int, hint string, off bool) []fieldLine {
	on := p.now.focused && p.now.focus == id && !off
	p.targets = append(p.targets, target{id: id, box: b, off: off})
	p.c.round(b, 10, white)
	line := rgb(secondary)
	if on {
		line = blue
	}
	p.c.outline(b, 10, 1.5, line, 1)
	if on {
		p.ring(b, 10)
	}
	high := lineHeight(15)
	clip := p.c.clip
	p.c.clip = clip.Intersect(b.inset(2).pixels(p.c.scale))
	defer func() { p.c.clip = clip }()
	if len(f.text) == 0 {
		const cursor = 4 // which stands before it
		p.label(hint, style{size: 15, lines: fieldLines}, b.x+fieldIn+cursor, b.y+fieldIn, b.w-2*fieldIn-cursor, secondary)
	}
	lines := f.lay(p.t, body, b.w-2*fieldIn)
	cursor := lineOf(lines, f.at)
	*down = min(max(*down, cursor-fieldLines+1), cursor)
	for i, l := range lines[*down:min(*down+fieldLines, len(lines))] {
		y := b.y + fieldIn + float64(i)*high
		p.c.textLine(p.t, l.line, b.x+fieldIn, y, high, ink)
		if on && *down+i == cursor {
			p.c.fill(box{b.x + fieldIn + l.x(f.at, p.c.scale) - 1, y + 2, 2, high - 4}, blue)
		}
	}
	return lines
}

// fieldHigh is how high a field is.
func fieldHigh() float64 { return fieldLines*lineHeight(15) + 2*fieldIn }
