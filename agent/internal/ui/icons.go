package ui

// icon draws one sign within a square of 24 units.
type icon func(p *pen, at func(v ...float64) []float64, u float64)

// sign draws an icon of the given size with its corner at x, y.
func (c *canvas) sign(i icon, x, y, size float64, col rgb) {
	u := size / 24
	at := func(v ...float64) []float64 {
		out := make([]float64, len(v))
		for k := range v {
			if k%2 == 0 {
				out[k] = x + v[k]*u
			} else {
				out[k] = y + v[k]*u
			}
		}
		return out
	}
	c.shape(box{x, y, size, size}, col, 1, func(p *pen) { i(p, at, u) })
}

// bold line of all icons, in their units.
const iconLine = 1.9

func frameOf(p *pen, at func(...float64) []float64, u, x, y, w, h, r float64) {
	o, half := at(x, y), iconLine*u/2
	b := box{o[0] - half, o[1] - half, w*u + 2*half, h*u + 2*half}
	p.round(b, r*u+half, false)
	p.round(b.inset(2*half), max(r*u-half, 0), true)
}

func ringOf(p *pen, at func(...float64) []float64, u, x, y, r float64) {
	o := at(x, y)
	p.ring(o[0], o[1], r*u, iconLine*u)
}

func iconScreen(p *pen, at func(...float64) []float64, u float64) {
	frameOf(p, at, u, 3, 4, 18, 12, 2)
	p.stroke(iconLine*u, at(12, 16.5, 12, 20)...)
	p.stroke(iconLine*u, at(8, 20, 16, 20)...)
}

func iconPointer(p *pen, at func(...float64) []float64, u float64) {
	p.polygon(at(5.5, 2.5, 19.5, 13.2, 13, 14.1, 16.6, 20.7, 14, 22.1, 10.5, 15.4, 5.5, 19.6)...)
}

func iconRecord(p *pen, at func(...float64) []float64, u float64) {
	ringOf(p, at, u, 12, 12, 9)
	o := at(12, 12)
	p.dot(o[0], o[1], 4.8*u)
}

func iconCheck(p *pen, at func(...float64) []float64, u float64) {
	p.stroke(2.4*u, at(5, 12.8, 9.8, 17.5, 19, 7)...)
}

func iconCross(p *pen, at func(...float64) []float64, u float64) {
	p.stroke(2.2*u, at(6.5, 6.5, 17.5, 17.5)...)
	p.stroke(2.2*u, at(17.5, 6.5, 6.5, 17.5)...)
}

func iconUndo(p *pen, at func(...float64) []float64, u float64) {
	o := at(13, 14)
	p.arc(o[0], o[1], 5.5*u, -90, 90, iconLine*u)
	p.stroke(iconLine*u, at(13, 8.5, 4.5, 8.5)...)
	p.stroke(iconLine*u, at(8.3, 4.6, 4.4, 8.5, 8.3, 12.4)...)
	p.stroke(iconLine*u, at(13, 19.5, 9, 19.5)...)
}

func iconPause(p *pen, at func(...float64) []float64, u float64) {
	for _, x := range []float64{6.5, 13.9} {
		o := at(x, 5)
		p.round(box{o[0], o[1], 3.6 * u, 14 * u}, 1.2*u, false)
	}
}

func iconPlay(p *pen, at func(...float64) []float64, u float64) {
	p.polygon(at(7.5, 4.5, 19.5, 12, 7.5, 19.5)...)
}

func iconLock(p *pen, at func(...float64) []float64, u float64) {
	o := at(5, 10.5)
	p.round(box{o[0], o[1], 14 * u, 10.5 * u}, 2.4*u, false)
	s := at(12, 8.5)
	p.arc(s[0], s[1], 4*u, -180, 0, iconLine*u)
	p.stroke(iconLine*u, at(8, 8.5, 8, 11)...)
	p.stroke(iconLine*u, at(16, 8.5, 16, 11)...)
}

func iconShield(p *pen, at func(...float64) []float64, u float64) {
	p.stroke(iconLine*u, at(12, 3, 19.5, 5.8, 19.5, 11.5, 17.6, 16, 12, 21, 6.4, 16, 4.5, 11.5, 4.5, 5.8, 12, 3)...)
	p.stroke(iconLine*u, at(8.8, 12, 11.2, 14.4, 15.4, 9.6)...)
}

func iconWarning(p *pen, at func(...float64) []float64, u float64) {
	p.stroke(iconLine*u, at(12, 3.8, 21.4, 20, 2.6, 20, 12, 3.8)...)
	p.stroke(iconLine*u, at(12, 10, 12, 14.4)...)
	o := at(12, 17.2)
	p.dot(o[0], o[1], 1.25*u)
}

func iconRefresh(p *pen, at func(...float64) []float64, u float64) {
	o := at(12, 12)
	const width = 2.3
	p.arc(o[0], o[1], 8*u, -35, 250, width*u)
	p.stroke(width*u, at(19.2, 2.6, 18.9, 7.8, 13.7, 7.6)...)
}

func iconRight(p *pen, at func(...float64) []float64, u float64) {
	p.stroke(2.1*u, at(9, 5.5, 15.5, 12, 9, 18.5)...)
}

func iconLeft(p *pen, at func(...float64) []float64, u float64) {
	p.stroke(2.1*u, at(15, 5.5, 8.5, 12, 15, 18.5)...)
}

func iconUp(p *pen, at func(...float64) []float64, u float64) {
	p.stroke(2.1*u, at(12, 20, 12, 4.8)...)
	p.stroke(2.1*u, at(5.5, 11, 12, 4.5, 18.5, 11)...)
}

// iconPage is a file.
func iconPage(p *pen, at func(...float64) []float64, u float64) {
	p.stroke(iconLine*u, at(13.5, 3.5, 5.5, 3.5, 5.5, 20.5, 18.5, 20.5, 18.5, 8.5, 13.5, 3.5, 13.5, 8.5, 18.5, 8.5)...)
}

func iconDown(p *pen, at func(...float64) []float64, u float64) {
	p.stroke(2.1*u, at(5.5, 9, 12, 15.5, 18.5, 9)...)
}

func iconClipboard(p *pen, at func(...float64) []float64, u float64) {
	frameOf(p, at, u, 5, 4.5, 14, 16, 2)
	o := at(8.5, 2.5)
	p.round(box{o[0], o[1], 7 * u, 4.2 * u}, 1.2*u, false)
	p.stroke(iconLine*u, at(8.5, 11.5, 15.5, 11.5)...)
	p.stroke(iconLine*u, at(8.5, 15.5, 13, 15.5)...)
}

func iconFolder(p *pen, at func(...float64) []float64, u float64) {
	p.stroke(iconLine*u, at(3.5, 18.5, 3.5, 5.5, 9.5, 5.5, 11.8, 8.2, 20.5, 8.2, 20.5, 18.5, 3.5, 18.5)...)
}

// microphone is the sign of one without its head.
func microphone(p *pen, at func(...float64) []float64, u float64) {
	o := at(12, 10.5)
	p.arc(o[0], o[1], 6.4*u, 0, 180, iconLine*u)
	p.stroke(iconLine*u, at(12, 17, 12, 21)...)
	p.stroke(iconLine*u, at(8.5, 21, 15.5, 21)...)
}

// iconMicrophone is one with so much of its head filled, 0 to 1.
func iconMicrophone(full float64) icon {
	return func(p *pen, at func(...float64) []float64, u float64) {
		microphone(p, at, u)
		frameOf(p, at, u, 9, 2.8, 6, 11, 3)
		if full > 0 {
			const bottom, height = 13.2, 9.6
			o := at(9.6, bottom-height*full)
			p.round(box{o[0], o[1], 4.8 * u, height * full * u}, min(2.4, height*full/2)*u, false)
		}
	}
}

func iconMuted(p *pen, at func(...float64) []float64, u float64) {
	microphone(p, at, u)
	frameOf(p, at, u, 9, 2.8, 6, 11, 3)
	p.stroke(2.2*u, at(3.5, 3.5, 20.5, 20.5)...)
}

// iconHangUp is a bubble of speech, crossed out.
func iconHangUp(p *pen, at func(...float64) []float64, u float64) {
	p.stroke(iconLine*u, at(3.5, 4.5, 20.5, 4.5, 20.5, 16.5, 11, 16.5, 7, 20.5, 7, 16.5, 3.5, 16.5, 3.5, 4.5)...)
	p.stroke(iconLine*u, at(9, 7.7, 15, 13.3)...)
	p.stroke(iconLine*u, at(15, 7.7, 9, 13.3)...)
}

// iconGlobe is the sign of languages.
func iconGlobe(p *pen, at func(...float64) []float64, u float64) {
	ringOf(p, at, u, 12, 12, 8.6)
	p.stroke(iconLine*u, at(3.6, 12, 20.4, 12)...)
	p.stroke(iconLine*u, at(12, 3.4, 8.9, 7, 8.1, 12, 8.9, 17, 12, 20.6)...)
	p.stroke(iconLine*u, at(12, 3.4, 15.1, 7, 15.9, 12, 15.1, 17, 12, 20.6)...)
}

// starPoints are the corners of a star.
func starPoints(at func(...float64) []float64) []float64 {
	return at(12.0, 2.4, 14.53, 9.12, 21.7, 9.45, 16.09, 13.93, 18.0, 20.85, 12.0, 16.9, 6.0, 20.85, 7.91, 13.93, 2.3, 9.45, 9.47, 9.12)
}

// iconStar is as large as iconStarLine is with its line.
func iconStar(p *pen, at func(...float64) []float64, u float64) {
	p.polygon(starPoints(at)...)
	iconStarLine(p, at, u)
}

func iconStarLine(p *pen, at func(...float64) []float64, u float64) {
	points := starPoints(at)
	p.stroke(1.5*u, append(points, points[:2]...)...)
}

// iconLogo is the mark of Beside: two people side by side.
func iconLogo(p *pen, at func(...float64) []float64, u float64) {
	for _, x := range []float64{7.2, 16.8} {
		head := at(x, 7.6)
		p.dot(head[0], head[1], 3*u)
		// Shoulders: round above, straight below.
		q := at(x-4.2, 18.6, x-4.2, 16, x-4.2, 13.4, x-2.3, 11.9, x, 11.9,
			x+2.3, 11.9, x+4.2, 13.4, x+4.2, 16, x+4.2, 18.6)
		p.move(q[0], q[1])
		p.line(q[2], q[3])
		p.cube(q[4], q[5], q[6], q[7], q[8], q[9])
		p.cube(q[10], q[11], q[12], q[13], q[14], q[15])
		p.line(q[16], q[17])
		p.close()
	}
}

// iconReader is a person in a ring, the usual sign of what is for everybody.
func iconReader(p *pen, at func(...float64) []float64, u float64) {
	ringOf(p, at, u, 12, 12, 10)
	o := at(12, 7)
	p.dot(o[0], o[1], 1.7*u)
	p.stroke(iconLine*u, at(7, 10.2, 17, 10.2)...)
	p.stroke(iconLine*u, at(12, 10.2, 12, 13.6, 9.4, 18)...)
	p.stroke(iconLine*u, at(12, 13.6, 14.6, 18)...)
}
