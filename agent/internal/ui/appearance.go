package ui

import (
	"image"

	"beside/agent/internal/catalogue"
)

// bigger is how much larger everything is for those who chose larger text.
const bigger = 1.4

// appearance is how the windows look to this user, by flags or in the start window. It
// is remembered for this run only.
type appearance struct {
	big, contrast bool
}

// scale is pixels for one logical unit.
func (u *UI) scale() float64 {
	s := u.conn.scale()
	if u.loop.look.big {
		s *= bigger
	}
	return s
}

// speak changes the language of all windows. One that no font of this machine can show
// is not spoken: English is then.
func (u *UI) speak(tag string) {
	t := catalogue.For(tag)
	if !u.readable(t.Tag) {
		u.log.Warn("no font on this machine can show this language; the windows are in English", "language", t.Tag)
		t = catalogue.For(catalogue.English)
	}
	u.words = t
	u.spoken.Store(t)
	u.loop.ts.speak(t.Tag)
}

// readable reports whether the machine has a font for a language.
func (u *UI) readable(tag string) bool { return u.loop.ts.fonts.has(tag) }

// restyle lays everything out again in the appearance of now.
func (u *UI) restyle() {
	u.loop.ts.rescale(u.scale())
	u.loop.ts.tones = nil
	if u.loop.look.contrast {
		u.loop.ts.tones = strong()
	}
	for _, p := range u.loop.parts() {
		_ = p.arrange() // a window that cannot be laid out shows itself by not being seen
	}
}

// sheet is where and how large an ordinary window is.
type sheet struct {
	ts   *typesetter
	rect image.Rectangle
	h    float64 // logical
}

// headroom is what a window manager puts round a window, in pixels at scale 1.
const headroom = 36

// fit finds the largest scale, up to the user's, at which a window of width w with all
// that paint draws, at least least high, fits the main monitor, and its middle there.
func (u *UI) fit(w, least float64, paint func(*page) float64) (sheet, error) {
	monitors, err := u.conn.monitors()
	if err != nil {
		return sheet{}, err
	}
	m := monitors[0]
	whole := u.loop.ts.scale
	var s sheet
	for _, part := range []float64{1, 0.9, 0.8, 0.7, 0.6, 0.5} {
		s.ts = u.loop.ts.at(whole * part)
		s.h = max(least, measure(s.ts, paint))
		size := pixelSize(w, s.h, s.ts.scale)
		at := m.Min.Add(m.Size().Sub(size).Div(2))
		at.X, at.Y = max(at.X, m.Min.X), max(at.Y, m.Min.Y)
		s.rect = image.Rectangle{Min: at, Max: at.Add(size)}
		if size.X <= m.Dx() && size.Y+headroom <= m.Dy() {
			break
		}
	}
	return s, nil
}
