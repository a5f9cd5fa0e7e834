package agent

import (
	"errors"
	"os"
	"syscall"

	"beside/agent/internal/ui"
)

// Describe says in a person's words why the agent could not start, and what to do. It
// returns "" when the error's own text is all there is.
func Describe(err error) string {
	switch {
	case errors.Is(err, ErrNoDisplay):
		return ui.Describe(err)
	case errors.Is(err, ErrConfig):
		return err.Error() + "\nSee beside-agent --help."
	case errors.Is(err, os.ErrPermission):
		return "Beside may not write to its folders: " + err.Error() + ". Name others with --receipts and --state."
	case errors.Is(err, syscall.ENOSPC):
		return "The disk is full, so Beside could not keep your receipt. Free some space and start it again."
	}
	return ""
}
