package protocol

import (
	"crypto/sha256"
	"unicode/utf8"

	"beside/protocol/wire"
)

// Checks of chat, clipboard and files (session.proto).

// checkChat measures before it cleans: 2,000 characters are what either side lets through.
func checkChat(c *wire.Chat) error {
	if n := utf8.RuneCountInString(c.Text); n > MaxChat {
		return tooLarge("chat", n, MaxChat)
	}
	c.Text = CleanLines(c.Text, MaxChat, MaxChatLines)
	if c.Text == "" {
		return bad("empty chat")
	}
	if c.Sequence == 0 {
		return bad("number of a chat message")
	}
	return nil
}

func checkClipboard(m *wire.ClipboardMessage) error {
	if m.Id == 0 {
		return bad("number")
	}
	switch k := m.Kind.(type) {
	case *wire.ClipboardMessage_Fetch:
		return nil
	case *wire.ClipboardMessage_Piece:
		return checkPiece(k.Piece)
	case *wire.ClipboardMessage_Result:
		return enum("outcome", k.Result.Outcome)
	}
	return bad("nothing in it")
}

// checkPiece bounds the whole by what the first piece says of it.
func checkPiece(p *wire.ClipboardPiece) error {
	most := MaxClipboardText
	if p.Format == wire.ClipboardPiece_FORMAT_PNG {
		most = MaxClipboardImage
	}
	if p.Size == 0 || len(p.Data) == 0 || uint64(len(p.Data)) > uint64(p.Size) {
		return bad("size of a piece")
	}
	return first(enum("format", p.Format), bounded("clipboard", uint64(p.Size), uint64(most)), size("piece", len(p.Data), MaxPiece))
}

func checkFile(m *wire.FileMessage) error {
	if m.Id == 0 {
		return bad("number")
	}
	switch k := m.Kind.(type) {
	case *wire.FileMessage_Request:
		return checkFileReason(k.Request)
	case *wire.FileMessage_Offer:
		return checkOffer(k.Offer)
	case *wire.FileMessage_Accept:
		return bounded("offset", k.Accept.Offset, MaxFileSize)
	case *wire.FileMessage_Chunk:
		return checkChunk(k.Chunk)
	case *wire.FileMessage_Progress:
		return bounded("progress", k.Progress.Received, MaxFileSize)
	case *wire.FileMessage_End:
		return checkHash(k.End.Sha256)
	case *wire.FileMessage_Received:
		return first(fileName(&k.Received.Name), checkHash(k.Received.Sha256))
	case *wire.FileMessage_Stop:
		return enum("why of a stop", k.Stop.Why)
	}
	return bad("nothing in it")
}

func checkFileReason(r *wire.FileRequest) error {
	if n := utf8.RuneCountInString(r.Reason); n > MaxReason {
		return tooLarge("reason", n, MaxReason)
	}
	r.Reason = Clean(r.Reason, MaxReason)
	return nil
}

func checkOffer(o *wire.FileOffer) error {
	return first(fileName(&o.Name), bounded("file", o.Size, MaxFileSize))
}

// fileName cleans a name for the eye. What may be a name on a disk is the receiver's
// affair (agent/internal/files).
func fileName(s *string) error {
	if err := size("name", len(*s), MaxFileName); err != nil {
		return err
	}
	*s = Clean(*s, MaxFileName)
	if *s == "" {
		return bad("empty name")
	}
	return nil
}

func checkChunk(c *wire.FileChunk) error {
	if len(c.Data) == 0 {
		return bad("empty chunk")
	}
	return first(
		bounded("offset", c.Offset, MaxFileSize),
		bounded("end of a chunk", c.Offset+uint64(len(c.Data)), MaxFileSize),
		size("chunk", len(c.Data), MaxPiece))
}

func checkHash(h []byte) error {
	if len(h) != sha256.Size {
		return bad("length of a hash")
	}
	return nil
}

// bounded is size for numbers that came as numbers.
func bounded(what string, got, most uint64) error {
	if got > most {
		return tooLarge(what, int(min(got, 1<<62)), int(most))
	}
	return nil
}
