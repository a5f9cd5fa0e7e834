package page

import (
	"embed"
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"time"

	"beside/agent/internal/catalogue"
	"beside/agent/internal/ui"
)

//go:embed web
var web embed.FS

// shell is the page before its script has filled it.
var shell = template.Must(template.ParseFS(web, "web/page.html"))

// routes are all that there is.
func (p *Page) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { p.shell(w, http.StatusOK, true) })
	mux.HandleFunc("GET /page.js", file("web/page.js", "text/javascript; charset=utf-8"))
	mux.HandleFunc("GET /page.css", file("web/page.css", "text/css; charset=utf-8"))
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("POST /enter", p.enter)
	mux.HandleFunc("GET /p/{key}/{$}", func(w http.ResponseWriter, r *http.Request) {
		if !p.inside(r) {
			p.shell(w, http.StatusForbidden, true)
			return
		}
		p.shell(w, http.StatusOK, false)
	})
	mux.HandleFunc("POST /p/{key}/next", p.only(p.next))
	mux.HandleFunc("POST /p/{key}/press", p.only(p.press))
	mux.HandleFunc("POST /p/{key}/say", p.only(p.say))
	mux.HandleFunc("POST /p/{key}/comment", p.only(p.comment))
	return p.guard(mux)
}

func file(name, kind string) http.HandlerFunc {
	data, err := web.ReadFile(name)
	return func(w http.ResponseWriter, _ *http.Request) {
		if err != nil { // it is part of this build
			http.Error(w, "missing", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(data) // who went away needs none
	}
}

// shell sends the page's frame; at the door it holds a link's token still.
func (p *Page) shell(w http.ResponseWriter, status int, door bool) {
	t := p.screen.Texts()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = shell.Execute(w, struct {
		Lang string
		Door bool
		T    catalogue.Page
	}{t.Tag, door, t.Page})
}

// only lets who came in by the link through.
func (p *Page) only(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !p.inside(r) {
			http.Error(w, "not signed in", http.StatusForbidden)
			return
		}
		next(w, r)
	}
}

// enter exchanges a link's token for the cookie.
func (p *Page) enter(w http.ResponseWriter, r *http.Request) {
	var in struct{ Token string }
	if !read(w, r, &in) {
		return
	}
	p.mu.Lock()
	cookie, path, ok := p.door.enter(in.Token, time.Now())
	p.mu.Unlock()
	if !ok {
		http.Error(w, "used or too old", http.StatusForbidden)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: cookie, Path: path, HttpOnly: true, SameSite: http.SameSiteStrictMode})
	write(w, struct {
		Path string `json:"path"`
	}{path})
}

// pollTime is how long a browser waits for a change before it asks again.
const pollTime = 20 * time.Second

// next waits until there is something new to show.
func (p *Page) next(w http.ResponseWriter, r *http.Request) {
	var in struct{ Seen int }
	if !read(w, r, &in) {
		return
	}
	late := time.NewTimer(pollTime)
	defer late.Stop()
	for {
		view, version, changed := p.view(in.Seen)
		if version != in.Seen {
			write(w, struct {
				Version int  `json:"version"`
				View    View `json:"view"`
			}{version, view})
			return
		}
		select {
		case <-changed:
		case <-late.C:
			w.WriteHeader(http.StatusNoContent)
			return
		case <-r.Context().Done():
			return
		}
	}
}

// press hands a press to the windows, and says why it did not count.
func (p *Page) press(w http.ResponseWriter, r *http.Request) {
	var in struct{ Press, Nonce string }
	if !read(w, r, &in) {
		return
	}
	err := p.judge(in.Press, in.Nonce)
	if err != nil {
		p.log.Info("a press on the accessible page did not count", "what", known(in.Press), "err", err)
	}
	write(w, struct {
		Say string `json:"say"`
	}{p.whyNot(err, p.screen.Texts())})
}

// known keeps words of strangers out of the log.
func known(press string) string {
	_, reply := replies[press]
	_, act := acts[press]
	if reply || act {
		return press
	}
	return "unknown"
}

func (p *Page) judge(press, nonce string) error {
	if reply, ok := replies[press]; ok {
		return p.screen.Answer(nonce, reply)
	}
	if action, ok := acts[press]; ok {
		return p.screen.Act(action)
	}
	return ui.ErrStale
}

// replies are the presses that answer the question that they name.
var replies = map[string]ui.Reply{"no": ui.ReplyNo, "yes": ui.ReplyYes, "time": ui.ReplyTakeTime}

// acts are all other presses.
var acts = map[string]ui.Action{
	"new-code": ui.NewCode, "pause": ui.PauseSession, "resume": ui.ResumeSession, "end": ui.EndSession,
	"secret": ui.BeginSecret, "secret-done": ui.EndSecret, "here": ui.ImHere,
	"stop-control": ui.StopControl, "stop-record": ui.StopRecording, "stop-clipboard": ui.StopClipboard, "stop-files": ui.StopFiles,
	"stop-voice": ui.StopVoice, "mute": ui.MuteVoice, "unmute": ui.UnmuteVoice,
	"receipt": ui.OpenReceipt, "report": ui.ReportSession, "send": ui.SendFeedback, "close": ui.CloseOver,
	"erase":  ui.EraseRecording,
	"rate-1": ui.Rate1, "rate-2": ui.Rate2, "rate-3": ui.Rate3, "rate-4": ui.Rate4, "rate-5": ui.Rate5,
}

// whyNot says why a press did not count; nothing where it did.
func (p *Page) whyNot(err error, t *catalogue.Texts) string {
	var keys *ui.KeysError
	switch {
	case errors.As(err, &keys):
		return catalogue.Fill(t.Page.KeysOnly, "technician", p.technician(), "verb", t.Over.EraseYes, "keys", keys.Keys)
	case err == nil:
		return ""
	case errors.Is(err, ui.ErrNotChosen):
		return t.Page.NotHere
	case errors.Is(err, ui.ErrTooSoon):
		return t.Page.TooSoon
	case errors.Is(err, ui.ErrNoHand):
		return t.Page.NoHand
	case errors.Is(err, ui.ErrKeysOnly):
		return t.Page.NoKeys
	}
	return t.Page.Stale
}

// technician is the name of who helped.
func (p *Page) technician() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state.Over == nil {
		return ""
	}
	return p.state.Over.Technician
}

func read(w http.ResponseWriter, r *http.Request, into any) bool {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		http.Error(w, "malformed", http.StatusBadRequest)
		return false
	}
	return true
}

func write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // who went away needs none
}
