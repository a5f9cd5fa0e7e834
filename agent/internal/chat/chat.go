// Package chat is the conversation of one session: what the user and the technician
// write to one another.
//
// Begin with New. The session opens it after the first yes (Open), brings what the
// technician wrote (Receive) and sends what the user wrote (Config.Send). Whatever shows
// it to the user, a window or a page, reads Messages, is told of changes by Subscribe, and
// brings the user's words by Post.
//
//	session ──Receive──► Chat ──Subscribe──► window, page
//	        ◄───Send────      ◄────Post─────
//
// What it promises: only Post makes a message of the user's; text that looks like a
// password, a card number or a one-time code passes Post only when the user insists; all
// text is clean and within protocol's limits; and nothing of it is ever logged.
package chat

import (
	"errors"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"beside/agent/internal/pace"
	"beside/protocol"
)

// Message is one message, as both people see it.
type Message struct {
	// Number is its place in the conversation, from 1. Those of one person rise too.
	Number int
	At     time.Time
	// FromUser says who wrote it: the user, or the technician.
	FromUser bool
	// Text is clean (protocol.CleanLines): of several lines, without controls.
	Text string
	// AsksSecret says that the technician seems to ask for a password, a card number or a
	// code: whoever shows the message warns the user under it.
	AsksSecret bool
}

// Retention is how long what is written now is kept, for the user to read beside it.
// PROMISE A6.
type Retention struct {
	// Recorded: a recording runs and holds it, until Until if that is not zero.
	Recorded bool
	Until    time.Time
	// Before: a recording that is over holds an earlier part of the chat.
	Before bool
}

// What can keep a message of the user's from being sent.
var (
	ErrClosed  = errors.New("chat: nobody is connected")
	ErrEmpty   = errors.New("chat: nothing was written")
	ErrLong    = errors.New("chat: the message is too long")
	ErrFull    = errors.New("chat: the session's chat is full")
	ErrTooFast = errors.New("chat: too many messages at once")
)

// Doubt is Post's error for text that looks like something that nobody should be told.
// The user is asked, with no as the default; Post with sure sends it.
type Doubt struct{ Looks Secret }

// Error implements error.
func (d *Doubt) Error() string { return "chat: it looks like a secret" }

// Config makes a Chat.
type Config struct {
	// Send takes each message of the user's to the technician, in order. sequence counts
	// the user's messages from 1. It must not wait, nor call the Chat. Required.
	Send func(m Message, sequence uint32)
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Chat is one conversation. Its methods are safe for use by several goroutines.
type Chat struct {
	cfg Config

	mu        sync.Mutex
	open      bool
	messages  []Message
	total     int    // characters
	sent      uint32 // the user's messages
	heard     uint32 // the last number of the technician's
	read      int    // the last message that the user has seen
	kept      Retention
	user      pace.Limit
	helper    pace.Limit
	listeners []chan struct{}
}

// New makes a conversation that is not open yet.
func New(cfg Config) *Chat {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	each := pace.Limit{Burst: protocol.ChatBurst, Every: protocol.ChatPace}
	return &Chat{cfg: cfg, user: each, helper: each}
}

// Open lets both people write: the first question was answered with yes.
func (c *Chat) Open() { c.change(func() { c.open = true }) }

// Close ends the conversation. What was written can still be read.
func (c *Chat) Close() { c.change(func() { c.open = false }) }

// Keep says how long what is written from now on is kept.
func (c *Chat) Keep(r Retention) { c.change(func() { c.kept = r }) }

// Read notes that the user has seen everything so far.
func (c *Chat) Read() { c.change(func() { c.read = len(c.messages) }) }

// change does something under the lock and tells all listeners.
func (c *Chat) change(do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	do()
	c.tellLocked()
}

func (c *Chat) tellLocked() {
	for _, l := range c.listeners {
		select {
		case l <- struct{}{}:
		default:
		}
	}
}

// Post sends text as the user's. Only what the user did themselves may call it. The
// error says what keeps it from being sent; *Doubt asks for the user's word, and with
// sure they have given it. PROMISE A8.
func (c *Chat) Post(text string, sure bool) error {
	clean, err := fit(text)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.takesLocked(clean); err != nil {
		return err
	}
	if !sure {
		if looks := Looks(clean); looks != Harmless {
			return &Doubt{looks}
		}
	}
	if !c.user.Allow(c.cfg.Now()) {
		return ErrTooFast
	}
	c.sent++
	c.cfg.Send(c.addLocked(Message{FromUser: true, Text: clean}), c.sent)
	c.read = len(c.messages) // whoever writes has seen what stands above
	c.tellLocked()
	return nil
}

// Receive takes one message of the technician's, and returns it as it stands in the
// conversation. It is dropped (false) before the first yes, when its number does not rise,
// and when it is more than the limits allow. THREATS 8, 18.
func (c *Chat) Receive(text string, sequence uint32) (Message, bool) {
	clean, err := fit(text)
	if err != nil {
		return Message{}, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if sequence <= c.heard || c.takesLocked(clean) != nil || !c.helper.Allow(c.cfg.Now()) {
		return Message{}, false
	}
	c.heard = sequence
	m := c.addLocked(Message{Text: clean, AsksSecret: AsksSecret(clean)})
	c.tellLocked()
	return m, true
}

// fit cleans what somebody wrote.
func fit(text string) (string, error) {
	if utf8.RuneCountInString(text) > protocol.MaxChat {
		return "", ErrLong
	}
	clean := protocol.CleanLines(text, protocol.MaxChat, protocol.MaxChatLines)
	if clean == "" {
		return "", ErrEmpty
	}
	return clean, nil
}

// takesLocked says whether there is room for one more message.
func (c *Chat) takesLocked(text string) error {
	switch {
	case !c.open:
		return ErrClosed
	case len(c.messages) >= protocol.MaxChatMessages,
		c.total+utf8.RuneCountInString(text) > protocol.MaxChatTotal:
		return ErrFull
	}
	return nil
}

func (c *Chat) addLocked(m Message) Message {
	m.Number, m.At = len(c.messages)+1, c.cfg.Now()
	c.messages = append(c.messages, m)
	c.total += utf8.RuneCountInString(m.Text)
	return m
}

// View is a conversation at one moment.
type View struct {
	Messages []Message
	// Unread is how many of the technician's the user has not seen.
	Unread int
	Open   bool
	Kept   Retention
}

// View returns the conversation as it is now.
func (c *Chat) View() View {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := View{Messages: slices.Clone(c.messages), Open: c.open, Kept: c.kept}
	for _, m := range c.messages[c.read:] {
		if !m.FromUser {
			v.Unread++
		}
	}
	return v
}

// Subscribe returns a channel that holds a token whenever something has changed since it
// was last taken, and what ends the subscription. The channel is never closed.
func (c *Chat) Subscribe() (changes <-chan struct{}, stop func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := make(chan struct{}, 1)
	c.listeners = append(c.listeners, l)
	return l, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.listeners = slices.DeleteFunc(c.listeners, func(other chan struct{}) bool { return other == l })
	}
}
