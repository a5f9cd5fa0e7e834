package agent

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"beside/agent/internal/chat"
	"beside/agent/internal/ui"
	"beside/consent"
	"beside/protocol/wire"
	"beside/recording"
)

// write sends a chat message of the technician's on the channel.
func (a *attended) write(sequence uint32, text string) {
	a.t.Helper()
	a.tell(&wire.FromViewer{Kind: &wire.FromViewer_Chat{Chat: &wire.Chat{Text: text, Sequence: sequence}}})
}

// shown waits for a conversation on the screen that is as wanted.
func (a *attended) shown(what string, as func(shownChat) bool) shownChat {
	a.t.Helper()
	for {
		if v := receive(a.t, what, a.person.chats); as(v) {
			return v
		}
	}
}

// last is the newest message of a conversation.
func last(v shownChat) chat.Message {
	if n := len(v.Messages); n > 0 {
		return v.Messages[n-1]
	}
	return chat.Message{}
}

// shownLast waits until a text is the last of the conversation.
func (a *attended) shownLast(text string) shownChat {
	a.t.Helper()
	return a.shown("“"+text+"” on the screen", func(v shownChat) bool { return last(v).Text == text })
}

// ownLog collects what the agent logs.
type ownLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *ownLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *ownLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// PROMISE A6, PROMISE A8, THREAT 17: chat begins with the first yes, goes on through a
// pause and while a secret is typed, stands in the recording for exactly as long as it is
// recorded, in the receipt whole, and in no log.
func TestChat(t *testing.T) {
	a := start(t, Config{})
	logged := &ownLog{}
	a.cfg.Log = slog.New(slog.NewTextHandler(logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	a.run()
	a.join(recordable(t))
	a.say(&wire.FromViewer{Kind: &wire.FromViewer_Chat{Chat: &wire.Chat{Text: "canary too early", Sequence: 1}}})
	a.look()

	a.write(2, "canary hello\n<b>you</b>")
	v := a.shownLast("canary hello\n<b>you</b>")
	if !v.opens || v.asked || v.Unread != 1 || v.Kept.Recorded || v.Kept.Before || len(v.Messages) != 1 {
		t.Errorf("the first message: %+v", v)
	}
	a.write(2, "canary twice")
	a.write(1, "canary late")
	a.person.press(t, ui.OpenChat)
	v = a.shown("the chat that the user asked for", func(v shownChat) bool { return v.asked })
	talk := v.talk
	if err := talk.Post("canary answer", false); err != nil {
		t.Fatal(err)
	}
	said := func(sequence uint32, text string) {
		t.Helper()
		m := a.hear("what the user wrote", func(m *wire.FromAgent) bool { return m.GetChat() != nil }).GetChat()
		if m.GetText() != text || m.GetSequence() != sequence {
			t.Errorf("heard %v, want %q as %d", m, text, sequence)
		}
	}
	said(1, "canary answer")

	id := a.recordOnce(func() {
		v := a.shown("the date", func(v shownChat) bool { return v.Kept.Recorded })
		if want := time.Now().AddDate(0, 0, int(acme.RecordingDays)); v.Kept.Until.Sub(want).Abs() > time.Hour {
			t.Errorf("kept until %v, want %v", v.Kept.Until, want)
		}
		a.write(3, "canary recorded question")
		a.shownLast("canary recorded question")
		_ = talk.Post(strings.Repeat("ä", 1000)+" canary", false)
		a.shownLast(strings.Repeat("ä", 1000) + " canary")
		a.person.press(t, ui.PauseSession)
		a.shown("that nothing is recorded", func(v shownChat) bool { return !v.Kept.Recorded && v.Kept.Before })
		a.write(4, "canary while paused")
		a.shownLast("canary while paused")
		a.person.press(t, ui.ResumeSession)
		a.shown("the date again", func(v shownChat) bool { return v.Kept.Recorded })
		a.person.press(t, ui.BeginSecret)
		a.shown("the secret", func(v shownChat) bool { return v.Secret && !v.Kept.Recorded })
		a.write(5, "canary what is your password?")
		if v := a.shownLast("canary what is your password?"); !last(v).AsksSecret {
			t.Error("no warning")
		}
		if err := talk.Post("password: canary1", false); err == nil {
			t.Error("a password is sent without a question")
		}
		a.person.press(t, ui.EndSecret)
		a.shown("the date once more", func(v shownChat) bool { return v.Kept.Recorded && !v.Secret })
		a.person.press(t, ui.StopRecording)
		a.hear("the recording to stop", isPhase(wire.RecordingStatus_PHASE_STOPPED))
	})
	a.shown("that the rest is not kept", func(v shownChat) bool { return !v.Kept.Recorded && v.Kept.Before })
	a.write(6, "canary after")
	a.shownLast("canary after")
	a.person.press(t, ui.EndSession)
	a.person.awaitOver(t, "the delivery", func(v ui.OverView) bool { return v.Delivery == ui.Sent })
	if err := talk.Post("canary too late", true); err == nil {
		t.Error("sent after the end")
	}

	page, receipt := a.receipts(t)
	messages, err := receipt.Transcript()
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, m := range messages {
		got += fmt.Sprintf("%v %.30s|", m.FromUser, m.Text)
	}
	want := "false canary hello\n<b>you</b>|true canary answer|false canary recorded question|true " + strings.Repeat("ä", 30) +
		"|false canary while paused|false canary what is your password?|false canary after|"
	if got != want {
		t.Errorf("the transcript is\n%q, want\n%q", got, want)
	}
	if !strings.Contains(page, "canary hello<br>&lt;b&gt;you&lt;/b&gt;") || strings.Contains(page, "<b>you") || !strings.Contains(page, "What you wrote to one another") {
		t.Error("the page does not hold the chat as text")
	}
	if got, want := a.recordedChat(t, id, receipt), "technician: canary recorded question|user: "+strings.Repeat("ä", 1000)+" canary|"; got != want {
		t.Errorf("recorded\n%.200q, want\n%.200q", got, want)
	}
	if text := logged.String(); text == "" || strings.Contains(text, "canary") || strings.Contains(text, "ääää") {
		t.Error("chat is in the log")
	}
}

// recordedChat is the chat in a recording's event track.
func (a *attended) recordedChat(t *testing.T, id string, receipt consent.Receipt) (text string) {
	t.Helper()
	dir := t.TempDir()
	for name, data := range a.relay.uploaded(id) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte("canary")) {
			t.Errorf("%s: chat in the clear", name)
		}
	}
	r := openWithReceipt(t, dir, id, receipt)
	events, err := r.Events()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if e.Kind == recording.KindChat {
			text += e.By + ": " + e.Text + "|"
		}
	}
	return text
}

// THREAT 18: a technician who floods is heard at the pace of people, and the session goes on.
func TestChatFlood(t *testing.T) {
	a := begin(t)
	a.look()
	for i := range 200 {
		a.write(uint32(i+1), fmt.Sprintf("flood %d", i))
	}
	a.ask(control)
	a.person.answer(t, consent.Control, no)
	a.decided(control, refused)
	a.person.press(t, ui.OpenChat)
	v := a.shown("the chat", func(v shownChat) bool { return v.asked })
	if n := len(v.Messages); n < 10 || n > 40 {
		t.Errorf("%d of 200 messages at once were taken", n)
	}
}
