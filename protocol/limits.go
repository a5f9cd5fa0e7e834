package protocol

import "time"

// Every limit on what the wire may carry, with its reason. The Decode functions hold
// them; the side that sends keeps within them.
const (
	// MaxFrame is the largest WebSocket message between the relay and an end. It holds
	// the largest SDP sealed, and more would only be memory for an attacker.
	MaxFrame = 64 << 10
	// MaxForward is the largest PeerFrame inside a frame: what its envelope leaves.
	MaxForward = MaxFrame - 64
	// MaxSealedPlain is the largest message that fits sealed into MaxForward.
	MaxSealedPlain = MaxForward - 64

	// MaxSDP is the largest session description. A browser's with every codec is 8 KiB.
	MaxSDP = 32 << 10
	// MaxCandidate is the largest ICE candidate line; real ones are below 200 bytes.
	MaxCandidate = 1 << 10
	// MaxMid is the longest media id in a candidate.
	MaxMid = 32
	// MaxMediaLines is the most lines of a session description, and the highest media line
	// index of a candidate: we use three, and those that were closed are used again.
	MaxMediaLines = 16

	// MaxInputFrame is the largest message on the data channel "input": a Text and its
	// envelope.
	MaxInputFrame = 8 << 10
	// MaxText is the most bytes that one Text types.
	MaxText = 4 << 10
	// MaxKeyCode is the longest KeyboardEvent.code ("MediaTrackPrevious" has 18).
	MaxKeyCode = 32
	// MaxKeyName is the longest KeyboardEvent.key in bytes.
	MaxKeyName = 64
	// MaxPosition is the largest coordinate of the shared picture, either sign.
	MaxPosition = 1 << 15
	// MaxWheel is the most notches that one Wheel turns.
	MaxWheel = 100

	// MaxCursorFrame is the largest message on the data channel "cursor": what
	// Chromium takes in one message.
	MaxCursorFrame = 256 << 10
	// MaxCursorSide is the widest and highest cursor shape, in pixels. A shape must
	// also fit into MaxCursorFrame, so a full 256 by 256 one is scaled down first.
	MaxCursorSide = 256

	// MaxSessionFrame is the largest message on the data channel "session".
	MaxSessionFrame = MaxSealedPlain

	// MaxChat is the most characters of one chat message, MaxChatLines its most lines:
	// more would push what was said before out of sight.
	MaxChat      = 2000
	MaxChatLines = 40
	// MaxChatMessages and MaxChatTotal bound one session's chat, in messages and in
	// characters of both people together: more than anybody writes in a day.
	MaxChatMessages = 2000
	MaxChatTotal    = 200_000
	// ChatBurst is how many messages of one person are taken at once, ChatPace how soon
	// another is: faster than anybody writes. THREAT 18.
	ChatBurst = 10
	ChatPace  = 500 * time.Millisecond

	// MaxClipboardText is the most bytes of a text on the clipboard: a book of 400 pages.
	MaxClipboardText = 1 << 20
	// MaxClipboardImage is the most bytes of a picture's PNG: a screen full of photographs.
	MaxClipboardImage = 16 << 20
	// MaxClipboardSide and MaxClipboardPixels bound a picture before it is unpacked: a
	// few bytes of PNG can claim gigabytes of pixels. THREATS 19, 20.
	MaxClipboardSide   = 16 << 10
	MaxClipboardPixels = 32 << 20
	// MaxPiece is the most bytes of a clipboard piece or a file chunk: with its envelope
	// a message stays below the 64 KiB that every data channel carries. The agent's own
	// are smaller.
	MaxPiece = 60 << 10
	// MaxClipboardFrame and MaxFileFrame are the largest messages on the data channels
	// "clipboard" and "files".
	MaxClipboardFrame = MaxPiece + 64
	MaxFileFrame      = MaxPiece + 64

	// MaxFileSize is the largest file that is sent either way. The page keeps what it
	// receives until it is saved.
	MaxFileSize = 1 << 30
	// MaxFileName is the most bytes of a file's name on the wire; what systems allow.
	MaxFileName = 255
	// MaxTransfers is how many files travel at the same time, in both directions together.
	MaxTransfers = 8
	// FileWindow is how much of a file is under way without an answer: enough for
	// 10 MB/s at 100 ms, and little to wait for when it is stopped.
	FileWindow = 1 << 20
	// FileReport is how much a receiver takes before it reports.
	FileReport = 128 << 10

	// MaxReason is the most characters of a technician's reason.
	MaxReason = 200
	// MaxTicket is the most characters of a ticket reference.
	MaxTicket = 64
	// MaxName is the most characters of a person's or an organisation's name.
	MaxName = 120
	// MaxLine is the most characters of one line of a notice: controller, processor,
	// region, detail of an error.
	MaxLine = 300
	// MaxURL is the longest address of a notice or an ICE server, in bytes.
	MaxURL = 512
	// MaxID is the longest id of ours: sessions, technicians, recordings.
	MaxID = 64
	// MaxToken is the longest token or credential.
	MaxToken = 512
	// MaxAssociatedData is the largest HandshakeData.
	MaxAssociatedData = 2 << 10

	// MaxIceServers and MaxIceURLs bound what an agent or a page will contact.
	MaxIceServers = 8
	MaxIceURLs    = 8
	// MaxRecipients is the most age recipients of a recording, MaxRecipient the longest
	// one (a post-quantum recipient has about 2,000 characters).
	MaxRecipients = 16
	MaxRecipient  = 4 << 10
	// MaxDisplays is the most displays of one machine.
	MaxDisplays = 16
	// MaxRecordingDays is a hundred years: more is a mistake.
	MaxRecordingDays = 36500
)
