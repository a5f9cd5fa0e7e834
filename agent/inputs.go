package agent

import (
	"errors"
	"image"
	"log/slog"
	"sync"

	"beside/agent/internal/input"
	"beside/consent"
	"beside/protocol"
	"beside/protocol/wire"
)

// inputs brings the technician's events from the data channel to the injector. While
// control is not granted there is no injector, and events go nowhere.
type inputs struct {
	log *slog.Logger

	mu       sync.Mutex
	injector *input.Injector // nil while control is not granted
	last     uint64          // sequence number of the last event taken
}

// start begins injection. The grant is what allows it; guard keeps it off our windows.
func (i *inputs) start(grant *consent.ControlGrant, opts input.Options) error {
	injector, err := input.Open(grant, opts)
	if err != nil {
		return err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.injector = injector
	return nil
}

// stop lets go of every held key and button and ends injection. It returns after that.
func (i *inputs) stop() {
	i.mu.Lock()
	injector := i.injector
	i.injector = nil
	i.mu.Unlock()
	if injector == nil {
		return
	}
	if err := injector.Close(); err != nil {
		i.log.Warn("input could not be closed", "err", err)
	}
}

// move makes positions relative to another display.
func (i *inputs) move(bounds image.Rectangle) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.injector != nil {
		i.injector.SetBounds(bounds)
	}
}

// handle takes one message of the channel "input".
func (i *inputs) handle(data []byte) {
	message, err := protocol.DecodeInput(data)
	if err != nil {
		i.log.Warn("input event refused", "err", err)
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if message.GetSequence() <= i.last {
		return
	}
	i.last = message.GetSequence()
	if i.injector == nil {
		return
	}
	err = inject(i.injector, message)
	if err != nil && !errors.Is(err, input.ErrBlocked) && !errors.Is(err, consent.ErrRevoked) {
		i.log.Warn("input event failed", "err", err)
	}
}

func inject(to *input.Injector, m *wire.Input) error {
	switch kind := m.GetKind().(type) {
	case *wire.Input_Move:
		return to.Move(int(kind.Move.GetX()), int(kind.Move.GetY()))
	case *wire.Input_Button:
		b := kind.Button
		return to.Button(int(b.GetX()), int(b.GetY()), int(b.GetButton()), b.GetDown())
	case *wire.Input_Wheel:
		w := kind.Wheel
		return to.Wheel(int(w.GetX()), int(w.GetY()), int(w.GetDx()), int(w.GetDy()))
	case *wire.Input_Key:
		k := kind.Key
		return to.Key(input.Key{
			Code: k.GetCode(), Key: k.GetKey(), Down: k.GetDown(), CapsLock: k.GetCapsLock(), NumLock: k.GetNumLock(),
		})
	case *wire.Input_Text:
		return to.Text(kind.Text.GetText())
	case *wire.Input_ReleaseAll:
		to.ReleaseAll()
	}
	return nil
}
