package ui

import (
	"fmt"
	"image"
	"math"
	"strings"
	"testing"
	"time"

	"beside/agent/internal/catalogue"
	"beside/consent"
)

// painted is one window as the user would see it, painted without a screen.
type painted struct {
	name string
	c    *canvas
	// low is the lowest contrast of any text, and where.
	low     float64
	lowText string
}

// paper is a UI without a screen.
func paper(fonts *fontBook, tag string, scale float64, look appearance) *UI {
	u := &UI{words: catalogue.For(tag)}
	u.loop.look = look
	if look.big {
		scale *= bigger
	}
	u.loop.ts = newTypesetter(scale)
	u.loop.ts.fonts = fonts
	u.loop.ts.speak(u.words.Tag)
	if look.contrast {
		u.loop.ts.tones = strong()
	}
	return u
}

// onPaper paints w logical units wide, as high as the painting says or h.
func (u *UI) onPaper(name string, w, h float64, state pointerState, paint func(*page) float64) painted {
	ts := u.loop.ts
	out := painted{name: name, low: math.Inf(1)}
	size := pixelSize(w, max(h, measure(ts, paint)), ts.scale)
	c := newCanvas(size.X, size.Y, ts.scale)
	c.tones = ts.tones
	c.watch = func(where image.Rectangle, ink rgb) {
		if r := contrast(ink, ground(c, where)); r < out.low {
			out.low, out.lowText = r, fmt.Sprint(where)
		}
	}
	paint(&page{c: c, t: ts, now: state})
	out.c = c
	return out
}

// picture is what was painted.
func (w painted) picture() *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w.c.w, w.c.h))
	for i := 0; i < len(w.c.pix); i += 4 {
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = w.c.pix[i+2], w.c.pix[i+1], w.c.pix[i], 0xff
	}
	return img
}

// ground is the colour that most of a place has. The race detector would make it the
// most of every test.
//
//go:norace
func ground(c *canvas, r image.Rectangle) rgb {
	seen := map[rgb]int{}
	r = r.Intersect(c.clip)
	var run rgb // the same colour lies beside itself mostly, and a map takes long
	n := 0
	for y := r.Min.Y; y < r.Max.Y; y += 2 {
		for x := r.Min.X; x < r.Max.X; x += 2 {
			px := c.pix[(y*c.w+x)*4:]
			if col := (rgb{px[2], px[1], px[0]}); col != run {
				seen[run] += n
				run, n = col, 0
			}
			n++
		}
	}
	seen[run] += n
	var most rgb
	for col, n := range seen {
		if n > seen[most] || n == seen[most] && col.g > most.g {
			most = col
		}
	}
	return most
}

// contrast is the ratio of WCAG 2.2, "contrast ratio".
func contrast(a, b rgb) float64 {
	l := func(c rgb) float64 {
		part := func(v uint8) float64 {
			s := float64(v) / 255
			if s <= 0.04045 {
				return s / 12.92
			}
			return math.Pow((s+0.055)/1.055, 2.4)
		}
		return 0.2126*part(c.r) + 0.7152*part(c.g) + 0.0722*part(c.b)
	}
	x, y := l(a), l(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// noticed is a question with the text that the user gets to read.
func noticed(scope consent.Scope, tag string) consent.Question {
	q := exampleQuestion(scope)
	q.Party.OrganisationVerified = scope != consent.Control
	q.Reason = "Your printer prints blank pages."
	q.Language = tag
	q.Text = consent.NoticeFor(scope, q.Party, tag)
	return q
}

// everyWindow paints each window in each of its states.
func everyWindow(u *UI) []painted {
	tag := u.words.Tag
	var all []painted
	start := func(name string, part startPart, v StartView) {
		s := &startWindow{u: u, height: startH, part: part, view: v, link: pageLink{address: exampleLink}}
		s.height = max(startH, measure(u.loop.ts, s.paint))
		all = append(all, u.onPaper(name, startW, startH, pointerState{focus: startOptions, focused: part == partPoints}, s.paint))
	}
	problem := exampleStart()
	problem.Verified, problem.Problem = false, catalogue.Fill(u.words.Lobby.WrongNumber, "technician", "Ana Pérez")
	start("start", partPoints, exampleStart())
	u.loop.reader.chosen = true
	start("start-reader", partPoints, exampleStart())
	u.loop.reader.chosen = false
	start("start-connecting", partPoints, StartView{})
	start("start-problem", partPoints, problem)
	start("start-privacy", partPrivacy, exampleStart())
	start("start-options", partOptions, exampleStart())
	start("start-link", partLink, exampleStart())
	u.loop.offer = offer{1, exampleLink}
	start("start-copied", partLink, exampleStart())
	u.loop.offer = offer{}
	for scope := consent.Scope(0); scope <= consent.Voice; scope++ {
		w := &questionWindow{u: u, q: noticed(scope, tag), a: newAnswering(time.Now(), 90*time.Second, time.Now().Add(time.Hour)), wasArmed: true}
		if scope == 0 { // the caution before all questions
			w.q.Party.OrganisationVerified = false
			w.q.Text = consent.NoticeFor(consent.View, w.q.Party, tag)
			w.q.Text.Caution = consent.CautionFor(w.q.Party, consent.Acquaintance{}, tag, time.Now())
			w.caution, w.yesIn = true, 4
		}
		w.p = &panel{}
		w.p.state = pointerState{focus: answerNo, focused: true}
		if scope == consent.Record {
			w.p.state.focus = answerYes
		}
		for _, width := range []float64{questionW, 600, 760} {
			if w.fit = (fitting{width, u.loop.ts.scale}); w.verbsFit() {
				break
			}
		}
		all = append(all, u.onPaper("question-"+scope.String(), w.fit.width, 0, w.p.state, w.paint))
	}
	for name, v := range barViews(u.words) {
		b := &Bar{u: u, view: v, level: 3}
		if name == "report" {
			b.report.until = time.Now().Add(reportStays)
		}
		all = append(all, u.onPaper("bar-"+name, b.wish(), barH, pointerState{}, func(p *page) float64 {
			if p.c.w == 0 {
				return barH // measuring
			}
			b.paint(p)
			return barH
		}))
	}
	for name, v := range overViews(u.words) {
		o := &overWindow{u: u, view: v, asks: name == "said"}
		if name == "told" {
			o.comment.field = field{text: []rune("They asked for my bank card. I said no."), at: 4}
		}
		all = append(all, u.onPaper("over-"+name, overW, 0, pointerState{focus: overClose, focused: true}, o.paint))
	}
	for name, w := range sideWindows(u) {
		all = append(all, u.onPaper("side-"+name, sideW, sideH, w.p.state, w.paint))
	}
	here := HereView{Technician: "Ana Pérez", Waits: time.Now().Add(40 * time.Second)}
	for _, v := range []HereView{here, {Technician: "Ana Pérez"}} {
		all = append(all, u.onPaper("here", hereW, 0, pointerState{}, (&hereWindow{u: u, view: v}).paint))
	}
	menu := &trayMenu{t: &tray{u: u}}
	u.loop.bar = &Bar{u: u, view: exampleBar()}
	all = append(all, u.onPaper("tray", menuW, 0, pointerState{}, menu.paint))
	u.loop.bar = nil
	chooser := &chooserWindow{u: u, v: ChooseView{Technician: "Ana Pérez", Reason: "The photo of the error."}, a: newAnswering(time.Now(), time.Minute, time.Time{}),
		wasArmed: true, at: 1, folder: "/home/kim/Documents", entries: []entry{{"Letters", true}, {"error.png", false}, {"Übersicht 2026.pdf", false}}}
	chooser.p = &panel{state: pointerState{focus: chooseNone, focused: true}}
	chooser.a.inView = time.Now().Add(-time.Minute)
	all = append(all, u.onPaper("chooser", chooserW, 0, pointerState{focus: chooseNone, focused: true}, chooser.paint))
	return append(all, u.sharing(tag)...)
}

// sharing is the question about the screen while the user shows less.
func (u *UI) sharing(tag string) (all []painted) {
	monitors := []image.Rectangle{image.Rect(0, 0, 1920, 1080), image.Rect(1920, 0, 3840, 1080)}
	windows := []userWindow{{1, "My bank — Accounts"}, {2, "Printer settings"}, {3, ""}}
	for _, s := range []*sharing{
		{monitors: monitors, screen: 2, windows: windows}, {monitors: monitors, one: true, window: 2, windows: windows},
		{monitors: monitors, hiding: true, hidden: []uint32{1}, windows: windows},
	} {
		w := &questionWindow{u: u, q: noticed(consent.View, tag), a: newAnswering(time.Now(), 90*time.Second, time.Now().Add(time.Hour)), wasArmed: true, share: s}
		w.q = w.q.Showing(s.extent())
		w.p = &panel{state: pointerState{focus: answerNo, focused: true}}
		for _, width := range []float64{questionW, 600, 760} {
			if w.fit = (fitting{width, u.loop.ts.scale}); w.verbsFit() {
				break
			}
		}
		all = append(all, u.onPaper("question-share", w.fit.width, 0, w.p.state, w.paint))
	}
	return all
}

func barViews(w *catalogue.Texts) map[string]BarView {
	base := BarView{
		Technician: "Ana Pérez", Organisation: "Acme IT Support", Started: time.Now().Add(-12 * time.Minute), View: true, Chat: true,
	}
	with := func(change func(*BarView)) BarView { v := base; change(&v); return v }
	return map[string]BarView{
		"asking": with(func(v *BarView) { v.View = false }), "view": base,
		"all":    with(func(v *BarView) { v.Control, v.Recording, v.Clipboard, v.Files, v.Voice = true, true, true, true, true }),
		"voice":  with(func(v *BarView) { v.Voice = true }),
		"muted":  with(func(v *BarView) { v.Voice, v.Muted = true, true }),
		"sound":  with(func(v *BarView) { v.Notice = w.Bar.NoSound }),
		"paused": with(func(v *BarView) { v.Control, v.Paused, v.Unread = true, true, 3 }),
		"user":   with(func(v *BarView) { v.Control, v.UserActive = true, true }),
		"secret": with(func(v *BarView) { v.Control, v.Secret = true, true }),
		"away":   with(func(v *BarView) { v.Control, v.Away = true, true }),
		"report": with(func(v *BarView) { v.Control, v.Recording = true, true }),
		"notice": with(func(v *BarView) { v.Notice = w.Bar.RecordingDiskFull }),
	}
}

func overViews(w *catalogue.Texts) map[string]OverView {
	base := OverView{
		Technician: "Ana Pérez", Organisation: "Acme IT Support", Started: time.Now().Add(-time.Hour), Duration: 754 * time.Second,
		Allowed:  []consent.Scope{consent.View, consent.Control, consent.Record, consent.Clipboard, consent.Files, consent.Voice},
		Recorded: true, KeptUntil: time.Now().AddDate(0, 0, 30), EndedBy: consent.ByUser, ReceiptPath: "/home/kim/Beside/Beside 2026-11-22 09.15.00.html",
		Delivery: Sending,
	}
	with := func(change func(*OverView)) OverView { v := base; change(&v); return v }
	return map[string]OverView{
		"sending":   base,
		"said":      with(func(v *OverView) { v.Delivery, v.Rating = Sent, 4 }),
		"reported":  with(func(v *OverView) { v.Delivery, v.Rating, v.Reported, v.Told = NotSent, 1, true, NotTold }),
		"told":      with(func(v *OverView) { v.Rating, v.Reported, v.Told = 1, true, Told }),
		"erased":    with(func(v *OverView) { v.Delivery, v.Erasure = Sent, Erased }),
		"unerased":  with(func(v *OverView) { v.Delivery, v.Erasure = Sent, NotErased }),
		"finishing": with(func(v *OverView) { v.Delivery = Finishing }),
		"short": with(func(v *OverView) {
			v.Allowed, v.Recorded, v.Delivery, v.EndedBy = v.Allowed[:1], false, 0, consent.ByBarLost
			v.ReceiptPath, v.ReceiptProblem = "", w.Over.NotAllowed
		}),
	}
}

// Every window in every language, at both scales, large and with strong contrast: no
// text is cut, no placeholder is left, no character is missing, and every text can be
// read on its ground: 4.5:1, and 7:1 for those who want strong contrast. PROMISE A15.
func TestEveryWindowInEveryLanguage(t *testing.T) {
	t.Parallel() // it needs no screen, and the attacks on a question mostly wait
	fonts := newFontBook()
	for _, l := range catalogue.Languages() {
		t.Run(l.Tag, func(t *testing.T) {
			for mode, c := range map[string]struct {
				scale float64
				look  appearance
				least float64
			}{
				"1x": {1, appearance{}, 4.5}, "2x": {2, appearance{}, 4.5},
				"big": {1, appearance{big: true}, 4.5}, "strong": {1, appearance{contrast: true}, 7},
			} {
				u := paper(fonts, l.Tag, c.scale, c.look)
				if !u.readable(l.Tag) {
					t.Fatal("no font on this machine shows it: see .ci/packages")
				}
				all := everyWindow(u)
				if len(all) < 15 {
					t.Fatalf("only %d windows", len(all))
				}
				for _, w := range all {
					if w.low < c.least {
						t.Errorf("%s, %s: contrast %.2f at %s", w.name, mode, w.low, w.lowText)
					}
				}
				wholeTexts(t, mode, u.loop.ts)
				keepWindows(t, mode, l.Tag, append(all, strained(u)...))
			}
		})
	}
	sheets(t)
}

// wholeTexts looks at everything that was set.
func wholeTexts(t *testing.T, mode string, ts *typesetter) {
	t.Helper()
	if len(ts.blocks) >= maxBlocks {
		t.Fatal("some texts were forgotten before they were looked at")
	}
	for key, b := range ts.blocks {
		if b.cut {
			t.Errorf("%s: cut: %q at %v wide", mode, key.text, key.width)
		}
		if strings.ContainsAny(key.text, "{}") {
			t.Errorf("%s: a placeholder is left: %q", mode, key.text)
		}
		if key.width > 0 && b.w > key.width+1 {
			t.Errorf("%s: %q is %.0f wide, its place %.0f", mode, key.text, b.w, key.width)
		}
		for _, line := range b.lines {
			for _, run := range line.runs {
				for _, g := range run.Glyphs {
					if g.GlyphID == 0 {
						t.Errorf("%s: a character is missing in %q", mode, key.text)
					}
				}
			}
		}
	}
}
