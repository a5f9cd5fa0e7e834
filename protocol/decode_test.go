package protocol

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"beside/protocol/wire"
)

// decoder is one Decode function, with messages that it must take and must refuse.
type decoder struct {
	limit  int
	decode func([]byte) (proto.Message, error)
	empty  func() proto.Message
	good   []proto.Message
	bad    map[string]proto.Message
}

// as hides the type of a Decode function.
func as[M proto.Message](decode func([]byte) (M, error)) func([]byte) (proto.Message, error) {
	return func(b []byte) (proto.Message, error) { return decode(b) }
}

func testOrganisationInfo() *wire.Organisation {
	return &wire.Organisation{
		Id: "o1", Name: testOrganisation, Controller: "Example Ltd, 1 Road, Town", Processor: "Relay Co",
		Region: "Frankfurt, Germany", PrivacyUrl: "https://example.com/privacy", RecordingDays: 30,
		RecordingRecipients: []string{"age1qqqqqqqqqqqqqqqq"},
	}
}

func testTechnicianInfo() *wire.Technician {
	return &wire.Technician{Id: "t1", Name: testTechnician, AccountCreated: &timestamppb.Timestamp{Seconds: 1}}
}

func testIce() *wire.IceServers {
	return &wire.IceServers{Servers: []*wire.IceServer{{Urls: []string{"turn:127.0.0.1:3478?transport=udp"}, Username: "u", Credential: "c"}}}
}

// manyIce has more servers than the limit.
func manyIce() *wire.IceServers {
	out := &wire.IceServers{}
	for range MaxIceServers + 1 {
		out.Servers = append(out.Servers, testIce().Servers[0])
	}
	return out
}

func oneIce(url string) *wire.RelayToAgent {
	return &wire.RelayToAgent{Kind: &wire.RelayToAgent_Ice{Ice: &wire.IceServers{Servers: []*wire.IceServer{{Urls: []string{url}}}}}}
}

func organisationWith(change func(*wire.Organisation)) *wire.RelayToAgent {
	o := testOrganisationInfo()
	change(o)
	return &wire.RelayToAgent{Kind: &wire.RelayToAgent_Welcome{Welcome: &wire.AgentWelcome{Organisation: o}}}
}

func decoders() map[string]decoder {
	return map[string]decoder{
		"AgentFrame": {MaxFrame, as(DecodeAgentFrame), func() proto.Message { return &wire.AgentFrame{} }, []proto.Message{
			&wire.AgentFrame{Kind: &wire.AgentFrame_Hello{Hello: &wire.AgentHello{Protocol: 1, AgentVersion: "1.0", Organisation: "example"}}},
			&wire.AgentFrame{Kind: &wire.AgentFrame_Forward{Forward: []byte{1}}},
			&wire.AgentFrame{Kind: &wire.AgentFrame_NewCode{NewCode: &wire.NewCode{Why: wire.NewCode_WHY_BURNT}}},
			&wire.AgentFrame{Kind: &wire.AgentFrame_Over{Over: &wire.SessionOver{}}},
			&wire.AgentFrame{Kind: &wire.AgentFrame_Ice{Ice: &wire.IceRequest{}}},
		}, map[string]proto.Message{
			"no version":      &wire.AgentFrame{Kind: &wire.AgentFrame_Hello{Hello: &wire.AgentHello{}}},
			"organisation":    &wire.AgentFrame{Kind: &wire.AgentFrame_Hello{Hello: &wire.AgentHello{Protocol: 1, Organisation: "../etc"}}},
			"token":           &wire.AgentFrame{Kind: &wire.AgentFrame_Hello{Hello: &wire.AgentHello{Protocol: 1, ResumeToken: "a b"}}},
			"long token":      &wire.AgentFrame{Kind: &wire.AgentFrame_Hello{Hello: &wire.AgentHello{Protocol: 1, ResumeToken: strings.Repeat("a", MaxToken+1)}}},
			"empty forward":   &wire.AgentFrame{Kind: &wire.AgentFrame_Forward{}},
			"unknown why":     &wire.AgentFrame{Kind: &wire.AgentFrame_NewCode{NewCode: &wire.NewCode{Why: 99}}},
			"unspecified why": &wire.AgentFrame{Kind: &wire.AgentFrame_NewCode{NewCode: &wire.NewCode{}}},
		}},
		"ViewerFrame": {MaxFrame, as(DecodeViewerFrame), func() proto.Message { return &wire.ViewerFrame{} }, []proto.Message{
			&wire.ViewerFrame{Kind: &wire.ViewerFrame_Join{Join: &wire.ViewerJoin{Protocol: 1, Locator: "40812"}}},
			&wire.ViewerFrame{Kind: &wire.ViewerFrame_Join{Join: &wire.ViewerJoin{Protocol: 1, ResumeToken: "abc"}}},
			&wire.ViewerFrame{Kind: &wire.ViewerFrame_Forward{Forward: []byte{1}}},
			&wire.ViewerFrame{Kind: &wire.ViewerFrame_Leave{Leave: &wire.ViewerLeave{}}},
		}, map[string]proto.Message{
			"the whole code":   &wire.ViewerFrame{Kind: &wire.ViewerFrame_Join{Join: &wire.ViewerJoin{Protocol: 1, Locator: "408127301562"}}},
			"letters":          &wire.ViewerFrame{Kind: &wire.ViewerFrame_Join{Join: &wire.ViewerJoin{Protocol: 1, Locator: "4081a"}}},
			"nothing to go by": &wire.ViewerFrame{Kind: &wire.ViewerFrame_Join{Join: &wire.ViewerJoin{Protocol: 1}}},
			"code and token":   &wire.ViewerFrame{Kind: &wire.ViewerFrame_Join{Join: &wire.ViewerJoin{Protocol: 1, Locator: "408127301562", ResumeToken: "a"}}},
		}},
		"RelayToAgent": {MaxFrame, as(DecodeRelayToAgent), func() proto.Message { return &wire.RelayToAgent{} }, []proto.Message{
			organisationWith(func(*wire.Organisation) {}),
			&wire.RelayToAgent{Kind: &wire.RelayToAgent_Locator{Locator: &wire.Locator{Digits: "40812", Expires: timestamppb.Now()}}},
			&wire.RelayToAgent{Kind: &wire.RelayToAgent_Joined{Joined: &wire.TechnicianJoined{SessionId: testSession, Technician: testTechnicianInfo(), UploadToken: "t", Ice: testIce()}}},
			&wire.RelayToAgent{Kind: &wire.RelayToAgent_Left{Left: &wire.PeerLeft{Why: wire.PeerLeft_WHY_LOST}}},
			&wire.RelayToAgent{Kind: &wire.RelayToAgent_Error{Error: &wire.RelayError{Code: wire.RelayError_CODE_VERSION, Detail: "2"}}},
			oneIce("stun:[::1]:3478"),
		}, map[string]proto.Message{
			"no organisation":   &wire.RelayToAgent{Kind: &wire.RelayToAgent_Welcome{Welcome: &wire.AgentWelcome{}}},
			"nameless":          organisationWith(func(o *wire.Organisation) { o.Name = "" }),
			"direction":         organisationWith(func(o *wire.Organisation) { o.Name = "Exam\u202eelp" }),
			"line end":          organisationWith(func(o *wire.Organisation) { o.Controller = "Example\nLtd" }),
			"script":            organisationWith(func(o *wire.Organisation) { o.PrivacyUrl = "javascript:alert(1)" }),
			"recipient":         organisationWith(func(o *wire.Organisation) { o.RecordingRecipients = []string{"ssh-ed25519 AAAA"} }),
			"long name":         organisationWith(func(o *wire.Organisation) { o.Name = strings.Repeat("a", MaxName+1) }),
			"forever":           organisationWith(func(o *wire.Organisation) { o.RecordingDays = MaxRecordingDays + 1 }),
			"locator":           &wire.RelayToAgent{Kind: &wire.RelayToAgent_Locator{Locator: &wire.Locator{Digits: "4081", Expires: timestamppb.Now()}}},
			"locator's expiry":  &wire.RelayToAgent{Kind: &wire.RelayToAgent_Locator{Locator: &wire.Locator{Digits: "40812"}}},
			"nobody":            &wire.RelayToAgent{Kind: &wire.RelayToAgent_Joined{Joined: &wire.TechnicianJoined{SessionId: testSession}}},
			"no session":        &wire.RelayToAgent{Kind: &wire.RelayToAgent_Joined{Joined: &wire.TechnicianJoined{Technician: testTechnicianInfo()}}},
			"ICE by http":       oneIce("http://127.0.0.1/"),
			"ICE without host":  oneIce("turn:"),
			"ICE with spaces":   oneIce("turn:a b"),
			"too many servers":  &wire.RelayToAgent{Kind: &wire.RelayToAgent_Ice{Ice: manyIce()}},
			"server without":    &wire.RelayToAgent{Kind: &wire.RelayToAgent_Ice{Ice: &wire.IceServers{Servers: []*wire.IceServer{{}}}}},
			"unspecified error": &wire.RelayToAgent{Kind: &wire.RelayToAgent_Error{Error: &wire.RelayError{}}},
		}},
		"RelayToViewer": {MaxFrame, as(DecodeRelayToViewer), func() proto.Message { return &wire.RelayToViewer{} }, []proto.Message{
			&wire.RelayToViewer{Kind: &wire.RelayToViewer_Welcome{Welcome: &wire.ViewerWelcome{SessionId: testSession, Technician: testTechnicianInfo(), Organisation: testOrganisationInfo(), Ice: testIce()}}},
			&wire.RelayToViewer{Kind: &wire.RelayToViewer_Forward{Forward: []byte{1}}},
			&wire.RelayToViewer{Kind: &wire.RelayToViewer_Left{Left: &wire.PeerLeft{Why: wire.PeerLeft_WHY_GONE}}},
		}, map[string]proto.Message{
			"no organisation": &wire.RelayToViewer{Kind: &wire.RelayToViewer_Welcome{Welcome: &wire.ViewerWelcome{SessionId: testSession, Technician: testTechnicianInfo()}}},
			"unknown why":     &wire.RelayToViewer{Kind: &wire.RelayToViewer_Left{Left: &wire.PeerLeft{Why: 7}}},
		}},
		"PeerFrame": {MaxForward, as(DecodePeerFrame), func() proto.Message { return &wire.PeerFrame{} }, []proto.Message{
			&wire.PeerFrame{Kind: &wire.PeerFrame_Share{Share: &wire.Share{Point: make([]byte, 32), AssociatedData: []byte{8, 1}}}},
			&wire.PeerFrame{Kind: &wire.PeerFrame_Confirm{Confirm: &wire.Confirm{Tag: make([]byte, 64)}}},
			&wire.PeerFrame{Kind: &wire.PeerFrame_Failed{Failed: &wire.HandshakeFailed{Why: wire.HandshakeFailed_WHY_VERSION}}},
			&wire.PeerFrame{Kind: &wire.PeerFrame_Sealed{Sealed: &wire.Sealed{Counter: 3, Ciphertext: make([]byte, 17)}}},
		}, map[string]proto.Message{
			"short point":  &wire.PeerFrame{Kind: &wire.PeerFrame_Share{Share: &wire.Share{Point: make([]byte, 31)}}},
			"much data":    &wire.PeerFrame{Kind: &wire.PeerFrame_Share{Share: &wire.Share{Point: make([]byte, 32), AssociatedData: make([]byte, MaxAssociatedData+1)}}},
			"short tag":    &wire.PeerFrame{Kind: &wire.PeerFrame_Confirm{Confirm: &wire.Confirm{Tag: make([]byte, 63)}}},
			"nothing in":   &wire.PeerFrame{Kind: &wire.PeerFrame_Sealed{Sealed: &wire.Sealed{Ciphertext: make([]byte, 16)}}},
			"sealed large": &wire.PeerFrame{Kind: &wire.PeerFrame_Sealed{Sealed: &wire.Sealed{Ciphertext: make([]byte, MaxSealedPlain+sealOverhead+1)}}},
		}},
		"FromViewer": {MaxSessionFrame, as(DecodeFromViewer), func() proto.Message { return &wire.FromViewer{} }, []proto.Message{
			&wire.FromViewer{Kind: &wire.FromViewer_Ask{Ask: &wire.Ask{Scope: wire.Scope_SCOPE_VIEW, Reason: "the printer"}}},
			&wire.FromViewer{Kind: &wire.FromViewer_Offer{Offer: &wire.Description{Sdp: "v=0"}}},
			&wire.FromViewer{Kind: &wire.FromViewer_Candidate{Candidate: &wire.Candidate{Candidate: "candidate:1 1 udp 1 127.0.0.1 9 typ host", SdpMid: "0"}}},
			&wire.FromViewer{Kind: &wire.FromViewer_Candidate{Candidate: &wire.Candidate{}}},
			&wire.FromViewer{Kind: &wire.FromViewer_Release{Release: &wire.Release{Scope: wire.Scope_SCOPE_CONTROL}}},
			&wire.FromViewer{Kind: &wire.FromViewer_SelectDisplay{SelectDisplay: &wire.SelectDisplay{Index: 1}}},
			&wire.FromViewer{Kind: &wire.FromViewer_Goodbye{Goodbye: &wire.Goodbye{}}},
			&wire.FromViewer{Kind: &wire.FromViewer_Chat{Chat: &wire.Chat{Text: "Please restart it.\n\n你好", Sequence: 1}}},
		}, map[string]proto.Message{
			"long chat":       &wire.FromViewer{Kind: &wire.FromViewer_Chat{Chat: &wire.Chat{Text: strings.Repeat("ä", MaxChat+1), Sequence: 1}}},
			"empty chat":      &wire.FromViewer{Kind: &wire.FromViewer_Chat{Chat: &wire.Chat{Text: " \u202e\n", Sequence: 1}}},
			"unnumbered chat": &wire.FromViewer{Kind: &wire.FromViewer_Chat{Chat: &wire.Chat{Text: "hello"}}},
			"no scope":        &wire.FromViewer{Kind: &wire.FromViewer_Ask{Ask: &wire.Ask{}}},
			"unknown scope":   &wire.FromViewer{Kind: &wire.FromViewer_Ask{Ask: &wire.Ask{Scope: 40}}},
			"long reason":     &wire.FromViewer{Kind: &wire.FromViewer_Ask{Ask: &wire.Ask{Scope: 1, Reason: strings.Repeat("ä", MaxReason+1)}}},
			"long ticket":     &wire.FromViewer{Kind: &wire.FromViewer_Ask{Ask: &wire.Ask{Scope: 1, Ticket: strings.Repeat("1", MaxTicket+1)}}},
			"empty offer":     &wire.FromViewer{Kind: &wire.FromViewer_Offer{Offer: &wire.Description{}}},
			"large offer":     &wire.FromViewer{Kind: &wire.FromViewer_Offer{Offer: &wire.Description{Sdp: strings.Repeat("a", MaxSDP+1)}}},
			"long candidate":  &wire.FromViewer{Kind: &wire.FromViewer_Candidate{Candidate: &wire.Candidate{Candidate: strings.Repeat("a", MaxCandidate+1)}}},
			"two candidates":  &wire.FromViewer{Kind: &wire.FromViewer_Candidate{Candidate: &wire.Candidate{Candidate: "a\r\na=b"}}},
			"media line":      &wire.FromViewer{Kind: &wire.FromViewer_Candidate{Candidate: &wire.Candidate{SdpMlineIndex: MaxMediaLines + 1}}},
			"display":         &wire.FromViewer{Kind: &wire.FromViewer_SelectDisplay{SelectDisplay: &wire.SelectDisplay{Index: MaxDisplays}}},
		}},
		"FromAgent": {MaxSessionFrame, as(DecodeFromAgent), func() proto.Message { return &wire.FromAgent{} }, []proto.Message{
			&wire.FromAgent{Kind: &wire.FromAgent_Asking{Asking: &wire.Asking{Scope: wire.Scope_SCOPE_RECORD, SecondsLeft: 60}}},
			&wire.FromAgent{Kind: &wire.FromAgent_Decision{Decision: &wire.Decision{Scope: wire.Scope_SCOPE_VIEW, Outcome: wire.Decision_OUTCOME_GRANTED}}},
			&wire.FromAgent{Kind: &wire.FromAgent_State{State: &wire.State{Granted: []wire.Scope{1, 2, 3}}}},
			&wire.FromAgent{Kind: &wire.FromAgent_Ended{Ended: &wire.Ended{By: wire.Ended_BY_USER}}},
			&wire.FromAgent{Kind: &wire.FromAgent_Displays{Displays: &wire.Displays{Displays: []*wire.Display{{Width: 1920, Height: 1080, X: -1920}}}}},
			&wire.FromAgent{Kind: &wire.FromAgent_Recording{Recording: &wire.RecordingStatus{Phase: wire.RecordingStatus_PHASE_RUNNING, RecordingId: "00"}}},
			&wire.FromAgent{Kind: &wire.FromAgent_Chat{Chat: &wire.Chat{Text: "yes", Sequence: 1}}},
		}, map[string]proto.Message{
			"empty chat":      &wire.FromAgent{Kind: &wire.FromAgent_Chat{Chat: &wire.Chat{Sequence: 1}}},
			"unnumbered chat": &wire.FromAgent{Kind: &wire.FromAgent_Chat{Chat: &wire.Chat{Text: "hello"}}},
			"no outcome":      &wire.FromAgent{Kind: &wire.FromAgent_Decision{Decision: &wire.Decision{Scope: 1}}},
			"unknown scope":   &wire.FromAgent{Kind: &wire.FromAgent_State{State: &wire.State{Granted: []wire.Scope{9}}}},
			"too many scopes": &wire.FromAgent{Kind: &wire.FromAgent_State{State: &wire.State{Granted: []wire.Scope{1, 1, 1, 1, 1, 1, 1}}}},
			"nobody ended":    &wire.FromAgent{Kind: &wire.FromAgent_Ended{Ended: &wire.Ended{}}},
			"huge display":    &wire.FromAgent{Kind: &wire.FromAgent_Displays{Displays: &wire.Displays{Displays: []*wire.Display{{Width: MaxPosition + 1}}}}},
			"recording id":    &wire.FromAgent{Kind: &wire.FromAgent_Recording{Recording: &wire.RecordingStatus{Phase: 1, RecordingId: "a b"}}},
		}},
		"Input": {MaxInputFrame, as(DecodeInput), func() proto.Message { return &wire.Input{} }, []proto.Message{
			&wire.Input{Sequence: 1, Kind: &wire.Input_Move{Move: &wire.PointerMove{X: 3, Y: 4}}},
			&wire.Input{Sequence: 2, Kind: &wire.Input_Button{Button: &wire.PointerButton{Button: 4, Down: true}}},
			&wire.Input{Sequence: 3, Kind: &wire.Input_Wheel{Wheel: &wire.Wheel{Dy: -3}}},
			&wire.Input{Sequence: 4, Kind: &wire.Input_Key{Key: &wire.Key{Code: "KeyA", Key: "ä", Down: true}}},
			&wire.Input{Sequence: 5, Kind: &wire.Input_Text{Text: &wire.Text{Text: "你\t€\n"}}},
			&wire.Input{Sequence: 6, Kind: &wire.Input_ReleaseAll{ReleaseAll: &wire.ReleaseAll{}}},
		}, map[string]proto.Message{
			"far away":     &wire.Input{Kind: &wire.Input_Move{Move: &wire.PointerMove{X: MaxPosition + 1}}},
			"sixth button": &wire.Input{Kind: &wire.Input_Button{Button: &wire.PointerButton{Button: 5}}},
			"spinning":     &wire.Input{Kind: &wire.Input_Wheel{Wheel: &wire.Wheel{Dx: -MaxWheel - 1}}},
			"no key":       &wire.Input{Kind: &wire.Input_Key{Key: &wire.Key{Down: true}}},
			"odd code":     &wire.Input{Kind: &wire.Input_Key{Key: &wire.Key{Code: "Key A"}}},
			"control key":  &wire.Input{Kind: &wire.Input_Key{Key: &wire.Key{Key: "\x1b"}}},
			"no text":      &wire.Input{Kind: &wire.Input_Text{Text: &wire.Text{}}},
			"escape":       &wire.Input{Kind: &wire.Input_Text{Text: &wire.Text{Text: "a\x1b[2J"}}},
			"direction":    &wire.Input{Kind: &wire.Input_Text{Text: &wire.Text{Text: "a\u202eb"}}},
			"long text":    &wire.Input{Kind: &wire.Input_Text{Text: &wire.Text{Text: strings.Repeat("a", MaxText+1)}}},
		}},
		"Cursor": {MaxCursorFrame, as(DecodeCursor), func() proto.Message { return &wire.Cursor{} }, []proto.Message{
			&wire.Cursor{X: 1, Y: 2, Visible: true, ShapeSerial: 1},
			&wire.Cursor{ShapeSerial: 2, Shape: &wire.CursorShape{Serial: 2, Width: 2, Height: 1, HotX: 1, Rgba: make([]byte, 8)}},
			&wire.Cursor{ShapeSerial: 2, Shape: &wire.CursorShape{Serial: 2, Width: 255, Height: 256, Rgba: make([]byte, 255*256*4)}},
		}, map[string]proto.Message{
			"flat":         &wire.Cursor{Shape: &wire.CursorShape{Width: 1}},
			"wide":         &wire.Cursor{Shape: &wire.CursorShape{Width: 257, Height: 1, Rgba: make([]byte, 257*4)}},
			"short pixels": &wire.Cursor{Shape: &wire.CursorShape{Width: 2, Height: 2, Rgba: make([]byte, 15)}},
			"overflow":     &wire.Cursor{Shape: &wire.CursorShape{Width: 1 << 31, Height: 2}},
			"hot spot":     &wire.Cursor{Shape: &wire.CursorShape{Width: 1, Height: 1, HotX: 1, Rgba: make([]byte, 4)}},
			"other serial": &wire.Cursor{ShapeSerial: 1, Shape: &wire.CursorShape{Serial: 2, Width: 1, Height: 1, Rgba: make([]byte, 4)}},
			"off":          &wire.Cursor{X: -MaxPosition - 1},
		}},
		"Clipboard": {MaxClipboardFrame, as(DecodeClipboard), func() proto.Message { return &wire.ClipboardMessage{} }, []proto.Message{
			&wire.ClipboardMessage{Id: 1, Kind: &wire.ClipboardMessage_Fetch{Fetch: &wire.ClipboardFetch{}}},
			clipboardPiece(wire.ClipboardPiece_FORMAT_TEXT, 3, []byte("abc")),
			clipboardPiece(wire.ClipboardPiece_FORMAT_PNG, MaxClipboardImage, make([]byte, MaxPiece)),
			&wire.ClipboardMessage{Id: 2, Kind: &wire.ClipboardMessage_Result{Result: &wire.ClipboardResult{Outcome: wire.ClipboardResult_OUTCOME_PLACED}}},
		}, map[string]proto.Message{
			"no number":     &wire.ClipboardMessage{Kind: &wire.ClipboardMessage_Fetch{Fetch: &wire.ClipboardFetch{}}},
			"no format":     clipboardPiece(0, 3, []byte("abc")),
			"other format":  clipboardPiece(9, 3, []byte("abc")),
			"a large text":  clipboardPiece(wire.ClipboardPiece_FORMAT_TEXT, MaxClipboardText+1, []byte("abc")),
			"a large image": clipboardPiece(wire.ClipboardPiece_FORMAT_PNG, MaxClipboardImage+1, []byte("abc")),
			"nothing":       clipboardPiece(wire.ClipboardPiece_FORMAT_TEXT, 3, nil),
			"no size":       clipboardPiece(wire.ClipboardPiece_FORMAT_TEXT, 0, []byte("abc")),
			"more than all": clipboardPiece(wire.ClipboardPiece_FORMAT_TEXT, 2, []byte("abc")),
			"a large piece": clipboardPiece(wire.ClipboardPiece_FORMAT_TEXT, MaxClipboardText, make([]byte, MaxPiece+1)),
			"no outcome":    &wire.ClipboardMessage{Id: 2, Kind: &wire.ClipboardMessage_Result{Result: &wire.ClipboardResult{}}},
		}},
		"File": {MaxFileFrame, as(DecodeFile), func() proto.Message { return &wire.FileMessage{} }, []proto.Message{
			&wire.FileMessage{Id: 1, Kind: &wire.FileMessage_Request{Request: &wire.FileRequest{Reason: "the log"}}},
			&wire.FileMessage{Id: 1, Kind: &wire.FileMessage_Request{Request: &wire.FileRequest{}}},
			fileOffer("Übersicht 2.pdf", MaxFileSize),
			fileOffer("empty", 0),
			&wire.FileMessage{Id: 2, Kind: &wire.FileMessage_Accept{Accept: &wire.FileAccept{Offset: 5}}},
			fileChunk(0, make([]byte, MaxPiece)),
			fileChunk(MaxFileSize-1, []byte{1}),
			&wire.FileMessage{Id: 2, Kind: &wire.FileMessage_Progress{Progress: &wire.FileProgress{Received: 7}}},
			&wire.FileMessage{Id: 2, Kind: &wire.FileMessage_End{End: &wire.FileEnd{Sha256: make([]byte, 32)}}},
			&wire.FileMessage{Id: 2, Kind: &wire.FileMessage_Received{Received: &wire.FileReceived{Name: "a (2).txt", Sha256: make([]byte, 32)}}},
			&wire.FileMessage{Id: 2, Kind: &wire.FileMessage_Stop{Stop: &wire.FileStop{Why: wire.FileStop_WHY_DISK_FULL}}},
		}, map[string]proto.Message{
			"no number":     &wire.FileMessage{Kind: &wire.FileMessage_Accept{Accept: &wire.FileAccept{}}},
			"long reason":   &wire.FileMessage{Id: 1, Kind: &wire.FileMessage_Request{Request: &wire.FileRequest{Reason: strings.Repeat("ä", MaxReason+1)}}},
			"no name":       fileOffer("", 1),
			"invisible":     fileOffer("\u202e\u200b", 1),
			"long name":     fileOffer(strings.Repeat("a", MaxFileName+1), 1),
			"too large":     fileOffer("a", MaxFileSize+1),
			"far offset":    &wire.FileMessage{Id: 2, Kind: &wire.FileMessage_Accept{Accept: &wire.FileAccept{Offset: MaxFileSize + 1}}},
			"an empty one":  fileChunk(0, nil),
			"a large one":   fileChunk(0, make([]byte, MaxPiece+1)),
			"beyond":        fileChunk(MaxFileSize, []byte{1}),
			"around":        fileChunk(1<<64-1, []byte{1, 2}),
			"far progress":  &wire.FileMessage{Id: 2, Kind: &wire.FileMessage_Progress{Progress: &wire.FileProgress{Received: 1 << 63}}},
			"short hash":    &wire.FileMessage{Id: 2, Kind: &wire.FileMessage_End{End: &wire.FileEnd{Sha256: make([]byte, 31)}}},
			"received what": &wire.FileMessage{Id: 2, Kind: &wire.FileMessage_Received{Received: &wire.FileReceived{Sha256: make([]byte, 32)}}},
			"received hash": &wire.FileMessage{Id: 2, Kind: &wire.FileMessage_Received{Received: &wire.FileReceived{Name: "a"}}},
			"no why":        &wire.FileMessage{Id: 2, Kind: &wire.FileMessage_Stop{Stop: &wire.FileStop{}}},
		}},
	}
}

func clipboardPiece(format wire.ClipboardPiece_Format, size uint32, data []byte) proto.Message {
	return &wire.ClipboardMessage{Id: 1, Kind: &wire.ClipboardMessage_Piece{Piece: &wire.ClipboardPiece{Format: format, Size: size, Data: data}}}
}

func fileOffer(name string, size uint64) proto.Message {
	return &wire.FileMessage{Id: 1, Kind: &wire.FileMessage_Offer{Offer: &wire.FileOffer{Name: name, Size: size}}}
}

func fileChunk(offset uint64, data []byte) proto.Message {
	return &wire.FileMessage{Id: 1, Kind: &wire.FileMessage_Chunk{Chunk: &wire.FileChunk{Offset: offset, Data: data}}}
}

// THREAT 18: every decoder takes what honest ends send, and refuses everything else:
// too large, unreadable, empty, out of range.
func TestDecoders(t *testing.T) {
	for name, d := range decoders() {
		t.Run(name, func(t *testing.T) {
			for i, m := range d.good {
				got, err := d.decode(marshal(t, m))
				if err != nil || !proto.Equal(got, m) {
					t.Errorf("good %d: got %v, %v", i, got, err)
				}
			}
			for why, m := range d.bad {
				got, err := d.decode(marshal(t, m))
				if !errors.Is(err, ErrBadMessage) && !errors.Is(err, ErrTooLarge) {
					t.Errorf("%s: got %v, %v", why, got, err)
				}
			}
			if _, err := d.decode(make([]byte, d.limit+1)); !errors.Is(err, ErrTooLarge) {
				t.Errorf("one byte too many: got %v, want ErrTooLarge", err)
			}
			for _, junk := range [][]byte{{0xff}, {0x0a, 0xff}, bytes.Repeat([]byte{0x0b}, 100)} {
				if _, err := d.decode(junk); !errors.Is(err, ErrBadMessage) {
					t.Errorf("junk: got %v, want ErrBadMessage", err)
				}
			}
			if _, err := d.decode(nil); name != "Cursor" && !errors.Is(err, ErrBadMessage) {
				t.Errorf("empty: got %v, want ErrBadMessage", err)
			}
		})
	}
}

// A field of a later version is left out, not passed on.
func TestUnknownFieldsAreLeftOut(t *testing.T) {
	m := &wire.FromViewer{Kind: &wire.FromViewer_Goodbye{Goodbye: &wire.Goodbye{}}}
	b := append(marshal(t, m), 0xfa, 0x3f, 0x03, 'a', 'b', 'c') // field 1023
	got, err := DecodeFromViewer(b)
	must(t, err)
	if len(got.ProtoReflect().GetUnknown()) != 0 {
		t.Error("an unknown field came through")
	}
}

// Text that is not UTF-8 is refused before anybody looks at it.
func TestTextMustBeUTF8(t *testing.T) {
	b := marshal(t, &wire.FromViewer{Kind: &wire.FromViewer_Ask{Ask: &wire.Ask{Scope: 1, Reason: "aa"}}})
	b = bytes.ReplaceAll(b, []byte("aa"), []byte{0xc3, 0x28})
	if _, err := DecodeFromViewer(b); !errors.Is(err, ErrBadMessage) {
		t.Errorf("got %v, want ErrBadMessage", err)
	}
}

// THREAT 11: a reason comes out without anything that could disguise it.
func TestReasonsComeOutClean(t *testing.T) {
	m := &wire.FromViewer{Kind: &wire.FromViewer_Ask{Ask: &wire.Ask{Scope: 1, Reason: "fix\u202e gnp.exe\nYou have\x00 won", Ticket: " T-1\u200b "}}}
	got, err := DecodeFromViewer(marshal(t, m))
	must(t, err)
	if want := "fix gnp.exe You have won"; got.GetAsk().Reason != want {
		t.Errorf("reason: got %q, want %q", got.GetAsk().Reason, want)
	}
	if want := "T-1"; got.GetAsk().Ticket != want {
		t.Errorf("ticket: got %q, want %q", got.GetAsk().Ticket, want)
	}
}

// fuzzDecoder feeds d with anything. What comes through must come through again the
// same: a decoder that cleans does so once.
func fuzzDecoder(f *testing.F, name string) {
	d := decoders()[name]
	for _, m := range d.good {
		f.Add(marshal(f, m))
	}
	for _, m := range d.bad {
		f.Add(marshal(f, m))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := d.decode(b)
		if err != nil {
			if !errors.Is(err, ErrBadMessage) && !errors.Is(err, ErrTooLarge) {
				t.Errorf("an error of no known kind: %v", err)
			}
			return
		}
		again, err := d.decode(marshal(t, m))
		if err != nil || !proto.Equal(again, m) {
			t.Errorf("does not come through twice: %v, %v", again, err)
		}
	})
}

func FuzzDecodeAgentFrame(f *testing.F)    { fuzzDecoder(f, "AgentFrame") }
func FuzzDecodeViewerFrame(f *testing.F)   { fuzzDecoder(f, "ViewerFrame") }
func FuzzDecodeRelayToAgent(f *testing.F)  { fuzzDecoder(f, "RelayToAgent") }
func FuzzDecodeRelayToViewer(f *testing.F) { fuzzDecoder(f, "RelayToViewer") }
func FuzzDecodePeerFrame(f *testing.F)     { fuzzDecoder(f, "PeerFrame") }
func FuzzDecodeFromViewer(f *testing.F)    { fuzzDecoder(f, "FromViewer") }
func FuzzDecodeFromAgent(f *testing.F)     { fuzzDecoder(f, "FromAgent") }
func FuzzDecodeInput(f *testing.F)         { fuzzDecoder(f, "Input") }
func FuzzDecodeClipboard(f *testing.F)     { fuzzDecoder(f, "Clipboard") }
func FuzzDecodeFile(f *testing.F)          { fuzzDecoder(f, "File") }
func FuzzDecodeCursor(f *testing.F)        { fuzzDecoder(f, "Cursor") }

// FuzzHandshakeData feeds the agent shares whose bound data is anything at all.
func FuzzHandshakeData(f *testing.F) {
	f.Add(marshal(f, testData(wire.Role_ROLE_VIEWER)))
	f.Add(marshal(f, testData(wire.Role_ROLE_AGENT)))
	f.Add([]byte{})
	viewer, _ := pair(f, testCode(), testCode())
	share, err := viewer.Start()
	must(f, err)
	honest := marshal(f, testData(wire.Role_ROLE_VIEWER))
	f.Fuzz(func(t *testing.T, ad []byte) {
		_, agent := pair(t, testCode(), testCode())
		_, err := agent.Respond(&wire.Share{Point: share.Point, AssociatedData: ad})
		if err == nil && !bytes.Contains(ad, []byte(testSession)) {
			t.Errorf("taken: %x, honest is %x", ad, honest)
		}
	})
}
