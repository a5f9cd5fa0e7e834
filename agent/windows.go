package agent

import (
	"context"
	"time"

	"beside/agent/internal/catalogue"
	"beside/agent/internal/input"
	"beside/agent/internal/ui"
	"beside/consent"
)

// windows is what the agent needs of the screen in front of the user. New fills it
// with package ui, and nothing else can: Agent's field is not exported. It is an
// interface so that the tests of this package can be the user.
type windows interface {
	consent.Prompter // the only way to a yes
	input.Guard
	// Texts are the words of the language that the user reads now.
	Texts() *catalogue.Texts
	Run(ctx context.Context) error
	Close() error
	// Actions are the user's presses on anything but a question.
	Actions() <-chan ui.Action
	ShowStart(v ui.StartView)
	HideStart()
	// ShowLink shows the address of the page for a screen reader, which no browser took, in
	// the start window until a time.
	ShowLink(address string, until time.Time)
	// ShowBar returns when the bar is on the screen.
	ShowBar(ctx context.Context, v ui.BarView) (sessionBar, error)
	// Chosen is what the user chose to show with the yes to View that they gave last.
	Chosen() ui.Choice
	// ShowHere asks whether somebody is there, HideHere no longer.
	ShowHere(v ui.HereView)
	HideHere()
	// ShowOver shows the summary, or changes the one that is shown.
	ShowOver(v ui.OverView)
	// Comment is what the user wrote in it.
	Comment() string
	// ShowActivity shows the list of what was done; UpdateActivity changes it, open or not.
	ShowActivity(v ui.ActivityView)
	UpdateActivity(v ui.ActivityView)
	// ShowChat shows the conversation; asked says that the user wants it, and else it opens
	// without taking the keyboard. UpdateChat changes it, open or not.
	ShowChat(v ui.ChatView, talk ui.Talk, asked bool)
	UpdateChat(v ui.ChatView, talk ui.Talk)
	// HideSide takes the window of both away.
	HideSide()
	// ChooseFile lets the user choose a file; "" is none.
	ChooseFile(ctx context.Context, v ui.ChooseView) (string, error)
}

// sessionBar is the bar of one session, the witness that the gate asks for.
type sessionBar interface {
	consent.Indicator
	Update(v ui.BarView)
	// Level shows how loud the user is, 0 to audio.Levels.
	Level(level int)
	Hide()
}

// screenWindows are the real windows.
type screenWindows struct{ *ui.UI }

func (w screenWindows) ShowBar(ctx context.Context, v ui.BarView) (sessionBar, error) {
	b, err := w.UI.ShowBar(ctx, v)
	if err != nil {
		return nil, err
	}
	return b, nil
}
