package ui

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"beside/agent/internal/catalogue"
)

// serverBytes are a set-up, a reply of 40 bytes, an event, a generic event of 40
// bytes and an error.
func serverBytes() (all, replies []byte, events [][]byte) {
	setup := append([]byte{1, 0, 11, 0, 0, 0, 2, 0}, bytes.Repeat([]byte{7}, 8)...)
	reply := append(append([]byte{1, 0, 5, 0, 2, 0, 0, 0}, make([]byte, 24)...), 1, 2, 3, 4, 5, 6, 7, 8)
	event := append([]byte{12}, make([]byte, 31)...)
	generic := append(append([]byte{35, 131, 6, 0, 2, 0, 0, 0}, make([]byte, 24)...), 9, 9, 9, 9, 9, 9, 9, 9)
	failure := append([]byte{0, 3}, make([]byte, 30)...)
	for _, b := range [][]byte{setup, reply, event, generic, failure} {
		all = append(all, b...)
	}
	return all, bytes.Join([][]byte{setup, reply, failure}, nil), [][]byte{event, generic}
}

// Events stay whole and in order, replies go on, however the bytes arrive.
func TestTap(t *testing.T) {
	all, want, events := serverBytes()
	for name, r := range map[string]io.Reader{
		"at once": bytes.NewReader(all), "byte by byte": iotest.OneByteReader(bytes.NewReader(all)),
		"halves": iotest.HalfReader(bytes.NewReader(all)),
	} {
		t.Run(name, func(t *testing.T) {
			var replies bytes.Buffer
			q := newEventQueue()
			if err := tap(r, &replies, q); !errors.Is(err, io.EOF) {
				t.Errorf("got %v, want EOF", err)
			}
			if !bytes.Equal(replies.Bytes(), want) {
				t.Errorf("replies: got %d bytes, want %d", replies.Len(), len(want))
			}
			got := q.take(maxQueued)
			if len(got) != len(events) {
				t.Fatalf("got %d events, want %d", len(got), len(events))
			}
			for i := range got {
				if !bytes.Equal(got[i], events[i]) {
					t.Errorf("event %d: got %v, want %v", i, got[i], events[i])
				}
			}
		})
	}
}

// A storm of events comes in pieces, in order, with a token for as long as there are more.
func TestAStormComesInPieces(t *testing.T) {
	q := newEventQueue()
	const storm = 3*mostTaken + 1
	for i := range storm {
		if !q.put([]byte{byte(i)}) {
			t.Fatal("no room")
		}
	}
	got := 0
	for range 4 {
		select {
		case <-q.ready:
		default:
			t.Fatalf("nothing said that there are events after %d of %d", got, storm)
		}
		for _, b := range q.take(mostTaken) {
			if b[0] != byte(got) {
				t.Fatalf("event %d came at place %d", b[0], got)
			}
			got++
		}
	}
	if got != storm || len(q.ready) != 0 {
		t.Errorf("%d of %d events, and %d tokens for more", got, storm, len(q.ready))
	}
}

func FuzzTap(f *testing.F) {
	all, _, _ := serverBytes()
	f.Add(all)
	f.Fuzz(func(t *testing.T, b []byte) {
		q := newEventQueue()
		if err := tap(bytes.NewReader(b), io.Discard, q); err == nil {
			t.Error("the tap ended without a reason")
		}
		for _, ev := range q.take(maxQueued) {
			if _, ok := parseXI(ev); ok && len(ev) < 32 {
				t.Error("an event from too few bytes")
			}
		}
	})
}

func TestFindCookie(t *testing.T) {
	entry := func(family uint16, fields ...string) []byte {
		b := binary.BigEndian.AppendUint16(nil, family)
		for _, f := range fields {
			b = binary.BigEndian.AppendUint16(b, uint16(len(f)))
			b = append(b, f...)
		}
		return b
	}
	const magic, secret = "MIT-MAGIC-COOKIE-1", "0123456789abcdef"
	const hexSecret = "30313233343536373839616263646566"
	for _, tc := range []struct {
		name string
		file []byte
		want string
	}{
		{"ours", entry(familyLocal, "box", "7", magic, secret), hexSecret},
		{"any host", entry(familyWild, "", "7", magic, secret), hexSecret},
		{"other display", entry(familyLocal, "box", "8", magic, secret), ""},
		{"other host", entry(familyLocal, "bax", "7", magic, secret), ""},
		{"other kind", entry(familyLocal, "box", "7", "XDM-AUTHORIZATION-1", secret), ""},
		{"cut short", entry(familyLocal, "box", "7", magic, secret)[:20], ""},
		{"second", append(entry(familyLocal, "box", "8", magic, secret), entry(familyLocal, "box", "7", magic, secret)...), hexSecret},
	} {
		if got := findCookie(bytes.NewReader(tc.file), "box", "7"); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
}

func FuzzFindCookie(f *testing.F) {
	f.Add([]byte{0xff, 0xff, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if got := findCookie(bytes.NewReader(b), "box", "7"); got != "" && len(got) != 32 {
			t.Errorf("a cookie of %d digits", len(got))
		}
	})
}

func TestParseDisplay(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want displayName
		ok   bool
	}{
		{":0", displayName{}, true}, {":12.1", displayName{"", 12, 1}, true}, {"unix:3", displayName{"", 3, 0}, true},
		{"host:1", displayName{"host", 1, 0}, true}, {"0", displayName{}, false}, {":", displayName{}, false}, {":x", displayName{}, false},
		{":1.x", displayName{}, false}, {":-1", displayName{}, false},
	} {
		got, err := parseDisplay(tc.in)
		if (err == nil) != tc.ok || tc.ok && got != tc.want {
			t.Errorf("%q: got %v, %v", tc.in, got, err)
		}
	}
}

func TestScale(t *testing.T) {
	for _, tc := range []struct{ dpi, want float64 }{{96, 1}, {72, 1}, {110, 1.25}, {144, 1.5}, {192, 2}, {1000, 4}} {
		if got := scaleOf(tc.dpi); got != tc.want {
			t.Errorf("%v dpi: got %v, want %v", tc.dpi, got, tc.want)
		}
	}
	if dpi, ok := xftDPI("Xcursor.size:\t24\nXft.dpi:\t168\n"); !ok || dpi != 168 {
		t.Errorf("got %v, %v, want 168", dpi, ok)
	}
	for _, s := range []string{"", "Xft.dpi: many", "Xft.dpi: -3", "Xft.dpix: 96"} {
		if dpi, ok := xftDPI(s); ok {
			t.Errorf("%q: got %v, want none", s, dpi)
		}
	}
}

func TestPack(t *testing.T) {
	for _, tc := range []struct {
		f    pixelFormat
		want uint32
	}{
		{pixelFormat{red: 0xff0000, green: 0xff00, blue: 0xff}, 0xff8000},
		{pixelFormat{red: 0xf800, green: 0x7e0, blue: 0x1f}, 0xfc00},
		{pixelFormat{red: 0x3ff00000, green: 0xffc00, blue: 0x3ff}, 0x3ff80800},
	} {
		if got := tc.f.pixel(rgb{0xff, 0x80, 0}); got != tc.want {
			t.Errorf("got %#x, want %#x", got, tc.want)
		}
	}
}

func TestWords(t *testing.T) {
	w := catalogue.For("en")
	for got, want := range map[string]string{
		grouped("482915037264"): "482 915 037 264", grouped(""): "",
		initials("Ana María Pérez"): "AP", initials(" 张伟 "): "张", initials(""): "?", initials("\u202eevil"): "E",
		clock(754 * time.Second): "12:34", clock(-time.Second): "0:00", clock(3661 * time.Second): "1:01:01",
		left(1): "0:01", left(0): "0:00", left(872500 * time.Millisecond): "14:33",
		tidy("a\u202eb\x1b[2Jc\u2066"): "ab [2Jc",
		w.Lasted(30 * time.Second):     "less than a minute", w.Lasted(125 * time.Minute): "2 h 05 min",
		scopes(w, nil): "Nothing",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for days, young := range map[int]bool{0: true, 1: true, 29: true, 30: false, 900: false} {
		if text, got := Account(w, now.AddDate(0, 0, -days), now); got != young || text == "" {
			t.Errorf("%d days: got %q, %v", days, text, got)
		}
	}
	if text, young := Account(w, time.Time{}, now); text != "" || young {
		t.Errorf("unknown age: got %q, %v", text, young)
	}
}

// Each reason why there are no windows has words of its own, with a next step.
func TestOpenSaysWhy(t *testing.T) {
	t.Setenv("DISPLAY", "")
	t.Setenv("WAYLAND_DISPLAY", "wayland-0")
	if _, err := Open(Options{}); !errors.Is(err, ErrWayland) {
		t.Errorf("got %v, want ErrWayland", err)
	}
	t.Setenv("WAYLAND_DISPLAY", "")
	if _, err := Open(Options{}); !errors.Is(err, ErrNoDisplay) {
		t.Errorf("got %v, want ErrNoDisplay", err)
	}
	if _, err := Open(Options{Display: ":31999"}); !errors.Is(err, ErrNoDisplay) {
		t.Errorf("got %v, want ErrNoDisplay", err)
	}
	texts := map[string]bool{}
	for _, err := range []error{ErrWayland, ErrNoDisplay, errClosed, io.EOF} {
		texts[Describe(err, catalogue.For("en"))] = true
	}
	if len(texts) != 4 {
		t.Errorf("got %d texts, want 4", len(texts))
	}
	if !strings.Contains(Describe(ErrWayland, catalogue.For("en")), "Wayland") {
		t.Error("the text about Wayland does not name it")
	}
}

// There is text on a system without any font.
func TestBuiltInFaces(t *testing.T) {
	b := newFontBook()
	b.index = map[string]string{}
	ts := newTypesetter(1)
	ts.fonts = b
	c := newCanvas(200, 40, 1)
	c.clear(white)
	before := bytes.Clone(c.pix)
	c.text(ts, ts.set("End session", bodyBold, 0), 4, 4, ink)
	if bytes.Equal(before, c.pix) {
		t.Error("nothing was drawn")
	}
	if _, ok := b.find(regular, 'é').NominalGlyph('é'); !ok {
		t.Error("the built-in face lacks é")
	}
}

func TestTextFits(t *testing.T) {
	ts := newTypesetter(1)
	long := strings.Repeat("word ", 60)
	if b := ts.set(long, body, 200); b.w > 200 || len(b.lines) < 10 {
		t.Errorf("got %d lines of %v", len(b.lines), b.w)
	}
	if b := ts.set(long, oneLine(body), 200); b.w > 200 || len(b.lines) != 1 {
		t.Errorf("cut: got %d lines of %v", len(b.lines), b.w)
	}
	tab := style{size: 15, tabular: true}
	if a, b := ts.set("11:11", tab, 0).w, ts.set("08:08", tab, 0).w; a != b {
		t.Errorf("figures differ in width: %v and %v", a, b)
	}
}

// Nothing is drawn outside the clip.
func TestClip(t *testing.T) {
	ts := newTypesetter(1)
	c := newCanvas(100, 100, 1)
	c.clip = image.Rect(20, 20, 60, 40)
	c.round(box{0, 0, 100, 100}, 12, danger)
	c.sign(iconRecord, 10, 10, 60, white)
	c.text(ts, ts.set("Mmmmmmm", title, 0), 0, 10, blue)
	for y := range 100 {
		for x := range 100 {
			if px := c.pix[(y*100+x)*4:]; !image.Pt(x, y).In(c.clip) && px[0]|px[1]|px[2] != 0 {
				t.Fatalf("drawn at %d, %d", x, y)
			}
		}
	}
}
