package agent

import (
	"testing"

	"beside/consent"
)

// PROMISE A1, THREAT 4: a program that is closed in a session ends it as the user does: the
// grant is taken back for good, and the receipt says so.
func TestClosingTheProgramEndsTheSession(t *testing.T) {
	a := begin(t)
	a.look()
	a.allow(control, consent.Control)
	a.stop()
	receive(t, "the bar to go", a.bar.hidden)
	if err := receive(t, "the agent's end", a.ended); err != nil {
		t.Error(err)
	}
	_, receipt := a.receipts(t)
	statements, err := receipt.Verify()
	if err != nil {
		t.Fatal(err)
	}
	last := statements[len(statements)-1].Event
	if last.Type != consent.Ended.String() || last.Actor != consent.ByAgent.String() {
		t.Errorf("the last that is on record is %s by the %s", last.Type, last.Actor)
	}
}
