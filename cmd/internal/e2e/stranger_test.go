package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beside/consent"
)

// THREAT 28: before the first question of somebody who never helped on this machine the
// user reads a caution, for as long as it takes to read; its very words are in the signed
// record; the second time there is none.
func TestStrangerIsCautioned(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	list := filepath.Join(s.Dir, "agent", "known.json")
	s.must(os.MkdirAll(filepath.Dir(list), 0o700))
	s.must(os.WriteFile(list, []byte(`{"type":"beside-known/1","people":[]}`), 0o600))

	_, err := s.page.Join(s.ctx, s.code, reason, ticket)
	s.must(err)
	_, err = s.AwaitCaution(s.ctx)
	s.must(err)
	seen := time.Now()
	s.must(s.GoOn(s.ctx))
	_, err = s.AwaitQuestion(s.ctx)
	s.must(err)
	if took := time.Since(seen); took < 5*time.Second {
		t.Errorf("the caution was gone on from after %v", took)
	}
	s.yes()
	_, err = s.page.AwaitPicture(s.ctx)
	s.must(err)
	_, err = s.EndSession(s.ctx)
	s.must(err)
	s.over("The user ended the session")

	_, statements := s.receipt()
	text := statements[0].Notice.Text
	if text.Caution == nil || len(text.Caution.Facts) < 2 || text.Hash() != statements[0].Notice.Hash {
		t.Errorf("the record of the question does not hold the caution: %+v", text)
	}
	known, err := os.ReadFile(list)
	s.must(err)
	if !strings.Contains(string(known), consent.NoticeVersion) {
		t.Errorf("the technician is not remembered: %s", known)
	}

	s.stopAgent()
	s.code, _, err = s.StartAgent(s.ctx)
	s.must(err)
	_, err = s.page.Join(s.ctx, s.code, reason, ticket)
	s.must(err)
	asked := time.Now()
	_, err = s.AwaitQuestion(s.ctx)
	s.must(err)
	if took := time.Since(asked); took > 5*time.Second {
		t.Errorf("the question came after %v: was there a caution for somebody who is known?", took)
	}
	s.must(s.AwaitArmed(s.ctx))
	s.must(s.SayNo(s.ctx))
}
