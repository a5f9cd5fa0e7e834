package wordingtest

import "testing"

func TestFlaw(t *testing.T) {
	for _, c := range []struct {
		tag, text string
		flawed    bool
	}{
		{"en", "Don't send", true}, {"en", "Don’t send “it”…", false}, {"en", `"it"`, true}, {"en", "wait...", true}, {"en", "two  spaces", true},
		{"fr", "Qui ?", true}, {"fr", "Qui\u00a0?", false}, {"fr", "Qui?", true}, {"fr", "«\u202foui\u202f»", false}, {"fr", "« oui »", true}, {"fr", "l'écran", true}, {"de", "Wer?", false},
		{"fr", "{who}\u00a0: 14:59", false}, {"fr", "{who}: oui", true},
		{"fr", "Ce que {technician} voit", true}, {"fr", "Ce qu’{technician} voit", false}, {"fr", "que {n} jours", false}, {"es", "de {organisation}", false},
		{"de", "Moment…", true}, {"de", "Moment …", true}, {"de", "Moment\u00a0…", false}, {"en", "One moment…", false},
		{"zh", "关闭Beside后", true}, {"zh", "关闭 Beside 后", false}, {"zh", "{who}的", false}, {"zh", "您好!", true},
		{"ja", "Beside を", false}, {"ja", "Besideを", true}, {"ko", "Beside를", false},
	} {
		if got := Flaw(c.tag, c.text); (got != "") != c.flawed {
			t.Errorf("%s: %q: %q", c.tag, c.text, got)
		}
	}
}
