package agent

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	"beside/agent/internal/clipboard"
	"beside/agent/internal/pace"
	"beside/agent/internal/ui"
	"beside/consent"
	"beside/protocol"
	"beside/protocol/wire"
)

// clips brings the technician's wishes to the user's clipboard. While it is not granted
// there is no board, and every wish is refused.
type clips struct {
	log   *slog.Logger
	vigil *clipboard.Vigil // of the session; set before anything is granted
	pipe  func() *pipe     // the data channel "clipboard"; nil while there is none
	did   func(ui.Deed)    // told of everything that was done

	ending sync.WaitGroup

	mu  sync.Mutex
	now *clipWork // guarded by mu; nil while not granted
}

// clipWork is the work under one grant: one wish after the other.
type clipWork struct {
	*clips
	grant  *consent.ClipboardGrant
	board  *clipboard.Board
	wishes chan *wire.ClipboardMessage
	ctx    context.Context
	cancel context.CancelFunc

	// Of the work's goroutine alone.
	arriving arrival
	deeds    pace.Limit
}

// wishBurst is how often the clipboard is read or written at once, and wishPace how soon once
// more: each is a line in the user's list. THREAT 18.
const (
	wishBurst = 40
	wishPace  = 500 * time.Millisecond
)

// errWishes means that the technician wants the clipboard more often than people do.
var errWishes = errors.New("agent: the clipboard is wanted too often")

// arrival is a content that the technician sends, as far as it has come.
type arrival struct {
	id     uint32
	format wire.ClipboardPiece_Format
	size   uint32
	data   []byte
}

// maxWishes bounds what waits while the clipboard is busy: one largest picture, in pieces.
const maxWishes = protocol.MaxClipboardImage/protocol.MaxPiece + 16

// keepVigil watches for what is copied while a secret is typed, granted or not.
func (c *clips) keepVigil(display string) (end func()) {
	vigil, err := clipboard.KeepVigil(display)
	if err != nil {
		c.log.Warn("what is copied is not watched: after a secret the clipboard is not read", "err", err)
		vigil = new(clipboard.Vigil)
	}
	c.vigil = vigil
	return vigil.Close
}

// start opens the clipboard. The grant is what allows it.
func (c *clips) start(grant *consent.ClipboardGrant, display string) error {
	board, err := clipboard.Open(grant, clipboard.Options{Display: display, Vigil: c.vigil})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	work := &clipWork{
		clips: c, grant: grant, board: board, ctx: ctx, cancel: cancel,
		wishes: make(chan *wire.ClipboardMessage, maxWishes), deeds: pace.Limit{Burst: wishBurst, Every: wishPace},
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = work
	c.ending.Go(work.run)
	return nil
}

// stop takes off what was put there and ends the work. It does not wait for a picture
// that is just being encoded; wait does.
func (c *clips) stop() {
	c.mu.Lock()
	work := c.now
	c.now = nil
	c.mu.Unlock()
	if work != nil {
		work.cancel()
		work.board.Close()
	}
}

// wait returns when nothing of a stopped clipboard is left.
func (c *clips) wait() { c.ending.Wait() }

// handle takes one message of the channel "clipboard".
func (c *clips) handle(data []byte) {
	m, err := protocol.DecodeClipboard(data)
	if err != nil {
		c.log.Warn("clipboard message refused", "err", err)
		return
	}
	c.mu.Lock()
	work := c.now
	c.mu.Unlock()
	if work == nil {
		c.result(m.GetId(), wire.ClipboardResult_OUTCOME_NOT_ALLOWED)
		return
	}
	select {
	case work.wishes <- m:
	default:
		c.result(m.GetId(), wire.ClipboardResult_OUTCOME_FAILED)
	}
}

// result tells how a wish ended. It carries nothing of the clipboard.
func (c *clips) result(id uint32, outcome wire.ClipboardResult_Outcome) {
	err := c.send(&wire.ClipboardMessage{Id: id, Kind: &wire.ClipboardMessage_Result{Result: &wire.ClipboardResult{Outcome: outcome}}})
	if err != nil {
		c.log.Warn("clipboard result not sent", "err", err)
	}
}

func (c *clips) send(m *wire.ClipboardMessage) error {
	data, err := proto.Marshal(m)
	if err != nil {
		return err
	}
	return c.pipe().send(data)
}

// sendContents sends what is of the clipboard.
func (c *clips) sendContents(m *wire.ClipboardMessage) error {
	data, err := marshalContents(m)
	if err != nil {
		return err
	}
	return c.pipe().send(data)
}

func (w *clipWork) run() {
	for {
		select {
		case <-w.ctx.Done():
			return
		case m := <-w.wishes:
			w.serve(m)
		}
	}
}

func (w *clipWork) serve(m *wire.ClipboardMessage) {
	var err error
	switch kind := m.GetKind().(type) {
	case *wire.ClipboardMessage_Fetch:
		err = w.fetch(m.GetId())
	case *wire.ClipboardMessage_Piece:
		err = w.take(m.GetId(), kind.Piece)
	}
	if err != nil {
		w.result(m.GetId(), clipOutcome(err))
	}
}

// clipOutcome is what the technician is told of an error.
func clipOutcome(err error) wire.ClipboardResult_Outcome {
	switch {
	case errors.Is(err, clipboard.ErrEmpty), errors.Is(err, clipboard.ErrSecret):
		// Nobody is told that there is a secret.
		return wire.ClipboardResult_OUTCOME_EMPTY
	case errors.Is(err, clipboard.ErrUnsupported):
		return wire.ClipboardResult_OUTCOME_UNSUPPORTED
	case errors.Is(err, clipboard.ErrTooLarge):
		return wire.ClipboardResult_OUTCOME_TOO_LARGE
	case errors.Is(err, consent.ErrPaused):
		return wire.ClipboardResult_OUTCOME_PAUSED
	case errors.Is(err, consent.ErrRevoked), errors.Is(err, clipboard.ErrClosed), errors.Is(err, context.Canceled):
		return wire.ClipboardResult_OUTCOME_NOT_ALLOWED
	}
	return wire.ClipboardResult_OUTCOME_FAILED
}

// fetch reads the clipboard and sends it, every piece inside the grant.
func (w *clipWork) fetch(id uint32) error {
	content, err := w.board.Read(w.ctx)
	if err != nil {
		return err
	}
	if !w.deeds.Allow(time.Now()) {
		return errWishes
	}
	format, data := wire.ClipboardPiece_FORMAT_TEXT, []byte(content.Text)
	deed := ui.Deed{At: time.Now(), Kind: ui.ReadText, Count: utf8.RuneCountInString(content.Text)}
	if content.PNG != nil {
		format, data = wire.ClipboardPiece_FORMAT_PNG, content.PNG
		deed.Kind, deed.Count = ui.ReadPicture, len(data)
	}
	w.did(deed)
	for rest := data; len(rest) > 0; {
		part := rest[:min(len(rest), largestContents)]
		rest = rest[len(part):]
		if err := w.pipe().room(w.ctx); err != nil {
			return err
		}
		piece := &wire.ClipboardPiece{Format: format, Size: uint32(len(data)), Data: part}
		err := w.grant.Use(func() error {
			return w.sendContents(&wire.ClipboardMessage{Id: id, Kind: &wire.ClipboardMessage_Piece{Piece: piece}})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// take adds a piece. When the content is whole the user can paste it.
func (w *clipWork) take(id uint32, p *wire.ClipboardPiece) error {
	a := &w.arriving
	if id != a.id {
		*a = arrival{id: id, format: p.GetFormat(), size: p.GetSize()}
	}
	if p.GetFormat() != a.format || p.GetSize() != a.size || uint64(len(a.data)+len(p.GetData())) > uint64(a.size) {
		*a = arrival{id: id} // every further piece of it fails too
		return errors.New("agent: clipboard piece out of place")
	}
	a.data = append(a.data, p.GetData()...)
	if uint32(len(a.data)) < a.size {
		return nil
	}
	data := a.data
	a.data = nil
	return w.put(id, a.format, data)
}

func (w *clipWork) put(id uint32, format wire.ClipboardPiece_Format, data []byte) error {
	if !w.deeds.Allow(time.Now()) {
		return errWishes
	}
	content := clipboard.Content{Text: string(data)}
	deed := ui.Deed{At: time.Now(), Kind: ui.PutText, Count: utf8.RuneCount(data)}
	if format == wire.ClipboardPiece_FORMAT_PNG {
		content = clipboard.Content{PNG: data}
		deed.Kind, deed.Count = ui.PutPicture, len(data)
	}
	if err := w.board.Put(w.ctx, content); err != nil {
		return err
	}
	w.did(deed)
	w.result(id, wire.ClipboardResult_OUTCOME_PLACED)
	return nil
}
