package protocol

// Close codes of our WebSockets, in the range that RFC 6455 section 7.4.2 leaves to
// applications. A RelayError with the words comes before them where there is time; the
// code alone tells a client whether to come back: after a lost connection yes (codes below
// 4000 too), after a verdict no.
const (
	// CloseSessionOver: the session ended as it should. Do not come back.
	CloseSessionOver = 4000
	// CloseBadFrame: a frame could not be read, was too large, or came out of turn.
	CloseBadFrame = 4400
	// CloseForbidden: signed in, but not allowed to.
	CloseForbidden = 4403
	// CloseCodeUnknown: unknown, expired, used or another organisation's code.
	CloseCodeUnknown = 4404
	// CloseSilent: nothing came for too long. Come back with the resume token.
	CloseSilent = 4408
	// CloseReplaced: the same end came back on a newer connection.
	CloseReplaced = 4409
	// CloseResume: the resume token is not valid any more. Begin anew.
	CloseResume = 4410
	// CloseVersion: protocol versions do not match.
	CloseVersion = 4426
	// CloseTooMany: too many tries. Come back later.
	CloseTooMany = 4429
	// CloseUnavailable: the relay is shutting down or overloaded. Come back soon.
	CloseUnavailable = 4503
)
