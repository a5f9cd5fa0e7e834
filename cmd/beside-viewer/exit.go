package main

import (
	"errors"
	"strings"

	"beside/cmd/internal/probe"
	"beside/consent"
	"beside/consent/checkpoint"
	"beside/protocol"
	"beside/recording"
)

// Exit codes, for scripts.
const (
	exitOK = iota
	exitFailed
	exitUsage
	exitRelay
	exitCodeUnknown
	exitWrongSecret
	exitRefused
	exitNoPicture
	exitTampered
	exitIdentity
)

const exitHelp = `Exit codes:
 0  it went through
 1  something else failed
 2  wrong flags or arguments
 3  the relay cannot be reached, or does not accept the token
 4  no session waits under this code (unknown, expired or used)
 5  the code is wrong; it is used up now
 6  the user did not show the screen
 7  the user said yes, and no picture came
 8  a recording, receipt or audit log was changed, or a recording has no manifest
 9  this identity or passphrase does not open the recording`

// usageError is an error in the command line.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }

func exitCode(err error) int {
	var usage usageError
	if err == nil {
		return exitOK
	}
	// The library gives a missing flag no type that one could ask for.
	if errors.As(err, &usage) || strings.HasPrefix(err.Error(), "Required flag") {
		return exitUsage
	}
	for _, row := range endings() {
		if errors.Is(err, row.err) {
			return row.code
		}
	}
	return exitFailed
}

// words is what a person reads; an error without words of its own stands for itself.
func words(err error) string {
	for _, row := range endings() {
		if errors.Is(err, row.err) && row.words != "" {
			return row.words + "\n(" + err.Error() + ")"
		}
	}
	return err.Error()
}

type ending struct {
	err   error
	code  int
	words string
}

func endings() []ending {
	return []ending{
		{probe.ErrUnreachable, exitRelay, "The relay cannot be reached. Check its address and that you are online."},
		{probe.ErrToken, exitRelay, "The relay does not accept this token. Make a new one with beside-relay token."},
		{errRelayRefused, exitRelay, "The relay did not give the recording out."},
		{probe.ErrCode, exitCodeUnknown, "No session waits under this code. It may have run out: ask for the number that is on the screen now."},
		{protocol.ErrWrongSecret, exitWrongSecret, "The code is not the one on the screen. It is used up now: ask for the new one."},
		{protocol.ErrCodeCheckDigit, exitUsage, "A digit of the code is wrong. Ask for it again; nothing was used up."},
		{protocol.ErrCodeTooShort, exitUsage, "The code has 12 digits. Nothing was used up."},
		{protocol.ErrCodeTooLong, exitUsage, "The code has 12 digits. Nothing was used up."},
		{protocol.ErrCodeNotDigits, exitUsage, "The code has 12 digits and nothing else. Nothing was used up."},
		{probe.ErrRefused, exitRefused, "The user did not show the screen."},
		{probe.ErrNoPicture, exitNoPicture, "The user said yes, and no picture came."},
		{recording.ErrTampered, exitTampered, "The recording is not what was signed. Do not trust it."},
		{recording.ErrUnfinished, exitTampered, "The recording has no manifest: nothing vouches for it. export --unfinished opens it all the same."},
		{consent.ErrReceipt, exitTampered, "The receipt is not what was signed. Do not trust it."},
		{checkpoint.ErrFalse, exitTampered, "The relay's audit log is not the one that the receipt holds it to: it was rewritten or cut, or this is another relay."},
		{recording.ErrIdentity, exitIdentity, "This identity or passphrase does not open the recording."},
	}
}
