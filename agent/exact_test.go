package agent

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/pion/webrtc/v4"

	"beside/agent/internal/screen"
	"beside/consent"
	"beside/consent/consenttest"
)

// exactPatience bounds what happens on a busy machine.
const exactPatience = time.Minute

// easel is a viewer that paints screen updates and answers them, as the page does.
type easel struct {
	*screening
	picture *picture
	changed chan struct{} // holds a token when something was painted since it was empty

	mu      sync.Mutex
	decoder *screen.Decoder
	channel *webrtc.DataChannel
	drawn   int
	failed  error
	answers bool // false while it is busy with something else
}

// openEasel connects a viewer with a channel for screen updates to the shared screen.
func openEasel(t *testing.T) *easel {
	t.Helper()
	xscreen(t)
	decoder, err := screen.NewDecoder(0)
	if err != nil {
		t.Fatal(err)
	}
	e := &easel{decoder: decoder, answers: true, changed: make(chan struct{}, 1)}
	opened := make(chan struct{})
	e.screening = openScreening(t, func(viewer *webrtc.PeerConnection, agent *peerEvents) {
		e.channel, err = viewer.CreateDataChannel("screen", nil)
		if err != nil {
			t.Fatal(err)
		}
		e.channel.OnMessage(func(m webrtc.DataChannelMessage) { e.take(m.Data) })
		agent.opened = func(label string) {
			if label == "screen" {
				close(opened)
			}
		}
		agent.screen = func(data []byte) { e.picture.painted(data) }
	})
	e.picture = newPicture(e.grant, 0, slog.New(slog.DiscardHandler))
	e.picture.start(e.peer)
	t.Cleanup(e.picture.stop)
	<-opened
	e.picture.paint()
	e.picture.connected()
	return e
}

func (e *easel) take(message []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	done, err := e.decoder.Message(message)
	if err != nil || done {
		select {
		case e.changed <- struct{}{}:
		default:
		}
	}
	switch {
	case err != nil:
		e.failed = err
		_ = e.channel.Send([]byte{answerRefresh}) // the test ends with failed
	case done:
		e.drawn++
		e.answer()
	}
}

func (e *easel) answer() {
	if e.answers {
		_ = e.channel.Send(binary.LittleEndian.AppendUint32([]byte{answerDrawn}, e.decoder.Serial())) // closed at the end
	}
}

// shows reports whether the canvas is the screen, to the last bit.
func (e *easel) shows(t *testing.T) bool {
	t.Helper()
	want, err := xscreen(t).Picture()
	if err != nil {
		t.Fatal(err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.failed != nil {
		t.Fatal(e.failed)
	}
	got := e.decoder.Picture()
	return got != nil && got.Rect == want.Rect && bytes.Equal(got.Pix, want.Pix)
}

// difference is where the viewer's canvas and the screen differ.
func (e *easel) difference(t *testing.T) (r image.Rectangle) {
	t.Helper()
	want, err := xscreen(t).Picture()
	if err != nil {
		t.Fatal(err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	got := e.decoder.Picture()
	for y := range want.Rect.Dy() {
		for x := range want.Rect.Dx() {
			if got == nil || got.NRGBAAt(x, y) != color.NRGBA(want.RGBAAt(x, y)) {
				r = r.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return r
}

// awaitSame waits until the viewer shows the screen.
func (e *easel) awaitSame(t *testing.T) {
	t.Helper()
	limit := time.After(exactPatience)
	for !e.shows(t) {
		select {
		case <-e.changed:
		case <-limit:
			t.Fatalf("the viewer does not show the screen: %v differs after %d updates", e.difference(t), e.drawn)
		}
	}
}

// scribbler draws on the screen.
type scribbler struct {
	t    *testing.T
	conn *xgb.Conn
	root xproto.Drawable
	gc   xproto.Gcontext
	rnd  *rand.Rand
}

func newScribbler(t *testing.T) *scribbler {
	t.Helper()
	conn, err := xgb.NewConnDisplay(xscreen(t).Display())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	s := &scribbler{t: t, conn: conn, root: xproto.Drawable(xproto.Setup(conn).DefaultScreen(conn).Root), rnd: rand.New(rand.NewPCG(1, 2))}
	if s.gc, err = xproto.NewGcontextId(conn); err == nil {
		err = xproto.CreateGCChecked(conn, s.gc, s.root, xproto.GcSubwindowMode, []uint32{xproto.SubwindowModeIncludeInferiors}).Check()
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *scribbler) rect() xproto.Rectangle {
	w, h := 1+s.rnd.IntN(300), 1+s.rnd.IntN(200)
	return xproto.Rectangle{X: int16(s.rnd.IntN(640 - w)), Y: int16(s.rnd.IntN(400 - h)), Width: uint16(w), Height: uint16(h)}
}

func (s *scribbler) fill() {
	xproto.ChangeGC(s.conn, s.gc, xproto.GcForeground, []uint32{s.rnd.Uint32() & 0xffffff})
	xproto.PolyFillRectangle(s.conn, s.root, s.gc, []xproto.Rectangle{s.rect()})
}

// move copies a part of the screen elsewhere, as scrolling and dragging do.
func (s *scribbler) move() {
	from, to := s.rect(), s.rect()
	xproto.CopyArea(s.conn, s.root, s.root, s.gc, from.X, from.Y, to.X, to.Y, from.Width, from.Height)
}

// noise draws what no coder can make small.
func (s *scribbler) noise() {
	r := s.rect()
	r.Width, r.Height = min(r.Width, 120), min(r.Height, 100)
	pixels := make([]byte, 4*int(r.Width)*int(r.Height))
	for i := range pixels {
		pixels[i] = byte(s.rnd.Uint32())
	}
	xproto.PutImage(s.conn, xproto.ImageFormatZPixmap, s.root, s.gc, r.Width, r.Height, r.X, r.Y, 0, 24, pixels)
}

func (s *scribbler) scribble() {
	switch s.rnd.IntN(4) {
	case 0:
		s.move()
	case 1:
		s.noise()
	default:
		s.fill()
	}
}

// Whatever is drawn, the viewer shows it to the last bit once it is still.
func TestTheViewerShowsTheScreenExactly(t *testing.T) {
	e, s := openEasel(t), newScribbler(t)
	e.awaitSame(t)
	for range 20 {
		for range 1 + s.rnd.IntN(8) {
			s.scribble()
		}
		e.awaitSame(t)
	}
}

// A viewer that does not keep up is sent nothing more, and then the newest picture.
func TestASlowViewerGetsTheNewestPicture(t *testing.T) {
	e, s := openEasel(t), newScribbler(t)
	e.awaitSame(t)
	e.mu.Lock()
	e.answers = false
	e.mu.Unlock()
	if sent := e.drawnWhile(s, 200); sent == 0 || sent > 2*steadyCount {
		t.Errorf("%d updates came to a viewer that did not draw", sent)
	}
	e.mu.Lock()
	e.answers = true
	e.answer()
	e.mu.Unlock()
	e.awaitSame(t)
}

// A viewer that lost the thread is shown everything anew.
func TestAViewerAsksForARefresh(t *testing.T) {
	e, s := openEasel(t), newScribbler(t)
	e.awaitSame(t)
	e.mu.Lock()
	fresh, err := screen.NewDecoder(0)
	if err != nil {
		t.Fatal(err)
	}
	e.decoder = fresh
	e.mu.Unlock()
	if err := e.channel.Send([]byte{answerRefresh}); err != nil {
		t.Fatal(err)
	}
	e.awaitSame(t)
	s.fill()
	e.awaitSame(t)
}

// PROMISE A5 THREAT 4: a pause holds updates back, and after it the viewer has the
// screen as it is then. After the end nothing comes.
func TestUpdatesObeyTheGrant(t *testing.T) {
	e, s := openEasel(t), newScribbler(t)
	e.awaitSame(t)
	e.gate.Pause()
	if n := e.drawnWhile(s, 50); n != 0 {
		t.Errorf("%d updates came during the pause", n)
	}
	e.gate.Resume()
	e.picture.resume()
	e.awaitSame(t)

	e.gate.End(consent.ByUser)
	if n := e.drawnWhile(s, 50); n != 0 {
		t.Errorf("%d updates came after the end", n)
	}
}

// drawnWhile is how many updates come while the screen changes so often.
func (e *easel) drawnWhile(s *scribbler, changes int) int {
	e.mu.Lock()
	before := e.drawn
	e.mu.Unlock()
	for range changes {
		s.fill()
		time.Sleep(time.Millisecond)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.drawn - before
}

// What is too large for the way is shown as video, in a box of its own, and made exact
// when it is small enough.
func TestWhatIsTooLargeIsVideo(t *testing.T) {
	e, s := openEasel(t), newScribbler(t)
	e.awaitSame(t)
	f := s.newFilm()
	u := e.picture.updates.Load()
	e.playUntilFilm(t, f, 1, func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.window = window{rate: 60_000, steady: noGrowth, quickest: 20 * time.Millisecond, learnt: time.Now().Add(time.Hour), rates: [8]float64{60_000}}
	})
	e.screening.picture(t) // a video frame came
	xproto.ChangeGC(s.conn, s.gc, xproto.GcForeground, []uint32{0x336699})
	xproto.PolyFillRectangle(s.conn, s.root, s.gc, []xproto.Rectangle{{Width: 640, Height: 400}})
	e.awaitSame(t)
	if n := e.transparent(); n > 0 {
		t.Errorf("%d pixels stay video that updates could show", n)
	}
}

// What takes a good way long and comes once is shown in blocks first and made exact by the
// updates that follow; no video is begun for it.
func TestAPhotographIsNoFilm(t *testing.T) {
	e, s := openEasel(t), newScribbler(t)
	e.awaitSame(t)
	u := e.picture.updates.Load()
	u.mu.Lock()
	u.window = window{rate: 2 << 20, steady: noGrowth, quickest: 20 * time.Millisecond, learnt: time.Now().Add(time.Hour), rates: [8]float64{2 << 20}}
	u.mu.Unlock()
	e.mu.Lock()
	before := e.drawn
	e.mu.Unlock()
	s.newFilm().show()
	limit := time.After(exactPatience)
	for !e.shows(t) {
		select {
		case <-e.changed:
		case <-limit:
			t.Fatal("the photograph does not become exact")
		}
		if n := e.transparent(); n > 0 {
			t.Fatalf("%d pixels are video", n)
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if n := e.drawn - before; n < 2 {
		t.Errorf("all of it came in %d updates", n)
	}
}

// filmed is a film of noise.
type filmed struct {
	*scribbler
	pictures [3][]byte
	next     int
}

const filmWidth, filmHeight = 400, 300

func (s *scribbler) newFilm() *filmed {
	f := &filmed{scribbler: s}
	for i := range f.pictures {
		f.pictures[i] = make([]byte, 4*filmWidth*filmHeight)
		for j := range f.pictures[i] {
			f.pictures[i][j] = byte(s.rnd.Uint32())
		}
	}
	return f
}

// show shows the next picture of the film.
func (f *filmed) show() {
	const rows = 30 // no request is longer than 64 KiB
	f.next = (f.next + 1) % len(f.pictures)
	for y := 0; y < filmHeight; y += rows {
		part := f.pictures[f.next][4*filmWidth*y : 4*filmWidth*(y+rows)]
		xproto.PutImage(f.conn, xproto.ImageFormatZPixmap, f.root, f.gc, filmWidth, rows, 64, int16(64+y), 0, 24, part)
	}
}

// transparent is about how many pixels are such that the video is seen, by a sample of them.
func (e *easel) transparent() (n int) {
	const step = 8
	e.mu.Lock()
	defer e.mu.Unlock()
	e.decoder.Shown(^uint32(0) >> 1) // any frame has been shown
	canvas := e.decoder.Picture()
	for y := 0; y < canvas.Rect.Dy(); y += step {
		for x := 0; x < canvas.Rect.Dx(); x += step {
			if canvas.Pix[canvas.PixOffset(x, y)+3] == 0 {
				n += step * step
			}
		}
	}
	return n
}

// playUntilFilm shows pictures of a film until the viewer sees so many pixels of video.
func (e *easel) playUntilFilm(t *testing.T, f *filmed, pixels int, before func()) {
	t.Helper()
	next, limit := time.NewTicker(25*time.Millisecond), time.After(exactPatience)
	defer next.Stop()
	for e.transparent() < pixels {
		select {
		case <-e.changed:
		case <-next.C:
			before()
			f.show()
		case <-limit:
			t.Fatal("what moves like film is not shown as video")
		}
	}
}

// What moves like film is video while it moves; when it is still the viewer shows it to
// the last bit, and never anything else than video where it moved.
func TestFilmSettlesExactly(t *testing.T) {
	e, s := openEasel(t), newScribbler(t)
	e.awaitSame(t)
	f := s.newFilm()
	for range 3 {
		e.playUntilFilm(t, f, filmWidth*filmHeight/2, func() {})
		e.awaitSame(t)
	}
}

// THREAT 4: an update that was made before the revocation is not sent after it.
func TestNoUpdateFollowsTheRevocation(t *testing.T) {
	grant, gate := consenttest.NewView(t)
	written := 0
	u := newUpdates(grant, func([]byte) bool { written++; return true }, away(0), func() {})
	update := make([]byte, 3*largestPiece)
	if err := u.send(update, 1); err != nil || written != 4 {
		t.Fatalf("%d messages, %v", written, err)
	}
	gate.Pause()
	if err := u.send(update, 2); !errors.Is(err, consent.ErrPaused) || written != 4 || !u.wantsRefresh() {
		t.Errorf("paused: %d messages, %v", written, err)
	}
	gate.End(consent.ByUser)
	if err := u.send(update, 3); !errors.Is(err, consent.ErrRevoked) || written != 4 {
		t.Errorf("revoked: %d messages, %v", written, err)
	}
}
