package consent

import (
	"context"
	"slices"
	"strings"
	"testing"
)

// lesser are the ways to show less than everything.
func lesser() []Extent {
	return []Extent{{OneScreen, 0}, {OneWindow, 0}, {Everything, 2}, {OneScreen, 1}}
}

// Where less than everything is shown no language says that everything is seen, and every
// language says what is not. PROMISE A3, A15, E4.
func TestTextsSayHowMuchIsShown(t *testing.T) {
	for _, tag := range Languages() {
		q := Question{Scope: View, Party: testParty(), Language: tag, Text: NoticeFor(View, testParty(), tag)}
		whole := q.Text
		all := whole.Allows[0]
		seen := map[string]bool{whole.Hash(): true}
		for _, e := range lesser() {
			got := q.Showing(e)
			if seen[got.Text.Hash()] {
				t.Errorf("%s, %+v: the text of another choice", tag, e)
			}
			seen[got.Text.Hash()] = true
			if part := e.Shared != Everything; slices.Contains(got.Text.Allows, all) || part == (got.Text.Yes == whole.Yes) {
				t.Errorf("%s, %+v: allows %q with %q", tag, e, got.Text.Allows, got.Text.Yes)
			}
			if hides := len(got.Text.Not) > len(whole.Not); hides != (e.Hidden > 0) {
				t.Errorf("%s, %+v: not: %q", tag, e, got.Text.Not)
			}
			if back := got.Showing(Extent{Shared: Everything}); back.Text.Hash() != whole.Hash() {
				t.Errorf("%s: everything again reads %+v", tag, back.Text)
			}
			if lines := strings.Join(append(got.Text.Allows, got.Text.Not...), ""); strings.ContainsAny(lines, "{}") || strings.Contains(lines, "  ") {
				t.Errorf("%s, %+v: %q", tag, e, lines)
			}
		}
		for scope := Control; scope < scopes; scope++ {
			general := NoticeFor(scope, testParty(), tag)
			if general.Title == "" {
				continue
			}
			one := noticeOf(scope, testParty(), tag, Extent{Shared: OneWindow})
			if (scope == Control) == (one.Hash() == general.Hash()) {
				t.Errorf("%s, %s: with one window: %q", tag, scope, one.Allows)
			}
		}
	}
}

// chooser is a person who chooses how much is shown, and reads what they are told.
type chooser struct {
	extent Extent
	read   []Text
	answer Answer
}

func (c *chooser) Ask(_ context.Context, q Question) (Answer, error) {
	if q.Scope == View {
		q = q.Showing(c.extent)
	}
	c.read = append(c.read, q.Text)
	return c.answer, nil
}

func (c *chooser) Extent() Extent { return c.extent }

// The record of a yes holds the text that the user had before their eyes when they gave
// it, with their choice in it; so do the questions that come after. PROMISE A15, B4, E4.
func TestRecordHoldsTheTextOfTheChoice(t *testing.T) {
	c := &chooser{extent: Extent{Shared: OneWindow}, answer: Yes}
	g, _ := newTestGate(t, c, newBar())
	party := testParty()
	if _, err := g.AskView(t.Context(), Question{Language: "fr"}); err != nil {
		t.Fatal(err)
	}
	if _, err := g.AskControl(t.Context(), Question{Language: "fr", Text: NoticeFor(Control, party, "fr")}); err != nil {
		t.Fatal(err)
	}
	statements, err := g.Receipt().Verify()
	if err != nil {
		t.Fatal(err)
	}
	if len(c.read) != 2 || len(statements) != 4 {
		t.Fatalf("%d questions, %d records", len(c.read), len(statements))
	}
	for i, record := range []int{1, 3} {
		s := statements[record]
		if s.Event.Type != Granted.String() || s.Notice.Hash != c.read[i].Hash() {
			t.Errorf("%s: the record holds %q, read was %q", s.Event.Scope, s.Notice.Text.Allows, c.read[i].Allows)
		}
	}
	if e := statements[1].Event; e.Shared != OneWindow {
		t.Errorf("recorded as %q", e.Shared)
	}
	if c.read[1].Allows[0] == NoticeFor(Control, party, "fr").Allows[0] {
		t.Errorf("control of one window is told as %q", c.read[1].Allows[0])
	}
}

// A no is recorded with the question as it was put: what somebody chose before and did
// not agree to is in no record.
func TestNoHasNoChoice(t *testing.T) {
	g, _ := newTestGate(t, &chooser{extent: Extent{Shared: OneScreen}, answer: No}, newBar())
	if _, err := g.AskView(t.Context(), Question{}); err == nil {
		t.Fatal("granted")
	}
	statements, err := g.Receipt().Verify()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if s.Event.Shared != "" || s.Notice != nil && s.Notice.Hash != NoticeFor(View, testParty(), "en").Hash() {
			t.Errorf("%s: %q, %+v", s.Event.Type, s.Event.Shared, s.Notice)
		}
	}
}
