package page

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"beside/agent/internal/catalogue"
	"beside/agent/internal/chat"
	"beside/agent/internal/ui"
)

// PROMISE A8, THREAT 1: what is written on the page is the user's only by their own hand;
// what looks like a secret is asked about, for a second at least, about that very text; and
// while a secret is typed nothing is sent.
func TestWritingOnThePage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, screen, v := paper(t)
		path := v.enter()
		var sent []string
		talk := chat.New(chat.Config{Send: func(m chat.Message, _ uint32) { sent = append(sent, m.Text) }})
		say := func(text string, sure bool) (said string, doubt bool) {
			t.Helper()
			body, err := json.Marshal(map[string]any{"text": text, "sure": sure})
			if err != nil {
				t.Fatal(err)
			}
			var out struct {
				Say   string
				Doubt bool
			}
			if err := json.Unmarshal(v.do("POST", path+"say", string(body)).Body.Bytes(), &out); err != nil {
				t.Fatal(err)
			}
			return out.Say, out.Doubt
		}
		words := catalogue.For("en")
		if said, _ := say("Hello", false); said != words.Chat.Closed {
			t.Errorf("before anybody is there: %q", said)
		}
		talk.Open()
		show := func(secret bool) {
			p.Update(func(s *State) {
				s.Chat, s.Talk = &ui.ChatView{Technician: "Ana Pérez", View: talk.View(), Secret: secret}, talk
			})
		}
		show(false)
		screen.noHand = ui.ErrNoHand
		if said, _ := say("Yes, take it", false); said != words.Page.NoHand || len(sent) != 0 {
			t.Errorf("without a hand: %q, sent %q", said, sent)
		}
		screen.noHand = nil
		if said, _ := say("打印机坏了", false); said != "" || len(sent) != 1 {
			t.Errorf("by hand: %q, sent %q", said, sent)
		}
		const secret = "my password is hunter2!X"
		if said, _ := say(secret, true); said != words.Page.TooSoon || len(sent) != 1 {
			t.Errorf("sure before being asked: %q, sent %q", said, sent)
		}
		said, doubt := say(secret, false)
		if !doubt || !strings.Contains(said, "Ana Pérez") || len(sent) != 1 {
			t.Errorf("a password: %q %v, sent %q", said, doubt, sent)
		}
		if said, _ := say(secret, true); said != words.Page.TooSoon || len(sent) != 1 {
			t.Errorf("sure at once: %q, sent %q", said, sent)
		}
		time.Sleep(sureAfter)
		if said, _ := say(secret+" too", true); said != words.Page.TooSoon || len(sent) != 1 {
			t.Errorf("sure of another text: %q, sent %q", said, sent)
		}
		if said, _ := say(secret, true); said != "" || len(sent) != 2 {
			t.Errorf("sure: %q, sent %q", said, sent)
		}
		show(true)
		if said, _ := say("Hello", false); said == "" || len(sent) != 2 {
			t.Errorf("while a secret is typed: %q, sent %q", said, sent)
		}
	})
}
