package stage

import (
	"context"
	"time"
)

// The scripted technician's account, and the passphrase of the organisation's recordings.
const (
	TechnicianName = "Ana Pérez"
	email          = "ana@acme.example"
	password       = "correct horse battery staple"
	passphrase     = "seven violet otters read quietly"
)

// Technician is a browser with a technician signed in.
type Technician struct {
	*Browser
	stage *Stage
	// Recovery is the recovery key that SetUpRecording was shown.
	Recovery string
}

// watchPackets runs in every page before its own code: it keeps the page's peer
// connections, so that a measurement can read their statistics.
const watchPackets = `(() => {
  const peers = []; window.besidePeers = peers;
  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Real { constructor(...a) { super(...a); peers.push(this); } };
})()`

// SignUp opens a browser and makes the technician's account through the relay's
// one-time link, as the first person of a new relay does.
func (s *Stage) SignUp(ctx context.Context) (*Technician, error) {
	t, err := s.openTechnician(ctx)
	if err != nil {
		return nil, err
	}
	steps := []func() error{
		func() error { return t.Open(ctx, s.link) },
		func() error { return t.Fill(ctx, "Your name", TechnicianName) },
		func() error { return t.Fill(ctx, "Email", email) },
		func() error { return t.Fill(ctx, "Password", password) },
		func() error { return t.Click(ctx, "Make account") },
		func() error { return t.WaitText(ctx, "Who are you helping?") },
	}
	return t, all(steps)
}

// SignIn opens another browser with the same technician.
func (s *Stage) SignIn(ctx context.Context) (*Technician, error) {
	t, err := s.openTechnician(ctx)
	if err != nil {
		return nil, err
	}
	steps := []func() error{
		func() error { return t.Open(ctx, s.URL+"/") },
		func() error { return t.Fill(ctx, "Email", email) },
		func() error { return t.Fill(ctx, "Password", password) },
		func() error { return t.Click(ctx, "Sign in") },
		func() error { return t.WaitText(ctx, "Who are you helping?") },
	}
	return t, all(steps)
}

func (s *Stage) openTechnician(ctx context.Context) (*Technician, error) {
	b, err := s.OpenBrowser(ctx, 1920, 1080)
	if err != nil {
		return nil, err
	}
	t := &Technician{Browser: b, stage: s}
	return t, b.run(ctx, addScripts())
}

func all(steps []func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// SetUpRecording makes the organisation's recording key, as a reviewer does once.
func (t *Technician) SetUpRecording(ctx context.Context) error {
	return all([]func() error{
		func() error { return t.Open(ctx, t.stage.URL+"/recordings/set-up") },
		func() error { return t.Fill(ctx, "Passphrase", passphrase) },
		func() error { return t.Fill(ctx, "The same once more", passphrase) },
		func() error { return t.Click(ctx, "Make the key") },
		func() error { return t.WaitText(ctx, "Beside recovery key") },
		func() error {
			return t.Evaluate(ctx, `document.querySelector('[data-recovery]').innerText`, &t.Recovery)
		},
		func() error { return t.Click(ctx, "Save as a file") },
		func() error { return t.Fill(ctx, "Type the last", t.Recovery[len(t.Recovery)-6:]) },
		func() error { return t.Click(ctx, "I kept it") },
		func() error { return t.WaitText(ctx, "Recording is ready") },
	})
}

// TypeCode goes to the first page and types the number that the user read out, and why.
func (t *Technician) TypeCode(ctx context.Context, code, reason, ticket string) error {
	return all([]func() error{
		func() error { return t.Open(ctx, t.stage.URL+"/") },
		func() error { return t.WaitText(ctx, "Who are you helping?") },
		func() error {
			if t.stage.opts.Stranger {
				return nil
			}
			return t.stage.Acquaint(ctx, t)
		},
		func() error { return t.fillElement(ctx, `document.querySelector('form input')`, code) },
		func() error { return t.Fill(ctx, "Why you want", reason) },
		func() error { return t.Fill(ctx, "Ticket", ticket) },
	})
}

// Join types the code and asks to see the screen. It returns the moment of the press.
func (t *Technician) Join(ctx context.Context, code, reason, ticket string) (time.Time, error) {
	if err := t.TypeCode(ctx, code, reason, ticket); err != nil {
		return time.Time{}, err
	}
	pressed := time.Now()
	return pressed, t.Click(ctx, "Ask to see their screen")
}

// Ask asks for control or recording with the toolbar's button and its dialog.
func (t *Technician) Ask(ctx context.Context, button, reason, confirm string) error {
	return all([]func() error{
		func() error { return t.WakeToolbar(ctx) },
		func() error { return t.Click(ctx, button) },
		func() error { return t.Fill(ctx, "Why", reason) },
		func() error { return t.clickIn(ctx, "[role=dialog]", confirm) },
	})
}

// AskControl asks for mouse and keyboard.
func (t *Technician) AskControl(ctx context.Context, reason string) error {
	return t.Ask(ctx, "Ask for control", reason, "Ask for control")
}

// AskRecord asks to record.
func (t *Technician) AskRecord(ctx context.Context, reason string) error {
	return t.Ask(ctx, "Ask to record", reason, "Ask to record")
}

// WakeToolbar brings the toolbar back, as moving the pointer to the top edge does.
func (t *Technician) WakeToolbar(ctx context.Context) error {
	if err := t.MoveTo(ctx, 960, 300); err != nil {
		return err
	}
	if err := t.MoveTo(ctx, 960, 2); err != nil {
		return err
	}
	return t.wait(ctx, `(() => { const bar = document.querySelector('[role=toolbar]');
		return bar !== null && bar.dataset.hidden === 'false' && bar.getBoundingClientRect().top >= 0; })()`, "the toolbar does not come")
}

// ClickOn presses the left button on a pixel of the user's screen.
func (t *Technician) ClickOn(ctx context.Context, x, y int) error {
	screen, err := t.Screen(ctx)
	if err != nil {
		return err
	}
	px, py := screen.At(x, y)
	return t.ClickAt(ctx, px, py)
}

// WatchLastPacket keeps, in the page, when the newest piece of a picture arrived: a packet
// of the video or a message of exact updates.
func (t *Technician) WatchLastPacket(ctx context.Context) error {
	return t.Evaluate(ctx, `(() => {
	  window.besideLast = {at: 0, packets: 0};
	  const look = async () => {
	    for (const p of window.besidePeers) {
	      try {
	        let packets = 0, at = performance.timeOrigin + performance.now();
	        for (const r of (await p.getStats()).values()) {
	          if (r.type === 'inbound-rtp') packets += r.packetsReceived;
	          if (r.type === 'data-channel' && r.label === 'screen') packets += r.messagesReceived;
	        }
	        if (packets > window.besideLast.packets) window.besideLast = {at, packets};
	      } catch { /* closed */ }
	    }
	    setTimeout(look, 4);
	  };
	  look();
	})()`, nil)
}

// LastPacket returns when the newest piece of a picture arrived, and how many did.
func (t *Technician) LastPacket(ctx context.Context) (at time.Time, packets int, err error) {
	var last struct {
		At      float64
		Packets int
	}
	err = t.Evaluate(ctx, `({At: window.besideLast.at, Packets: window.besideLast.packets})`, &last)
	return time.UnixMicro(int64(last.At * 1000)), last.Packets, err
}

// OpenRecording opens the newest recording for review, with a reason and the passphrase.
func (t *Technician) OpenRecording(ctx context.Context, reason, ticket string) error {
	return all([]func() error{
		func() error { return t.Open(ctx, t.stage.URL+"/recordings") },
		func() error { return t.WaitText(ctx, "Complete") },
		func() error {
			return t.clickElement(ctx, `document.querySelector('a[href^="/recordings/"]:not([href$="set-up"])')`)
		},
		func() error { return t.Fill(ctx, "Why", reason) },
		func() error { return t.Fill(ctx, "Ticket", ticket) },
		func() error { return t.Fill(ctx, "Passphrase", passphrase) },
		func() error { return t.Click(ctx, "Open") },
	})
}

// AwaitPlayback waits until the player shows a decoded picture and can play on.
func (t *Technician) AwaitPlayback(ctx context.Context) error {
	return t.wait(ctx, `(() => { const v = document.querySelector('video');
		return v !== null && v.videoWidth > 0 && v.readyState >= 2; })()`, "the recording does not play")
}
