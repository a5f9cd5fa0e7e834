package agent

import (
	"bytes"
	"image"
	"image/png"
	"os/exec"
	"strings"
	"testing"
	"time"

	"beside/agent/internal/ui"
	"beside/consent"
	"beside/protocol"
	"beside/protocol/wire"
)

const (
	clipboardScope = wire.Scope_SCOPE_CLIPBOARD

	placed     = wire.ClipboardResult_OUTCOME_PLACED
	notAllowed = wire.ClipboardResult_OUTCOME_NOT_ALLOWED
)

// copied makes text what the user copied last.
func copied(t *testing.T, text string) {
	t.Helper()
	other := exec.Command("xclip", "-selection", "clipboard", "-in", "-quiet")
	other.Stdin = strings.NewReader(text)
	if err := other.Start(); err != nil {
		t.Fatalf("xclip is needed: %v", err)
	}
	t.Cleanup(func() { _ = other.Process.Kill(); _ = other.Wait() })
	for end := time.Now().Add(patience); pasted(t) != text; {
		if time.Now().After(end) {
			t.Fatal("the user's copy did not come to be")
		}
	}
}

// pasted is what the user would paste; empty when there is nothing.
func pasted(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "xclip", "-selection", "clipboard", "-out").Output()
	if err != nil {
		return ""
	}
	return string(out)
}

// fetch asks for the user's clipboard and returns the content or the result.
func (a *attended) fetch(id uint32) ([]byte, wire.ClipboardResult_Outcome) {
	a.t.Helper()
	a.tools["clipboard"].put(&wire.ClipboardMessage{Id: id, Kind: &wire.ClipboardMessage_Fetch{Fetch: &wire.ClipboardFetch{}}})
	return a.fetched(id)
}

func (a *attended) fetched(id uint32) (all []byte, outcome wire.ClipboardResult_Outcome) {
	a.t.Helper()
	for {
		m, err := protocol.DecodeClipboard(receive(a.t, "the clipboard", a.tools["clipboard"].got))
		if err != nil {
			a.t.Fatal(err)
		}
		if m.GetId() != id {
			continue
		}
		if r := m.GetResult(); r != nil {
			return all, r.GetOutcome()
		}
		all = append(all, m.GetPiece().GetData()...)
		if len(all) == int(m.GetPiece().GetSize()) {
			return all, 0
		}
	}
}

// offer sends a content in pieces and returns what came of it.
func (a *attended) offerClip(id uint32, format wire.ClipboardPiece_Format, data []byte) wire.ClipboardResult_Outcome {
	a.t.Helper()
	for rest := data; len(rest) > 0; {
		part := rest[:min(len(rest), protocol.MaxPiece)]
		rest = rest[len(part):]
		a.tools["clipboard"].put(&wire.ClipboardMessage{Id: id, Kind: &wire.ClipboardMessage_Piece{
			Piece: &wire.ClipboardPiece{Format: format, Size: uint32(len(data)), Data: part},
		}})
	}
	_, outcome := a.fetched(id)
	return outcome
}

func (a *attended) allow(scope wire.Scope, asked consent.Scope) {
	a.t.Helper()
	a.ask(scope)
	a.person.answer(a.t, asked, yes)
	a.decided(scope, granted)
}

// PROMISE A1, A2, THREAT 2: without a yes to the clipboard nothing of it leaves, nothing
// comes onto it, whatever else was granted, and a no is a no.
func TestNoClipboardWithoutAYes(t *testing.T) {
	a := begin(t)
	a.look("clipboard")
	copied(t, "the user's own")
	refuse := func(when string) {
		t.Helper()
		if got, outcome := a.fetch(1); len(got) > 0 || outcome != notAllowed {
			t.Errorf("%s: fetched %d bytes, %v", when, len(got), outcome)
		}
		if outcome := a.offerClip(2, wire.ClipboardPiece_FORMAT_TEXT, []byte("theirs")); outcome != notAllowed {
			t.Errorf("%s: put: %v", when, outcome)
		}
		if got := pasted(t); got != "the user's own" {
			t.Errorf("%s: the user would paste %q", when, got)
		}
	}
	refuse("before a question")
	a.allow(control, consent.Control)
	refuse("with control")
	a.ask(clipboardScope)
	q := receive(t, "the question", a.person.questions)
	refuse("while asked")
	q.reply <- no
	a.decided(clipboardScope, refused)
	refuse("after a no")
}

// Texts and pictures go both ways, exact, and each time it is noted how much it was.
func TestClipboardBothWays(t *testing.T) {
	a := begin(t)
	a.look("clipboard")
	a.allow(clipboardScope, consent.Clipboard)
	if !a.bar.shows().Clipboard {
		t.Error("the bar does not show it")
	}
	long := strings.Repeat("ä € 你\n\t", 20_000)
	for i, text := range []string{"ä € 你\nsecond line\n", long} {
		copied(t, text)
		if got, outcome := a.fetch(uint32(10 + i)); string(got) != text {
			t.Errorf("fetched %d bytes, want %d, %v", len(got), len(text), outcome)
		}
		if outcome := a.offerClip(uint32(20+i), wire.ClipboardPiece_FORMAT_TEXT, []byte("put "+text)); outcome != placed {
			t.Fatalf("put: %v", outcome)
		}
		if got := pasted(t); got != "put "+text {
			t.Errorf("the user would paste %d bytes, want %d", len(got), len(text)+4)
		}
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewNRGBA(image.Rect(0, 0, 300, 200))); err != nil {
		t.Fatal(err)
	}
	if outcome := a.offerClip(30, wire.ClipboardPiece_FORMAT_PNG, picture.Bytes()); outcome != placed {
		t.Fatalf("picture: %v", outcome)
	}
	got, outcome := a.fetch(31)
	if img, err := png.Decode(bytes.NewReader(got)); err != nil || img.Bounds().Dx() != 300 {
		t.Errorf("picture: %v, %v", err, outcome)
	}
	if outcome := a.offerClip(32, wire.ClipboardPiece_FORMAT_PNG, []byte("no picture")); outcome != wire.ClipboardResult_OUTCOME_UNSUPPORTED {
		t.Errorf("what is no picture: %v", outcome)
	}
}

// THREAT 4, PROMISE E6: one press on the bar, and the next fetch fails, and what was put
// there is gone. The session goes on, and it can be asked for again.
func TestClipboardTakenBack(t *testing.T) {
	a := begin(t)
	a.look("clipboard")
	a.allow(clipboardScope, consent.Clipboard)
	if outcome := a.offerClip(1, wire.ClipboardPiece_FORMAT_TEXT, []byte("theirs")); outcome != placed {
		t.Fatalf("put: %v", outcome)
	}
	a.person.press(t, ui.StopClipboard)
	a.decided(clipboardScope, withdrawn)
	if got, outcome := a.fetch(2); len(got) > 0 || outcome != notAllowed {
		t.Errorf("fetched %q, %v", got, outcome)
	}
	if got := pasted(t); got != "" {
		t.Errorf("the user would paste %q", got)
	}
	if a.bar.shows().Clipboard {
		t.Error("the bar still shows it")
	}
	a.allow(clipboardScope, consent.Clipboard)
	if outcome := a.offerClip(3, wire.ClipboardPiece_FORMAT_TEXT, []byte("anew")); outcome != placed {
		t.Fatalf("put: %v", outcome)
	}
	a.person.press(t, ui.PauseSession)
	a.hear("the pause", func(m *wire.FromAgent) bool { return m.GetState().GetPaused() })
	if got, outcome := a.fetch(4); len(got) > 0 || outcome == 0 {
		t.Errorf("in a pause: fetched %q, %v", got, outcome)
	}
	a.person.press(t, ui.EndSession)
	a.hear("the end", func(m *wire.FromAgent) bool { return m.GetEnded() != nil })
	receive(t, "the bar to go", a.bar.hidden)
	if got := pasted(t); got != "" {
		t.Errorf("after the end the user would paste %q", got)
	}
}

// PROMISE A8: what the user copied while they typed a secret cannot be fetched afterwards,
// also where the clipboard is granted only then; the technician is not told why.
func TestCopiedWhileASecretIsTyped(t *testing.T) {
	a := begin(t)
	a.look("clipboard")
	a.person.press(t, ui.BeginSecret)
	a.hear("the secret", func(m *wire.FromAgent) bool { return m.GetState().GetSecret() })
	copied(t, "hunter2")
	a.person.press(t, ui.EndSecret)
	a.hear("its end", func(m *wire.FromAgent) bool { return m.GetState() != nil && !m.GetState().GetSecret() })
	a.allow(clipboardScope, consent.Clipboard)
	if got, outcome := a.fetch(1); len(got) > 0 || outcome != wire.ClipboardResult_OUTCOME_EMPTY {
		t.Errorf("fetched %q, %v", got, outcome)
	}
	copied(t, "anew")
	for id := uint32(2); ; id++ { // until the news of it has come
		got, outcome := a.fetch(id)
		if string(got) == "anew" {
			break
		}
		if len(got) > 0 || outcome != wire.ClipboardResult_OUTCOME_EMPTY || id > 1000 {
			t.Fatalf("fetched %q, %v", got, outcome)
		}
	}
}

// THREAT 18: pieces that do not make up what they said are refused, and the next content
// is taken.
func TestClipboardPiecesOutOfPlace(t *testing.T) {
	a := begin(t)
	a.look("clipboard")
	a.allow(clipboardScope, consent.Clipboard)
	piece := func(id, size uint32, data string) {
		a.tools["clipboard"].put(&wire.ClipboardMessage{Id: id, Kind: &wire.ClipboardMessage_Piece{
			Piece: &wire.ClipboardPiece{Format: wire.ClipboardPiece_FORMAT_TEXT, Size: size, Data: []byte(data)},
		}})
	}
	piece(1, 6, "abc")
	piece(1, 6, "defg")
	if _, outcome := a.fetched(1); outcome != wire.ClipboardResult_OUTCOME_FAILED {
		t.Errorf("too much: %v", outcome)
	}
	piece(2, 6, "abc")
	piece(2, 7, "def")
	if _, outcome := a.fetched(2); outcome != wire.ClipboardResult_OUTCOME_FAILED {
		t.Errorf("another size: %v", outcome)
	}
	piece(3, 6, "abc") // never finished
	if outcome := a.offerClip(4, wire.ClipboardPiece_FORMAT_TEXT, []byte("whole")); outcome != placed {
		t.Errorf("the next: %v", outcome)
	}
	if got := pasted(t); got != "whole" {
		t.Errorf("the user would paste %q", got)
	}
}
