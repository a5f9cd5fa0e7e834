package catalogue

import (
	"strings"
	"testing"

	"beside/consent"
)

// A question says which button takes the yes back, by the very word that is on it, and
// both speak the same languages.
func TestQuestionsNameTheButtons(t *testing.T) {
	if got, want := len(consent.Languages()), len(Languages()); got != want {
		t.Errorf("questions in %d languages, everything else in %d", got, want)
	}
	for _, l := range Languages() {
		if consent.Language(l.Tag) != l.Tag {
			t.Errorf("no questions in %s", l.Name)
		}
		b := For(l.Tag).Bar
		for scope, button := range map[consent.Scope]string{
			consent.View: b.End, consent.Control: b.StopControl, consent.Record: b.StopRecording,
			consent.Clipboard: b.StopClipboard, consent.Files: b.StopFiles, consent.Voice: b.StopVoice,
		} {
			undo := consent.NoticeFor(scope, consent.Party{}, l.Tag).Undo
			if !strings.Contains(undo, strings.ReplaceAll(button, " ", "\u00a0")) {
				t.Errorf("%s, %s: %q does not name the button %q, all on one line", l.Tag, scope, undo, button)
			}
			if scope == consent.Voice && !strings.Contains(undo, strings.ReplaceAll(b.Mute, " ", "\u00a0")) {
				t.Errorf("%s, %s: %q does not name the button %q", l.Tag, scope, undo, b.Mute)
			}
		}
	}
}
