package consent

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"
)

// Events are told one at a time and in order, whoever causes them: what happens while one is
// being told waits for its turn, and whoever caused it does not.
func TestEventsAreToldOneAtATime(t *testing.T) {
	d := &diary{}
	telling, goOn := make(chan struct{}), make(chan struct{})
	var busy atomic.Int32
	cfg := Config{SessionID: "s", Party: testParty(), Prompter: says(Yes), Indicator: newBar(), Key: testKey()}
	cfg.OnEvent = func(e Event) {
		if busy.Add(1) > 1 {
			t.Errorf("%v is told while another event is", e.Kind)
		}
		defer busy.Add(-1)
		if e.Kind == Asked {
			close(telling)
			<-goOn
		}
		d.add(e)
	}
	g, err := NewGate(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	answered := make(chan error, 1)
	go func() {
		_, err := g.AskView(t.Context(), Question{})
		answered <- err
	}()
	<-telling
	g.Pause() // returns though the first event is still being told
	g.Resume()
	wantEvents(t, d)
	close(goOn)
	if err := <-answered; err != nil {
		t.Fatal(err)
	}
	wantEvents(t, d, "asked view technician", "paused none user", "resumed none user", "granted view user")
}

// PROMISE E1: that a yes came before what it allows is told by its record: it has the moment of
// the event, by the clock that the event had, in the one zone that everybody can compare.
func TestRecordsHaveTheMomentOfTheEvent(t *testing.T) {
	elsewhere := time.FixedZone("elsewhere", 5*60*60+45*60)
	now := time.Date(2031, time.March, 1, 12, 0, 0, 0, elsewhere)
	var told []time.Time
	g, err := NewGate(Config{
		SessionID: "s", Party: testParty(), Prompter: says(Yes), Indicator: newBar(), Key: testKey(),
		OnEvent: func(e Event) { told = append(told, e.Time) },
		Now:     func() time.Time { now = now.Add(time.Minute); return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if _, err := g.AskView(t.Context(), Question{}); err != nil {
		t.Fatal(err)
	}
	g.Withdraw(View, ByUser)
	statements, err := g.Receipt().Verify()
	if err != nil {
		t.Fatal(err)
	}
	if len(statements) != 4 || len(told) != 4 {
		t.Fatalf("%d records of %d events, want 4", len(statements), len(told))
	}
	first := time.Date(2031, time.March, 1, 12, 1, 0, 0, elsewhere)
	for i, s := range statements {
		want := first.Add(time.Duration(i) * time.Minute)
		if !s.Event.Time.Equal(want) || !told[i].Equal(want) {
			t.Errorf("%s at %v, told at %v; want %v", s.Event.Type, s.Event.Time, told[i], want)
		}
		if _, offset := s.Event.Time.Zone(); offset != 0 {
			t.Errorf("%s is written in a zone %d seconds off", s.Event.Type, offset)
		}
	}
}

// PROMISE A1: a record says that somebody pressed a button where the user did, and nowhere
// else: not of silence, of a question that failed, of a bar that went, nor of what the
// technician or the program gave back.
func TestOnlyThePersonPressed(t *testing.T) {
	failed := person(func(context.Context, Question) (Answer, error) { return Yes, errors.New("no display") })
	const pressed, tookBack = "explicit: pressed a button in a window on this machine", "explicit: took it back on this machine"
	for name, c := range map[string]struct {
		view Prompter
		then func(*Gate)
		want map[string]string // of each event: its method, if it has one
	}{
		"no":      {says(No), nil, map[string]string{"asked view technician": "", "refused view user": pressed}},
		"silence": {says(TimedOut), nil, map[string]string{"asked view technician": "", "expired view agent": ""}},
		"failed":  {failed, nil, map[string]string{"asked view technician": "", "refused view agent": ""}},
		"yes, and taken back": {says(Yes), func(g *Gate) { g.Withdraw(Record, ByUser) }, map[string]string{
			"asked view technician": "", "granted view user": pressed,
			"asked record technician": "", "granted record user": pressed, "withdrawn record user": tookBack,
		}},
		"yes, and given back": {says(Yes), func(g *Gate) { g.Withdraw(Record, ByTechnician) }, map[string]string{
			"asked view technician": "", "granted view user": pressed,
			"asked record technician": "", "granted record user": pressed, "released record technician": "",
		}},
		"yes, and failed": {says(Yes), func(g *Gate) { g.Withdraw(Record, ByAgent) }, map[string]string{
			"asked view technician": "", "granted view user": pressed,
			"asked record technician": "", "granted record user": pressed, "released record agent": "",
		}},
	} {
		for _, synthetic := range []bool{false, true} {
			g, err := NewGate(Config{
				SessionID: "s", Party: testParty(), Prompter: c.view, Indicator: newBar(), Key: testKey(), Synthetic: synthetic,
			})
			if err != nil {
				t.Fatal(err)
			}
			_, _ = g.AskView(t.Context(), Question{}) // what came of it is in the records
			if c.then != nil {
				_, _ = g.AskRecord(t.Context(), Question{})
				c.then(g)
			}
			statements, err := g.Receipt().Verify()
			if err != nil || len(statements) != len(c.want) {
				t.Errorf("%s: %d records, %v, want %d", name, len(statements), err, len(c.want))
			}
			for _, s := range statements {
				event := s.Event.Type + " " + s.Event.Scope + " " + s.Event.Actor
				want, there := c.want[event]
				if want != "" && synthetic {
					want += SyntheticMethod
				}
				if !there || s.Event.Method != want {
					t.Errorf("%s: %s by %q, want %q", name, event, s.Event.Method, want)
				}
			}
			g.Close()
		}
	}
}

// PROMISE A13, A14: a record says of each scope what is done with which data, who gets it,
// where it is kept and how long; what is not kept it says so of.
func TestRecordsSayWhatIsDone(t *testing.T) {
	const session = "until withdrawn, at most until the session ends"
	kept := map[Scope]ProcessingSection{
		View:      {RecipientsOfPII: "the technician", RetentionPeriod: "not stored"},
		Control:   {RecipientsOfPII: "none", RetentionPeriod: "not stored"},
		Record:    {RecipientsOfPII: "the controller's reviewers; the processor stores it and cannot open it", RetentionPeriod: "P30D", StorageLocation: "Frankfurt, Germany"},
		Clipboard: {RecipientsOfPII: "the technician", RetentionPeriod: "as long as the technician keeps what they fetched"},
		Files:     {RecipientsOfPII: "the technician", RetentionPeriod: "as long as the technician keeps the files"},
		Voice:     {RecipientsOfPII: "the technician", RetentionPeriod: "not stored"},
	}
	for days, retention := range map[int]string{30: "P30D", 0: "not stated"} {
		party := testParty()
		party.RecordingDays = days
		g, err := NewGate(Config{SessionID: "s", Party: party, Prompter: says(Yes), Indicator: newBar(), Key: testKey()})
		if err != nil {
			t.Fatal(err)
		}
		for scope := View; scope < scopes; scope++ {
			if _, err := g.ask(t.Context(), scope, Question{}); err != nil {
				t.Fatal(err)
			}
		}
		statements, err := g.Receipt().Verify()
		if err != nil || len(statements) != 2*int(scopes-View) {
			t.Fatalf("%d records, %v", len(statements), err)
		}
		purposes := map[string]string{}
		for i, s := range statements {
			scope := View + Scope(i/2)
			got, want := *s.Processing, kept[scope]
			if scope == Record {
				want.RetentionPeriod = retention
			}
			if got.RecipientsOfPII != want.RecipientsOfPII || got.RetentionPeriod != want.RetentionPeriod || got.StorageLocation != want.StorageLocation {
				t.Errorf("%v: %+v, want %+v", scope, got, want)
			}
			if got.LawfulBasis != "consent" || got.ValidityOfConsent != session || got.WithdrawalMethod != s.Notice.Text.Undo {
				t.Errorf("%v: %+v", scope, got)
			}
			if other, told := purposes[got.Purpose]; got.Purpose == "" || got.PIIInformation == "" || got.CollectionMethod == "" || told && other != scope.String() {
				t.Errorf("%v says of its purpose what %q says, or nothing: %+v", scope, other, got)
			}
			purposes[got.Purpose] = scope.String()
		}
		g.Close()
	}
}
