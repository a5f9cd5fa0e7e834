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
/** Most media lines of a session description, those included that are closed. */
export const MAX_MEDIA_LINES = 16;
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
/** Most bytes of a text on the clipboard. */
export const MAX_CLIPBOARD_TEXT = 1 << 20;
/** Most bytes of a picture's PNG. */
export const MAX_CLIPBOARD_IMAGE = 16 << 20;
/** Widest and highest picture, in pixels, and most pixels of one. */
export const MAX_CLIPBOARD_SIDE = 16 << 10;
export const MAX_CLIPBOARD_PIXELS = 32 << 20;
/** Most bytes of a clipboard piece or a file chunk. */
export const MAX_PIECE = 60 << 10;
/** Largest message on the data channels "clipboard" and "files". */
export const MAX_TOOL_FRAME = MAX_PIECE + 64;
/** Largest file that is sent either way. */
export const MAX_FILE_SIZE = 1 << 30;
/** Longest name of a file on the wire, in bytes of UTF-8. */
export const MAX_FILE_NAME = 255;
/** How many files travel at the same time. */
export const MAX_TRANSFERS = 8;
/** How much of a file is under way without an answer. */
export const FILE_WINDOW = 1 << 20;
/** How much a receiver takes before it reports. */
export const FILE_REPORT = 128 << 10;
/** Most characters of a name or a detail that stands on a line. */
export const MAX_LINE = 300;
/** Most characters of one chat message, and its most lines. */
export const MAX_CHAT = 2000;
export const MAX_CHAT_LINES = 40;
/** Most messages of one session's chat, and most characters of both people together. */
export const MAX_CHAT_MESSAGES = 2000;
export const MAX_CHAT_TOTAL = 200_000;
/** How many messages of one person are taken at once, and how soon another is. */
export const CHAT_BURST = 10;
export const CHAT_PACE_MS = 500;
