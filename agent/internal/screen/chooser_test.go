package screen

import (
	"errors"
	"fmt"
	"image"
	"sync"
	"testing"
	"time"
)

// studio plays scenes to a coder and a chooser on a clock of its own.
type studio struct {
	*desk
	coder   *Coder
	chooser *Chooser
	now     time.Duration
	link    int // bits a second
	bytes   int
	changes int // of the film
	first   time.Duration
	over    int // updates over budget
	frames  int // of the film

	wallpaper *desk
}

const fast, thin = 100_000_000, 1_000_000

func newStudio(t testing.TB, width, height, link int) *studio {
	t.Helper()
	s := &studio{desk: newDesk(width, height, 5), link: link, now: time.Second}
	var err error
	if s.coder, err = NewCoder(width, height); err != nil {
		t.Fatal(err)
	}
	if s.chooser, err = NewChooser(width, height); err != nil {
		t.Fatal(err)
	}
	return s
}

// frame shows what was drawn, as the agent does, and lets the clock go on.
func (s *studio) frame(t testing.TB, pace time.Duration) {
	t.Helper()
	p := s.picture()
	if len(p.Damage) > 0 {
		s.update(t, p)
	}
	for end := s.now + pace; s.now < end; {
		wake, ok := s.chooser.Wake(s.now)
		s.now = min(end, s.now+wake)
		if !ok {
			s.now = end
		}
		if ok && s.chooser.Tick(s.now, s.link) {
			s.note()
			s.update(t, Picture{Pix: s.pix, Stride: s.stride})
		}
	}
}

func (s *studio) update(t testing.TB, p Picture) {
	t.Helper()
	p.Film, p.Budget = s.chooser.Film(), s.link/8/3
	p.RTP = uint32(s.now / time.Microsecond)
	updates, err := s.coder.Update(p)
	if errors.Is(err, ErrBudget) {
		s.over++
		if s.chooser.Relieve(s.now, s.coder.Loads()) {
			s.note()
			p.Film = s.chooser.Film()
		}
		p.Budget = 0
		updates, err = s.coder.Update(p)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range updates {
		s.bytes += len(u)
	}
	if s.chooser.Observe(s.now, s.coder.Loads(), s.link) {
		s.note()
	}
}

func (s *studio) note() {
	s.changes++
	if s.first == 0 && len(s.chooser.Film()) > 0 {
		s.first = s.now
	}
}

// film is how much of r the video carries, in percent.
func (s *studio) film(r image.Rectangle) int {
	sum := 0
	for _, f := range s.chooser.Film() {
		sum += area(f.Intersect(r))
	}
	return 100 * sum / area(r)
}

func (s *studio) office() {
	s.desk.fill(s.bounds, 0x335577)
	s.page(image.Rect(16, 16, s.bounds.Dx()/2, s.bounds.Dy()-16), 0xeeeeee, 0x202020)
}

const second, sixtieth, thirtieth = time.Second, time.Second / 60, time.Second / 30

// What people do all day stays without loss, also on a thin link.
func TestDesktopStaysLossless(t *testing.T) {
	text := image.Rect(16, 16, 400, 16+30*lineHeight)
	scenes := map[string]func(s *studio, frame int){
		"typing": func(s *studio, n int) {
			if n%6 == 0 {
				s.write(16+8*(n/6%40), 100, 8, "x", 0xeeeeee, 0x202020)
			}
		},
		"a blinking cursor": func(s *studio, n int) {
			if n%30 == 0 {
				s.fill(image.Rect(50, 50, 58, 67), uint32(n/30%2)*0xffffff)
			}
		},
		"a spinner": func(s *studio, n int) { s.photo(image.Rect(50, 50, 74, 74)) },
		"scrolling a terminal": func(s *studio, n int) {
			s.shift(text, image.Pt(0, -lineHeight))
			s.write(16, text.Max.Y-lineHeight, text.Dx(), s.words(48), 0xeeeeee, 0x202020)
		},
		"scrolling text far": func(s *studio, n int) {
			if n%6 == 0 {
				s.shift(text, image.Pt(0, -7*lineHeight))
				s.page(image.Rect(16, text.Max.Y-7*lineHeight, 400, text.Max.Y), 0xeeeeee, 0x202020)
			}
		},
		"scrolling a photograph smoothly": func(s *studio, n int) {
			if n%200 == 0 {
				s.landscape(text)
			}
			s.shift(text, image.Pt(0, -3))
			s.noise(image.Rect(16, text.Max.Y-3, 400, text.Max.Y), 0)
		},
		"scrolling a photograph far": func(s *studio, n int) {
			if n%3 == 0 {
				s.shift(text, image.Pt(0, -70))
				s.landscape(image.Rect(16, text.Max.Y-70, 400, text.Max.Y))
			}
		},
		"a thin level meter": func(s *studio, n int) { s.noise(image.Rect(16, 20, 400, 48), 0) },
		"a small animation": func(s *studio, n int) {
			if n%3 == 0 {
				s.noise(image.Rect(96, 96, 176, 176), 0)
			}
		},
		"short animations": func(s *studio, n int) {
			if n%45 < 6 {
				s.noise(image.Rect(100, 100, 400, 300), 0)
			}
		},
		"dragging a window over a photograph": func(s *studio, n int) { dragFrame(s, n) },
		"switching between windows of text": func(s *studio, n int) {
			if n%20 == 0 {
				s.page(s.bounds, 0x101010, 0xfafafa)
			}
		},
		"a program that prints all over": func(s *studio, n int) { s.page(text, 0xeeeeee, 0x202020) },
	}
	for name, draw := range scenes {
		t.Run(name, func(t *testing.T) {
			s := newStudio(t, 480, 560, fast)
			s.office()
			s.frame(t, second)
			for n := range 90 {
				draw(s, n)
				s.frame(t, sixtieth)
			}
			if s.first > 0 {
				t.Errorf("%v became film after %v", s.chooser.Film(), s.first)
			}
		})
	}
}

// dragFrame moves a window of text by 5,3 to and fro over a photograph.
func dragFrame(s *studio, n int) {
	if s.wallpaper == nil {
		s.wallpaper = newDesk(s.bounds.Dx(), s.bounds.Dy(), 77)
		s.wallpaper.landscape(s.bounds)
	}
	window := newDesk(300, 200, 78)
	window.page(window.bounds, 0x202020, 0xf4f4f4)
	n = min(n%80, 80-n%80)
	at := image.Pt(20+5*n, 20+3*n)
	for y := range s.bounds.Dy() {
		copy(s.pix[y*s.stride:], s.wallpaper.pix[y*s.wallpaper.stride:][:4*s.bounds.Dx()])
	}
	for y := range 200 {
		copy(s.pix[(at.Y+y)*s.stride+4*at.X:], window.pix[y*window.stride:][:4*300])
	}
	s.touch(s.bounds)
}

var screenOfFilm = image.Rect(200, 100, 560, 340)

// reel is a few pictures of a film that never ends.
var reel = sync.OnceValue(func() (frames [5]*desk) {
	for i := range frames {
		frames[i] = newDesk(screenOfFilm.Dx(), screenOfFilm.Dy(), uint64(i))
		frames[i].landscape(frames[i].bounds)
	}
	return frames
})

// play shows the next picture of the film.
func (s *studio) play() {
	s.frames++
	f := reel()[s.frames%len(reel())]
	for y := range screenOfFilm.Dy() {
		at := (screenOfFilm.Min.Y+y)*s.stride + 4*screenOfFilm.Min.X
		copy(s.pix[at:], f.pix[y*f.stride:][:4*screenOfFilm.Dx()])
	}
	s.touch(screenOfFilm)
}

// Film goes to the video soon and wholly, stays there, and what is around it does not.
func TestFilmGoesToVideo(t *testing.T) {
	for _, pace := range []time.Duration{second / 60, second / 30, second / 24, second / 12, second / 6} {
		t.Run(fmt.Sprint(int(second/pace), " a second"), func(t *testing.T) {
			s := newStudio(t, 640, 480, fast)
			s.office()
			s.frame(t, second)
			begun := s.now
			for s.now < begun+2*second {
				s.play()
				s.frame(t, pace)
			}
			if took := s.first - begun; s.first == 0 || took > max(250*time.Millisecond, 7*pace) {
				t.Errorf("film after %v", took)
			}
			if got := s.film(screenOfFilm); got < 100 {
				t.Errorf("%d %% of the film is video", got)
			}
			if outside := area(s.chooser.Box()) * 100 / area(screenOfFilm); outside > 120 {
				t.Errorf("box %v of film %v", s.chooser.Box(), screenOfFilm)
			}
			if s.changes > 3 {
				t.Errorf("%d changes of carrier", s.changes)
			}
		})
	}
}

// When film stops, all is exact soon; text that took its place at once.
func TestSettledFilmBecomesExact(t *testing.T) {
	s := newStudio(t, 640, 480, fast)
	s.office()
	s.frame(t, second)
	for range 40 {
		s.play()
		s.frame(t, thirtieth)
	}
	if s.film(screenOfFilm) < 100 {
		t.Fatal("no film")
	}
	s.page(screenOfFilm, 0x101010, 0xfafafa)
	s.frame(t, 250*time.Millisecond)
	if len(s.chooser.Film()) > 0 || !s.chooser.Box().Empty() {
		t.Errorf("%v is film still", s.chooser.Film())
	}
}

// Text that scrolls where film was is no film.
func TestTextWhereFilmWas(t *testing.T) {
	s := newStudio(t, 640, 480, fast)
	for range 40 {
		s.play()
		s.frame(t, thirtieth)
	}
	for range 40 {
		s.page(screenOfFilm, 0x101010, 0xfafafa)
		s.frame(t, thirtieth)
	}
	if got := s.film(screenOfFilm); got > 0 {
		t.Errorf("%d %% is film", got)
	}
}

// Film with pauses just as long as settling takes does not go to and fro for long.
func TestFilmDoesNotFlap(t *testing.T) {
	for pause, link := range map[time.Duration]int{160: fast, 200: fast, 300: fast, 500: fast, 220: thin, 400: thin} {
		t.Run(fmt.Sprint(int(pause), " ms"), func(t *testing.T) {
			s := newStudio(t, 640, 480, link)
			s.office()
			s.frame(t, second)
			for range 12 {
				for range 8 {
					s.play()
					s.frame(t, thirtieth)
				}
				s.frame(t, pause*time.Millisecond)
			}
			if s.changes > 16 {
				t.Errorf("%d changes of carrier", s.changes)
			}
		})
	}
}

// A photograph's first picture goes to the video where the link is thin, text beside it
// is exact soon, and the photograph becomes exact without filling the link.
func TestPhotographOnThinLink(t *testing.T) {
	s := newStudio(t, 640, 480, thin)
	s.landscape(s.bounds)
	panel := image.Rect(32, 32, 352, 32+14*lineHeight)
	s.page(panel, 0x101010, 0xfafafa)
	s.frame(t, 0)
	if s.over == 0 || s.film(s.bounds) < 60 {
		t.Fatalf("%d %% of the photograph is video", s.film(s.bounds))
	}
	s.frame(t, 400*time.Millisecond)
	if got := s.film(panel.Inset(side)); got > 0 {
		t.Errorf("%d %% of the text is video still", got)
	}
	sent := s.bytes
	s.frame(t, 2*second)
	if rate := (s.bytes - sent) * 8 / 2; rate > thin*2/3 {
		t.Errorf("%d bits a second for refinement", rate)
	}
	for range 60 {
		s.frame(t, second)
	}
	if len(s.chooser.Film()) > 0 {
		t.Errorf("not exact after a minute: %d %%", s.film(s.bounds))
	}
}

// What never packs well stays with the video while the link is thin, and costs nothing.
func TestNoiseOnThinLink(t *testing.T) {
	s := newStudio(t, 1280, 960, thin)
	s.noise(s.bounds, 0)
	s.frame(t, second)
	sent := s.bytes
	s.frame(t, 20*second)
	if s.bytes != sent || s.film(s.bounds) < 90 {
		t.Errorf("%d bytes, %d %% video", s.bytes-sent, s.film(s.bounds))
	}
	if wake, _ := s.chooser.Wake(s.now); wake < second {
		t.Errorf("wakes after %v for nothing", wake)
	}
}

// Parts of a film that are cheap belong to it: its box is found at once, and is whole.
func TestFilmWithPlainParts(t *testing.T) {
	s := newStudio(t, 640, 480, fast)
	s.office()
	s.frame(t, second)
	plain := image.Rectangle{Min: screenOfFilm.Min, Max: image.Pt(screenOfFilm.Min.X+144, screenOfFilm.Max.Y)}
	boxes := 0
	for range 60 {
		s.play()
		s.noise(plain, 2)
		before := s.chooser.Box()
		s.frame(t, thirtieth)
		if s.chooser.Box() != before {
			boxes++
		}
	}
	if got := s.film(screenOfFilm); got < 95 || boxes > 1 {
		t.Errorf("%d %% of the film is video, after %d boxes", got, boxes)
	}
}

// A terminal that is busy beside film is none.
func TestBusyTextBesideFilm(t *testing.T) {
	s := newStudio(t, 1280, 480, fast)
	text := image.Rect(592, 96, 1264, 352)
	for range 40 {
		s.play()
		s.page(text, 0xeeeeee, 0x202020)
		s.frame(t, thirtieth)
	}
	if s.film(screenOfFilm) < 80 || s.film(text) > 0 {
		t.Errorf("%d %% of the film is video, %d %% of the text", s.film(screenOfFilm), s.film(text))
	}
}

// Typing beside film stays without loss.
func TestTypingBesideFilm(t *testing.T) {
	s := newStudio(t, 640, 480, fast)
	s.office()
	s.frame(t, second)
	field := image.Rect(16, 400, 190, 400+lineHeight)
	for n := range 60 {
		s.play()
		s.write(field.Min.X+8*(n%20), field.Min.Y, 8, "x", 0xeeeeee, 0x202020)
		s.frame(t, thirtieth)
	}
	if s.film(screenOfFilm) < 100 || s.film(field) > 0 {
		t.Errorf("%d %% of the film is video, %d %% of the text", s.film(screenOfFilm), s.film(field))
	}
}
