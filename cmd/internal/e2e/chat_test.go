package e2e

import (
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jezek/xgb/xproto"

	"beside/agent/desktop"
	"beside/protocol/wire"
)

// X key symbols that the user presses.
const (
	keyReturn    xproto.Keysym = 0xff0d
	keyBackspace xproto.Keysym = 0xff08
)

// hostile is what one writes who wants more than to be read.
var hostile = []string{
	`<img src=x onerror="window.hit=1">`, `<script>window.hit=1</script>`, `<svg/onload=window.hit=1>`,
	`javascript:window.hit=1`, `"><iframe srcdoc="<script>parent.hit=1</script>">`, `{{constructor.constructor("window.hit=1")()}}`,
	`</textarea><script>window.hit=1</script>`, `<a href="javascript:window.hit=1">here</a>`, `&lt;script&gt;window.hit=1&lt;/script&gt;`,
}

// Where things are in the chat window, at 1x.
var (
	chatField = image.Pt(210, 517)
	chatDoubt = image.Pt(26, 485) // in the pale ground of the question before a secret is sent
	palest    = color.RGBA{0xff, 0xf7, 0xed, 0xff}
)

// PROMISE A6, PROMISE A8, PROMISE D1, THREAT 1, THREAT 11: the technician writes, the window
// opens and leaves the keyboard where it was; the user reads and answers with keys of their
// own; nothing that the technician types gets into it; a password is not sent unasked; what
// both wrote is text everywhere; and the receipt holds it.
func TestChat(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.view()
	target := s.target(image.Rect(60, 600, 460, 900))
	s.control()
	r, there := newRude(s), middle(target.Bounds())
	r.reaches(target, there)
	s.must(s.page.Click(s.ctx, "Chat"))
	write := func(text string) {
		t.Helper()
		s.must(s.page.Fill(s.ctx, "Message", text))
		s.must(s.page.Click(s.ctx, "Send"))
		s.must(s.page.WaitFor(s.ctx, fmt.Sprintf(`document.querySelector('[role=log][aria-label=Messages]').innerText.includes(%q)`, text), "not written: "+text))
	}
	write("What does the display say?")
	window, err := s.Desktop.WaitWindow(s.ctx, desktop.WithRole("beside-agent", "side"))
	s.must(err)
	place := func(at image.Point) image.Point { return window.Bounds.Min.Add(at) }
	target.Clear()
	s.must(s.Desktop.Person().Type("my letter"))
	s.must(target.WaitText(s.ctx, "my letter")) // the keyboard stayed with what the user was doing

	_, err = s.Press(s.ctx, place(chatField)) // now the chat has the keyboard
	s.must(err)
	s.must(s.Desktop.WaitFocus(s.ctx, window))
	s.must(s.Rested(s.ctx, s.page))
	var keys []*wire.Input
	for range 10 {
		keys = append(append(keys, chord("KeyY")...), chord("Enter")...)
	}
	for range 100 {
		r.send(click(place(chatField))...)
		r.send(keys...)
	}
	r.reaches(target, there)

	_, err = s.Press(s.ctx, place(chatField))
	s.must(err)
	s.must(s.Desktop.WaitFocus(s.ctx, window))
	for _, h := range hostile[:3] {
		s.must(s.Desktop.Person().Type(h))
		s.must(s.Desktop.Person().Tap(keyReturn))
		s.must(s.page.WaitText(s.ctx, h))
	}
	s.must(s.Desktop.Person().Type("Summer2024!"))
	s.must(s.Desktop.Person().Tap(keyReturn))
	s.must(until(s.ctx, func() bool {
		at := place(chatDoubt)
		got, err := s.Desktop.Pixel(at.X, at.Y)
		return err == nil && got == palest
	}))
	s.must(s.Desktop.Person().Tap(keyReturn)) // the default: it is not sent
	s.must(until(s.ctx, func() bool {
		at := place(chatDoubt)
		got, err := s.Desktop.Pixel(at.X, at.Y)
		return err == nil && got != palest
	}))
	for range len("Summer2024!") {
		s.must(s.Desktop.Person().Tap(keyBackspace))
	}
	s.must(s.Desktop.Person().Type("It says jam"))
	s.must(s.Desktop.Person().Tap(keyReturn))
	s.must(s.page.WaitText(s.ctx, "It says jam"))
	for _, h := range hostile[3:] { // no more than the page lets through at once
		write(h)
	}
	var ran bool
	s.must(s.page.Evaluate(s.ctx, "window.hit === 1 || document.querySelector('[role=log][aria-label=Messages] :is(script, iframe, img, svg, a)') !== null", &ran))
	if ran {
		t.Error("what the user wrote became more than text")
	}
	_, err = s.EndSession(s.ctx)
	s.must(err)
	s.over("The user ended the session")

	receipt, _ := s.receipt()
	messages, err := receipt.Transcript()
	s.must(err)
	var user, technician []string
	for _, m := range messages {
		if m.FromUser {
			user = append(user, m.Text)
		} else {
			technician = append(technician, m.Text)
		}
	}
	if want := append(slices.Clone(hostile[:3]), "It says jam"); !slices.Equal(user, want) {
		t.Errorf("the user wrote %q, want %q", user, want)
	}
	if want := append([]string{"What does the display say?"}, hostile[3:]...); !slices.Equal(technician, want) {
		t.Errorf("the technician wrote %q, want %q", technician, want)
	}
	found, err := filepath.Glob(filepath.Join(s.Receipts(), "*.html"))
	if err != nil || len(found) != 1 {
		t.Fatalf("pages %q, %v", found, err)
	}
	html, err := os.ReadFile(found[0])
	s.must(err)
	if page := string(html); !strings.Contains(page, "What you wrote to one another") || strings.Contains(page, "<script>window") || strings.Contains(page, "<img src=x") {
		t.Error("the receipt's page does not show the chat as text")
	}
}
