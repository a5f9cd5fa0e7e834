package page

import (
	"crypto/sha256"
	"errors"
	"net/http"
	"time"

	"beside/agent/internal/catalogue"
	"beside/agent/internal/chat"
	"beside/agent/internal/ui"
)

// doubt is a text that the user was asked about, because it looks like a secret.
type doubt struct {
	text [sha256.Size]byte
	at   time.Time
}

// sureAfter is how long that question lies there before sending it all the same counts, as
// in the chat's own window. PROMISE A8.
const sureAfter = time.Second

// say sends what the user wrote, by their own hand. The answer says why it was not sent;
// with doubt, that the user is asked first. What they wrote is never logged.
func (p *Page) say(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Text string
		Sure bool
	}
	if !read(w, r, &in) {
		return
	}
	var out struct {
		Say   string `json:"say"`
		Doubt bool   `json:"doubt"`
	}
	t := p.screen.Texts()
	err := p.post(in.Text, in.Sure)
	var looks *chat.Doubt
	switch {
	case err == nil, errors.Is(err, chat.ErrEmpty):
	case errors.As(err, &looks):
		out.Say, out.Doubt = p.doubts(looks.Looks, t), true
	case errors.Is(err, ui.ErrNoHand), errors.Is(err, ui.ErrTooSoon):
		out.Say = p.whyNot(err, t)
	default:
		out.Say = ui.Unsent(err, t)
	}
	write(w, out)
}

// comment keeps what the user wrote about the session, by their own hand. The answer says
// why not, or that it was kept.
func (p *Page) comment(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Text string
		Sure bool
	}
	if !read(w, r, &in) {
		return
	}
	t := p.screen.Texts()
	var out struct {
		Say  string `json:"say"`
		Done string `json:"done"`
	}
	out.Say = p.whyNot(p.screen.WriteComment(in.Text), t)
	if out.Say == "" {
		out.Done = t.Over.Kept
	}
	write(w, out)
}

// post hands a text on, unless it is not the user's own or they were not asked about it
// long enough.
func (p *Page) post(text string, sure bool) error {
	hash := sha256.Sum256([]byte(text))
	p.mu.Lock()
	talk, view, asked := p.state.Talk, p.state.Chat, p.doubt
	p.mu.Unlock()
	if talk == nil || view.Secret {
		return chat.ErrClosed
	}
	if err := p.screen.Hand(); err != nil {
		return err
	}
	if sure && (asked.text != hash || time.Since(asked.at) < sureAfter) {
		return ui.ErrTooSoon
	}
	err := talk.Post(text, sure)
	var looks *chat.Doubt
	if errors.As(err, &looks) {
		p.mu.Lock()
		p.doubt = doubt{hash, time.Now()}
		p.mu.Unlock()
	}
	return err
}

// doubts are the words of the question whether to send it.
func (p *Page) doubts(looks chat.Secret, t *catalogue.Texts) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	name := ""
	if p.state.Chat != nil {
		name = p.state.Chat.Technician
	}
	c := &t.Chat
	what := map[chat.Secret]string{chat.Password: c.LooksPassword, chat.Card: c.LooksCard, chat.Code: c.LooksCode}[looks]
	return t.Sentences(what, catalogue.Fill(t.Chat.WouldRead, "technician", name))
}
