package agent

import (
	"context"
	"slices"
	"time"

	"beside/agent/internal/chat"
	"beside/agent/internal/ui"
	"beside/consent"
	"beside/protocol/wire"
	"beside/recording"
)

// This file connects the session with its conversation (agent/internal/chat): the data
// channel "session", the recording's event track, and how long it is kept. Whatever shows
// the conversation to the user works on session.chat itself.

// newChat makes the conversation of the session; startView opens it, cut closes it.
func (s *session) newChat() *chat.Chat {
	return chat.New(chat.Config{Send: func(m chat.Message, sequence uint32) {
		s.mail.post(func() { s.wrote(m, sequence) })
	}})
}

// wrote sends what the user wrote. It travels on the data channel, where nothing is lost and
// nothing overtakes; until that is open it waits.
func (s *session) wrote(m chat.Message, sequence uint32) {
	s.recordChat(m)
	s.unsent = append(s.unsent, &wire.FromAgent{Kind: &wire.FromAgent_Chat{Chat: &wire.Chat{
		Text: m.Text, Sequence: sequence,
	}}})
	s.sendChat()
}

// sendChat sends what waits, in order.
func (s *session) sendChat() {
	if s.peer != nil && s.peer.sessionArrived() {
		s.sent = nil
	}
	for len(s.unsent) > 0 && s.sendDirect(s.unsent[0]) {
		s.sent = append(s.sent, s.unsent[0])
		s.unsent = s.unsent[1:]
	}
	s.sendChatAround()
}

// sendChatAround sends over the relay, too, what may not have arrived directly while
// everything waits: the socket lets nothing long out then, and behind it nothing else. What
// comes twice the viewer drops, and what is in order on the channel it has at the latest
// when the user goes on.
func (s *session) sendChatAround() {
	if now := s.gate.Snapshot(); !now.Paused && !now.Secret {
		return
	}
	for _, m := range s.sent {
		s.sendOverRelay(m)
	}
}

// heard takes what the technician wrote. What comes before the first yes, twice or faster
// than anybody writes is dropped; its words are never logged.
func (s *session) heard(m *wire.Chat) {
	message, ok := s.chat.Receive(m.GetText(), m.GetSequence())
	if !ok {
		s.log.Warn("chat message dropped", "sequence", m.GetSequence())
		return
	}
	s.recordChat(message)
}

// chatView is the conversation as its window shows it.
func (s *session) chatView() ui.ChatView {
	return ui.ChatView{
		Technician: s.joined.GetTechnician().GetName(), View: s.chat.View(), Secret: s.gate.Snapshot().Secret,
	}
}

// openChat shows the conversation because the user asked for it.
func (s *session) openChat() {
	if !s.over() {
		s.windows.ShowChat(s.chatView(), s.chat, true)
	}
}

// followChat has the session show every change, whoever made it.
func (s *session) followChat(ctx context.Context) {
	changes, stop := s.chat.Subscribe()
	defer stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-changes:
			s.mail.post(s.showChat)
		}
	}
}

// showChat brings the window and the bar up to date. What the technician writes opens the
// window, quietly, unless it is open.
func (s *session) showChat() {
	if s.over() {
		return
	}
	v := s.chatView()
	news := slices.ContainsFunc(v.Messages[s.chatShown:], func(m chat.Message) bool { return !m.FromUser })
	s.chatShown = len(v.Messages)
	if news {
		s.windows.ShowChat(v, s.chat, false)
	} else {
		s.windows.UpdateChat(v, s.chat)
	}
	s.bar.Update(s.barView())
}

// recordChat puts a message into the event track of the recording that runs, if any.
func (s *session) recordChat(m chat.Message) {
	if s.recorder == nil {
		return
	}
	by := "technician"
	if m.FromUser {
		by = "user"
	}
	s.recorder.tell(recording.Event{At: m.At, Kind: recording.KindChat, By: by, Text: m.Text})
}

// transcript is the conversation for the receipt.
func (s *session) transcript() (list []consent.ChatMessage) {
	for _, m := range s.chat.View().Messages {
		list = append(list, consent.ChatMessage{Time: m.At.UTC(), FromUser: m.FromUser, Text: m.Text})
	}
	return list
}

// keepChat follows whether what is written is kept, and how long. PROMISE A6.
func (s *session) keepChat() {
	now := s.gate.Snapshot()
	r := chat.Retention{Before: len(s.recordings) > 0, Recorded: s.recorder != nil && !now.Paused && !now.Secret}
	if s.recorder != nil {
		r.Before = true
		r.Until = s.keptUntil(s.recorder.started)
	}
	s.chat.Keep(r)
}

// keptUntil is when a recording that began then is destroyed; zero when no date is set.
func (s *session) keptUntil(began time.Time) time.Time {
	days := int(s.organisation.GetRecordingDays())
	if days <= 0 {
		return time.Time{}
	}
	return began.AddDate(0, 0, days)
}
