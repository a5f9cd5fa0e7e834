package chat

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

// corpus is read by the viewer's tests too, which must find the same.
type corpus struct {
	Looks []struct{ Text, Looks string }
	Asks  []struct {
		Text string
		Asks bool
	}
}

func readCorpus(t testing.TB) (c corpus) {
	t.Helper()
	data, err := os.ReadFile("../../../protocol/testdata/chat.json")
	if err == nil {
		err = json.Unmarshal(data, &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var names = map[Secret]string{Harmless: "harmless", Password: "password", Card: "card", Code: "code"}

// PROMISE A8: what looks like a secret is found, and what people write all day is not: no
// false alarm in the corpus.
func TestLooks(t *testing.T) {
	found, alarms, harmless := 0, 0, 0
	for _, c := range readCorpus(t).Looks {
		got := names[Looks(c.Text)]
		if got != c.Looks {
			t.Errorf("%q: got %s, want %s", c.Text, got, c.Looks)
		}
		switch {
		case c.Looks != "harmless":
			found++
		case got != "harmless":
			alarms++
		default:
			harmless++
		}
	}
	if found < 80 || harmless < 140 || alarms != 0 {
		t.Errorf("%d secrets, %d harmless texts, %d false alarms", found, harmless, alarms)
	}
}

// PROMISE A8: a technician who asks for a secret is found out, in all seven languages.
func TestAsksSecret(t *testing.T) {
	asks, not := 0, 0
	for _, c := range readCorpus(t).Asks {
		if got := AsksSecret(c.Text); got != c.Asks {
			t.Errorf("%q: got %v, want %v", c.Text, got, c.Asks)
		}
		if c.Asks {
			asks++
		} else {
			not++
		}
	}
	if asks < 30 || not < 25 {
		t.Errorf("the corpus has %d texts that ask, and %d that do not", asks, not)
	}
}

// Case and what stands round a text do not hide a secret in it.
func TestLooksFindsWhatIsDressedUp(t *testing.T) {
	for _, c := range readCorpus(t).Looks {
		if c.Looks == "harmless" || c.Looks == "code" && utf8.RuneCountInString(c.Text) < 10 {
			continue
		}
		for _, dressed := range []string{"hi\n" + c.Text + "\nthanks", "  " + c.Text + "  "} {
			if Looks(dressed) == Harmless && !season.MatchString(strings.TrimSpace(c.Text)) {
				t.Errorf("%q: not found any more", dressed)
			}
		}
	}
}

// Whatever comes, looking at it ends, and space round it changes nothing.
func FuzzLooks(f *testing.F) {
	for _, c := range readCorpus(f).Looks {
		f.Add(c.Text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 8000 {
			return
		}
		if plain, spaced := Looks(text), Looks("\n "+text+"  \n"); plain != spaced {
			t.Errorf("%q looks like %v, with space round it like %v", text, plain, spaced)
		}
		if plain, spaced := AsksSecret(text), AsksSecret("\n "+text+"  \n"); plain != spaced {
			t.Errorf("%q asks: %v, with space round it: %v", text, plain, spaced)
		}
	})
}
