package ui

import (
	"slices"
	"strings"
	"testing"

	"beside/agent/internal/catalogue"
	"beside/consent"
)

// The names of people and of buttons stay whole on one line wherever there is room for
// them: in every text of every question and caution, in every language, at every width.
// PROMISE A15.
func TestNamesStayWhole(t *testing.T) {
	t.Parallel()
	fonts := newFontBook()
	held := 0
	for _, l := range catalogue.Languages() {
		ts := paper(fonts, l.Tag, 1, appearance{}).loop.ts
		ts.keep("Ana Pérez", "Acme IT Support")
		for _, text := range everyLine(l.Tag) {
			runes := []rune(text)
			at := ts.stands(runes, body)
			for width := 200.0; width < 600; width += 31 {
				for _, end := range ts.breaks(runes, body, width) {
					for _, n := range names(runes) {
						if n[0] < end && end < n[1] && wide(runes, at, n[0], n[1]) <= width {
							t.Errorf("%s, %v wide: %q is torn in %q", l.Tag, width, string(runes[n[0]:n[1]]), text)
						}
						held++
					}
				}
			}
		}
	}
	if held < 1000 {
		t.Errorf("only %d names were looked at", held)
	}
}

// everyLine is every text of the questions and cautions that has several words.
func everyLine(tag string) (all []string) {
	for scope := consent.View; scope <= consent.Voice; scope++ {
		q := noticed(scope, tag)
		q.Party.OrganisationVerified = false
		q.Text = consent.NoticeFor(scope, q.Party, tag)
		all = append(append(append(all, q.Text.Title, q.Text.Undo), q.Text.Allows...), q.Text.Not...)
		all = append(all, q.Text.Details...)
		for _, known := range []consent.Acquaintance{{}, {Reported: true}} {
			c := consent.CautionFor(q.Party, known, tag, q.Party.AccountCreated)
			all = append(append(append(all, c.Title), c.Facts...), c.Advice...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// names is where the names in a text begin and end: Ana Pérez, and all between quotation
// marks.
func names(text []rune) (all [][2]int) {
	for _, from := range indexes(text, []rune("Ana Pérez")) {
		all = append(all, [2]int{from, from + len([]rune("Ana Pérez"))})
	}
	begin, end := []rune("“„«‘「"), []rune("”“»’」")
	for from, r := range text {
		if i := slices.Index(begin, r); i >= 0 {
			if n := slices.Index(text[from+1:], end[i]); n >= 0 {
				all = append(all, [2]int{from, from + n + 2})
			}
		}
	}
	return all
}

// A paragraph never ends with a scrap that the line before could have kept company, and
// takes no line more for that.
func TestNoWordStaysAlone(t *testing.T) {
	t.Parallel()
	fonts := newFontBook()
	for _, l := range catalogue.Languages() {
		ts := paper(fonts, l.Tag, 1, appearance{}).loop.ts
		stray := 0
		all := everyLine(l.Tag)
		for _, text := range all {
			const width = 402 // of a question
			wrapped, _ := ts.lines([]rune(text), body, width)
			b := ts.set(text, body, width)
			if n := len(b.lines); n > 1 && n > len(wrapped)+1 {
				t.Errorf("%s: %d lines, where %d would do: %q", l.Tag, n, len(wrapped), text)
			}
			if n := len(b.lines); n > 1 && b.lines[n-1].w < width/5 {
				stray++
				t.Logf("%s: %q ends alone", l.Tag, text)
			}
		}
		if stray > 0 {
			t.Errorf("%s: %d of %d paragraphs end with a scrap", l.Tag, stray, len(all))
		}
	}
}

// Lines as they are expected, one language after the other.
func TestLines(t *testing.T) {
	t.Parallel()
	fonts := newFontBook()
	for _, c := range []struct {
		lang, text string
		width      float64
		want       []string
	}{
		{"en", "You can take it back at any time: move your mouse, or press “Stop control”.", 396,
			[]string{"You can take it back at any time: move your mouse,", "or press “Stop control”."}},
		{"es", "Puede quitárselo cuando quiera: mueva su ratón o pulse «Quitar control».", 396,
			[]string{"Puede quitárselo cuando quiera: mueva su ratón o", "pulse «Quitar control»."}},
		{"ko", "언제든지 취소할 수 있습니다. 마우스를 움직이거나 ‘조작 중지’를 누르세요.", 396,
			[]string{"언제든지 취소할 수 있습니다. 마우스를 움직이거나", "‘조작 중지’를 누르세요."}},
		{"ja", "隠したウィンドウは見えません。その場所は灰色になります。", 396,
			[]string{"隠したウィンドウは見えません。", "その場所は灰色になります。"}},
		{"en", "one " + strings.Repeat("x", 90), 300, []string{"one", strings.Repeat("x", 30)}},
	} {
		ts := paper(fonts, c.lang, 1, appearance{}).loop.ts
		runes := []rune(c.text)
		from, got := 0, []string(nil)
		for _, end := range ts.breaks(runes, body, c.width) {
			got, from = append(got, strings.TrimRight(string(runes[from:end]), " ")), end
		}
		if strings.HasPrefix(c.text, "one ") { // a word that is wider than a line is torn, on lines of its own
			for _, line := range got {
				if w := ts.set(line, oneLine(body), 0).w; w > c.width {
					t.Errorf("%q is %.0f wide", line, w)
				}
			}
			continue
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.lang, got, c.want)
		}
	}
}

// A name that is learnt later is kept whole in what was set before too.
func TestKeepForgetsWhatWasSet(t *testing.T) {
	t.Parallel()
	ts := newTypesetter(1)
	const text = "What was asked for today came from Ana Pérez who is here"
	for width := 200.0; width < 400; width += 5 {
		before := ts.set(text, body, width)
		ts.keep("Ana Pérez", "")
		if after := ts.set(text, body, width); before == after && width == 200 {
			t.Error("the lines were not broken anew")
		}
		delete(ts.kept, "Ana Pérez")
		clear(ts.blocks)
	}
	for n := range 3 * maxKept {
		ts.keep(strings.Repeat("A", n+1)+" B", "")
	}
	if len(ts.kept) > maxKept {
		t.Errorf("%d names are kept", len(ts.kept))
	}
}
