// Package ui is the agent's windows: start, question, bar, and the end.
package ui

import (
	"context"
	"errors"
	"time"

	"beside/consent"
)

// UI owns the connection to the screen and all windows. Its methods are safe for
// use by several goroutines; Run's goroutine does the drawing.
//
// It is the consent.Prompter and, through Bar, the consent.Indicator.
type UI struct{}

// Options make a UI.
type Options struct {
	// Display is the X display; empty means $DISPLAY.
	Display string
	// Language is a BCP 47 tag; empty means the system's.
	Language string
}

// Errors of Open, each with its own text for the user.
var (
	ErrNoDisplay = errors.New("ui: no display")
	ErrWayland   = errors.New("ui: a Wayland session without X")
)

// Open connects to the display.
func Open(opts Options) (*UI, error) { return nil, errors.New("ui: unfinished") }

// Run draws and handles events until ctx ends or Close.
func (u *UI) Run(ctx context.Context) error { return nil }

// Close closes all windows.
func (u *UI) Close() error { return nil }

// Action is what the user pressed on a window other than a question.
type Action uint8

// The actions.
const (
	NewCode Action = iota + 1 // start: another code
	Quit                      // start: closed
	PauseSession
	ResumeSession
	StopControl
	StopRecording
	EndSession
	CloseOver // "It is over": closed
	OpenReceipt
)

// Actions delivers what the user pressed.
func (u *UI) Actions() <-chan Action { return nil }

// StartView is what the start window shows.
type StartView struct {
	Organisation string
	Verified     bool
	Code         string // twelve digits; empty while connecting
	Expires      time.Time
	// Problem is a sentence for the user (relay not reachable, code burnt); empty is none.
	Problem                       string
	PrivacyURL                    string
	Controller, Processor, Region string
}

// ShowStart shows or updates the start window.
func (u *UI) ShowStart(v StartView) {}

// HideStart closes the start window.
func (u *UI) HideStart() {}

// Ask shows a question and waits for the user's own answer. Cancelling ctx closes it: no.
func (u *UI) Ask(ctx context.Context, q consent.Question) (consent.Answer, error) {
	return consent.No, errors.New("ui: unfinished")
}

// Locked reports whether a question is on the screen (input.Guard).
func (u *UI) Locked() bool { return true }

// Ours reports whether window is one of ours or inside one (input.Guard).
func (u *UI) Ours(window uint32) bool { return true }

// BarView is what the bar shows.
type BarView struct {
	Technician, Organisation string
	Started                  time.Time
	Control, Recording       bool
	Paused                   bool
	UserActive               bool // remote input waits for the user
}

// ShowBar shows the bar and waits until it is on the screen. The Bar lives until HideBar.
func (u *UI) ShowBar(ctx context.Context, v BarView) (*Bar, error) {
	return nil, errors.New("ui: unfinished")
}

// Bar is the always-visible bar, the consent.Indicator.
type Bar struct{}

// Update changes what the bar shows.
func (b *Bar) Update(v BarView) {}

// Visible implements consent.Indicator.
func (b *Bar) Visible() bool { return false }

// Lost implements consent.Indicator.
func (b *Bar) Lost() <-chan struct{} { return nil }

// Hide takes the bar away at the session's end.
func (b *Bar) Hide() {}

// OverView is what "It is over" shows.
type OverView struct {
	Technician, Organisation string
	Started                  time.Time
	Duration                 time.Duration
	Allowed                  []consent.Scope
	Recorded                 bool
	KeptUntil                time.Time
	EndedBy                  consent.Actor
	ReceiptPath              string
}

// ShowOver shows the summary.
func (u *UI) ShowOver(v OverView) {}
