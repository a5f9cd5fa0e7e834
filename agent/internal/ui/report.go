package ui

import (
	"time"

	"beside/agent/internal/catalogue"
)

// reporting is the bar while it asks whether the session is to be reported and ended. It
// asks there, where nobody but the user can press, and not in a window of its own, which
// would lie over a question. THREAT 28.
type reporting struct {
	until time.Time // when it asks no longer; zero is not asking
}

// reportStays is how long it asks: long enough to read it twice.
const reportStays = 30 * time.Second

func (r *reporting) open() bool { return !r.until.IsZero() }

// tick ends the asking when its time is over: silence is no.
func (r *reporting) tick(b *Bar, now time.Time) {
	if r.open() && !now.Before(r.until) {
		b.endReport()
	}
}

// askReport puts it in the place of the names and buttons; End stays where it is.
func (b *Bar) askReport(now time.Time) {
	b.report.until = now.Add(reportStays)
	_ = b.arrange() // a bar that cannot be laid out shows itself by not being seen
}

func (b *Bar) endReport() {
	b.report.until = time.Time{}
	_ = b.arrange()
}

// reportAsk says what comes of it.
func (b *Bar) reportAsk() string {
	return catalogue.Fill(b.u.words.Bar.ReportAsk, "technician", b.view.Technician)
}

func (b *Bar) reportChips() []chip {
	w := b.u.words.Bar
	return []chip{
		{barReportNo, w.ReportNo, nil, barLook},
		{barReportYes, w.ReportYes, iconFlag, endLook},
		{barEnd, w.End, nil, endLook},
	}
}

// iconFlag is a report.
func iconFlag(p *pen, at func(...float64) []float64, u float64) {
	p.stroke(iconLine*u, at(6, 21, 6, 4)...)
	p.stroke(iconLine*u, at(6, 4.5, 18.5, 4.5, 15.5, 9, 18.5, 13.5, 6, 13.5)...)
}
