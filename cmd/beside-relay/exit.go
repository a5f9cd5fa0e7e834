package main

import (
	"errors"

	"beside/relay"
)

// Exit codes, for scripts and service managers.
//
//	0  ended as asked
//	1  something failed while running
//	2  wrong flags, or a configuration that is refused
//	3  the port is in use
//	4  the data folder cannot be used
//	5  the database belongs to a newer version
//	6  a key file can be read by others
//	7  no such person or organisation
//	8  an audit log was changed
const (
	exitOK = iota
	exitFailed
	exitUsage
	exitPort
	exitData
	exitNewer
	exitKeyFile
	exitNobody
	exitAudit
)

// usageError is an error in the command line.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }

func exitCode(err error) int {
	var usage usageError
	var config *relay.ConfigError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage), errors.As(err, &config):
		return exitUsage
	case errors.Is(err, relay.ErrPortInUse):
		return exitPort
	case errors.Is(err, relay.ErrKeyFile):
		return exitKeyFile
	case errors.Is(err, relay.ErrNewer):
		return exitNewer
	case errors.Is(err, relay.ErrDataDir):
		return exitData
	case errors.Is(err, relay.ErrNobody):
		return exitNobody
	case errors.Is(err, relay.ErrAudit):
		return exitAudit
	}
	return exitFailed
}
