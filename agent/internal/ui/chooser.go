package ui

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"beside/agent/internal/catalogue"
	"beside/consent"
)

// ChooseView is what the user reads when a file is asked for.
type ChooseView struct {
	Technician string
	Reason     string // the technician's words; may be empty
	Folder     string // where the list begins
}

// ErrChoosing means that the user is choosing already.
var ErrChoosing = errors.New("ui: a choice is open")

// ChooseFile lets the user choose one of their files. It returns its path, or "" when the
// user wants to send none. Cancelling ctx closes it. Like a question it is answered by
// the person alone, and locks injection for as long as it is open: nobody can choose,
// or look through folders, for the user. THREAT 1.
func (u *UI) ChooseFile(ctx context.Context, v ChooseView) (string, error) {
	chosen := make(chan string, 1)
	var w *chooserWindow
	var failed error
	err := u.do(ctx, func() { w, failed = u.openChooser(v, func(path string) { chosen <- path }) })
	if err = errors.Join(err, failed); err != nil {
		return "", err
	}
	select {
	case path := <-chosen:
		return path, nil
	case <-ctx.Done():
		_ = u.do(context.WithoutCancel(ctx), func() { w.finish("") })
		return "", ctx.Err()
	case <-u.dead:
		return "", errClosed
	}
}

// The targets of the list; further ones are its rows.
const (
	chooseNone = answerNo
	chooseSend = answerYes

	chooseUp  targetID = 20
	chooseRow targetID = 21
)

// The list's measures, logical.
const (
	chooserW  = 560
	rowH      = 34
	rowsShown = 9
	// mostEntries bounds a folder: a list longer than this nobody reads.
	mostEntries = 5000
)

// chooserWindow lists a folder, above everything.
type chooserWindow struct {
	u      *UI
	v      ChooseView
	a      *answering
	p      *panel
	top    topmost
	chosen func(path string)

	keyboard uint16 // grabbed, 0 if not yet
	wasArmed bool

	folder  string
	entries []entry
	problem bool // the folder cannot be read
	first   int  // the row at the top
	at      int  // the marked row; -1 is none
}

// entry is one line of a folder.
type entry struct {
	name   string
	folder bool
}

func (u *UI) openChooser(v ChooseView, chosen func(string)) (*chooserWindow, error) {
	if u.loop.chooser != nil {
		return nil, ErrChoosing
	}
	now := time.Now()
	w := &chooserWindow{u: u, v: v, chosen: chosen, a: newAnswering(now, waitAtMost, time.Time{})}
	w.enter(v.Folder)
	u.locked.Add(1)
	if err := w.open(); err != nil {
		u.locked.Add(-1)
		return nil, err
	}
	u.loop.chooser = w
	return w, nil
}

func (w *chooserWindow) open() error {
	s, err := w.u.fit(chooserW, 0, w.paint)
	if err != nil {
		return err
	}
	win, err := w.u.conn.newWindow(s.rect, true, white)
	if err != nil {
		return err
	}
	win.name(windowTitle, "chooser")
	w.top = topmost{win: win, dirty: true, urgent: true}
	w.p = &panel{
		win: win, ts: s.ts, paint: func(p *page) { w.paint(p) }, press: w.press, pressed: w.a.down, escape: w.a.escape,
		keyed: w.keyed, wheel: w.scroll, state: pointerState{focus: chooseNone, focused: true},
	}
	w.u.adopt(w.p)
	win.show()
	return nil
}

// enter lists a folder: folders first, each in the order of names; what is hidden stays so.
func (w *chooserWindow) enter(folder string) {
	w.folder, w.entries, w.first, w.at = folder, nil, 0, -1
	f, err := os.Open(folder)
	if w.problem = err != nil; w.problem {
		return
	}
	defer f.Close()
	list, err := f.ReadDir(mostEntries)
	w.problem = err != nil && len(list) == 0 && !errors.Is(err, os.ErrNotExist) && err.Error() != "EOF"
	for _, e := range list {
		info, err := os.Stat(filepath.Join(folder, e.Name())) // where links lead
		if err != nil || strings.HasPrefix(e.Name(), ".") || !info.IsDir() && !info.Mode().IsRegular() {
			continue
		}
		w.entries = append(w.entries, entry{e.Name(), info.IsDir()})
	}
	slices.SortFunc(w.entries, func(a, b entry) int {
		if a.folder != b.folder {
			if a.folder {
				return -1
			}
			return 1
		}
		return strings.Compare(strings.ToLower(a.name), strings.ToLower(b.name))
	})
}

// file is the marked file; empty when none is.
func (w *chooserWindow) file() string {
	if w.at < 0 || w.at >= len(w.entries) || w.entries[w.at].folder {
		return ""
	}
	return filepath.Join(w.folder, w.entries[w.at].name)
}

func (w *chooserWindow) press(id targetID, by trigger, now time.Time) {
	w.p.stale = true
	switch {
	case id == chooseSend && w.file() == "":
	case id == chooseSend && !w.top.believed(w.p, now):
		w.a.disturbed()
	case id == chooseNone || id == chooseSend:
		w.a.press(id, by, now)
	case by == byStray:
	case id == chooseUp:
		w.enter(filepath.Dir(w.folder))
	case id >= chooseRow:
		w.mark(w.first+int(id-chooseRow), by)
	}
}

// mark marks a row; a folder is opened by a press.
func (w *chooserWindow) mark(row int, by trigger) {
	if row < 0 || row >= len(w.entries) {
		return
	}
	if w.entries[row].folder {
		w.enter(filepath.Join(w.folder, w.entries[row].name))
		return
	}
	w.at = row
}

// keyed moves along the list and into folders; it reports whether the key was one of these.
func (w *chooserWindow) keyed(k key, _ time.Time) bool {
	switch k {
	case keyUp:
		w.goTo(w.at - 1)
	case keyDown:
		w.goTo(w.at + 1)
	case keyPageUp:
		w.goTo(w.at - rowsShown)
	case keyPageDown:
		w.goTo(w.at + rowsShown)
	case keyLeft:
		w.enter(filepath.Dir(w.folder))
	case keyRight:
		if w.at >= 0 && w.at < len(w.entries) && w.entries[w.at].folder {
			w.mark(w.at, bySpace)
		}
	default:
		return false
	}
	w.p.stale = true
	return true
}

func (w *chooserWindow) goTo(row int) {
	w.at = min(max(row, 0), len(w.entries)-1)
	w.first = min(max(w.first, w.at-rowsShown+1), max(w.at, 0))
}

func (w *chooserWindow) scroll(notches int) {
	w.first = max(min(w.first+3*notches, len(w.entries)-rowsShown), 0)
	w.p.stale = true
}

func (w *chooserWindow) note(n notice) {
	disturbed, gone := w.top.note(n)
	if disturbed {
		w.a.disturbed()
	}
	if gone {
		w.finish("")
	}
}

func (w *chooserWindow) tick(now time.Time) (time.Time, error) {
	w.a.tick(now)
	if w.a.done {
		path := ""
		if w.a.answer == consent.Yes {
			path = w.file()
		}
		w.finish(path)
		return time.Time{}, nil
	}
	look, err := w.top.keep(now)
	if err != nil {
		return look, err
	}
	look = earliest(look, w.top.attest(w.p, now))
	switch {
	case w.top.gone:
		w.finish("")
		return time.Time{}, nil
	case w.top.seen && w.p.drawn:
		w.a.seen(now)
	case !w.top.seen:
		w.a.disturbed()
	}
	w.takeKeyboard()
	if armed := w.a.armed(now); armed != w.wasArmed {
		w.wasArmed, w.p.stale = armed, true
	}
	if !w.a.inView.IsZero() && !w.wasArmed {
		look = earliest(look, w.a.inView.Add(armAfter))
	}
	return earliest(look, w.a.deadline), nil
}

func (w *chooserWindow) takeKeyboard() {
	if w.keyboard != 0 || !w.p.win.mapped || w.u.loop.question != nil {
		return
	}
	w.p.win.focus()
	if k := w.u.conn.masterKeyboard(); k != 0 && w.u.conn.grabKeyboard(w.p.win.id, k) {
		w.keyboard = k
	}
}

// finish takes the list away and says what was chosen, once. Injection stays locked until
// the server has done it.
func (w *chooserWindow) finish(path string) {
	if w.u.loop.chooser != w {
		return
	}
	w.u.loop.chooser = nil
	if w.keyboard != 0 {
		w.u.conn.ungrabKeyboard(w.keyboard)
	}
	w.u.drop(w.p)
	_ = w.u.conn.sync()
	w.u.locked.Add(-1)
	w.chosen(path)
}

func (w *chooserWindow) arrange() error {
	s, err := w.u.fit(chooserW, 0, w.paint)
	if err != nil {
		return err
	}
	w.a.disturbed()
	w.p.ts = s.ts
	w.p.win.place(s.rect)
	w.p.resize()
	w.top.alarm()
	return nil
}

// paint draws the list and returns its height.
func (w *chooserWindow) paint(p *page) float64 {
	const inner = chooserW - 2*padding
	words := w.u.words.Chooser
	p.c.clear(white)
	p.t.keep(w.v.Technician, "")
	y := float64(padding)
	y += p.label(catalogue.Fill(words.Title, "technician", w.v.Technician), title, padding, y, inner, ink) + 6
	if w.v.Reason != "" {
		y += p.label(catalogue.Fill(w.u.words.Question.Reason, "reason", w.v.Reason), body, padding, y, inner, ink) + 6
	}
	y += p.label(words.Hint, small, padding, y, inner, secondary) + 14
	y = w.path(p, y, inner)
	y = w.list(p, y, inner) + 18
	y = w.buttons(p, y, inner)
	p.hint(y, chooserW, w.hint())
	h := y + hintRoom
	p.c.outline(box{0, 0, chooserW, h}, 0, 1, rim, 1)
	return h
}

// hint is what there is to know of the buttons now.
func (w *chooserWindow) hint() string {
	space := func(verb string) string { return catalogue.Fill(w.u.words.Question.SpaceHint, "verb", verb) }
	switch {
	case !w.a.armed(time.Now()):
		return w.u.words.Question.Soon
	case w.p == nil:
		return ""
	case w.p.state.focus == chooseNone:
		return space(w.u.words.Chooser.None)
	case w.p.state.focus == chooseSend && w.file() != "":
		return space(w.u.words.Chooser.Send)
	}
	return ""
}

// path shows the folder, and the way out of it.
func (w *chooserWindow) path(p *page, y, inner float64) float64 {
	up := w.u.words.Chooser.Up
	lw := p.linkWidth(up, iconUp)
	p.label(w.folder, oneLine(smallBold), padding, y+5, inner-lw-16, ink)
	if w.folder != filepath.Dir(w.folder) {
		p.link(chooseUp, up, iconUp, padding+inner-lw, y)
	}
	return y + 32
}

func (w *chooserWindow) list(p *page, y, inner float64) float64 {
	const h = rowsShown * rowH
	p.c.round(box{padding, y, inner, h + 8}, 10, card)
	if len(w.entries) == 0 {
		text := w.u.words.Chooser.Empty
		if w.problem {
			text = w.u.words.Chooser.Unreadable
		}
		p.middle(text, oneLine(body), box{padding, y, inner, h}, h/2-10, secondary)
	}
	for i := range rowsShown {
		if row := w.first + i; row < len(w.entries) {
			w.row(p, row, chooseRow+targetID(i), box{padding + 4, y + 4 + float64(i)*rowH, inner - 8, rowH})
		}
	}
	if n := len(w.entries); n > rowsShown { // how far down the list is
		size := max(h*float64(rowsShown)/float64(n), 12)
		down := (h - size) * float64(w.first) / float64(n-rowsShown)
		p.c.round(box{padding + inner - 6, y + 4 + down, 3, size}, 1.5, secondary)
	}
	return y + h + 8
}

func (w *chooserWindow) row(p *page, row int, id targetID, b box) {
	p.targets = append(p.targets, target{id: id, box: b, mute: true})
	e, col := w.entries[row], ink
	switch {
	case row == w.at:
		p.c.round(b, 7, blue)
		col = white
	case p.now.hover == id:
		p.c.round(b, 7, hairline)
	}
	sign := icon(iconPage)
	if e.folder {
		sign = iconFolder
	}
	p.c.sign(sign, b.x+10, b.y+8, 18, col)
	p.label(e.name, oneLine(body), b.x+38, b.y+(rowH-lineHeight(15))/2, b.w-52, col)
}

func (w *chooserWindow) buttons(p *page, y, inner float64) float64 {
	const h = 46
	words := w.u.words.Chooser
	bw := (inner - answerGap) / 2
	armed := w.a.armed(time.Now())
	p.button(chooseNone, box{padding, y, bw, h}, words.None, nil, plainLook, !armed)
	p.button(chooseSend, box{padding + bw + answerGap, y, bw, h}, words.Send, nil, primaryLook, !armed || w.file() == "")
	return y + h
}
