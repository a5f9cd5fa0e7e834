package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"testing"

	"google.golang.org/protobuf/proto"

	"beside/agent/desktop"
	"beside/protocol/wire"
)

// rudeClicks is how often the technician presses for the user.
const rudeClicks = 1_000

// rude is a technician whose page was changed: it puts events on the data channel that
// the real page would hold back.
type rude struct {
	*scene
	sequence uint64
}

// newRude numbers its events far above those of the page.
func newRude(s *scene) *rude { return &rude{scene: s, sequence: 1 << 40} }

// send sends events and waits until the browser has handed them all over.
func (r *rude) send(events ...*wire.Input) {
	r.t.Helper()
	var encoded []string
	for _, e := range events {
		r.sequence++
		e.Sequence = r.sequence
		data, err := proto.Marshal(e)
		r.must(err)
		encoded = append(encoded, base64.StdEncoding.EncodeToString(data))
	}
	list, err := json.Marshal(encoded)
	r.must(err)
	r.must(r.page.Evaluate(r.ctx, fmt.Sprintf(
		`for (const e of %s) if (!besideChannels.over && besideChannels.input.readyState === 'open') besideChannels.input.send(Uint8Array.from(atob(e), c => c.charCodeAt(0)))`, list), nil))
	r.must(r.page.WaitFor(r.ctx, "besideChannels.over || besideChannels.input.readyState !== 'open' || besideChannels.input.bufferedAmount === 0",
		"events are not sent"))
}

// click are the events of one click.
func click(at image.Point) []*wire.Input {
	x, y := int32(at.X), int32(at.Y)
	press := func(down bool) *wire.Input {
		return &wire.Input{Kind: &wire.Input_Button{Button: &wire.PointerButton{X: x, Y: y, Down: down}}}
	}
	return []*wire.Input{{Kind: &wire.Input_Move{Move: &wire.PointerMove{X: x, Y: y}}}, press(true), press(false)}
}

// chord are the events of keys pressed together, by their places on the keyboard.
func chord(codes ...string) (events []*wire.Input) {
	key := func(code string, down bool) *wire.Input {
		return &wire.Input{Kind: &wire.Input_Key{Key: &wire.Key{Code: code, Key: keyNames[code], Down: down}}}
	}
	for _, code := range codes {
		events = append(events, key(code, true))
	}
	for i := len(codes) - 1; i >= 0; i-- {
		events = append(events, key(codes[i], false))
	}
	return events
}

// keyNames are KeyboardEvent.key of the codes used here.
var keyNames = map[string]string{
	"Tab": "Tab", "Space": " ", "Enter": "Enter", "F1": "F1", "F4": "F4", "KeyE": "E", "KeyY": "y",
	"AltLeft": "Alt", "ControlLeft": "Control", "ShiftLeft": "Shift",
}

// reaches proves that everything sent before was taken and dropped, and did not merely
// linger: a click behind it in the same ordered channel arrives.
func (r *rude) reaches(target *desktop.Target, at image.Point) {
	r.t.Helper()
	target.Clear()
	r.send(click(at)...)
	r.must(target.Wait(r.ctx, arrived(desktop.ButtonRelease, 1)))
}

// THREAT 1 PROMISE A2: nobody presses Allow but the user.
func TestTechnicianCannotAnswer(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.view()
	s.control()
	target, r := s.target(deskTarget), newRude(s)
	there := image.Pt(1700, 800)
	r.reaches(target, there)

	s.must(s.page.AskRecord(s.ctx, "So that you need not look at what I press."))
	yes, err := s.YesButton(s.ctx)
	s.must(err)
	s.must(target.Focus())
	target.Clear()
	for range rudeClicks / 100 {
		var clicks []*wire.Input
		for range 100 {
			clicks = append(clicks, click(yes)...)
		}
		r.send(clicks...)
		for _, codes := range [][]string{
			{"Tab"}, {"Space"}, {"Enter"}, {"KeyY"}, {"AltLeft", "F4"}, {"ControlLeft", "AltLeft", "ShiftLeft", "KeyE"},
		} {
			r.send(chord(codes...)...)
		}
		r.send(click(there)...)
	}
	s.untouched(target, "while a question was open")
	if _, err := s.YesButton(s.ctx); err != nil {
		t.Fatalf("the question is gone: %v", err)
	}
	s.must(s.SayNo(s.ctx))
	s.must(s.page.WaitText(s.ctx, "They said no: you may not record this session"))
	s.must(s.Rested(s.ctx, s.page))
	r.reaches(target, there)

	_, err = s.EndSession(s.ctx)
	s.must(err)
	s.over("The user ended the session")
	_, statements := s.receipt()
	expectRecords(t, statements, "asked view", "granted view", "asked control", "granted control",
		"asked record", "refused record", "ended")
}

// THREAT 1 THREAT 3: the bar and its keys answer to the user alone.
func TestTechnicianCannotUseTheBar(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.view()
	s.control()
	target, r := s.target(deskTarget), newRude(s)
	there := image.Pt(1700, 800)
	end, err := s.EndButton(s.ctx)
	s.must(err)
	tools, err := s.BarButtons(s.ctx, 3)
	s.must(err)
	places := []image.Point{end}
	for _, tool := range tools {
		places = append(places, tool.Min.Add(tool.Size().Div(2)))
	}
	s.must(target.Focus())
	for range 20 {
		var events []*wire.Input
		for _, at := range places {
			events = append(events, click(at)...)
		}
		r.send(append(events, chord("ControlLeft", "AltLeft", "ShiftLeft", "KeyE")...)...)
	}
	r.reaches(target, there)

	// Had one of them been pressed, the user's own End would not be the third act.
	_, err = s.EndSession(s.ctx)
	s.must(err)
	s.over("The user ended the session")
	_, statements := s.receipt()
	expectRecords(t, statements, "asked view", "granted view", "asked control", "granted control", "ended")
}
