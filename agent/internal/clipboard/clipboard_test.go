//go:build linux

package clipboard

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"io"
	"log"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"go.uber.org/goleak"

	"beside/agent/desktop"
	"beside/consent"
	"beside/consent/consenttest"
	"beside/protocol"
)

func TestMain(m *testing.M) {
	xgb.Logger = log.New(io.Discard, "", 0) // it reports every lost connection
	goleak.VerifyTestMain(m)
}

// display starts an X server for a test.
func display(t *testing.T) string {
	t.Helper()
	d, err := desktop.StartXvfb(t.Context(), desktop.Options{Width: 640, Height: 400})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Stop)
	t.Setenv("XAUTHORITY", os.DevNull)
	return d.Display()
}

// board opens a clipboard under a grant of its own: two of them are two programs.
func board(t *testing.T, display string) (*Board, *consent.Gate) {
	t.Helper()
	grant, gate := consenttest.NewClipboard(t)
	b, err := Open(grant, Options{Display: display})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b, gate
}

func put(t *testing.T, b *Board, c Content) {
	t.Helper()
	if err := b.Put(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, b *Board) Content {
	t.Helper()
	c, err := b.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// noise is a picture that does not compress.
func noise(w, h int) []byte {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range img.Pix {
		img.Pix[i] = byte(random.Uint32())
	}
	return encode(img)
}

func encode(img image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err) // memory
	}
	return b.Bytes()
}

func decode(t *testing.T, data []byte) image.Image {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func samePixels(a, b image.Image) bool {
	if a.Bounds() != b.Bounds() {
		return false
	}
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			if color.NRGBAModel.Convert(a.At(x, y)) != color.NRGBAModel.Convert(b.At(x, y)) {
				return false
			}
		}
	}
	return true
}

// Texts and pictures go from program to program exact, small ones and ones that need
// parts (INCR).
func TestThereAndBack(t *testing.T) {
	screen := display(t)
	from, _ := board(t, screen)
	to, _ := board(t, screen)
	long := strings.Repeat("0123456789 ä € 你\n", 40_000)
	for name, text := range map[string]string{
		"one letter": "x", "lines": "ä € 你\n\n\tend \n", "joined": "👩‍👩‍👧 می\u200cخواهم",
		"a part": strings.Repeat("a", partSize), "a part and one": strings.Repeat("a", partSize+1), "long": long,
		"the most": strings.Repeat("b", protocol.MaxClipboardText),
	} {
		put(t, from, Content{Text: text})
		if got := read(t, to); got.Text != text || got.PNG != nil {
			t.Errorf("%s: got %d bytes, want %d", name, len(got.Text), len(text))
		}
		if got := read(t, from); got.Text != text {
			t.Errorf("%s: one's own: got %d bytes, want %d", name, len(got.Text), len(text))
		}
	}
	for name, picture := range map[string][]byte{"small": noise(3, 2), "large": noise(700, 500)} {
		put(t, from, Content{PNG: picture})
		got := read(t, to)
		if got.Text != "" || !samePixels(decode(t, got.PNG), decode(t, picture)) {
			t.Errorf("%s: the picture is another", name)
		}
	}
}

// Whatever other programs do: what they put is read, and what we put they can paste.
func TestWithAnotherProgram(t *testing.T) {
	screen := display(t)
	b, _ := board(t, screen)
	const text = "ä € 你\nsecond line\n"
	other := exec.Command("xclip", "-display", screen, "-selection", "clipboard", "-in", "-quiet")
	other.Stdin = strings.NewReader(text)
	if err := other.Start(); err != nil {
		t.Fatalf("xclip is needed: %v", err)
	}
	t.Cleanup(func() { _ = other.Process.Kill(); _ = other.Wait() })
	waitFor(t, "the other's text", func() bool {
		c, err := b.Read(t.Context())
		return err == nil && c.Text == text
	})
	for _, want := range []string{"x", strings.Repeat("long ä 你\n", 50_000)} {
		put(t, b, Content{Text: want})
		got, err := exec.CommandContext(t.Context(), "xclip", "-display", screen, "-selection", "clipboard", "-out").Output()
		if err != nil || string(got) != want {
			t.Errorf("pasted %d bytes, want %d: %v", len(got), len(want), err)
		}
	}
	if err := other.Wait(); err != nil { // it ends when it has lost the selection
		t.Error(err)
	}
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !done(); {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
		select {
		case <-t.Context().Done():
			t.Fatal("ended")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// PROMISE A1: without a grant there is no clipboard, and a dead one opens none.
func TestNoGrantNoBoard(t *testing.T) {
	screen := display(t)
	grant, gate := consenttest.NewClipboard(t)
	gate.Withdraw(consent.Clipboard, consent.ByUser)
	for name, g := range map[string]*consent.ClipboardGrant{"nil": nil, "zero": {}, "revoked": grant} {
		if b, err := Open(g, Options{Display: screen}); b != nil || !errors.Is(err, consent.ErrRevoked) {
			t.Errorf("%s: got %v, %v", name, b, err)
		}
	}
}

// THREAT 4, PROMISE E6: after the withdrawal nothing is read and nothing placed, and what
// we put there is gone, for everybody.
func TestWithdrawnIsGone(t *testing.T) {
	screen := display(t)
	ours, gate := board(t, screen)
	user, _ := board(t, screen)
	put(t, ours, Content{Text: "theirs"})
	if got := read(t, user); got.Text != "theirs" {
		t.Fatalf("got %q", got.Text)
	}
	gate.Withdraw(consent.Clipboard, consent.ByUser)
	if _, err := ours.Read(t.Context()); !errors.Is(err, consent.ErrRevoked) {
		t.Errorf("reading: got %v, want ErrRevoked", err)
	}
	if err := ours.Put(t.Context(), Content{Text: "again"}); !errors.Is(err, consent.ErrRevoked) {
		t.Errorf("putting: got %v, want ErrRevoked", err)
	}
	waitFor(t, "an empty clipboard", func() bool {
		_, err := user.Read(t.Context())
		return errors.Is(err, ErrEmpty)
	})
}

// What the user copied since is the user's: the end of the grant leaves it alone.
func TestTheUsersOwnCopyStays(t *testing.T) {
	screen := display(t)
	ours, gate := board(t, screen)
	user, _ := board(t, screen)
	put(t, ours, Content{Text: "theirs"})
	put(t, user, Content{Text: "mine"})
	gate.Withdraw(consent.Clipboard, consent.ByUser)
	ours.Close()
	other, _ := board(t, screen)
	if got := read(t, other); got.Text != "mine" {
		t.Errorf("got %q, want mine", got.Text)
	}
}

// The user copies at the very moment at which the grant ends: nobody has told us yet.
func TestTheUsersCopyOfThatMomentStays(t *testing.T) {
	screen := display(t)
	ours, _ := board(t, screen)
	user, _ := board(t, screen)
	put(t, ours, Content{Text: "theirs"})
	err := ours.sys.do(t.Context(), func() error { // what the server tells us waits meanwhile
		err := user.Put(t.Context(), Content{Text: "mine"})
		ours.sys.takeOff()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	other, _ := board(t, screen)
	if got := read(t, other); got.Text != "mine" {
		t.Errorf("got %q, want mine", got.Text)
	}
}

// A pause stops both ways and takes nothing off.
func TestPause(t *testing.T) {
	screen := display(t)
	ours, gate := board(t, screen)
	put(t, ours, Content{Text: "theirs"})
	gate.Pause()
	if _, err := ours.Read(t.Context()); !errors.Is(err, consent.ErrPaused) {
		t.Errorf("got %v, want ErrPaused", err)
	}
	gate.Resume()
	if got := read(t, ours); got.Text != "theirs" {
		t.Errorf("got %q", got.Text)
	}
}

// THREAT 4: a revocation in the middle of a slow reading ends it at once.
func TestRevokedWhileReading(t *testing.T) {
	screen := display(t)
	b, gate := board(t, screen)
	deaf(t, screen)
	result := make(chan error, 1)
	go func() { _, err := b.Read(context.Background()); result <- err }()
	waitFor(t, "the reading to begin", func() bool {
		select {
		case b.sys.calls <- func() {}:
			return false
		default:
			return true
		}
	})
	gate.Withdraw(consent.Clipboard, consent.ByUser)
	select {
	case err := <-result:
		if !errors.Is(err, consent.ErrRevoked) {
			t.Errorf("got %v, want ErrRevoked", err)
		}
	case <-time.After(patience):
		t.Error("it still waits for the other program")
	}
}

// A program that holds the clipboard and never answers is given up.
func TestNoAnswer(t *testing.T) {
	screen := display(t)
	b, _ := board(t, screen)
	deaf(t, screen)
	began := time.Now()
	if _, err := b.Read(t.Context()); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("got %v, want ErrNoAnswer", err)
	}
	if waited := time.Since(began); waited > 2*patience {
		t.Errorf("waited %v", waited)
	}
}

// deaf takes the selection and answers nobody.
func deaf(t *testing.T, screen string) {
	t.Helper()
	conn, err := xgb.NewConnDisplay(screen)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	win, err := xproto.NewWindowId(conn)
	if err != nil {
		t.Fatal(err)
	}
	root := xproto.Setup(conn).DefaultScreen(conn).Root
	xproto.CreateWindow(conn, 0, win, root, 0, 0, 1, 1, 0, xproto.WindowClassInputOnly, 0, 0, nil)
	atom, err := xproto.InternAtom(conn, false, 9, "CLIPBOARD").Reply()
	if err != nil {
		t.Fatal(err)
	}
	if err := xproto.SetSelectionOwnerChecked(conn, win, atom.Atom, 0).Check(); err != nil {
		t.Fatal(err)
	}
}

// THREATS 19, 20: hostile contents come out harmless or not at all, in both directions.
func TestHostileContents(t *testing.T) {
	bomb := encode(image.NewGray(image.Rect(0, 0, protocol.MaxClipboardSide+1, 1)))
	wide := bytes.Clone(noise(2, 2))
	copy(wide[16:], []byte{0, 0, 0x40, 0, 0, 0, 0x40, 0}) // claims 16,384 by 16,384
	binary.BigEndian.PutUint32(wide[29:], crc32.ChecksumIEEE(wide[12:29]))
	trailing := append(noise(2, 2), "<script>alert(1)</script>"...)
	for name, c := range map[string]struct {
		in   Content
		want error
	}{
		"nothing":          {Content{}, ErrEmpty},
		"control alone":    {Content{Text: "\x00\x1b\u202e"}, ErrEmpty},
		"too long":         {Content{Text: strings.Repeat("a", protocol.MaxClipboardText+1)}, ErrTooLarge},
		"no picture":       {Content{PNG: []byte("GIF89a")}, ErrUnsupported},
		"an empty picture": {Content{PNG: []byte{}}, ErrUnsupported},
		"a cut picture":    {Content{PNG: noise(40, 40)[:2000]}, ErrUnsupported},
		"a wide picture":   {Content{PNG: bomb}, ErrTooLarge},
		"a bomb":           {Content{PNG: wide}, ErrTooLarge},
		"many bytes":       {Content{PNG: make([]byte, protocol.MaxClipboardImage+1)}, ErrTooLarge},
	} {
		if got, err := c.in.clean(); !errors.Is(err, c.want) {
			t.Errorf("%s: got %d bytes, %v, want %v", name, len(got.Text)+len(got.PNG), err, c.want)
		}
	}
	clean, err := Content{PNG: trailing}.clean()
	if err != nil || bytes.Contains(clean.PNG, []byte("script")) {
		t.Errorf("what hangs behind a picture came through: %v", err)
	}
	if clean, err := (Content{Text: "rm \x1b[2Jx\u202efdp\r\n"}).clean(); err != nil || clean.Text != "rm [2Jxfdp\n" {
		t.Errorf("got %q, %v", clean.Text, err)
	}
}

func FuzzRedraw(f *testing.F) {
	f.Add(noise(3, 3))
	f.Add(noise(3, 3)[:40])
	f.Fuzz(func(t *testing.T, data []byte) {
		out, err := redraw(data)
		if err != nil {
			return
		}
		if _, err := png.Decode(bytes.NewReader(out)); err != nil {
			t.Errorf("not a picture any more: %v", err)
		}
	})
}
