package agent

import (
	"errors"
	"os"
	"syscall"

	"beside/agent/internal/catalogue"
	"beside/agent/internal/ui"
)

// Describe says in a person's words why the agent could not start, and what to do, in a
// language (BCP 47); empty means the system's. It returns "" when the error's own text
// is all there is.
func Describe(err error, language string) string {
	if language == "" {
		language = catalogue.System(os.Getenv)
	}
	t := catalogue.For(language)
	switch {
	case errors.Is(err, ErrNoDisplay):
		return ui.Describe(err, t)
	case errors.Is(err, ErrConfig):
		return catalogue.Fill(t.Trouble.Settings, "cause", err.Error())
	case errors.Is(err, os.ErrPermission):
		return catalogue.Fill(t.Trouble.NotAllowed, "cause", err.Error())
	case errors.Is(err, syscall.ENOSPC):
		return t.Trouble.DiskFull
	}
	return ""
}

// CheckWords are the words of the commands in a terminal.
type CheckWords = catalogue.Check

// SayCheck returns one of them in a language (BCP 47; empty is the
// system's), with values for its placeholders by turns, as catalogue.Fill takes them.
func SayCheck(language string, text func(CheckWords) string, pairs ...string) string {
	if language == "" {
		language = catalogue.System(os.Getenv)
	}
	return catalogue.Fill(text(catalogue.For(language).Check), pairs...)
}
