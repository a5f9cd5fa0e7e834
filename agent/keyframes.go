package agent

import (
	"sync"
	"time"
)

// idleWish is how long after the last packet a browser asks for a key frame merely
// because no picture came: Chromium waits three seconds. One that has lost something
// asks at once.
const idleWish = 2500 * time.Millisecond

// wishes decides which of the viewer's wishes for a key frame are answered. Browsers
// take a still screen for a broken stream and ask again every three seconds; each
// answer would be a whole picture for nothing. So a wish that comes out of stillness is
// answered once: should the very last packets have been lost, that one mends it.
type wishes struct {
	mu       sync.Mutex
	last     time.Time // guarded by mu; when the last picture was sent
	answered bool      // guarded by mu; a wish out of this stillness has been answered
}

// sent notes that a picture was sent; changed tells one that shows something new from
// one that was only wished for.
func (w *wishes) sent(now time.Time, changed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = now
	if changed {
		w.answered = false
	}
}

// grant reports whether a wish that comes now is to be answered.
func (w *wishes) grant(now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now.Sub(w.last) < idleWish {
		return true
	}
	if w.answered {
		return false
	}
	w.answered = true
	return true
}
