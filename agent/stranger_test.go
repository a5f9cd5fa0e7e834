package agent

import (
	"testing"

	"beside/consent"
	"beside/protocol/wire"
)

// THREAT 28: the first question of somebody who never helped on this machine comes with a
// caution, which is part of the text that is signed.
func TestAStrangersQuestionHasACaution(t *testing.T) {
	a := begin(t)
	a.ask(wire.Scope_SCOPE_VIEW)
	q := receive(t, "the question", a.person.questions)
	if q.Text.Caution == nil || len(q.Text.Caution.Advice) == 0 {
		t.Errorf("the caution is %+v", q.Text.Caution)
	}
	if q.Text.Hash() == consent.NoticeFor(consent.View, q.Party, q.Language).Hash() {
		t.Error("the caution is not in what is signed")
	}
	q.reply <- no
}
