package capture

import (
	"image"
	"sync"
)

// Limits are what the user chose to show less of the screen by. The zero Limits show
// everything.
type Limits struct {
	// Window is the only window that is shown, with its menus and dialogs; 0 shows all.
	Window uint32
	// Hidden are windows that are never shown, nor their menus and dialogs.
	Hidden []uint32
	// Area, when it is not empty, is the one monitor that is shown: windows that are
	// nowhere on it get no events. What is in the picture Options.Area says.
	Area image.Rectangle
}

// Scene knows which of the windows on the screen are shown under Limits, as they come,
// go, move and change their order. A capture with a Scene paints the picture window by
// window, each from the window itself, for which the server copies what of it is to be
// seen and nothing of what lies over it: so a window that is not shown cannot be in the
// picture, not for a frame, whatever it does between the look at the windows and the
// copy. Where it lies the picture is grey.
//
// The other ways were tried in thought and are not as safe: cropping or masking the root's
// picture is wrong for a moment whenever a window moves, and redirecting the window
// (Composite) changes how the user's own screen is drawn.
type Scene struct {
	limits  Limits
	changed func()

	mu    sync.Mutex
	x     *stagehand // nil when closed
	wakes map[*screen]struct{}
}

// layer is one window on the root, in the order in which they lie, the lowest first.
type layer struct {
	id    uint32
	rect  image.Rectangle // with its border
	edge  int             // of the border
	depth byte
	show  bool
}

// OpenScene begins to follow the windows. changed is called, and must not wait, when any
// came, went or moved.
func OpenScene(limits Limits, changed func()) (*Scene, error) {
	s := &Scene{limits: limits, changed: changed, wakes: map[*screen]struct{}{}}
	x, err := openStagehand(limits, s.stir)
	if err != nil {
		return nil, err
	}
	s.x = x
	return s, nil
}

// stir tells whoever looks that the windows changed. It waits for nobody.
func (s *Scene) stir() {
	s.changed()
	go func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for screen := range s.wakes {
			signal(screen.dirty)
		}
	}()
}

// wake has a screen looked at when the windows change, or no longer.
func (s *Scene) wake(screen *screen, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if on {
		s.wakes[screen] = struct{}{}
	} else {
		delete(s.wakes, screen)
	}
}

// changes are the places where two lists of layers differ.
func changes(old, now []layer) (places []image.Rectangle) {
	for len(old) > 0 && len(now) > 0 && old[0] == now[0] {
		old, now = old[1:], now[1:]
	}
	for len(old) > 0 && len(now) > 0 && old[len(old)-1] == now[len(now)-1] {
		old, now = old[:len(old)-1], now[:len(now)-1]
	}
	for _, l := range append(old[:len(old):len(old)], now...) {
		places = addRect(places, l.rect)
	}
	return places
}

// layers are the windows now.
func (s *Scene) layers() ([]layer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.x == nil {
		return nil, ErrClosed
	}
	return s.x.layers()
}

// Shows reports whether events for the windows, from the topmost of the root to the
// innermost, or any one of them, may reach them: those that are not shown get none. No
// window at all is the desktop.
func (s *Scene) Shows(windows []uint32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.x == nil {
		return false
	}
	if len(windows) == 0 {
		return s.limits.Window == 0
	}
	layers, err := s.x.layers()
	if err != nil {
		return false
	}
	top := s.x.top(windows[0])
	for _, l := range layers {
		if l.id == top {
			return l.show && (s.limits.Area.Empty() || l.rect.Overlaps(s.limits.Area))
		}
	}
	return false
}

// Bounds is where the one window that is shown lies now; empty when all are shown, or
// when it is not on the screen.
func (s *Scene) Bounds() image.Rectangle {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.x == nil || s.limits.Window == 0 {
		return image.Rectangle{}
	}
	layers, err := s.x.layers()
	if err != nil {
		return image.Rectangle{}
	}
	top := s.x.top(s.limits.Window)
	for _, l := range layers {
		if l.id == top {
			return l.rect
		}
	}
	return image.Rectangle{}
}

// Close ends it. Captures with the Scene fail from then on.
func (s *Scene) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.x != nil {
		s.x.close()
		s.x = nil
	}
}
