package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"beside/cmd/internal/stage"
)

// beside is the system that all of this is for.
type beside struct {
	stage      *stage.Stage
	technician *stage.Technician
	arguments  []string // for the agent
	known      bool     // the technician has an account
	record     bool     // ask for recording too
	keyed      bool     // the organisation can record
	// waits of the newest session, besides that for the picture
	code, question time.Duration
}

// besideLayout is where the session's page has its picture.
func besideLayout(width, height int) layout {
	return layout{Width: width, Height: height, Box: `[aria-label="Their screen"]`,
		Video: `[aria-label="Their screen"] video`, Canvas: `canvas[data-layer="screen"]`}
}

// ownName is what tables call Beside.
const ownName = "beside"

func (b *beside) name() string    { return ownName }
func (b *beside) missing() string { return "" }
func (b *beside) browsing() bool  { return b.technician != nil }

func (b *beside) browse(ctx context.Context) (err error) {
	if b.technician != nil {
		b.technician.CloseTab()
	}
	open := b.stage.SignUp
	if b.known {
		open = b.stage.SignIn
	}
	if b.technician, err = open(ctx); err != nil {
		b.technician = nil
		return err
	}
	b.known = true
	return nil
}

func (b *beside) connect(ctx context.Context, seen []landmark) (first, error) {
	if b.record && !b.keyed {
		if err := b.technician.SetUpRecording(ctx); err != nil {
			return first{}, err
		}
		b.keyed = true
	}
	// Nobody touches mouse or keyboard here: sooner the agent would hold the technician's.
	digits, took, err := b.stage.StartAgent(ctx, append([]string{"--away-after", "30m"}, b.arguments...)...)
	if err != nil {
		return first{}, err
	}
	b.code = took
	if err := b.technician.TypeCode(ctx, digits, "You wrote that your printer prints blank pages.", "HELP-4711"); err != nil {
		return first{}, err
	}
	if err := b.page().install(ctx); err != nil {
		return first{}, err
	}
	asked := time.Now()
	if err := b.technician.Click(ctx, "Ask to see their screen"); err != nil {
		return first{}, err
	}
	if _, err := b.stage.AwaitQuestion(ctx); err != nil {
		return first{}, err
	}
	b.question = time.Since(asked)
	return b.allow(ctx, seen)
}

// allow has the user say yes and waits for the picture.
func (b *beside) allow(ctx context.Context, seen []landmark) (f first, err error) {
	if err := b.stage.AwaitArmed(ctx); err != nil {
		return f, err
	}
	if err := b.page().call(ctx, nil, "watchFirst", seen, landmarkTolerance); err != nil {
		return f, err
	}
	if f.allowed, err = b.stage.SayYes(ctx); err != nil {
		return f, err
	}
	f.shown, err = b.page().awaitFirst(ctx)
	return f, err
}

// furnish asks for control, and for the recording if wanted.
func (b *beside) furnish(ctx context.Context) error {
	if err := b.grant(ctx, b.technician.AskControl, "I would like to look at the settings.", "Stop control"); err != nil {
		return err
	}
	if b.record {
		if err := b.grant(ctx, b.technician.AskRecord, "To show a colleague.", "REC"); err != nil {
			return err
		}
	}
	if err := b.stage.Rested(ctx, b.technician); err != nil {
		return err
	}
	return b.technician.WaitFor(ctx, atRest, "a page on which nothing passes any more")
}

// atRest holds of a page once the toolbar has hidden and what the user said was there to be
// read: they pass once in a session, and are not what a scene costs.
const atRest = `document.querySelector('[role=toolbar]')?.dataset.hidden === 'true' &&
  document.querySelector('[data-banner][data-tone=good]') === null && document.getAnimations().length === 0`

// grant asks for a further scope and has the user say yes.
func (b *beside) grant(ctx context.Context, ask func(context.Context, string) error, reason, sign string) error {
	if err := ask(ctx, reason); err != nil {
		return err
	}
	if err := b.stage.AwaitArmed(ctx); err != nil {
		return err
	}
	if _, err := b.stage.SayYes(ctx); err != nil {
		return err
	}
	return b.technician.WaitText(ctx, sign)
}

// disconnect has the user press End. The agent's program is then ended as it stands:
// how it says goodbye is no figure of ours.
func (b *beside) disconnect(ctx context.Context) error {
	if b.stage.Agent == nil {
		return nil
	}
	defer b.stopAgent()
	if _, err := b.stage.EndSession(ctx); err != nil {
		return err
	}
	_, err := b.stage.AwaitOver(ctx)
	return err
}

func (b *beside) stopAgent() {
	if b.stage.Agent != nil {
		b.stage.Agent.Stop()
		b.stage.Agent = nil
	}
}

func (b *beside) families() []family {
	return []family{{partServer, b.stage.Agent.PID()}, {partRelay, b.stage.Relay.PID()}, {partBrowser, b.technician.Pid()}}
}

func (b *beside) page() page {
	width, height := b.stage.Desktop.Size()
	return page{b.technician, besideLayout(width, height)}
}

func (b *beside) hands() hands { return keys{b.technician.Browser} }

// keys are a browser's hands.
type keys struct{ *stage.Browser }

// Key presses keys in the page.
func (k keys) Key(ctx context.Context, text string) error { return k.Browser.Key(ctx, text) }

const readReceived = `(async () => {
  const sum = {Bytes: 0, Frames: 0};
  for (const p of window.besidePeers) {
    if (p.connectionState === 'closed') continue;
    for (const r of (await p.getStats()).values()) {
      if (r.type === 'transport') sum.Bytes += r.bytesReceived;
      if (r.type === 'inbound-rtp') sum.Frames += r.framesDecoded || 0;
    }
  }
  return sum;
})()`

func (b *beside) received(ctx context.Context) (got received, err error) {
	if err = b.technician.Evaluate(ctx, readReceived, &got); err != nil {
		return got, fmt.Errorf("bench: what was received: %w", err)
	}
	if got.Bytes == 0 {
		return got, errors.New("bench: the page received nothing")
	}
	return got, nil
}

func (b *beside) close() {
	b.stopAgent()
	if b.technician != nil {
		b.technician.CloseTab()
		b.technician = nil
	}
}
