package consent

import (
	"context"
	"fmt"
)

// AskView asks the user to show the screen.
func (g *Gate) AskView(ctx context.Context, q Question) (*ViewGrant, error) {
	minted, err := g.ask(ctx, View, q)
	if err != nil {
		return nil, err
	}
	return &ViewGrant{view: minted}, nil
}

// AskControl asks for mouse and keyboard. View must be granted.
func (g *Gate) AskControl(ctx context.Context, q Question) (*ControlGrant, error) {
	minted, err := g.ask(ctx, Control, q)
	if err != nil {
		return nil, err
	}
	return &ControlGrant{control: minted}, nil
}

// AskRecord asks to record. View must be granted.
func (g *Gate) AskRecord(ctx context.Context, q Question) (*RecordGrant, error) {
	minted, err := g.ask(ctx, Record, q)
	if err != nil {
		return nil, err
	}
	return &RecordGrant{record: minted}, nil
}

// AskClipboard asks to read the clipboard and to put something on it. View must be
// granted.
func (g *Gate) AskClipboard(ctx context.Context, q Question) (*ClipboardGrant, error) {
	minted, err := g.ask(ctx, Clipboard, q)
	if err != nil {
		return nil, err
	}
	return &ClipboardGrant{clipboard: minted}, nil
}

// AskFiles asks to send files to the user and to take files that the user chooses. View
// must be granted.
func (g *Gate) AskFiles(ctx context.Context, q Question) (*FilesGrant, error) {
	minted, err := g.ask(ctx, Files, q)
	if err != nil {
		return nil, err
	}
	return &FilesGrant{files: minted}, nil
}

// AskVoice asks to talk: to open the microphone, and to play what the technician says.
// View must be granted.
func (g *Gate) AskVoice(ctx context.Context, q Question) (*VoiceGrant, error) {
	minted, err := g.ask(ctx, Voice, q)
	if err != nil {
		return nil, err
	}
	return &VoiceGrant{voice: minted}, nil
}

// ask puts one question from the check of the bar to the minted grant.
func (g *Gate) ask(ctx context.Context, scope Scope, q Question) (*grant, error) {
	q = g.complete(scope, q)
	ctx, cancel := context.WithTimeout(ctx, max(q.Timeout, q.Longest))
	defer cancel()
	if err := g.open(scope, q, cancel); err != nil {
		return nil, err
	}
	answer, err := g.prompt(ctx, q)
	given := g.judge(ctx, answer, err)
	minted, stepErr := g.change(input{kind: inAnswer, scope: scope, answer: given}, func() {
		if x, ok := g.cfg.Prompter.(Extender); ok && scope == View {
			g.asked[scope] = g.asked[scope].Showing(x.Extent())
		}
	})
	if stepErr != nil && err != nil {
		return nil, fmt.Errorf("%w: %w", stepErr, err)
	}
	return minted, stepErr
}

// complete fills in what the gate knows better than its caller.
func (g *Gate) complete(scope Scope, q Question) Question {
	q.ID, q.Scope, q.Party = newID(), scope, g.cfg.Party
	q.Language = Language(q.Language)
	if q.Text.Title == "" {
		q.Text = NoticeFor(scope, q.Party, q.Language)
	}
	if q.Timeout <= 0 {
		q.Timeout = DefaultTimeout
	}
	if scope == View {
		return q
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return q.Showing(g.asked[View].Extent)
}

// open makes q the open question, if one may be asked now.
func (g *Gate) open(scope Scope, q Question, cancel context.CancelFunc) error {
	if g.Snapshot().Over {
		return ErrEnded
	}
	if !g.cfg.Indicator.Visible() {
		return ErrNoBar
	}
	_, err := g.change(input{kind: inAsk, scope: scope}, func() {
		g.cancel, g.asked[scope] = cancel, q
	})
	return err
}

// prompt runs the Prompter; a panic in it is an error, with the zero answer, which is no.
func (g *Gate) prompt(ctx context.Context, q Question) (_ Answer, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("consent: the prompter failed: %v", p)
		}
	}()
	return g.cfg.Prompter.Ask(ctx, q)
}

// judge turns what the Prompter brought back into a verdict. Only one way leads to yes.
func (g *Gate) judge(ctx context.Context, answer Answer, err error) verdict {
	switch {
	case ctx.Err() != nil || answer == TimedOut:
		return verdictLate
	case err != nil:
		return verdictFailed
	case answer != Yes:
		return verdictNo
	case !g.cfg.Indicator.Visible():
		return verdictNoBar
	}
	return verdictYes
}
