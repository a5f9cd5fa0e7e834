package ui

import (
	"strings"
	"testing"
	"time"

	"beside/agent/internal/catalogue"
	"beside/consent"
)

// Names and words that are too long for their place, as people have them.
const (
	longName   = "Maximiliane-Friederike von Hohenstein-Wolkenburg"
	longOffice = "Landesamt für Informationstechnik und Digitalisierung Mecklenburg-Vorpommern"
)

func longReason() string {
	return strings.Repeat("The printer on the second floor prints blank pages since the update of last week. ", 3)
}

// strained paints windows in states where their words, or their room, are at the limit:
// what does not fit may end in dots here, and nowhere else.
func strained(u *UI) (all []painted) {
	all = append(all, u.longQuestions()...)
	start := &startWindow{u: u, height: startH, view: exampleStart()}
	start.view.Organisation = longOffice
	start.view.Expires = time.Now().Add(-time.Minute)
	start.height = max(startH, measure(u.loop.ts, start.paint))
	all = append(all, u.onPaper("start-over", startW, startH, pointerState{}, start.paint))

	all = append(all, u.onPaper("over-long", overW, 0, pointerState{}, (&overWindow{u: u, view: longOver(u)}).paint))
	for _, name := range []string{"said", "reported"} {
		o := &overWindow{u: u, view: overViews(u.words)[name], asks: name == "said", fit: fitting{width: abreastW}}
		all = append(all, u.onPaper("over-abreast", abreastW, 0, pointerState{focus: overClose, focused: true}, o.paint))
	}

	here := HereView{Technician: longName, Waits: time.Now().Add(40 * time.Second)}
	all = append(all, u.onPaper("here-long", hereW, 0, pointerState{}, (&hereWindow{u: u, view: here}).paint))
	return append(all, u.narrowBars()...)
}

// longOver is a summary with long names and many files.
func longOver(u *UI) OverView {
	v := overViews(u.words)["said"]
	v.Technician, v.Organisation = longName, longOffice
	v.FilesGot = []string{"driver-for-the-printer-on-the-second-floor-2026.zip", "a.txt", "b.txt", "c.txt", "d.txt", "e.txt"}
	v.FilesGiven = []string{"error.png"}
	return v
}

// longQuestions are questions with long names and a long reason, one that waits for the
// user, and one that does not take an answer yet.
func (u *UI) longQuestions() (all []painted) {
	for name, change := range map[string]func(*questionWindow){
		"long":    func(w *questionWindow) { w.q.Party.TechnicianName, w.q.Party.OrganisationName = longName, longOffice },
		"patient": func(w *questionWindow) { w.a.patient = true },
		"early":   func(w *questionWindow) { w.wasArmed = false },
		"reported": func(w *questionWindow) {
			w.caution, w.yesIn = true, 0
			w.q.Text.Caution = consent.CautionFor(w.q.Party, consent.Acquaintance{Reported: true}, u.words.Tag, time.Now())
		},
	} {
		w := &questionWindow{u: u, q: noticed(consent.View, u.words.Tag), a: newAnswering(time.Now(), 90*time.Second, time.Now().Add(time.Hour)), wasArmed: true}
		change(w)
		if name == "long" {
			w.q.Reason, w.q.Ticket = longReason(), "INC-20817-ESCALATION-SECOND-LEVEL-2026"
			w.q.Text = consent.NoticeFor(consent.View, w.q.Party, u.words.Tag)
		}
		w.p = &panel{state: pointerState{focus: answerNo, focused: true}}
		for _, width := range []float64{questionW, 600, 760} {
			if w.fit = (fitting{width, u.loop.ts.scale}); w.verbsFit() {
				break
			}
		}
		all = append(all, u.onPaper("question-"+name, w.fit.width, 0, w.p.state, w.paint))
	}
	return all
}

// narrowBars are bars on small screens, with everything allowed.
func (u *UI) narrowBars() (all []painted) {
	for name, c := range map[string]struct {
		width float64
		hover targetID
	}{"bar-1024": {1024, barClipboard}, "bar-640": {640, 0}, "bar-640-sign": {640, barReport}, "bar-640-last": {640, barSecret}} {
		b := &Bar{u: u, view: barViews(u.words)["all"]}
		all = append(all, u.onPaper(name, c.width, barH, pointerState{hover: c.hover}, func(p *page) float64 {
			if p.c.w != 0 {
				b.paint(p)
			}
			return barH
		}))
	}
	return all
}

// However long the names are and however small the screen, each button of the bar, End
// above all, lies whole on it, and none over another.
func TestBarKeepsItsButtons(t *testing.T) {
	t.Parallel()
	fonts := newFontBook()
	for _, l := range catalogue.Languages() {
		u := paper(fonts, l.Tag, 1, appearance{})
		for _, width := range []int{640, 800, 1024, 1280} {
			b := &Bar{u: u, view: barViews(u.words)["all"]}
			b.view.Technician, b.view.Organisation = longName, longOffice
			p := &page{c: newCanvas(width, barH, 1), t: u.loop.ts}
			b.paint(p)
			if len(p.targets) < 11 {
				t.Errorf("%s, %d wide: only %d targets", l.Tag, width, len(p.targets))
			}
			for i, a := range p.targets {
				if a.box.x < 0 || a.box.x+a.box.w > float64(width) {
					t.Errorf("%s, %d wide: target %d lies outside", l.Tag, width, a.id)
				}
				for _, o := range p.targets[i+1:] {
					if a.box.x < o.box.x+o.box.w && o.box.x < a.box.x+a.box.w {
						t.Errorf("%s, %d wide: targets %d and %d lie over one another", l.Tag, width, a.id, o.id)
					}
				}
			}
		}
	}
}
