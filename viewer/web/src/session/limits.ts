/**
 * Limits on what the wire may carry; the reasons stand in protocol/limits.go, and both
 * sides hold the same numbers.
 */

/** Largest WebSocket message between the relay and a page. */
export const MAX_FRAME = 64 << 10;
/** Largest PeerFrame inside a frame. */
export const MAX_FORWARD = MAX_FRAME - 64;
/** Largest message that fits sealed into MAX_FORWARD, and on the data channel "session". */
export const MAX_SEALED_PLAIN = MAX_FORWARD - 64;
/** Largest session description. */
export const MAX_SDP = 32 << 10;
/** Largest ICE candidate line. */
export const MAX_CANDIDATE = 1 << 10;
/** Most bytes that one Text types. */
export const MAX_TEXT = 4 << 10;
/** Longest KeyboardEvent.code, in characters. */
export const MAX_KEY_CODE = 32;
/** Longest KeyboardEvent.key, in bytes of UTF-8. */
export const MAX_KEY_NAME = 64;
/** Largest coordinate of the shared picture, either sign. */
export const MAX_POSITION = 1 << 15;
/** Most notches that one Wheel turns. */
export const MAX_WHEEL = 100;
/** Largest message on the data channel "cursor". */
export const MAX_CURSOR_FRAME = 256 << 10;
/** Widest and highest cursor shape, in pixels. */
export const MAX_CURSOR_SIDE = 256;
/** Most characters of a technician's reason. */
export const MAX_REASON = 200;
/** Most characters of a ticket reference. */
export const MAX_TICKET = 64;
/** Largest HandshakeData. */
export const MAX_ASSOCIATED_DATA = 2 << 10;
/** Most displays of one machine. */
export const MAX_DISPLAYS = 16;
