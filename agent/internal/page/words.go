package page

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"beside/agent/internal/catalogue"
	"beside/agent/internal/ui"
	"beside/consent"
	"beside/protocol"
)

// words puts one state into words.
type words struct {
	State
	t   *catalogue.Texts
	now time.Time
}

func (s State) view(t *catalogue.Texts, now time.Time) View {
	w := words{s, t, now}
	v := View{Lang: t.Tag, Space: t.Page.SpaceOnly, Sections: []Section{}}
	switch {
	case s.Over != nil:
		v.Heading, v.Sections = t.Over.Title, w.over()
	case s.Bar != nil:
		v.Heading, v.Sections = w.helping(), w.session()
	case s.Start != nil:
		v.Heading, v.Sections = t.Page.Waiting, w.start()
		v.Alert = s.Start.Problem
	default:
		v.Heading = t.Page.Opening
	}
	v.Status = v.Heading
	if s.Bar != nil && s.Over == nil {
		v.Status, v.Alert = w.status(), w.alert()
	}
	return v
}

func (w words) name() string { return w.Bar.Technician }

func (w words) fill(text string) string { return catalogue.Fill(text, "technician", w.name()) }

// start is the time before anybody has come: the number, and who is answerable.
func (w words) start() []Section {
	t, v := w.t, w.Start
	heading := t.Start.ReadNumber
	if v.Code == "" {
		heading = t.Start.NumberSoon
	}
	code := Section{ID: "code", Heading: heading, Buttons: []Button{button("new-code", t.Start.NewNumber, "")}}
	switch {
	case v.Code == "" && v.Problem == "":
		code.Blocks = append(code.Blocks, paragraph(t.Start.Connecting))
	case v.Code == "":
		code.Blocks = append(code.Blocks, paragraph(t.Start.NoNumber))
	default:
		code.Blocks = append(code.Blocks, Block{Kind: "code", Text: t.Named(t.Page.Code, "{digits}"), Lines: groups(v.Code)},
			countdown(t.Start.ValidFor, v.Expires, w.now))
	}
	if v.Problem != "" {
		code.Blocks = append(code.Blocks, warning(v.Problem))
	}
	code.Blocks = append(code.Blocks, paragraph(t.Start.OnlyTo))
	who := Section{ID: "privacy", Heading: t.Start.Privacy, Blocks: []Block{
		list([]string{t.Start.Can1, t.Start.Can2, t.Start.Cannot}), paragraph(t.Start.PrivacyIntro),
	}}
	mark := ""
	if v.Organisation != "" {
		mark = t.Named(v.Organisation, verified(t, v.Verified))
		who.Blocks = append([]Block{paragraph(mark)}, who.Blocks...)
	}
	var rows [][2]string
	for _, r := range [][2]string{
		{t.Party.Controller, v.Controller}, {t.Party.Processor, v.Processor}, {t.Party.Region, v.Region}, {t.Party.PrivacyURL, v.PrivacyURL},
	} {
		if r[1] != "" {
			rows = append(rows, r)
		}
	}
	if len(rows) > 0 {
		who.Blocks = append(who.Blocks, Block{Kind: "rows", Rows: rows})
	}
	return []Section{code, who}
}

// groups cuts a number into threes, as it is read out.
func groups(code string) []string {
	var parts []string
	for part := range slices.Chunk([]byte(code), 3) {
		parts = append(parts, string(part))
	}
	return parts
}

func verified(t *catalogue.Texts, yes bool) string {
	if yes {
		return t.Party.Verified
	}
	return t.Party.NotVerified
}

// helping is the heading of a session.
func (w words) helping() string {
	if !w.Bar.View {
		return w.fill(w.t.Bar.Asking)
	}
	return w.fill(w.t.Page.Helping)
}

// session is everything while there is one: what is asked, what is allowed, what the user
// can do, and what was done.
func (w words) session() []Section {
	var all []Section
	if w.Asked.Nonce != "" {
		all = append(all, w.question())
	}
	if w.Here != nil {
		all = append(all, w.here())
	}
	all = append(all, w.allowed(), w.can())
	if w.Chat != nil && w.Chat.Open {
		all = append(all, w.chat())
	}
	lines := make([]string, len(w.Activity.Lines))
	for i, l := range w.Activity.Lines {
		lines[i] = l.At.Local().Format("15:04") + " " + l.Text
	}
	log := Section{ID: "activity", Role: "log", Heading: w.t.Activity.Title, Blocks: []Block{list(lines)}}
	log.Hints = []string{w.fill(w.t.Activity.Intro)}
	return append(all, log)
}

// chat is what both wrote, the warning beside it, and the field.
func (w words) chat() Section {
	t, v := &w.t.Chat, w.Chat
	fill := func(s string) string { return catalogue.Fill(s, "technician", v.Technician) }
	lines := []string{}
	for _, m := range v.Messages {
		from := v.Technician
		if m.FromUser {
			from = t.You
		}
		lines = append(lines, m.At.Local().Format("15:04")+" "+w.t.Named(from, m.Text))
		if m.AsksSecret {
			lines = append(lines, fill(t.Caution))
		}
	}
	s := Section{ID: "chat", Role: "log", Heading: fill(t.Title), Blocks: []Block{list(lines)}, Hints: []string{fill(t.Caution), v.KeptFor(w.t)}}
	if len(lines) == 0 {
		s.Blocks = []Block{paragraph(fill(t.Empty))}
	}
	if warns := v.Warning(w.t); warns != "" {
		s.Blocks = append(s.Blocks, warning(warns))
	}
	s.Write = &Write{To: "say", Label: t.Message, Send: t.Send, Anyway: t.Anyway, Dont: t.Dont, Most: protocol.MaxChat, Off: v.Secret}
	return s
}

// question is what is asked, in the very words that the window shows and the record keeps.
func (w words) question() Section {
	q, a := w.Asked.Question, w.Asked
	s := Section{ID: "question", Role: "question", Nonce: a.Nonce, Heading: q.Text.Title}
	org := q.Party.OrganisationName
	if org != "" {
		s.Blocks = append(s.Blocks, paragraph(w.t.Named(org, verified(w.t, q.Party.OrganisationVerified))))
	}
	if age, young := ui.Account(w.t, q.Party.AccountCreated, w.now); a.Caution { // which says it itself
	} else if young {
		s.Blocks = append(s.Blocks, warning(age))
	} else if age != "" {
		s.Blocks = append(s.Blocks, paragraph(age))
	}
	no, yes := q.Text.No, q.Text.Yes
	if a.Caution {
		c := q.Text.Caution
		no, yes = c.Stop, c.GoOn
		s.Heading = c.Title
		for _, fact := range c.Facts {
			s.Blocks = append(s.Blocks, warning(fact))
		}
		s.Blocks = append(s.Blocks, list(c.Advice))
	} else {
		s.Blocks = append(s.Blocks, w.notice(q)...)
	}
	if a.Patient {
		s.Blocks = append(s.Blocks, paragraph(w.t.Question.NoHurry))
	} else {
		s.Blocks = append(s.Blocks, countdown(w.t.Question.ClosesIn, a.Until, w.now))
	}
	if !a.Answers {
		s.Hints = []string{w.t.Page.NotHere}
		return s
	}
	s.Buttons = []Button{{Press: "no", Text: no, Ms: within(a.NoAt, w.now)}}
	keys := catalogue.Fill(w.t.Page.OrKeys, "keys", a.Keys)
	if a.KeysOnly {
		s.Hints = []string{catalogue.Fill(w.t.Page.KeysOnly, "technician", w.name(), "keys", a.Keys, "verb", yes)}
	} else {
		s.Buttons = append(s.Buttons, Button{Press: "yes", Text: yes, Look: "primary", Ms: within(a.YesAt, w.now), Space: true})
		s.Hints = []string{catalogue.Fill(w.t.Page.SpaceOnly, "verb", yes), keys}
	}
	if a.Stoppable {
		s.Buttons = append(s.Buttons, Button{Press: "time", Text: w.t.Question.TakeYourTime, Ms: within(a.NoAt, w.now)})
	}
	return s
}

// notice is the question's own text.
func (w words) notice(q *consent.Question) []Block {
	var all []Block
	if q.Reason != "" {
		all = append(all, Block{Kind: "quote", Text: catalogue.Fill(w.t.Question.Reason, "reason", strings.ReplaceAll(q.Reason, "\n", " "))})
	}
	if q.Ticket != "" {
		all = append(all, paragraph(catalogue.Fill(w.t.Question.Ticket, "ticket", q.Ticket)))
	}
	all = append(all, list(q.Text.Allows), list(q.Text.Not))
	if q.Text.Undo != "" {
		all = append(all, paragraph(q.Text.Undo))
	}
	if q.Scope == consent.View {
		all = append(all, paragraph(w.t.Page.WholeScreen))
	}
	for _, line := range q.Text.Details {
		all = append(all, paragraph(line))
	}
	return all
}

// here asks whether somebody is there.
func (w words) here() Section {
	t, v := w.t.Here, w.Here
	s := Section{ID: "here", Heading: w.fill(t.Title), Blocks: []Block{paragraph(w.fill(t.Text))}}
	s.Buttons = []Button{{Press: "here", Text: t.ImHere, Look: "primary", Space: true}}
	if v.Waits.IsZero() {
		s.Heading, s.Blocks, s.Buttons[0].Text = w.fill(t.AwayTitle), []Block{paragraph(t.AwayText)}, t.GoOn
		return s
	}
	s.Blocks = append(s.Blocks, countdown(t.PausesIn, v.Waits, w.now))
	return s
}

// allowed is what the technician can do now, each with the button that takes it back.
func (w words) allowed() Section {
	t, v := w.t, w.Bar
	s := Section{ID: "allowed", Heading: w.fill(t.Page.NowTitle)}
	var on []string
	for _, scope := range []struct {
		on          bool
		name        string
		press, text string
	}{
		{v.View, t.Scopes.View, "", ""},
		{v.Control, t.Scopes.Control, "stop-control", t.Bar.StopControl},
		{v.Recording, t.Scopes.Record, "stop-record", t.Bar.StopRecording},
		{v.Clipboard, t.Scopes.Clipboard, "stop-clipboard", t.Bar.StopClipboard},
		{v.Files, t.Scopes.Files, "stop-files", t.Bar.StopFiles},
		{v.Voice, t.Scopes.Voice, "stop-voice", t.Bar.StopVoice},
	} {
		if !scope.on {
			continue
		}
		on = append(on, scope.name)
		if scope.press != "" {
			s.Buttons = append(s.Buttons, button(scope.press, scope.text, ""))
		}
	}
	if len(on) == 0 {
		s.Blocks = append(s.Blocks, paragraph(t.Page.NothingYet))
	} else {
		s.Blocks = append(s.Blocks, list(on))
	}
	if v.Recording {
		s.Blocks = append(s.Blocks, warning(t.Page.Recording))
	} else {
		s.Blocks = append(s.Blocks, paragraph(t.Page.NotRecording))
	}
	if w.Choosing != nil {
		s.Blocks = append(s.Blocks, warning(w.fill(t.Page.FileAsked)))
	}
	if held := w.held(); held != "" {
		s.Blocks = append(s.Blocks, paragraph(held))
	}
	if v.UserActive {
		s.Blocks = append(s.Blocks, paragraph(t.Bar.YouMove))
	}
	if v.Notice != "" {
		s.Blocks = append(s.Blocks, warning(v.Notice))
	}
	s.Blocks = append(s.Blocks, Block{Kind: "clock", Text: t.Page.SoFar, Ms: max(w.now.Sub(v.Started), 0).Milliseconds()})
	return s
}

// held says what waits for the user; nothing when nothing does.
func (w words) held() string {
	switch v := w.Bar; {
	case v.Secret:
		return w.t.Bar.SecretHint
	case v.Paused:
		return w.t.Bar.Paused
	case v.Away:
		return w.t.Bar.Away
	}
	return ""
}

// can is what the user can always do.
func (w words) can() Section {
	t, v := w.t.Bar, w.Bar
	s := Section{ID: "can", Heading: w.t.Page.YouCan}
	switch {
	case !v.View:
	case v.Paused:
		s.Buttons = append(s.Buttons, Button{Press: "resume", Text: t.Resume, Space: true})
	default:
		s.Buttons = append(s.Buttons, button("pause", t.Pause, ""))
	}
	switch {
	case !v.View || v.Paused && !v.Secret:
	case v.Secret:
		s.Buttons = append(s.Buttons, Button{Press: "secret-done", Text: t.SecretDone, Space: true})
	default:
		s.Buttons = append(s.Buttons, button("secret", t.Secret, ""))
	}
	switch {
	case v.Voice && v.Muted:
		s.Buttons = append(s.Buttons, Button{Press: "unmute", Text: t.Unmute, Space: true})
	case v.Voice:
		s.Buttons = append(s.Buttons, button("mute", t.Mute, ""))
	}
	s.Buttons = append(s.Buttons, button("end", t.End, "danger"), Button{
		Press: "report", Text: t.Report, Space: true, Ask: &Ask{Text: w.fill(t.ReportAsk), Yes: t.ReportYes, No: t.ReportNo},
	})
	return s
}

// status is read out when it changes: the list of what happened tells the rest.
func (w words) status() string { return w.helping() }

// alert is read out at once.
func (w words) alert() string {
	switch {
	case w.Here != nil && w.Here.Waits.IsZero():
		return w.fill(w.t.Here.AwayTitle)
	case w.Here != nil:
		return w.fill(w.t.Here.Title)
	case w.Choosing != nil:
		return w.fill(w.t.Page.FileAsked)
	}
	return w.Bar.Notice
}

// over is the summary, the receipt and the rating.
func (w words) over() []Section {
	t, v := w.t.Over, w.Over
	sum := Section{ID: "over", Heading: v.Sentence(w.t), Blocks: []Block{{Kind: "rows", Rows: v.Rows(w.t)}}}
	if v.ReceiptPath != "" {
		sum.Buttons = append(sum.Buttons, button("receipt", t.OpenReceipt, ""))
	}
	closing := t.Close
	if v.Delivery == ui.Finishing {
		closing = t.CloseNow
	}
	sum.Buttons = append(sum.Buttons, button("close", closing, "primary"))
	if v.Recorded && (v.Erasure == 0 || v.Erasure == ui.NotErased) {
		if v.Erasure == ui.NotErased {
			sum.Blocks = append(sum.Blocks, warning(t.NotErased))
		}
		sum.Buttons = append(sum.Buttons, Button{Press: "erase", Text: t.Erase, Space: true, Ask: &Ask{Text: t.EraseAsk, Yes: t.EraseYes, No: t.EraseNo}})
	}
	if v.ReceiptPath == "" {
		return []Section{sum}
	}
	return []Section{sum, w.feedback()}
}

// feedback is what the user can say of the session.
func (w words) feedback() Section {
	t, v := w.t.Over, w.Over
	rate := Section{ID: "rate", Heading: t.Rate}
	for n := 1; n <= 5; n++ {
		look := ""
		if n == v.Rating {
			look = "chosen"
		}
		text := catalogue.Fill(w.t.Page.Stars, "n", fmt.Sprint(n))
		rate.Buttons = append(rate.Buttons, button(fmt.Sprintf("rate-%d", n), text, look))
	}
	if v.Reported {
		rate.Blocks = append(rate.Blocks, warning(t.Reported))
	} else {
		rate.Buttons = append(rate.Buttons, button("report", t.Report, ""))
	}
	if v.Comment != "" {
		rate.Blocks = append(rate.Blocks, paragraph(strings.TrimSpace(w.t.Named(w.t.Receipt.Comment, ""))), Block{Kind: "quote", Text: v.Comment})
	}
	rate.Write = &Write{To: "comment", Label: t.CommentHint, Send: w.t.Page.KeepComment, Most: ui.CommentMost, Stays: true}
	if v.Rating != 0 || v.Reported || v.Comment != "" {
		said := map[ui.Telling]string{0: t.Kept, ui.TellingNow: t.SendingSaid, ui.Told: t.Told, ui.NotTold: t.NotTold}[v.Told]
		rate.Hints = []string{catalogue.Fill(said, "organisation", v.Organisation)}
		if v.Told == 0 || v.Told == ui.NotTold {
			rate.Buttons = append(rate.Buttons, button("send", catalogue.Fill(t.Send, "organisation", v.Organisation), ""))
		}
	}
	return rate
}
