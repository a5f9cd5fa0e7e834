//go:build !linux

package agent

import "runtime/debug"

// tidy gives free memory back to the user's machine.
func tidy() { debug.FreeOSMemory() }

// shed has nothing to do where the system takes unused pages of programs by itself.
func shed() {}
