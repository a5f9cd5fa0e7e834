package agent

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"time"

	"beside/agent/internal/files"
	"beside/protocol"
	"beside/protocol/wire"
)

// This file is the way of a file from the user to the technician: asked for, chosen by
// the user, offered, sent.

// ask has the user choose a file, beside everything else.
func (w *fileWork) ask(id uint32, reason string) {
	if len(w.incoming)+len(w.outgoing) >= protocol.MaxTransfers || w.outgoing[id] != nil || !w.wants.Allow(time.Now()) {
		w.halt(id, wire.FileStop_WHY_BUSY)
		return
	}
	w.senders.Go(func() {
		path, err := w.choose(w.ctx, reason)
		select {
		case w.chosen <- choice{id, path, err}:
		case <-w.ctx.Done():
		}
	})
}

// offer offers what the user chose.
func (w *fileWork) offer(c choice) {
	switch {
	case c.err != nil:
		w.failed(c.id, c.err)
		return
	case c.path == "":
		w.halt(c.id, wire.FileStop_WHY_USER)
		return
	case w.outgoing[c.id] != nil:
		w.halt(c.id, wire.FileStop_WHY_BUSY)
		return
	}
	var file *files.Outgoing
	err := w.patiently(func() (err error) { file, err = w.store.Send(c.path); return err })
	if err != nil {
		w.failed(c.id, err)
		return
	}
	ctx, cancel := context.WithCancel(w.ctx)
	out := &outgoing{Outgoing: file, work: w, id: c.id, ctx: ctx, cancel: cancel, heard: make(chan *wire.FileMessage, maxFileMessages)}
	w.outgoing[c.id] = out
	w.senders.Go(func() {
		out.run()
		select {
		case w.ended <- c.id:
		case <-w.ctx.Done():
		}
	})
}

// outgoing is a file on its way to the technician.
type outgoing struct {
	*files.Outgoing
	work   *fileWork
	id     uint32
	ctx    context.Context
	cancel context.CancelFunc
	heard  chan *wire.FileMessage

	sum      hash.Hash // of what is before at; out's goroutine alone, as all that follows
	at       int64
	received int64
	begun    bool
	seeks    int
}

// mostSeeks bounds how often a file is begun anew, which reads it from its beginning: more
// often than a connection is repaired while one file travels. THREAT 18.
const mostSeeks = 16

// errConfirmed ends a sending: the technician has the file.
var errConfirmed = errors.New("agent: file confirmed")

// hear takes a message about this file, without waiting.
func (o *outgoing) hear(m *wire.FileMessage) {
	select {
	case o.heard <- m:
	default: // more than an honest receiver says
	}
}

// run offers the file and sends it, until it is confirmed or given up.
func (o *outgoing) run() {
	defer o.cancel()
	defer o.Close()
	err := o.transfer()
	confirmed := errors.Is(err, errConfirmed)
	var sum []byte
	if confirmed {
		sum = o.sum.Sum(nil)
	}
	o.work.note(o.Name(), o.Size(), true, confirmed, sum)
	if !confirmed && !(errors.Is(err, context.Canceled) && o.work.ctx.Err() == nil) {
		o.work.failed(o.id, err)
	}
}

func (o *outgoing) transfer() error {
	offer := &wire.FileOffer{Name: o.Name(), Size: uint64(o.Size())}
	if err := o.tell(&wire.FileMessage{Id: o.id, Kind: &wire.FileMessage_Offer{Offer: offer}}); err != nil {
		return err
	}
	buffer := make([]byte, largestContents)
	for {
		if err := o.listen(); err != nil {
			return err
		}
		if err := o.next(buffer); err != nil {
			return err
		}
	}
}

// listen takes what was said, and waits while there is nothing that may be sent.
func (o *outgoing) listen() error {
	for {
		waiting := !o.begun || o.at == o.Size() || o.at-o.received >= protocol.FileWindow
		select {
		case <-o.ctx.Done():
			return o.ctx.Err()
		case m := <-o.heard:
			if err := o.said(m); err != nil {
				return err
			}
			continue
		default:
		}
		if !waiting {
			return nil
		}
		select {
		case <-o.ctx.Done():
			return o.ctx.Err()
		case m := <-o.heard:
			if err := o.said(m); err != nil {
				return err
			}
		}
	}
}

func (o *outgoing) said(m *wire.FileMessage) error {
	switch kind := m.GetKind().(type) {
	case *wire.FileMessage_Accept:
		return o.seek(int64(kind.Accept.GetOffset()))
	case *wire.FileMessage_Progress:
		o.received = min(max(o.received, int64(kind.Progress.GetReceived())), o.at)
	case *wire.FileMessage_Received:
		if o.begun && o.at == o.Size() && string(o.sum.Sum(nil)) == string(kind.Received.GetSha256()) {
			return errConfirmed
		}
		return files.ErrDamaged
	}
	return nil
}

// seek goes on at an offset. What is before it is read again, for the hash alone.
func (o *outgoing) seek(offset int64) error {
	if o.seeks++; offset > o.Size() || o.seeks > mostSeeks {
		return files.ErrDamaged
	}
	o.sum, o.at, o.received, o.begun = sha256.New(), 0, offset, true
	buffer := make([]byte, largestContents)
	for o.at < offset {
		if err := o.read(buffer, offset, func([]byte) error { return nil }); err != nil {
			return err
		}
	}
	return o.endIfAll()
}

// next sends a chunk, inside the grant, and the hash after the last.
func (o *outgoing) next(buffer []byte) error {
	if err := o.work.pipe().room(o.ctx); err != nil {
		return err
	}
	err := o.read(buffer, o.Size(), func(data []byte) error {
		chunk := &wire.FileChunk{Offset: uint64(o.at), Data: data}
		return o.work.sendContents(&wire.FileMessage{Id: o.id, Kind: &wire.FileMessage_Chunk{Chunk: chunk}})
	})
	if err != nil {
		return err
	}
	return o.endIfAll()
}

// read reads on, at most to an end, and has use take it inside the grant.
func (o *outgoing) read(buffer []byte, end int64, use func([]byte) error) error {
	part := buffer[:min(int64(len(buffer)), end-o.at)]
	if err := patiently(o.ctx, func() error { return o.Read(o.at, part, use) }); err != nil {
		return err
	}
	o.sum.Write(part)
	o.at += int64(len(part))
	return nil
}

// endIfAll says the hash after the last byte.
func (o *outgoing) endIfAll() error {
	if o.at < o.Size() {
		return nil
	}
	return o.tell(&wire.FileMessage{Id: o.id, Kind: &wire.FileMessage_End{End: &wire.FileEnd{Sha256: o.sum.Sum(nil)}}})
}

// tell sends what is known of the file beside its bytes, inside the grant like them: its
// name is the user's too.
func (o *outgoing) tell(m *wire.FileMessage) error {
	return patiently(o.ctx, func() error {
		return o.work.grant.Use(func() error { return o.work.sendContents(m) })
	})
}
