package agent

import (
	"errors"
	"image"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"beside/agent/internal/input"
	"beside/consent"
	"beside/protocol"
	"beside/protocol/wire"
)

// inputs brings the technician's events from the data channel to the injector. While
// control is not granted there is no injector, and events go nowhere.
type inputs struct {
	log *slog.Logger

	last uint64 // sequence number of the last event taken; the channel's goroutine alone
	// counted is called a second after something was typed or clicked.
	counted      func()
	keys, clicks atomic.Int64 // since they were last taken
	telling      atomic.Bool  // counted will be called

	injector atomic.Pointer[input.Injector] // nil while control is not granted
	ending   sync.WaitGroup
}

// start begins injection. The grant is what allows it; guard keeps it off our windows.
// changed hears when the user's own hands take over, and when they rest again.
func (i *inputs) start(grant *consent.ControlGrant, opts input.Options, changed func(userActive bool)) error {
	injector, err := input.Open(grant, opts)
	if err != nil {
		return err
	}
	i.injector.Store(injector)
	i.ending.Go(func() {
		for {
			select {
			case active := <-injector.UserChanges():
				changed(active)
			case <-injector.Done():
				return
			}
		}
	})
	return nil
}

// stop lets go of every held key and button and ends injection. It returns after that.
func (i *inputs) stop() {
	injector := i.injector.Swap(nil)
	if injector == nil {
		return
	}
	if err := injector.Close(); err != nil {
		i.log.Warn("input could not be closed", "err", err)
	}
}

// release lets go of every held key and button; injection goes on.
func (i *inputs) release() {
	if injector := i.injector.Load(); injector != nil {
		injector.ReleaseAll()
	}
}

// wait returns when nothing of a stopped injector is left.
func (i *inputs) wait() { i.ending.Wait() }

// move makes positions relative to another display.
func (i *inputs) move(bounds image.Rectangle) {
	if injector := i.injector.Load(); injector != nil {
		injector.SetBounds(bounds)
	}
}

// handle takes one message of the channel "input". moved hears when the pointer did, and
// acted when something was pressed or typed.
func (i *inputs) handle(data []byte, moved, acted func()) {
	message, err := protocol.DecodeInput(data)
	if err != nil {
		i.log.Warn("input event refused", "err", err)
		return
	}
	if message.GetSequence() <= i.last {
		return
	}
	i.last = message.GetSequence()
	injector := i.injector.Load()
	if injector == nil {
		return
	}
	err = inject(injector, message)
	if err == nil && message.GetMove() != nil {
		moved()
	}
	if err == nil && presses(message) {
		acted()
	}
	if err == nil {
		i.count(message)
	}
	if err != nil && !errors.Is(err, input.ErrBlocked) && !errors.Is(err, consent.ErrRevoked) && !errors.Is(err, consent.ErrPaused) && !errors.Is(err, input.ErrClosed) {
		i.log.Warn("input event failed", "err", err)
	}
}

// presses reports whether a program is likely to answer at once, unlike to a motion or a
// key that comes up.
func presses(m *wire.Input) bool {
	return m.GetButton() != nil || m.GetKey().GetDown() || m.GetText() != nil
}

// count counts what went in: how much, never what. PROMISE A4.
func (i *inputs) count(m *wire.Input) {
	switch kind := m.GetKind().(type) {
	case *wire.Input_Key:
		if !kind.Key.GetDown() {
			return
		}
		i.keys.Add(1)
	case *wire.Input_Text:
		i.keys.Add(int64(utf8.RuneCountInString(kind.Text.GetText())))
	case *wire.Input_Button:
		if !kind.Button.GetDown() {
			return
		}
		i.clicks.Add(1)
	default:
		return
	}
	if i.counted != nil && i.telling.CompareAndSwap(false, true) {
		time.AfterFunc(time.Second, func() {
			i.telling.Store(false)
			i.counted()
		})
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
