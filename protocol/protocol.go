// Package protocol is the wire between agent, relay and viewer.
//
// Begin with Code: what a person reads out. Handshake turns it into a key that only
// the two ends hold (CPace), Sealer seals every signalling message with that key, and
// the Decode functions are the only way in for bytes from the network:
//
//	bytes ──► Decode… (size, shape, ranges, text) ──► a wire message that can be trusted
//	                                                  to be well formed, not to be true
//
// The package promises that the secret of a code never leaves it but through
// Code.Display, that a relay in the middle can stop a handshake but never complete
// one, and that no message larger or odder than the limits in limits.go gets through.
// It imports nothing else of Beside. The schema is in proto/, the generated Go in
// wire/; docs/protocol.md tells the story.
package protocol

// Version of the protocol. Both ends and the relay must agree.
const Version = 1
