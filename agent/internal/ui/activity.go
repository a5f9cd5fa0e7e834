package ui

import "time"

// ActivityView is the list of what was done, in the user's words.
type ActivityView struct {
	Technician string
	Lines      []ActivityLine // in order
}

// ActivityLine is one thing that was asked, answered or done.
type ActivityLine struct {
	At   time.Time
	Text string
}

// activityPane lists what was done, the newest at the end. Nothing in it is ever content.
// PROMISE A4.
type activityPane struct {
	side *sideWindow
	view ActivityView
	roll roll
}

func (l *activityPane) change(v ActivityView) {
	l.view = v
	if l.side.p != nil {
		l.measure()
		l.side.p.stale = true
	}
}

// The list's measures, logical.
const (
	activityIn   = 14
	activityTime = 64 // wide
	activityText = sideInner - activityTime - 2*activityIn
	activityGap  = 8
)

// measure finds how high each line is.
func (l *activityPane) measure() {
	l.side.p.ts.keep(l.view.Technician, "") // before the lines are broken
	heights := make([]float64, len(l.view.Lines))
	for i, line := range l.view.Lines {
		heights[i] = l.side.p.ts.set(line.Text, body, activityText).h + activityGap
	}
	l.roll.set(heights)
}

// paint draws what is under the tab.
func (l *activityPane) paint(p *page) {
	words := l.side.u.words
	y := p.head(words.Activity.Title, fillName(words.Activity.Intro, l.view.Technician))
	const foot = sideH - sideEdge - sideFoot
	l.roll.paint(p, box{sideEdge, y, sideInner, foot - 12 - y}, func(i int, y float64) {
		line := l.view.Lines[i]
		p.label(line.At.Local().Format("15:04"), style{size: 15, tabular: true, lines: 1}, sideEdge+activityIn, y, activityTime, secondary)
		p.label(line.Text, body, sideEdge+activityIn+activityTime, y, activityText, ink)
	})
	p.button(sideClose, box{sideEdge, foot, sideInner, sideFoot}, words.Over.Close, nil, plainLook, false)
}

// iconList is lines of writing.
func iconList(p *pen, at func(...float64) []float64, u float64) {
	for _, y := range []float64{6, 12, 18} {
		p.stroke(iconLine*u, at(9, y, 20, y)...)
		o := at(4.5, y)
		p.dot(o[0], o[1], 1.4*u)
	}
}
