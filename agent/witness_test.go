package agent

import (
	"strings"
	"testing"
	"time"

	"beside/agent/internal/catalogue"
	"beside/agent/internal/ui"
	"beside/consent"
	"beside/consent/checkpoint"
	"beside/consent/checkpoint/checkpointtest"
	"beside/protocol/wire"
)

// relayLog is a relay's audit log in which this session begins, and another runs beside.
type relayLog struct {
	*checkpointtest.Log
	opened, ended, others int64
	since                 int64
}

func newRelayLog(t *testing.T) *relayLog {
	t.Helper()
	l := &relayLog{Log: checkpointtest.New(t, 1, "a")}
	l.note(checkpoint.SessionOpened, "another")
	l.opened = l.note(checkpoint.SessionOpened, sessionID)
	l.since = l.Head().Size
	return l
}

func (l *relayLog) note(action, session string) int64 {
	return l.Add(checkpoint.Entry{Time: time.Unix(1, 0).UTC(), Actor: "person:t1", Action: action, Object: checkpoint.OfSession(session)})
}

// end closes the books of the other session and of ours.
func (l *relayLog) end() {
	l.others = l.note(checkpoint.SessionEnded, "another")
	l.ended = l.note(checkpoint.SessionEnded, sessionID)
}

// wire is a proof as the relay sends it.
func (l *relayLog) wire(number, since int64) *wire.AuditProof {
	p := l.Proof(number, since)
	m := &wire.AuditProof{Checkpoint: p.Checkpoint, Key: l.Key(), Entry: []byte(p.Entry), Number: uint64(p.Number)}
	for _, h := range p.Inclusion {
		m.Inclusion = append(m.Inclusion, h[:])
	}
	for _, h := range p.Consistency {
		m.Consistency = append(m.Consistency, h[:])
	}
	return m
}

func joinedWith(m *wire.AuditProof) *wire.TechnicianJoined {
	return &wire.TechnicianJoined{SessionId: sessionID, Technician: ana, Audit: m}
}

// THREAT 24: what the relay shows at the beginning is taken when it is true, and noted as
// missing or false otherwise; it is of this session, this technician, and signed.
func TestBeginningInTheRelaysLog(t *testing.T) {
	l := newRelayLog(t)
	spoilt := func(change func(*wire.AuditProof)) *wire.AuditProof {
		m := l.wire(l.opened, 0)
		change(m)
		return m
	}
	other := checkpointtest.New(t, 2, "a")
	for name, c := range map[string]struct {
		proof *wire.AuditProof
		want  consent.WitnessState
	}{
		"true":               {l.wire(l.opened, 0), consent.WitnessHeld},
		"nothing":            {nil, consent.WitnessNone},
		"an empty one":       {&wire.AuditProof{}, consent.WitnessFalse},
		"another session's":  {l.wire(0, 0), consent.WitnessFalse},
		"another key":        {spoilt(func(m *wire.AuditProof) { m.Key = other.Key() }), consent.WitnessFalse},
		"no key":             {spoilt(func(m *wire.AuditProof) { m.Key = "" }), consent.WitnessFalse},
		"another place":      {spoilt(func(m *wire.AuditProof) { m.Number = 0 }), consent.WitnessFalse},
		"a place of nowhere": {spoilt(func(m *wire.AuditProof) { m.Number = 1 << 63 }), consent.WitnessFalse},
		"a short hash":       {spoilt(func(m *wire.AuditProof) { m.Inclusion[0] = m.Inclusion[0][1:] }), consent.WitnessFalse},
		"too many hashes":    {spoilt(func(m *wire.AuditProof) { m.Inclusion = make([][]byte, 4000) }), consent.WitnessFalse},
		"a huge entry":       {spoilt(func(m *wire.AuditProof) { m.Entry = make([]byte, 60_000) }), consent.WitnessFalse},
		"a huge checkpoint":  {spoilt(func(m *wire.AuditProof) { m.Checkpoint += strings.Repeat("x", 50_000) }), consent.WitnessFalse},
	} {
		got := newTestimony(joinedWith(c.proof), testLog(t)).witness
		if got.State != c.want || (got.Opened != nil) != (c.want == consent.WitnessHeld) {
			t.Errorf("%s: got %+v, want %s", name, got, c.want)
		}
	}
	stranger := joinedWith(l.wire(l.opened, 0))
	stranger.Technician = &wire.Technician{Id: "t2", Name: "Ana Pérez"}
	if got := newTestimony(stranger, testLog(t)).witness; got.State != consent.WitnessFalse {
		t.Errorf("another technician than the one who asks: %+v", got)
	}
}

// THREAT 24: the end is taken once, of this session, and only when the log is still that
// of the beginning.
func TestEndInTheRelaysLog(t *testing.T) {
	for name, c := range map[string]struct {
		end   func(l *relayLog) *wire.AuditProof
		news  bool
		state consent.WitnessState
	}{
		"true":                         {func(l *relayLog) *wire.AuditProof { return l.wire(l.ended, l.since) }, true, consent.WitnessHeld},
		"another session's":            {func(l *relayLog) *wire.AuditProof { return l.wire(l.others, l.since) }, false, consent.WitnessHeld},
		"not shown to be the same log": {func(l *relayLog) *wire.AuditProof { return l.wire(l.ended, 0) }, true, consent.WitnessFalse},
		"the beginning again":          {func(l *relayLog) *wire.AuditProof { return l.wire(l.opened, l.since) }, true, consent.WitnessFalse},
		"a log rewritten meanwhile": {func(*relayLog) *wire.AuditProof {
			other := &relayLog{Log: checkpointtest.New(t, 1, "a")}
			other.note(checkpoint.SessionOpened, "a third")
			other.note(checkpoint.SessionOpened, sessionID)
			other.end()
			return other.wire(other.ended, 2)
		}, true, consent.WitnessFalse},
		"too large": {func(l *relayLog) *wire.AuditProof {
			m := l.wire(l.ended, l.since)
			m.Consistency = make([][]byte, 4000)
			return m
		}, true, consent.WitnessFalse},
	} {
		l := newRelayLog(t)
		told := newTestimony(joinedWith(l.wire(l.opened, 0)), testLog(t))
		l.end()
		if news := told.ended(c.end(l)); news != c.news || told.witness.State != c.state || told.witness.Opened == nil {
			t.Errorf("%s: news %v, %+v", name, news, told.witness)
		}
		if c.news && told.ended(l.wire(l.ended, l.since)) {
			t.Errorf("%s: something later changed it", name)
		}
		if _, err := told.witness.Verify(sessionID); err != nil {
			t.Errorf("%s: what is kept does not verify: %v", name, err)
		}
	}
	none := newTestimony(joinedWith(nil), testLog(t))
	l := newRelayLog(t)
	l.end()
	if none.ended(l.wire(l.ended, 0)) || none.witness.State != consent.WitnessNone {
		t.Errorf("an end without a beginning: %+v", none.witness)
	}
}

// THREAT 24: a session whose relay keeps a log has it in its receipt, with the end that is
// heard when the last window is open already, and beside what the user says then; one
// whose relay shows nothing, or what is false, is not hurt, and its receipt says so.
func TestReceiptHoldsTheRelaysLog(t *testing.T) {
	texts := catalogue.For("en").Receipt
	t.Run("shown", func(t *testing.T) {
		l := newRelayLog(t)
		a := start(t, Config{})
		a.relay.audit = l.wire(l.opened, 0)
		a.run()
		a.join()
		if !a.line.hello.GetAudit() {
			t.Error("the hello does not say that it takes proofs")
		}
		a.look()
		a.person.press(t, ui.EndSession)
		a.person.awaitOver(t, "the summary", func(ui.OverView) bool { return true })
		page, receipt := a.receipts(t)
		if told, err := receipt.Testimony(); err != nil || told.Opened == nil || told.Ended != nil || told.Head.Size != 2 {
			t.Fatalf("at first: %+v, %v", told, err)
		}
		if want := catalogue.Fill(texts.WitnessOpened, "number", "2"); !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
		l.end()
		a.line.send(&wire.RelayToAgent{Kind: &wire.RelayToAgent_Audit{Audit: l.wire(l.ended, l.since)}})
		told := a.awaitEnd(t)
		if told.Head != l.Head() || told.State != consent.WitnessHeld {
			t.Errorf("at the end: %+v", told)
		}
		a.person.press(t, ui.Rate1+4)
		a.person.awaitOver(t, "the rating", func(v ui.OverView) bool { return v.Rating == 5 })
		page, receipt = a.receipts(t)
		if told, err := receipt.Testimony(); err != nil || told.Ended == nil {
			t.Errorf("with the rating: %+v, %v", told, err)
		}
		if want := catalogue.Fill(texts.WitnessBoth, "number", "4"); !strings.Contains(page, want) || !strings.Contains(page, "5 / 5") {
			t.Errorf("the page does not say %q, or no rating", want)
		}
	})
	for name, c := range map[string]struct {
		proof *wire.AuditProof
		state consent.WitnessState
		want  string
	}{
		"nothing": {nil, consent.WitnessNone, texts.WitnessNone},
		"false":   {newRelayLog(t).wire(0, 0), consent.WitnessFalse, texts.WitnessFalse},
	} {
		t.Run(name, func(t *testing.T) {
			a := start(t, Config{})
			a.relay.audit = c.proof
			a.run()
			a.join()
			a.look()
			a.person.press(t, ui.EndSession)
			a.person.awaitOver(t, "the summary", func(ui.OverView) bool { return true })
			page, receipt := a.receipts(t)
			if told, err := receipt.Testimony(); err != nil || told.State != c.state || !strings.Contains(page, c.want) {
				t.Errorf("%+v, %v, and the page says %s", told, err, page)
			}
		})
	}
}

// awaitEnd waits until the receipt on the disk has the end of the relay's books.
func (a *attended) awaitEnd(t *testing.T) consent.Testimony {
	t.Helper()
	late, tick := after(), time.NewTicker(5*time.Millisecond)
	defer tick.Stop()
	for {
		_, receipt := a.receipts(t)
		told, err := receipt.Testimony()
		if err != nil {
			t.Fatal(err)
		}
		if told.Ended != nil {
			return told
		}
		select {
		case <-late:
			t.Fatal("the end did not come into the receipt")
		case <-tick.C:
		}
	}
}
