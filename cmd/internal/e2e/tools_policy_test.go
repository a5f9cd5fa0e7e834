package e2e

import (
	"slices"
	"strings"
	"testing"

	"beside/cmd/internal/stage"
)

// violations are the page's messages about its content security policy.
func violations(tab *stage.Technician) []string {
	return slices.DeleteFunc(tab.Messages(), func(m string) bool {
		return !strings.Contains(m, "Content Security Policy") && !strings.Contains(m, "TrustedHTML") && !strings.Contains(m, "TrustedScript")
	})
}

func expectNoViolations(t *testing.T, tab *stage.Technician) {
	t.Helper()
	if found := violations(tab); len(found) > 0 {
		t.Errorf("the policy was violated: %q", found)
	}
}

// THREAT 11: the strict policy holds in every page, from the first link to the review
// of a recording; and it is there, or this test could not tell.
func TestNoPageViolatesItsPolicy(t *testing.T) {
	t.Parallel()
	s := recordedTown(t)
	s.must(s.page.OpenRecording(s.ctx, "Training on printer questions", ticket))
	s.must(s.page.AwaitPlayback(s.ctx))
	for path, says := range map[string]string{
		"/": "Who are you helping?", "/people": "People", "/organisation": "Organisation", "/recordings": "Recordings",
		"/recordings/set-up": "Recording", "/nowhere": "", "/link": textSpentLink,
	} {
		s.must(s.page.Open(s.ctx, s.URL+path))
		s.must(s.page.WaitText(s.ctx, says))
	}
	expectNoViolations(t, s.page)
	if messages := s.page.Messages(); len(messages) > 0 {
		t.Errorf("the console has %q", messages)
	}

	for name, attack := range map[string]string{
		"inline style":       `document.body.setAttribute('style', 'color: red')`,
		"inline script":      `(() => { const e = document.createElement('script'); try { e.textContent = 'window.besideRan = 1'; } catch { return; } document.body.append(e); })()`,
		"a picture from far": `(() => { const e = new Image(); e.src = 'http://127.0.0.2:9/x.png'; document.body.append(e); })()`,
		"a post to far":      `void fetch('http://127.0.0.2:9/').catch(() => {})`,
	} {
		t.Run(name, func(t *testing.T) {
			before := len(violations(s.page))
			s.must(s.page.Evaluate(s.ctx, attack, nil))
			s.must(until(s.ctx, func() bool { return len(violations(s.page)) > before }))
		})
	}
	var ran bool
	s.must(s.page.Evaluate(s.ctx, "'besideRan' in window", &ran))
	if ran {
		t.Error("an inline script ran")
	}
}
