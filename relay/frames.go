package relay

import (
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"

	"beside/protocol"
	"beside/protocol/wire"
	"beside/relay/internal/bus"
	"beside/relay/internal/store"
)

// The frames that the relay itself makes.

func agentError(code wire.RelayError_Code, detail string, wait time.Duration) *wire.RelayToAgent {
	return &wire.RelayToAgent{Kind: &wire.RelayToAgent_Error{Error: relayError(code, detail, wait)}}
}

func viewerError(code wire.RelayError_Code, detail string, wait time.Duration) *wire.RelayToViewer {
	return &wire.RelayToViewer{Kind: &wire.RelayToViewer_Error{Error: relayError(code, detail, wait)}}
}

func relayError(code wire.RelayError_Code, detail string, wait time.Duration) *wire.RelayError {
	return &wire.RelayError{Code: code, Detail: detail, RetryAfterSeconds: uint32(wholeSeconds(wait))}
}

// wholeSeconds rounds up: who waits that long is let in.
func wholeSeconds(d time.Duration) int64 {
	return int64((d + time.Second - 1) / time.Second)
}

func agentLeft(why wire.PeerLeft_Why) *wire.RelayToAgent {
	return &wire.RelayToAgent{Kind: &wire.RelayToAgent_Left{Left: &wire.PeerLeft{Why: why}}}
}

func viewerLeft(why wire.PeerLeft_Why) *wire.RelayToViewer {
	return &wire.RelayToViewer{Kind: &wire.RelayToViewer_Left{Left: &wire.PeerLeft{Why: why}}}
}

// closing is the bus message that writes last, when there is one, and closes with code.
func closing(last proto.Message, code int) bus.Message {
	m := bus.Message{Kind: toClose, From: strconv.Itoa(code)}
	if last != nil {
		if data, err := proto.Marshal(last); err == nil {
			m.Data = data
		}
	}
	return m
}

// describe says what users are told of an organisation and of this relay.
func (d *desk) describe(o store.Organisation) *wire.Organisation {
	line := func(s string) string { return protocol.Clean(s, protocol.MaxLine) }
	w := &wire.Organisation{
		Id: o.ID, Name: protocol.Clean(o.Name, protocol.MaxName), Verified: o.Verified,
		Controller: line(o.Controller), Processor: line(d.processor), Region: line(d.region),
		PrivacyUrl: o.PrivacyURL, RecordingDays: uint32(o.RecordingDays),
	}
	if w.Processor == "" {
		w.Processor = w.Name
	}
	if o.Recipient != "" {
		w.RecordingRecipients = []string{o.Recipient, o.RecoveryRecipient}
	}
	return w
}
