package protocol

import (
	"crypto/sha256"
	"unicode/utf8"

	"beside/protocol/wire"
)

// Checks of what the two ends say to one another (peer.proto, session.proto).

func checkPeerFrame(f *wire.PeerFrame) error {
	switch k := f.Kind.(type) {
	case *wire.PeerFrame_Share:
		return checkShare(k.Share)
	case *wire.PeerFrame_Confirm:
		if len(k.Confirm.Tag) != tagSize {
			return bad("length of the tag")
		}
		return nil
	case *wire.PeerFrame_Failed:
		return enum("why of failure", k.Failed.Why)
	case *wire.PeerFrame_Sealed:
		if len(k.Sealed.Ciphertext) <= sealOverhead {
			return bad("length of the sealed message")
		}
		return size("sealed message", len(k.Sealed.Ciphertext), MaxSealedPlain+sealOverhead)
	}
	return bad("nothing in it")
}

func checkShare(s *wire.Share) error {
	if len(s.GetPoint()) != pointSize {
		return bad("length of the point")
	}
	return size("associated data", len(s.GetAssociatedData()), MaxAssociatedData)
}

// checkHandshakeData checks what this side is about to bind.
func checkHandshakeData(d *wire.HandshakeData) error {
	if len(d.DtlsFingerprint) != sha256.Size {
		return bad("length of the fingerprint")
	}
	return first(
		version(d.Protocol),
		enum("role", d.Role),
		id("session", d.SessionId),
		name("technician's name", d.TechnicianName),
		name("organisation's name", d.OrganisationName))
}

func checkFromViewer(f *wire.FromViewer) error {
	switch k := f.Kind.(type) {
	case *wire.FromViewer_Ask:
		return checkAsk(k.Ask)
	case *wire.FromViewer_Offer:
		return description(k.Offer)
	case *wire.FromViewer_Candidate:
		return candidate(k.Candidate)
	case *wire.FromViewer_Release:
		return enum("scope", k.Release.Scope)
	case *wire.FromViewer_SelectDisplay:
		if k.SelectDisplay.Index >= MaxDisplays {
			return bad("display")
		}
		return nil
	case *wire.FromViewer_Goodbye:
		return nil
	case *wire.FromViewer_Chat:
		return checkChat(k.Chat)
	case *wire.FromViewer_Applied:
		return nil
	}
	return bad("nothing in it")
}

// checkAsk measures before it cleans: 200 characters are what the page lets through.
func checkAsk(a *wire.Ask) error {
	if n := utf8.RuneCountInString(a.Reason); n > MaxReason {
		return tooLarge("reason", n, MaxReason)
	}
	if n := utf8.RuneCountInString(a.Ticket); n > MaxTicket {
		return tooLarge("ticket", n, MaxTicket)
	}
	a.Reason = Clean(a.Reason, MaxReason)
	a.Ticket = Clean(a.Ticket, MaxTicket)
	return enum("scope", a.Scope)
}

func description(d *wire.Description) error {
	if d.Sdp == "" {
		return bad("empty description")
	}
	return size("description", len(d.Sdp), MaxSDP)
}

func candidate(c *wire.Candidate) error {
	if c.SdpMlineIndex > MaxMediaLines {
		return bad("media index of a candidate")
	}
	if hasControl(c.Candidate) {
		return bad("candidate")
	}
	return first(
		size("candidate", len(c.Candidate), MaxCandidate),
		line("media id", c.SdpMid, MaxMid))
}

func checkFromAgent(f *wire.FromAgent) error {
	switch k := f.Kind.(type) {
	case *wire.FromAgent_Asking:
		return enum("scope", k.Asking.Scope)
	case *wire.FromAgent_Decision:
		d := k.Decision
		d.Detail = Clean(d.Detail, MaxLine)
		return first(enum("scope", d.Scope), enum("outcome", d.Outcome))
	case *wire.FromAgent_Answer:
		return description(k.Answer)
	case *wire.FromAgent_Candidate:
		return candidate(k.Candidate)
	case *wire.FromAgent_State:
		return checkState(k.State)
	case *wire.FromAgent_Ended:
		return enum("who ended", k.Ended.By)
	case *wire.FromAgent_Displays:
		return checkDisplays(k.Displays)
	case *wire.FromAgent_Recording:
		r := k.Recording
		r.Detail = Clean(r.Detail, MaxLine)
		return first(enum("phase", r.Phase), optionalID("recording", r.RecordingId))
	case *wire.FromAgent_Chat:
		return checkChat(k.Chat)
	case *wire.FromAgent_Lines:
		return nil
	}
	return bad("nothing in it")
}

func checkState(s *wire.State) error {
	if len(s.Granted) >= len(wire.Scope_name) {
		return bad("more scopes than there are")
	}
	for _, scope := range s.Granted {
		if err := enum("scope", scope); err != nil {
			return err
		}
	}
	return nil
}

func checkDisplays(d *wire.Displays) error {
	if len(d.Displays) > MaxDisplays {
		return tooLarge("displays", len(d.Displays), MaxDisplays)
	}
	for _, one := range d.Displays {
		if one.Index >= MaxDisplays || one.Width > MaxPosition || one.Height > MaxPosition ||
			!position(one.X, one.Y) {
			return bad("display")
		}
	}
	if d.Selected >= MaxDisplays {
		return bad("selected display")
	}
	return nil
}

func checkInput(in *wire.Input) error {
	switch k := in.Kind.(type) {
	case *wire.Input_Move:
		return at(k.Move.X, k.Move.Y)
	case *wire.Input_Button:
		if k.Button.Button > 4 {
			return bad("button")
		}
		return at(k.Button.X, k.Button.Y)
	case *wire.Input_Wheel:
		if !within(k.Wheel.Dx, MaxWheel) || !within(k.Wheel.Dy, MaxWheel) {
			return bad("wheel")
		}
		return at(k.Wheel.X, k.Wheel.Y)
	case *wire.Input_Key:
		return checkKey(k.Key)
	case *wire.Input_Text:
		return checkText(k.Text)
	case *wire.Input_ReleaseAll:
		return nil
	}
	return bad("nothing in it")
}

// checkKey allows what KeyboardEvent.code and KeyboardEvent.key hold. The error says
// nothing of the key: errors are logged, keys never are.
func checkKey(k *wire.Key) error {
	if len(k.Code) > MaxKeyCode || len(k.Key) > MaxKeyName {
		return bad("length of a key")
	}
	if k.Code == "" && k.Key == "" {
		return bad("empty key")
	}
	for _, r := range k.Code {
		if (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			return bad("code of a key")
		}
	}
	if hasControl(k.Key) {
		return bad("name of a key")
	}
	return nil
}

// checkText allows tabs and line ends, and no other control character.
func checkText(t *wire.Text) error {
	if t.Text == "" {
		return bad("empty text")
	}
	if len(t.Text) > MaxText {
		return tooLarge("text", len(t.Text), MaxText)
	}
	for _, r := range t.Text {
		if r != '\t' && r != '\n' && r != '\r' && isControl(r) {
			return bad("text with control characters")
		}
	}
	return nil
}

func checkCursor(c *wire.Cursor) error {
	if !position(c.X, c.Y) {
		return bad("cursor position")
	}
	s := c.Shape
	if s == nil {
		return nil
	}
	switch {
	case s.Width == 0 || s.Height == 0 || s.Width > MaxCursorSide || s.Height > MaxCursorSide:
		return bad("size of a cursor")
	case s.HotX >= s.Width || s.HotY >= s.Height:
		return bad("hot spot of a cursor")
	case len(s.Rgba) != int(s.Width)*int(s.Height)*4:
		return bad("pixels of a cursor")
	case s.Serial != c.ShapeSerial:
		return bad("serial of a cursor")
	}
	return nil
}

func within(v, most int32) bool { return v >= -most && v <= most }

func position(x, y int32) bool { return within(x, MaxPosition) && within(y, MaxPosition) }

func at(x, y int32) error {
	if !position(x, y) {
		return bad("position")
	}
	return nil
}
