package agent

import (
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"beside/agent/internal/files"
	"beside/agent/internal/pace"
	"beside/consent"
	"beside/protocol"
	"beside/protocol/wire"
)

// exchange brings files to and from the technician. While it is not granted there is no
// store, and everything is refused.
//
// The technician can send, and can ask for a file; which one it is the user chooses, and
// nothing that came over the network names a file of the user's.
type exchange struct {
	log    *slog.Logger
	pipe   func() *pipe // the data channel "files"; nil while there is none
	choose chooser
	done   func(consent.File) // told of every file, however it ended

	ending sync.WaitGroup

	mu  sync.Mutex
	now *fileWork // guarded by mu; nil while not granted
}

// chooser lets the user choose a file: its path, or none when the user wants to send none.
type chooser func(ctx context.Context, reason string) (path string, err error)

// errChoosing means that the user is choosing a file already.
var errChoosing = errors.New("agent: a choice is open")

// fileWork is the work under one grant. Its goroutine owns the transfers.
type fileWork struct {
	*exchange
	grant    *consent.FilesGrant
	store    *files.Store
	messages chan *wire.FileMessage
	chosen   chan choice
	ended    chan uint32 // sendings that have ended by themselves
	ctx      context.Context
	cancel   context.CancelFunc
	senders  sync.WaitGroup

	incoming map[uint32]*incoming
	outgoing map[uint32]*outgoing
	wants    pace.Limit // how often the user is asked for a file
}

// wantBurst is how often the user is asked for a file at once, and wantPace how soon once
// more: each is a window before them. THREAT 18.
const (
	wantBurst = 20
	wantPace  = 2 * time.Second
)

// incoming is a file on its way to the user.
type incoming struct {
	*files.Incoming
	reported int64
}

// choice is what the user chose for a request.
type choice struct {
	id   uint32
	path string
	err  error
}

// maxFileMessages bounds what waits while the disk is busy: what may be under way of all
// transfers, and some. More is dropped, which shows as a gap.
const maxFileMessages = protocol.MaxTransfers*(protocol.FileWindow/protocol.MaxPiece+2) + 64

// start opens the folder. The grant is what allows it.
func (x *exchange) start(grant *consent.FilesGrant, folder string) error {
	store, err := files.Open(grant, folder)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	work := &fileWork{
		exchange: x, grant: grant, store: store, ctx: ctx, cancel: cancel,
		messages: make(chan *wire.FileMessage, maxFileMessages), chosen: make(chan choice, 1), ended: make(chan uint32),
		incoming: map[uint32]*incoming{}, outgoing: map[uint32]*outgoing{}, wants: pace.Limit{Burst: wantBurst, Every: wantPace},
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.now = work
	x.ending.Go(work.run)
	return nil
}

// stop ends all transfers and removes what is not whole. The grant is dead already, so
// nothing goes on meanwhile; wait waits for the cleaning up.
func (x *exchange) stop() {
	x.mu.Lock()
	work := x.now
	x.now = nil
	x.mu.Unlock()
	if work != nil {
		work.cancel()
	}
}

// wait returns when nothing of a stopped exchange is left, or when the disk has had its time
// to remove it: nobody waits at the end for a folder that does not answer.
func (x *exchange) wait() {
	gone := make(chan struct{})
	go func() {
		x.ending.Wait()
		close(gone)
	}()
	select {
	case <-gone:
	case <-time.After(removalTime):
		x.log.Warn("the disk is slow: parts of files are still being removed")
	}
}

// removalTime is what a disk has for removing parts of files.
const removalTime = time.Second

// handle takes one message of the channel "files".
func (x *exchange) handle(data []byte) {
	m, err := protocol.DecodeFile(data)
	if err != nil {
		x.log.Warn("file message refused", "err", err)
		return
	}
	x.mu.Lock()
	work := x.now
	x.mu.Unlock()
	if work == nil {
		x.halt(m.GetId(), wire.FileStop_WHY_NOT_ALLOWED)
		return
	}
	select {
	case work.messages <- m:
	default:
		x.log.Warn("file message dropped: too many of them")
	}
}

// halt tells the technician that a transfer is over. It carries nothing of the user's.
func (x *exchange) halt(id uint32, why wire.FileStop_Why) {
	err := x.send(&wire.FileMessage{Id: id, Kind: &wire.FileMessage_Stop{Stop: &wire.FileStop{Why: why}}})
	if err != nil && !errors.Is(err, errNoPipe) {
		x.log.Warn("stop of a file not sent", "err", err)
	}
}

func (x *exchange) send(m *wire.FileMessage) error {
	data, err := proto.Marshal(m)
	if err != nil {
		return err
	}
	return x.pipe().send(data)
}

// sendContents sends what is of the user's files: names, bytes and what tells of bytes.
func (x *exchange) sendContents(m *wire.FileMessage) error {
	data, err := marshalContents(m)
	if err != nil {
		return err
	}
	return x.pipe().send(data)
}

func (w *fileWork) run() {
	defer w.finish()
	for {
		select {
		case <-w.ctx.Done():
			return
		case m := <-w.messages:
			w.serve(m)
		case c := <-w.chosen:
			w.offer(c)
		case id := <-w.ended:
			delete(w.outgoing, id)
		}
	}
}

// finish removes what is not whole.
func (w *fileWork) finish() {
	w.senders.Wait()
	for id, in := range w.incoming {
		in.Abort()
		w.note(in.Name(), in.Size(), false, false, nil)
		w.halt(id, wire.FileStop_WHY_NOT_ALLOWED)
	}
	if err := w.store.Close(); err != nil {
		w.log.Warn("folder not closed", "err", err)
	}
}

func (w *fileWork) serve(m *wire.FileMessage) {
	id := m.GetId()
	switch kind := m.GetKind().(type) {
	case *wire.FileMessage_Request:
		w.ask(id, kind.Request.GetReason())
	case *wire.FileMessage_Offer:
		w.accept(id, kind.Offer)
	case *wire.FileMessage_Chunk:
		w.take(id, kind.Chunk)
	case *wire.FileMessage_End:
		w.complete(id, kind.End.GetSha256())
	case *wire.FileMessage_Stop:
		w.stopped(id)
	case *wire.FileMessage_Accept, *wire.FileMessage_Progress, *wire.FileMessage_Received:
		if out := w.outgoing[id]; out != nil {
			out.hear(m)
		}
	}
}

// accept begins to receive, or goes on where it is when the same file is offered again.
func (w *fileWork) accept(id uint32, offer *wire.FileOffer) {
	in := w.incoming[id]
	if in == nil {
		if len(w.incoming)+len(w.outgoing) >= protocol.MaxTransfers || w.outgoing[id] != nil {
			w.halt(id, wire.FileStop_WHY_BUSY)
			return
		}
		var begun *files.Incoming
		err := w.patiently(func() (err error) { begun, err = w.store.Receive(offer.GetName(), int64(offer.GetSize())); return err })
		if err != nil {
			w.failed(id, err)
			return
		}
		in = &incoming{Incoming: begun}
		w.incoming[id] = in
	}
	if uint64(in.Size()) != offer.GetSize() {
		w.drop(id, files.ErrDamaged)
		return
	}
	w.tell(&wire.FileMessage{Id: id, Kind: &wire.FileMessage_Accept{Accept: &wire.FileAccept{Offset: uint64(in.Offset())}}})
}

func (w *fileWork) take(id uint32, chunk *wire.FileChunk) {
	in := w.incoming[id]
	if in == nil {
		return // stopped, while it was under way
	}
	err := w.patiently(func() error { return in.Write(int64(chunk.GetOffset()), chunk.GetData()) })
	if err != nil {
		w.drop(id, err)
		return
	}
	if in.Offset()-in.reported >= protocol.FileReport || in.Offset() == in.Size() {
		in.reported = in.Offset()
		w.tell(&wire.FileMessage{Id: id, Kind: &wire.FileMessage_Progress{Progress: &wire.FileProgress{Received: uint64(in.reported)}}})
	}
}

func (w *fileWork) complete(id uint32, sum []byte) {
	in := w.incoming[id]
	if in == nil {
		return
	}
	var name string
	err := w.patiently(func() (err error) { name, err = in.Finish(sum); return err })
	if err != nil {
		w.drop(id, err)
		return
	}
	delete(w.incoming, id)
	w.note(name, in.Size(), false, true, sum)
	w.tell(&wire.FileMessage{Id: id, Kind: &wire.FileMessage_Received{Received: &wire.FileReceived{Name: name, Sha256: sum}}})
}

// stopped hears that the technician gave a transfer up.
func (w *fileWork) stopped(id uint32) {
	if in := w.incoming[id]; in != nil {
		in.Abort()
		delete(w.incoming, id)
		w.note(in.Name(), in.Size(), false, false, nil)
	}
	if out := w.outgoing[id]; out != nil {
		out.cancel()
	}
}

// drop gives a file up that was on its way to the user.
func (w *fileWork) drop(id uint32, err error) {
	if in := w.incoming[id]; in != nil {
		in.Abort()
		delete(w.incoming, id)
		w.note(in.Name(), in.Size(), false, false, nil)
	}
	w.failed(id, err)
}

func (w *fileWork) failed(id uint32, err error) {
	w.log.Warn("file not transferred", "err", err)
	w.halt(id, stopWhy(err))
}

func (w *fileWork) tell(m *wire.FileMessage) {
	if err := w.send(m); err != nil {
		w.log.Warn("file message not sent", "err", err)
	}
}

func (w *fileWork) note(name string, size int64, fromUser, complete bool, sum []byte) {
	w.done(consent.File{
		Name: name, Size: size, Time: time.Now().UTC().Truncate(time.Second),
		FromUser: fromUser, Complete: complete, SHA256: hex.EncodeToString(sum),
	})
}

// pauseLook is how often a transfer looks whether a pause is over.
const pauseLook = 100 * time.Millisecond

// patiently tries an effect until it does not meet a pause.
func (w *fileWork) patiently(effect func() error) error { return patiently(w.ctx, effect) }

func patiently(ctx context.Context, effect func() error) error {
	for {
		err := effect()
		if !errors.Is(err, consent.ErrPaused) {
			return err
		}
		select {
		case <-ctx.Done():
			return consent.ErrRevoked
		case <-time.After(pauseLook):
		}
	}
}

// stopWhy is what the technician is told of an error.
func stopWhy(err error) wire.FileStop_Why {
	switch {
	case errors.Is(err, consent.ErrRevoked), errors.Is(err, context.Canceled):
		return wire.FileStop_WHY_NOT_ALLOWED
	case errors.Is(err, files.ErrDiskFull):
		return wire.FileStop_WHY_DISK_FULL
	case errors.Is(err, files.ErrTooLarge):
		return wire.FileStop_WHY_TOO_LARGE
	case errors.Is(err, files.ErrDamaged):
		return wire.FileStop_WHY_DAMAGED
	case errors.Is(err, errChoosing):
		return wire.FileStop_WHY_BUSY
	}
	return wire.FileStop_WHY_FAILED
}
