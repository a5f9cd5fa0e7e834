package page

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdlog "github.com/chromedp/cdproto/log"
	cdpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"beside/agent/internal/catalogue"
	"beside/agent/internal/chat"
	"beside/agent/internal/ui"
	"beside/consent"
)

// chromium starts a browser, and returns what its console complains about.
func chromium(t *testing.T) (context.Context, func() []string) {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.Flag("headless", "new"), chromedp.Flag("disable-gpu", true))
	if path := os.Getenv("BESIDE_CHROMIUM"); path != "" {
		options = append(options, chromedp.ExecPath(path))
	}
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	tab, closeTab := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {}))
	t.Cleanup(closeTab)
	said := make(chan string, 1024)
	chromedp.ListenTarget(tab, func(event any) {
		switch e := event.(type) {
		case *cdlog.EventEntryAdded:
			said <- e.Entry.Text
		case *runtime.EventExceptionThrown:
			said <- e.ExceptionDetails.Error()
		}
	})
	if err := chromedp.Run(tab, cdlog.Enable()); err != nil {
		t.Fatal(err)
	}
	bounded, cancel := context.WithTimeout(tab, 2*time.Minute)
	t.Cleanup(cancel)
	return bounded, func() (all []string) {
		for {
			select {
			case line := <-said:
				all = append(all, line)
			default:
				return all
			}
		}
	}
}

func run(t *testing.T, ctx context.Context, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// evaluate is what the page makes of an expression.
func evaluate[T any](t *testing.T, ctx context.Context, expression string) (value T) {
	t.Helper()
	run(t, ctx, chromedp.Evaluate(expression, &value))
	return value
}

// await waits until the page says that an expression is true. While it goes from one
// document to the next it says nothing.
func await(t *testing.T, ctx context.Context, expression string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(15 * time.Millisecond) {
		var yes bool
		err := chromedp.Run(ctx, chromedp.Evaluate(expression, &yes))
		if err == nil && yes {
			return
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			var text string
			_ = chromedp.Run(ctx, chromedp.Evaluate(`document.body.innerText`, &text))
			t.Fatalf("%s: %v; the page says %q", expression, err, text)
		}
	}
}

// opened is a page over the network, and a browser that came in by its link.
func opened(t *testing.T, first State) (*Page, *glass, context.Context, func() []string) {
	t.Helper()
	screen := &glass{tag: "en"}
	p := New(screen, slog.New(slog.DiscardHandler))
	t.Cleanup(p.Close)
	p.Update(func(s *State) { *s = first })
	link, err := p.Open()
	if err != nil {
		t.Fatal(err)
	}
	ctx, said := chromium(t)
	run(t, ctx, chromedp.Navigate(link))
	await(t, ctx, `location.pathname.startsWith('/p/') && document.querySelectorAll('section').length > 0`)
	return p, screen, ctx, said
}

// shownAs puts a state on the page and waits until it is drawn.
func shownAs(t *testing.T, ctx context.Context, p *Page, screen *glass, tag string, s State) {
	t.Helper()
	screen.mu.Lock()
	screen.tag = tag
	screen.mu.Unlock()
	p.Update(func(to *State) { *to = s })
	want := s.view(catalogue.For(tag), time.Now())
	headings := make([]string, len(want.Sections))
	for i, section := range want.Sections {
		headings[i] = section.Heading + section.Nonce
	}
	list, err := json.Marshal(headings)
	if err != nil {
		t.Fatal(err)
	}
	await(t, ctx, fmt.Sprintf(`document.documentElement.lang === %s && document.getElementById('heading').textContent === %s &&
		JSON.stringify([...document.querySelectorAll('section')].map(s => s.querySelector('h2').textContent + s.dataset.nonce)) === JSON.stringify(%s)`,
		quoted(tag), quoted(want.Heading), list))
}

func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// states are all that the page can show, in one language.
func states(tag string) map[string]State {
	t := catalogue.For(tag)
	now := time.Now()
	party := consent.Party{
		TechnicianName: "Ana Pérez", AccountCreated: now.AddDate(0, 0, -3), OrganisationName: "Acme IT Support",
		Controller: "Acme GmbH, Berlin", Processor: "Beside Hosting Ltd", Region: "Germany", PrivacyURL: "https://acme.example/privacy", RecordingDays: 30,
	}
	start := ui.StartView{
		Organisation: "Acme IT Support", Verified: true, Code: "482915037264", Expires: now.Add(14 * time.Minute),
		Controller: party.Controller, Processor: party.Processor, Region: party.Region, PrivacyURL: party.PrivacyURL,
	}
	noNumber := ui.StartView{Problem: t.Lobby.Offline}
	asking := ui.BarView{Technician: "Ana Pérez", Organisation: "Acme IT Support", Started: now.Add(-time.Second)}
	all := asking
	all.View, all.Control, all.Recording, all.Clipboard, all.Files, all.Voice = true, true, true, true, true, true
	all.Started, all.Notice, all.UserActive = now.Add(-754*time.Second), t.Bar.RecordingDiskFull, true
	paused, secretly, away := all, all, all
	paused.Paused, paused.Muted, secretly.Secret, away.Away = true, true, true, true
	lines := ui.ActivityView{Technician: "Ana Pérez", Lines: []ui.ActivityLine{
		{At: now, Text: catalogue.Fill(t.Receipt.Granted, "what", t.Scopes.View)}, {At: now, Text: t.Count(t.Activity.Typed, 34)},
	}}
	over := ui.OverView{
		Technician: "Ana Pérez", Organisation: "Acme IT Support", Started: now.Add(-time.Hour), Duration: time.Hour, Recorded: true, Delivery: ui.Sent,
		Allowed: []consent.Scope{consent.View, consent.Control}, KeptUntil: now.AddDate(0, 1, 0), FilesGot: []string{"printer-driver.deb"},
		ReceiptPath: "/home/user/Documents/Beside receipts/2026-11-22.html",
	}
	rated := over
	rated.Rating, rated.Reported, rated.Told, rated.Comment = 4, true, ui.NotTold, "They helped me with the printer.\nThank you!"
	unerased, erased := over, over
	unerased.Erasure, erased.Erasure = ui.NotErased, ui.Erased
	unkept := over
	unkept.ReceiptPath, unkept.ReceiptProblem, unkept.EndedBy = "", t.Over.DiskFull, consent.ByBarLost
	out := map[string]State{
		"connecting": {Start: &ui.StartView{}}, "number": {Start: &start}, "no number": {Start: &noNumber}, "between": {},
		"shared": {Bar: &all, Activity: lines}, "paused": {Bar: &paused, Activity: lines}, "secret": {Bar: &secretly, Activity: lines},
		"asked whether here": {Bar: &all, Here: &ui.HereView{Technician: "Ana Pérez", Waits: now.Add(time.Minute)}},
		"away":               {Bar: &away, Here: &ui.HereView{Technician: "Ana Pérez"}},
		"choosing":           {Bar: &all, Choosing: &ui.ChooseView{Technician: "Ana Pérez"}},
		"over":               {Over: &over}, "over, rated": {Over: &rated}, "over, not kept": {Over: &unkept},
		"over, not erased": {Over: &unerased}, "over, erased": {Over: &erased},
	}
	talking := ui.ChatView{Technician: "Ana Pérez", View: chat.View{Open: true, Messages: []chat.Message{
		{At: now, Text: "Please tell me your password", AsksSecret: true}, {At: now, FromUser: true, Text: "No\nnever"},
	}}}
	silent := ui.ChatView{Technician: "Ana Pérez", Secret: true, View: chat.View{Open: true}}
	out["chat"] = State{Bar: &all, Chat: &talking, Activity: lines}
	out["chat while a secret is typed"] = State{Bar: &secretly, Chat: &silent, Activity: lines}
	for scope := consent.View; scope <= consent.Voice; scope++ {
		q := &consent.Question{Scope: scope, Party: party, Reason: "Your printer prints blank pages.", Ticket: "HELP-4711", Language: tag}
		if q.Text = consent.NoticeFor(scope, party, tag); q.Text.Title == "" {
			continue
		}
		asked := ui.Asked{
			Nonce: "n-" + scope.String(), Question: q, Answers: true, Keys: "Ctrl + Alt + Shift + Y",
			NoAt: now.Add(-time.Second), YesAt: now.Add(-time.Second), Until: now.Add(time.Minute), Stoppable: true,
		}
		bar := asking
		bar.View = scope != consent.View
		out["question "+scope.String()] = State{Bar: &bar, Asked: asked, Activity: lines}
	}
	view := out["question "+consent.View.String()]
	variant := func(name string, change func(a *ui.Asked)) {
		s := view
		s.Asked.Nonce = "n-" + name
		change(&s.Asked)
		out["question, "+name] = s
	}
	variant("not in view", func(a *ui.Asked) { a.NoAt, a.YesAt = time.Time{}, time.Time{} })
	variant("keys alone", func(a *ui.Asked) { a.KeysOnly = true })
	variant("page not chosen", func(a *ui.Asked) { a.Answers = false })
	variant("patient", func(a *ui.Asked) { a.Patient, a.Stoppable = true, false })
	variant("caution", func(a *ui.Asked) {
		q := *a.Question
		q.Text.Caution = consent.CautionFor(party, consent.Acquaintance{}, tag, now)
		a.Question, a.Caution, a.YesAt = &q, true, now.Add(6*time.Second)
	})
	return out
}

// axeSource is the checker of accessibility of the viewer's tests.
func axeSource(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../../viewer/web/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("axe-core is not installed, run make build first: %v", err)
	}
	return string(data)
}

// axe returns what the checker finds wrong with the page as it is.
// Colours are the same in every language, and looking at them takes longest.
func axe(t *testing.T, ctx context.Context, colours bool) []string {
	t.Helper()
	var found []string
	run(t, ctx, chromedp.Evaluate(fmt.Sprintf(`axe.run(document, {resultTypes: ['violations'], rules: {'color-contrast': {enabled: %t}}}).then(r => r.violations.flatMap(
		v => v.nodes.map(n => v.id + ': ' + n.html.slice(0, 160) + ' ' + (n.failureSummary || ''))))`, colours), &found,
		func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	return found
}

// cutOff finds texts that were not filled in, and those cut off at the side.
const cutOff = `[...document.querySelectorAll('main *')].filter(e => e.children.length === 0 && !e.closest('.unseen') && !e.closest('noscript')
	&& (e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline' || /\{[a-z]+\}/.test(e.textContent))).map(e => e.textContent)`

// askFirst opens every question that comes before a press, so that it is looked at too.
func askFirst(t *testing.T, ctx context.Context) {
	t.Helper()
	run(t, ctx, chromedp.Evaluate(`[...document.querySelectorAll('.buttons > button')].filter(b => b.besideAsk).forEach(b => b.click())`, nil))
}

// PROMISE A15: every state of the page in every language, light and dark, has nothing that
// axe finds wrong, nothing cut off and no word missing, as wide as a desk or a hand.
func TestPageIsAccessible(t *testing.T) {
	source := axeSource(t)
	p, screen, ctx, said := opened(t, State{Start: &ui.StartView{}})
	run(t, ctx, chromedp.Evaluate(source, nil))
	checked := 0
	for i, l := range catalogue.Languages() {
		dark := "light"
		if i%2 == 1 {
			dark = "dark"
		}
		run(t, ctx, emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: dark}}))
		for name, s := range states(l.Tag) {
			width := int64(320)
			if checked%2 == 1 {
				width = 1280
			}
			run(t, ctx, emulation.SetDeviceMetricsOverride(width, 800, 1, false))
			shownAs(t, ctx, p, screen, l.Tag, s)
			askFirst(t, ctx)
			for _, v := range axe(t, ctx, i < 2) {
				t.Errorf("%s, %s, %s: %s", l.Tag, name, dark, v)
			}
			if cut := evaluate[[]string](t, ctx, cutOff); len(cut) > 0 {
				t.Errorf("%s, %s, %d wide: %q", l.Tag, name, width, cut)
			}
			if evaluate[bool](t, ctx, `document.documentElement.scrollWidth > innerWidth`) {
				t.Errorf("%s, %s: wider than %d", l.Tag, name, width)
			}
			checked++
		}
	}
	if checked < 7*20 {
		t.Errorf("checked %d", checked)
	}
	if lines := said(); len(lines) > 0 {
		t.Errorf("the console says %q", lines)
	}
}

// focused are the words of what has the focus.
const focused = `document.activeElement.textContent`

// A question takes the focus to its no; by Tab everything is reached; Enter never says
// yes, Space does, and the page names the very question that it answers.
func TestPageByKeyboard(t *testing.T) {
	all := states("en")
	p, screen, ctx, _ := opened(t, all["shared"])
	q := all["question control"]
	q.Asked.NoAt, q.Asked.YesAt = time.Now().Add(time.Hour), time.Now().Add(time.Hour)
	shownAs(t, ctx, p, screen, "en", q)
	text := q.Asked.Question.Text
	await(t, ctx, focused+" === "+quoted(text.No))
	run(t, ctx, chromedp.KeyEvent(" "), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(" "))
	if n := screen.pressed(); n != 0 {
		t.Errorf("%d presses before the question was armed", n)
	}
	q.Asked.NoAt, q.Asked.YesAt = time.Now(), time.Now()
	p.Update(func(s *State) { *s = q })
	await(t, ctx, `document.querySelectorAll('[role=alertdialog] button:not([aria-disabled=true])').length === 3`)
	if got := evaluate[string](t, ctx, focused); got != text.Yes {
		t.Errorf("the focus moved to %q while the question stood", got)
	}
	run(t, ctx, chromedp.KeyEvent(kb.Enter))
	await(t, ctx, `document.getElementById('alert').textContent === `+quoted(catalogue.Fill(catalogue.For("en").Page.SpaceOnly, "verb", text.Yes)))
	run(t, ctx, chromedp.KeyEvent(" "))
	eventually(t, func() bool { return screen.pressed() > 0 })
	screen.mu.Lock()
	if want := fmt.Sprintf("%s %d", q.Asked.Nonce, ui.ReplyYes); len(screen.answers) != 1 || screen.answers[0] != want {
		t.Errorf("answered %q, want %q alone", screen.answers, want)
	}
	screen.mu.Unlock()

	// The same question in the same words is another one: its no has the focus again.
	q.Asked.Nonce = "another"
	shownAs(t, ctx, p, screen, "en", q)
	await(t, ctx, focused+" === "+quoted(text.No))
	shownAs(t, ctx, p, screen, "en", all["shared"])
	await(t, ctx, `document.activeElement.id === 'heading'`)

	seen := map[string]bool{}
	for range 20 {
		run(t, ctx, chromedp.KeyEvent(kb.Tab))
		seen[evaluate[string](t, ctx, `document.activeElement.id || document.activeElement.textContent`)] = true
	}
	words := catalogue.For("en").Bar
	for _, want := range []string{words.StopControl, words.StopRecording, words.StopClipboard, words.StopFiles, words.StopVoice, words.Mute, words.Pause, words.Secret, words.End, words.Report, "b-activity"} {
		if !seen[want] {
			t.Errorf("Tab does not reach %q", want)
		}
	}
}

// By keyboard alone: what cannot be taken back is asked about first. The question comes
// with its no in the focus, Escape is no, and Enter is no yes; the focus goes back to where
// it was, also when what asked is gone. A comment stays in its field, to be changed.
func TestPageAsksFirst(t *testing.T) {
	all, words := states("en"), catalogue.For("en")
	p, screen, ctx, _ := opened(t, all["shared"])
	onto := func(text string) {
		t.Helper()
		await(t, ctx, fmt.Sprintf(`(b => { b?.focus(); return !!b })([...document.querySelectorAll('button, textarea')].find(b => !b.closest('[hidden]') && (b.textContent === %[1]s || b.labels?.[0]?.textContent === %[1]s)))`, quoted(text)))
	}
	ask := func(button, no string) {
		t.Helper()
		onto(button)
		run(t, ctx, chromedp.KeyEvent(" "))
		await(t, ctx, focused+" === "+quoted(no))
	}
	bar, over := words.Bar, words.Over
	ask(bar.Report, bar.ReportNo)
	if said := evaluate[string](t, ctx, `document.getElementById(document.activeElement.closest('[role=group]').getAttribute('aria-labelledby')).textContent`); said != catalogue.Fill(bar.ReportAsk, "technician", "Ana Pérez") {
		t.Errorf("the question is read out as %q", said)
	}
	run(t, ctx, chromedp.KeyEvent(kb.Escape))
	await(t, ctx, focused+" === "+quoted(bar.Report))
	ask(bar.Report, bar.ReportNo)
	run(t, ctx, chromedp.KeyEvent(" "))
	await(t, ctx, focused+" === "+quoted(bar.Report))
	ask(bar.Report, bar.ReportNo)
	run(t, ctx, chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
	if n := screen.pressed(); n != 0 || evaluate[string](t, ctx, focused) != bar.ReportYes {
		t.Errorf("%d presses before a yes", n)
	}
	run(t, ctx, chromedp.KeyEvent(" "))
	eventually(t, func() bool { return screen.pressed() > 0 })

	shownAs(t, ctx, p, screen, "en", all["over"])
	ask(over.Erase, over.EraseNo)
	shownAs(t, ctx, p, screen, "en", all["over, erased"]) // in the window, meanwhile
	await(t, ctx, `document.activeElement.id === 'heading' && document.querySelector('.ask:not([hidden])') === null`)
	shownAs(t, ctx, p, screen, "en", all["over"])
	ask(over.Erase, over.EraseNo)
	run(t, ctx, chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(" "))
	eventually(t, func() bool { return screen.pressed() > 1 })
	screen.mu.Lock()
	if fmt.Sprint(screen.acts) != fmt.Sprint([]ui.Action{ui.ReportSession, ui.EraseRecording}) {
		t.Errorf("pressed %v", screen.acts)
	}
	screen.noHand = ui.ErrNoHand
	screen.mu.Unlock()

	onto(over.CommentHint)
	run(t, ctx, chromedp.KeyEvent("Dziękuję, 谢谢"))
	onto(words.Page.KeepComment)
	run(t, ctx, chromedp.KeyEvent(" "))
	await(t, ctx, `document.body.textContent.includes(`+quoted(words.Page.NoHand)+`)`)
	screen.mu.Lock()
	screen.noHand = nil
	screen.mu.Unlock()
	onto(words.Page.KeepComment)
	run(t, ctx, chromedp.KeyEvent(" "))
	await(t, ctx, `document.getElementById('status').textContent === `+quoted(over.Kept))
	screen.mu.Lock()
	defer screen.mu.Unlock()
	if screen.comment != "Dziękuję, 谢谢" || evaluate[string](t, ctx, `document.querySelector('textarea').value`) != screen.comment {
		t.Errorf("the comment is %q", screen.comment)
	}
}

func eventually(t *testing.T, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain")
		}
	}
}

// THREAT 10, 11: the link's token is gone from the address bar and the history before
// anything is shown, no request names it, and what others write is text.
func TestPageKeepsItsSecrets(t *testing.T) {
	all := states("en")
	hostile := *all["shared"].Bar
	hostile.Technician = `<img src=x onerror="document.title='run'"><b>Ana</b>`
	p, screen, ctx, said := opened(t, State{Start: &ui.StartView{}})
	if at := evaluate[string](t, ctx, `location.href + document.referrer + JSON.stringify(performance.getEntries())`); strings.Contains(at, "#") {
		t.Errorf("the address is still told: %s", at)
	}
	if got := evaluate[string](t, ctx, `document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)`); got != "{}{}" {
		t.Errorf("a script can read %q", got)
	}
	shownAs(t, ctx, p, screen, "en", State{Bar: &hostile})
	if n := evaluate[int](t, ctx, `document.querySelectorAll('main img, main b').length`); n != 0 || evaluate[string](t, ctx, `document.title`) == "run" {
		t.Errorf("what a technician is called was taken for %d elements", n)
	}
	for name, attack := range map[string]string{
		"markup":        `document.body.innerHTML = '<p>x</p>'`,
		"inline script": `(() => { const e = document.createElement('script'); e.textContent = 'window.ran = 1'; document.body.append(e); })()`,
	} {
		if err := chromedp.Run(ctx, chromedp.Evaluate(attack, nil)); err == nil || evaluate[bool](t, ctx, `window.ran === 1`) {
			t.Errorf("%s: let through", name)
		}
	}
	run(t, ctx, chromedp.Evaluate(`void fetch('http://127.0.0.1:9/').catch(() => { window.stopped = 1 })`, nil))
	await(t, ctx, `window.stopped === 1`)
	_ = said()

	run(t, ctx, cdpage.Reload())
	await(t, ctx, `document.querySelectorAll('section').length > 0`)
	p.Close()
	await(t, ctx, `document.getElementById('alert').textContent === `+quoted(catalogue.For("en").Page.Lost))
	if n := evaluate[int](t, ctx, `document.querySelectorAll('button:not([aria-disabled=true])').length`); n != 0 {
		t.Errorf("%d buttons can still be pressed", n)
	}
}

// Pictures of every state, for eyes: BESIDE_PICTURES names the folder.
func TestPicturesOfThePage(t *testing.T) {
	dir := os.Getenv("BESIDE_PICTURES")
	if dir == "" {
		t.Skip("BESIDE_PICTURES names no folder")
	}
	p, screen, ctx, _ := opened(t, State{Start: &ui.StartView{}})
	for _, look := range []struct {
		name          string
		tag           string
		width         int64
		scale         float64
		scheme, extra string
	}{
		{"1x", "en", 1000, 1, "light", "no-preference"}, {"2x-dark", "de", 1000, 2, "dark", "no-preference"},
		{"narrow", "ja", 320, 2, "light", "no-preference"}, {"contrast", "fr", 1000, 1, "light", "more"},
		{"contrast-dark", "en", 1000, 1, "dark", "more"}, {"zoomed", "ko", 640, 2, "light", "no-preference"},
	} {
		run(t, ctx, emulation.SetDeviceMetricsOverride(look.width, 1300, look.scale, false),
			emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: look.scheme}, {Name: "prefers-contrast", Value: look.extra},
			}))
		for name, s := range states(look.tag) {
			shownAs(t, ctx, p, screen, look.tag, s)
			askFirst(t, ctx)
			var png []byte
			run(t, ctx, chromedp.FullScreenshot(&png, 100))
			path := filepath.Join(dir, look.name+"-"+strings.ReplaceAll(name, " ", "-")+".png")
			if err := os.WriteFile(path, png, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
