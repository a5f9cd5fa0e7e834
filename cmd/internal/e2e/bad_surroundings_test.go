package e2e

import (
	"regexp"
	"strings"
	"testing"

	"beside/cmd/internal/stage"
)

// A relay that is not there: both sides say so, and go on by themselves when it is back.
func TestTheRelayIsNotReachable(t *testing.T) {
	t.Parallel()
	s, log := newTown(t, stage.Options{})
	s.must(s.page.TypeCode(s.ctx, unknownCode(s), reason, ticket))
	s.Relay.Stop()

	s.must(s.page.Click(s.ctx, "Ask to see their screen"))
	s.must(s.page.WaitText(s.ctx, "The relay cannot be reached"))
	s.must(s.page.WaitText(s.ctx, "The number on their screen may still work: try again."))

	started := make(chan error, 1)
	go func() {
		code, _, err := s.StartAgent(s.ctx)
		s.code = code
		started <- err
	}()
	_, err := s.AwaitStart(s.ctx)
	s.must(err)
	s.must(log.await(s.ctx, regexp.MustCompile("relay connection lost")))
	select {
	case err := <-started:
		t.Fatalf("the agent showed the code %q without a relay, %v", s.code, err)
	default:
	}
	s.must(s.StartRelay(s.ctx))
	s.must(<-started)
	s.must(s.page.Open(s.ctx, s.URL+"/"))
	s.join()
}

// No display, or one that cannot be used: a text for a person, and an exit code of its own.
func TestNoDisplay(t *testing.T) {
	t.Parallel()
	s := enterWorld(t).stage
	for name, c := range map[string]struct {
		env  []string
		says string
	}{
		"none":        {nil, "Beside found no screen to show its windows on. Start it from your desktop, at the computer that you want help with."},
		"not there":   {[]string{"DISPLAY=:6099"}, "Beside found no screen to show its windows on."},
		"not a name":  {[]string{"DISPLAY=nonsense"}, "Beside found no screen to show its windows on."},
		"Wayland":     {[]string{"WAYLAND_DISPLAY=wayland-0", "XDG_SESSION_TYPE=wayland"}, "Beside cannot show its windows in this Wayland session, because programs cannot use X here. Sign in with an X11 session"},
		"empty names": {[]string{"DISPLAY=", "WAYLAND_DISPLAY="}, "Beside found no screen to show its windows on."},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := s.Run(t.Context(), c.env, "beside-agent", "--relay", s.URL, "--receipts", t.TempDir(), "--state", t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			if r.Code != 3 || !strings.Contains(r.Complaint, c.says) || r.Output != "" {
				t.Errorf("got %+v, want exit code 3 and %q", r, c.says)
			}
		})
	}
}

// withoutWebRTC is a browser in which somebody has switched WebRTC off.
const withoutWebRTC = `delete window.RTCPeerConnection; delete window.webkitRTCPeerConnection; delete window.RTCRtpReceiver;`

func TestABrowserWithoutWebRTC(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	w := enterWorld(t)
	tab, err := w.technician.Tab(ctx, withoutWebRTC)
	if err != nil {
		t.Fatal(err)
	}
	defer tab.CloseTab()
	s := &scene{Stage: w.stage, t: t, ctx: ctx, log: w.log, page: tab}
	s.must(tab.Open(ctx, s.URL+"/"))
	s.must(tab.WaitText(ctx, "This browser cannot hold a session"))
	s.must(tab.WaitText(ctx, "It has no WebRTC, or WebRTC was switched off. Use a current Chrome, Edge, Firefox or Safari"))
	s.must(tab.WaitFor(ctx, `[...document.querySelectorAll('form input, form textarea, form button[type=submit]')].every(e => e.disabled)`,
		"a code can be typed that would be used up for nothing"))
	s.must(tab.Open(ctx, s.URL+"/recordings")) // everything else works
	s.must(tab.WaitText(ctx, "Recordings"))
}
