package ui

import (
	"context"
	"fmt"
	"testing"
	"time"

	"beside/consent"
)

func exampleStart() StartView {
	return StartView{
		Organisation: "Acme IT Support", Verified: true, Code: "482915037264",
		Expires: time.Now().Add(14*time.Minute + 33*time.Second), PrivacyURL: "https://acme.example/privacy",
		Controller: "Acme GmbH, Berlin", Processor: "Beside Hosting Ltd", Region: "Germany", Known: 3,
	}
}

func exampleQuestion(s consent.Scope) consent.Question {
	party := consent.Party{
		TechnicianName: "Ana Pérez", AccountCreated: time.Now().AddDate(0, 0, -3),
		OrganisationName: "Acme IT Support", OrganisationVerified: true, Controller: "Acme GmbH, Berlin",
		Processor: "Beside Hosting Ltd", Region: "Germany", PrivacyURL: "https://acme.example/privacy", RecordingDays: 30,
	}
	return consent.Question{
		ID: "q1", Scope: s, Party: party, Ticket: "INC-20817", Language: "en",
		Reason: "The printer on the second floor does not print (打印机无法打印 / الطابعة).",
		Text: consent.Text{
			Title: "Ana Pérez asks to use your mouse and keyboard",
			Allows: []string{"Ana Pérez can click, type and open programs, as you can.",
				"You watch everything, and your own mouse comes first."},
			Not:  []string{"Ana Pérez cannot answer questions like this one.", "Nothing is recorded. You would be asked first."},
			Undo: "You can take it back at any time: move your mouse, or press Stop control.",
			Yes:  "Let them control", No: "Not now",
			Details: []string{"Answerable for your data: Acme GmbH, Berlin.", "Runs the connection for them: Beside Hosting Ltd. Stored in: Germany.",
				"A recording is kept for 30 days, then destroyed.", "Their privacy notice: https://acme.example/privacy"},
			Version: "1",
		},
		Timeout: time.Minute,
	}
}

func exampleBar() BarView {
	return BarView{Technician: "Ana Pérez", Organisation: "Acme IT Support",
		Started: time.Now().Add(-754 * time.Second), View: true, Control: true, Recording: true}
}

// ask opens a question and returns where its answer will arrive.
func ask(ctx context.Context, u *UI, q consent.Question) <-chan consent.Answer {
	answers := make(chan consent.Answer, 1)
	go func() {
		a, _ := u.Ask(ctx, q)
		answers <- a
	}()
	return answers
}

func drawn(p *panel) bool { return p != nil && p.drawn && !p.stale && p.win.mapped }

// Every window shows at both scales, with text and in its own colours.
func TestWindowsShow(t *testing.T) {
	for _, dpi := range []int{96, 192} {
		t.Run(fmt.Sprint(dpi), func(t *testing.T) {
			size := map[int]string{96: "1280x800", 192: "2560x1600"}[dpi]
			s := xvfb(t, size)
			c := s.client(t)
			c.dpi(dpi)
			c.window(rectOf(0, 0, 4000, 4000))
			u := running(t, s)
			name := func(n string) string { return fmt.Sprintf("%s-%d", n, dpi) }

			u.ShowStart(StartView{})
			until(t, u, "the start window", func() bool { return drawn(u.loop.start.p) })
			c.keep(name("start-connecting"))
			u.ShowStart(exampleStart())
			until(t, u, "the code", func() bool { return drawn(u.loop.start.p) })
			c.keep(name("start"))
			inLoop(t, u, func() { u.loop.start.turnOr(partPrivacy) })
			until(t, u, "the notice", func() bool { return drawn(u.loop.start.p) })
			c.keep(name("start-privacy"))
			bad := exampleStart()
			bad.Problem, bad.Verified = "Someone typed a wrong number. That number is void now; give them the new one.", false
			u.ShowStart(bad)
			inLoop(t, u, func() { u.loop.start.turnOr(partPrivacy) })
			until(t, u, "the problem", func() bool { return drawn(u.loop.start.p) })
			c.keep(name("start-problem"))
			u.HideStart()

			v := exampleBar()
			v.View, v.Control, v.Recording = false, false, false
			bar, err := u.ShowBar(t.Context(), v)
			if err != nil {
				t.Fatal(err)
			}
			if !bar.Visible() {
				t.Error("ShowBar returned before the bar was visible")
			}
			ctx, cancel := context.WithCancel(t.Context())
			for _, scope := range []consent.Scope{consent.Control, consent.Record} {
				ask(ctx, u, exampleQuestion(scope))
				until(t, u, "the question", func() bool { return u.loop.question != nil && drawn(u.loop.question.p) })
				c.keep(name(fmt.Sprintf("question-%d-waiting", scope)))
				until(t, u, "arming", func() bool {
					return u.loop.question.wasArmed && drawn(u.loop.question.p)
				})
				c.keep(name(fmt.Sprintf("question-%d", scope)))
				inLoop(t, u, func() { u.loop.question.finish(consent.No) })
			}
			cancel()
			bar.Update(exampleBar())
			until(t, u, "the bar", func() bool { return drawn(u.loop.bar.p) })
			c.keep(name("bar"))
			failed := exampleBar()
			failed.Recording, failed.Notice = false, "Recording stopped: the disk of this computer is full"
			bar.Update(failed)
			until(t, u, "the notice on the bar", func() bool { return drawn(u.loop.bar.p) })
			c.keep(name("bar-notice"))
			bar.Hide()
			over := OverView{
				Technician: "Ana Pérez", Organisation: "Acme IT Support", Started: time.Now().Add(-time.Hour), Duration: 754 * time.Second,
				Allowed: []consent.Scope{consent.View, consent.Control, consent.Record}, Recorded: true,
				KeptUntil: time.Now().AddDate(0, 0, 30), EndedBy: consent.ByUser, ReceiptPath: "/home/kim/Beside/receipt-2026-11-22.json",
				Delivery: Sending,
			}
			u.ShowOver(over)
			until(t, u, "the last window", func() bool { return drawn(u.loop.over.p) })
			c.keep(name("over"))
			var first *panel
			inLoop(t, u, func() { first = u.loop.over.p; u.loop.over.close(); u.loop.over.close() })
			if a := <-u.Actions(); a != CloseOver {
				t.Errorf("closing while a recording is sent: action %d", a)
			}
			over.Delivery, over.ReceiptPath, over.ReceiptProblem = Finishing, "", "It could not be kept: the disk is full."
			u.ShowOver(over)
			until(t, u, "the wait", func() bool { return drawn(u.loop.over.p) })
			c.keep(name("over-finishing"))
			inLoop(t, u, func() {
				if u.loop.over.p != first {
					t.Error("the window was made anew")
				}
				u.loop.over.close()
				if u.loop.over != nil {
					t.Error("the window stays though the user will not wait")
				}
			})
			if a := <-u.Actions(); a != CloseOver {
				t.Errorf("closing a second time: action %d", a)
			}
			select {
			case a := <-u.Actions():
				t.Errorf("one press too many: %d", a)
			default:
			}
		})
	}
}
