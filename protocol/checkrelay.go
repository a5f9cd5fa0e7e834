package protocol

import (
	"strings"

	"beside/protocol/wire"
)

// Checks of the frames that the relay reads and writes (signal.proto).

func checkAgentFrame(f *wire.AgentFrame) error {
	switch k := f.Kind.(type) {
	case *wire.AgentFrame_Hello:
		h := k.Hello
		return first(
			version(h.Protocol),
			line("agent version", h.AgentVersion, MaxID),
			slug("organisation", h.Organisation),
			token("resume token", h.ResumeToken))
	case *wire.AgentFrame_Forward:
		return forward(k.Forward)
	case *wire.AgentFrame_NewCode:
		return enum("why of new code", k.NewCode.Why)
	case *wire.AgentFrame_Over, *wire.AgentFrame_Ice:
		return nil
	}
	return bad("nothing in it")
}

func checkViewerFrame(f *wire.ViewerFrame) error {
	switch k := f.Kind.(type) {
	case *wire.ViewerFrame_Join:
		j := k.Join
		if j.ResumeToken == "" && !isDigits(j.Locator, LocatorDigits) {
			return bad("locator")
		}
		return first(
			version(j.Protocol),
			line("locator", j.Locator, LocatorDigits),
			token("resume token", j.ResumeToken))
	case *wire.ViewerFrame_Forward:
		return forward(k.Forward)
	case *wire.ViewerFrame_Ice, *wire.ViewerFrame_Leave:
		return nil
	}
	return bad("nothing in it")
}

func checkRelayToAgent(f *wire.RelayToAgent) error {
	switch k := f.Kind.(type) {
	case *wire.RelayToAgent_Welcome:
		return first(
			organisation(k.Welcome.Organisation),
			token("resume token", k.Welcome.ResumeToken))
	case *wire.RelayToAgent_Locator:
		return locator(k.Locator)
	case *wire.RelayToAgent_Joined:
		// Its audit proof is not looked at here. One that is too large or wrong hurts no
		// session: consent/checkpoint refuses it, and the receipt says so.
		return first(
			id("session", k.Joined.SessionId),
			technician(k.Joined.Technician),
			token("upload token", k.Joined.UploadToken),
			iceServers(k.Joined.Ice))
	case *wire.RelayToAgent_Forward:
		return forward(k.Forward)
	case *wire.RelayToAgent_Left:
		return enum("why of leaving", k.Left.Why)
	case *wire.RelayToAgent_Error:
		return relayError(k.Error)
	case *wire.RelayToAgent_Ice:
		return iceServers(k.Ice)
	case *wire.RelayToAgent_Audit:
		return nil // as above: consent/checkpoint judges it
	}
	return bad("nothing in it")
}

func checkRelayToViewer(f *wire.RelayToViewer) error {
	switch k := f.Kind.(type) {
	case *wire.RelayToViewer_Welcome:
		return first(
			id("session", k.Welcome.SessionId),
			technician(k.Welcome.Technician),
			organisation(k.Welcome.Organisation),
			token("resume token", k.Welcome.ResumeToken),
			iceServers(k.Welcome.Ice))
	case *wire.RelayToViewer_Forward:
		return forward(k.Forward)
	case *wire.RelayToViewer_Left:
		return enum("why of leaving", k.Left.Why)
	case *wire.RelayToViewer_Error:
		return relayError(k.Error)
	case *wire.RelayToViewer_Ice:
		return iceServers(k.Ice)
	}
	return bad("nothing in it")
}

// version refuses only what no version can be: whether it is ours is the relay's to
// answer, in words.
func version(v uint32) error {
	if v == 0 {
		return bad("protocol version")
	}
	return nil
}

func forward(b []byte) error {
	if len(b) == 0 {
		return bad("forwards nothing")
	}
	return size("forward", len(b), MaxForward)
}

func locator(l *wire.Locator) error {
	if !isDigits(l.Digits, LocatorDigits) {
		return bad("locator")
	}
	if l.Expires == nil || l.Expires.CheckValid() != nil {
		return bad("locator's expiry")
	}
	return nil
}

func technician(t *wire.Technician) error {
	if t == nil {
		return bad("no technician")
	}
	if t.AccountCreated != nil && t.AccountCreated.CheckValid() != nil {
		return bad("technician's account")
	}
	return first(id("technician", t.Id), name("technician's name", t.Name))
}

func organisation(o *wire.Organisation) error {
	if o == nil {
		return bad("no organisation")
	}
	if len(o.RecordingRecipients) > MaxRecipients {
		return tooLarge("recipients", len(o.RecordingRecipients), MaxRecipients)
	}
	for _, r := range o.RecordingRecipients {
		if len(r) > MaxRecipient {
			return tooLarge("recipient", len(r), MaxRecipient)
		}
		if !strings.HasPrefix(r, "age1") || !isToken(r) {
			return bad("recipient")
		}
	}
	if o.RecordingDays > MaxRecordingDays {
		return tooLarge("recording days", int(o.RecordingDays), MaxRecordingDays)
	}
	return first(
		id("organisation", o.Id),
		name("organisation's name", o.Name),
		line("controller", o.Controller, MaxLine),
		line("processor", o.Processor, MaxLine),
		line("region", o.Region, MaxLine),
		webAddress("privacy address", o.PrivacyUrl))
}

func relayError(e *wire.RelayError) error {
	return first(enum("code of error", e.Code), line("detail of error", e.Detail, MaxLine))
}

func iceServers(s *wire.IceServers) error {
	if n := len(s.GetServers()); n > MaxIceServers {
		return tooLarge("ICE servers", n, MaxIceServers)
	}
	for _, server := range s.GetServers() {
		if n := len(server.Urls); n == 0 || n > MaxIceURLs {
			return bad("number of ICE addresses")
		}
		for _, u := range server.Urls {
			if err := iceAddress(u); err != nil {
				return err
			}
		}
		err := first(token("ICE user", server.Username), token("ICE credential", server.Credential))
		if err != nil {
			return err
		}
	}
	return nil
}

// iceAddress allows STUN and TURN and nothing else (RFC 7064, RFC 7065).
func iceAddress(u string) error {
	if len(u) > MaxURL {
		return tooLarge("ICE address", len(u), MaxURL)
	}
	scheme, rest, _ := strings.Cut(u, ":")
	switch scheme {
	case "stun", "stuns", "turn", "turns":
		if rest != "" && isToken(rest) {
			return nil
		}
	}
	return bad("ICE address")
}
