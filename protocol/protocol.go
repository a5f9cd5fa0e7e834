// Package protocol is the wire between agent, relay and viewer.
package protocol

// Version of the protocol. Both ends and the relay must agree.
const Version = 1
