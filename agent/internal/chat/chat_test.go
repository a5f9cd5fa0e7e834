package chat

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"beside/protocol"
)

// talk is a conversation with a clock of its own, and what was sent of it.
type talk struct {
	*Chat
	now  time.Time
	sent []string
}

func newTalk(t *testing.T) *talk {
	t.Helper()
	k := &talk{now: time.Unix(1_700_000_000, 0)}
	k.Chat = New(Config{
		Send: func(m Message, sequence uint32) { k.sent = append(k.sent, fmt.Sprintf("%d %s", sequence, m.Text)) },
		Now:  func() time.Time { return k.now },
	})
	return k
}

func (k *talk) texts() (list []string) {
	for _, m := range k.View().Messages {
		who := "T"
		if m.FromUser {
			who = "U"
		}
		list = append(list, fmt.Sprintf("%d %s %s", m.Number, who, m.Text))
	}
	return list
}

func TestNothingIsSaidBeforeTheYesOrAfterTheEnd(t *testing.T) {
	k := newTalk(t)
	if err := k.Post("hello", false); !errors.Is(err, ErrClosed) {
		t.Errorf("before: %v", err)
	}
	if _, ok := k.Receive("hello", 1); ok {
		t.Error("heard the technician before the yes")
	}
	k.Open()
	if _, ok := k.Receive("hello", 1); !ok || k.Post("hi", false) != nil {
		t.Error("an open conversation takes nothing")
	}
	k.Close()
	if err := k.Post("bye", true); !errors.Is(err, ErrClosed) {
		t.Errorf("after: %v", err)
	}
	if _, ok := k.Receive("bye", 2); ok || len(k.View().Messages) != 2 || len(k.sent) != 1 {
		t.Errorf("after: %v, sent %v", k.texts(), k.sent)
	}
}

// THREAT 8: a message that comes twice, or late, is dropped.
func TestNumbersRise(t *testing.T) {
	k := newTalk(t)
	k.Open()
	for i, c := range []struct {
		sequence uint32
		want     bool
	}{{1, true}, {1, false}, {3, true}, {2, false}, {3, false}, {4, true}, {0, false}} {
		if _, ok := k.Receive(fmt.Sprint("message ", i), c.sequence); ok != c.want {
			t.Errorf("%d: number %d taken: %v", i, c.sequence, ok)
		}
	}
	_ = k.Post("one", false)
	_ = k.Post("two", false)
	want := []string{"1 T message 0", "2 T message 2", "3 T message 5", "4 U one", "5 U two"}
	if got := k.texts(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if want := []string{"1 one", "2 two"}; !slices.Equal(k.sent, want) {
		t.Errorf("sent %q, want %q", k.sent, want)
	}
}

// PROMISE A8: a secret is sent only when the user insists, and never by the first press.
func TestASecretNeedsTheUsersWord(t *testing.T) {
	k := newTalk(t)
	k.Open()
	for _, c := range []struct {
		text string
		want Secret
	}{{"Tr0ub4dor&3", Password}, {"4111 1111 1111 1111", Card}, {"482 913", Code}} {
		var doubt *Doubt
		if err := k.Post(c.text, false); !errors.As(err, &doubt) || doubt.Looks != c.want {
			t.Errorf("%q: %v", c.text, err)
		}
		if err := k.Post(c.text, false); !errors.As(err, &doubt) {
			t.Errorf("%q a second time: %v", c.text, err)
		}
	}
	if len(k.sent) != 0 || len(k.View().Messages) != 0 {
		t.Fatalf("sent %q", k.sent)
	}
	if err := k.Post("Tr0ub4dor&3", true); err != nil || len(k.sent) != 1 {
		t.Errorf("with the user's word: %v, sent %q", err, k.sent)
	}
	if m, _ := k.Receive("What is your password?", 1); !m.AsksSecret {
		t.Error("the technician asks for a password, and nobody warns")
	}
	if m, _ := k.Receive("What do you see?", 2); m.AsksSecret {
		t.Error("a warning for nothing")
	}
	_ = k.Post("What is your password?", false)
	if v := k.View().Messages; v[len(v)-1].AsksSecret {
		t.Error("the user is warned of their own words")
	}
}

// THREAT 11: what either writes is clean. THREAT 18: and bounded.
func TestLimits(t *testing.T) {
	k := newTalk(t)
	k.Open()
	if _, ok := k.Receive("in\u202evoice\x00\x1b[2J\r\n\r\n\r\nx", 1); !ok || k.texts()[0] != "1 T invoice[2J\n\nx" {
		t.Errorf("not clean: %q", k.texts())
	}
	for text, want := range map[string]error{
		" \u202e\n": ErrEmpty, strings.Repeat("ä", protocol.MaxChat+1): ErrLong, strings.Repeat("ä", protocol.MaxChat): nil,
	} {
		if err := k.Post(text, false); !errors.Is(err, want) {
			t.Errorf("%.10q: got %v, want %v", text, err, want)
		}
	}
	lines := strings.Repeat("a\n", 2*protocol.MaxChatLines)
	if m, _ := k.Receive(lines, 2); strings.Count(m.Text, "\n") >= protocol.MaxChatLines {
		t.Errorf("%d lines", strings.Count(m.Text, "\n")+1)
	}
}

func TestTooFast(t *testing.T) {
	k := newTalk(t)
	k.Open()
	taken := 0
	for i := range 100 {
		if _, ok := k.Receive("again", uint32(i+1)); ok {
			taken++
		}
	}
	if taken != protocol.ChatBurst {
		t.Errorf("%d taken at once, want %d", taken, protocol.ChatBurst)
	}
	for i := range protocol.ChatBurst { // the user has a measure of their own
		if err := k.Post("again", false); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
	}
	if err := k.Post("again", false); !errors.Is(err, ErrTooFast) {
		t.Errorf("got %v", err)
	}
	for i := range 50 {
		k.now = k.now.Add(protocol.ChatPace)
		if _, ok := k.Receive("later", uint32(200+i)); !ok {
			t.Fatalf("one after the other, the message %d is dropped", i)
		}
	}
}

func TestFull(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       int
	}{
		{"messages", "a", protocol.MaxChatMessages},
		{"characters", strings.Repeat("ä", protocol.MaxChat), protocol.MaxChatTotal / protocol.MaxChat},
	} {
		k := newTalk(t)
		k.Open()
		for i := range c.want + 10 {
			k.now = k.now.Add(protocol.ChatPace)
			if i%2 == 0 {
				_ = k.Post(c.text, true)
				continue
			}
			k.Receive(c.text, uint32(i+1))
		}
		if n := len(k.View().Messages); n != c.want {
			t.Errorf("%s: %d taken, want %d", c.name, n, c.want)
		}
		if err := k.Post(c.text, false); !errors.Is(err, ErrFull) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestUnreadAndSubscribe(t *testing.T) {
	k := newTalk(t)
	changes, stop := k.Subscribe()
	told := func() bool {
		select {
		case <-changes:
			return true
		default:
			return false
		}
	}
	k.Open()
	k.Receive("one", 1)
	k.Receive("two", 2)
	if !told() || told() || k.View().Unread != 2 {
		t.Errorf("%d unread", k.View().Unread)
	}
	k.Read()
	if !told() || k.View().Unread != 0 {
		t.Errorf("%d unread after they were read", k.View().Unread)
	}
	k.Receive("three", 3)
	if err := k.Post("answer", false); err != nil || k.View().Unread != 0 {
		t.Errorf("%d unread after an answer (%v)", k.View().Unread, err)
	}
	until := k.now.AddDate(1, 0, 0)
	k.Keep(Retention{Recorded: true, Until: until})
	if !told() || k.View().Kept.Until != until {
		t.Errorf("kept: %+v", k.View().Kept)
	}
	stop()
	k.Close()
	if told() {
		t.Error("told after the end of the subscription")
	}
}

// Several windows and the session at once: every message has its own place, and what is
// sent comes in the order in which it stands.
func TestTogether(t *testing.T) {
	var mu sync.Mutex
	var sent []uint32
	c := New(Config{
		Send: func(_ Message, sequence uint32) { mu.Lock(); sent = append(sent, sequence); mu.Unlock() },
		Now: func() func() time.Time {
			at := time.Now()
			return func() time.Time { at = at.Add(time.Second); return at }
		}(),
	})
	c.Open()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			changes, stop := c.Subscribe()
			defer stop()
			for range 50 {
				_ = c.Post("hello", false)
				<-changes
				c.View()
				c.Read()
			}
		})
	}
	all.Go(func() {
		for i := range 100 {
			c.Receive("hi", uint32(i+1))
		}
	})
	all.Wait()
	if !slices.IsSorted(sent) || len(sent) != 200 {
		t.Errorf("sent %d, in order: %v", len(sent), slices.IsSorted(sent))
	}
	for i, m := range c.View().Messages {
		if m.Number != i+1 {
			t.Fatalf("message %d has the number %d", i+1, m.Number)
		}
	}
}
