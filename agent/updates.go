package agent

import (
	"encoding/binary"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"beside/consent"
)

// Sizes of messages on the data channel "screen". A message longer than a fragment
// travels in several packets. The socket tells pictures from upkeep by their length, so
// no packet of an update may be short: each fragment holds at least leastPiece bytes.
const (
	fragment     = 1160 // what the SCTP association makes of a message, or up to 4 bytes less
	fullest      = 1100 // of a message's last fragment, so that it holds with those 4 bytes less
	leastPiece   = largestUpkeep + 1 - leastRound
	leastRound   = 53                 // bytes that SCTP and DTLS put round a fragment, and those 4 bytes less
	largestPiece = 14*fragment + 1000 // with its flags
)

// Flags of a message on "screen" and kinds of answers, docs/protocol.md.
const (
	flagFirst  = 1
	flagLast   = 2
	flagPadded = 4

	answerDrawn   = 1
	answerRefresh = 2
)

// errChannel says that the data channel "screen" took no more.
var errChannel = errors.New("agent: the channel for the screen is closed")

// updates sends screen updates to the viewer and hears which were drawn.
type updates struct {
	grant *consent.ViewGrant
	write func([]byte) bool // onto the channel; false when it is closed
	// distance is the network's round trip to the viewer as last measured, zero when it is
	// not known.
	distance func() time.Duration
	// wake holds a token when there may be room, or the viewer wants a refresh.
	wake chan struct{}
	// nudge is called then as well, while something is owed. It must not wait.
	nudge func()

	message []byte // of send

	owing atomic.Bool // something changed and was not sent for want of room, or coarsely

	mu      sync.Mutex
	window  window // guarded by mu
	refresh bool   // guarded by mu; the viewer lost the thread
}

func newUpdates(grant *consent.ViewGrant, write func([]byte) bool, distance func() time.Duration, nudge func()) *updates {
	return &updates{grant: grant, write: write, distance: distance, nudge: nudge, wake: make(chan struct{}, 1), window: window{distance: distance()}}
}

// room is how many bytes may be sent now; zero or less means to wait for wake.
func (u *updates) room() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.window.room()
}

// How long an update may take the way. On a brisk one, what is larger is shown coarsely
// first; on another it is better shown as video. firstGuess is what an update may have, in
// bytes, while nothing is known of the way.
const (
	slowest    = 250 * time.Millisecond
	slowBrisk  = 60 * time.Millisecond
	firstGuess = 64 << 10
)

// budget is what an update may have.
type budget struct {
	bytes int // zero or less for nothing now
	// all says that these are as many as ever: nothing is under way, and waiting would not
	// bring more. coarse then tells what to do with a larger update.
	all, coarse bool
}

func (u *updates) budget() budget {
	u.mu.Lock()
	defer u.mu.Unlock()
	w := &u.window
	switch {
	case len(w.under) > 0:
		return budget{bytes: w.room()}
	case w.brisk():
		return budget{max(w.room(), int(w.rate*slowBrisk.Seconds()), firstGuess), true, true}
	}
	return budget{max(w.room(), int(w.carries()*slowest.Seconds()), firstGuess), true, false}
}

// link is what the way carries in bits a second, zero when that is not known.
func (u *updates) link() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return int(8 * u.window.carries())
}

// brisk reports whether the way is known to be good. The network is measured anew: a
// machine that was busy as the connection came about looked farther away than it is.
func (u *updates) brisk() bool {
	distance := u.distance()
	u.mu.Lock()
	defer u.mu.Unlock()
	u.window.measured(distance)
	return u.window.brisk()
}

// wantsRefresh reports, once, that everything has to be sent anew.
func (u *updates) wantsRefresh() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	was := u.refresh
	u.refresh = false
	return was
}

// send sends one update. Each message goes through the grant by itself. When some of
// it was not sent, the viewer must be given a refresh, which wantsRefresh then says.
func (u *updates) send(update []byte, serial uint32) error {
	u.mu.Lock()
	u.window.sent(serial, len(update), time.Now())
	u.mu.Unlock()
	for rest, first := update, true; first || len(rest) > 0; first = false {
		piece := rest[:min(len(rest), largestPiece-1)]
		rest = rest[len(piece):]
		u.message = appendMessage(u.message[:0], piece, first, len(rest) == 0)
		err := u.grant.Use(func() error {
			if !u.write(u.message) {
				return errChannel
			}
			return nil
		})
		if err != nil {
			u.lost()
			return err
		}
	}
	return nil
}

// sendAll sends updates that belong together.
func (u *updates) sendAll(list [][]byte) error {
	for _, update := range list {
		if err := u.send(update, serialOf(update)); err != nil {
			return err
		}
	}
	return nil
}

// lost begins anew after an update that went out in part.
func (u *updates) lost() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.window.clear()
	u.refresh = true
}

// heard takes the viewer's answer. Anything else is ignored.
func (u *updates) heard(data []byte) {
	refresh, ok := u.note(data)
	if !ok {
		return
	}
	select {
	case u.wake <- struct{}{}:
	default:
	}
	if refresh || u.owing.Load() {
		u.nudge()
	}
}

func (u *updates) note(data []byte) (refresh, ok bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case len(data) == 5 && data[0] == answerDrawn:
		u.window.drawn(binary.LittleEndian.Uint32(data[1:]), time.Now())
		return false, true
	case len(data) == 1 && data[0] == answerRefresh:
		u.window.clear()
		u.refresh = true
		return true, true
	}
	return false, false
}

// appendMessage makes the message of a piece, padded where its last fragment would be short.
func appendMessage(to, piece []byte, first, last bool) []byte {
	flags := byte(0)
	if first {
		flags |= flagFirst
	}
	if last {
		flags |= flagLast
	}
	padding := paddingFor(1 + len(piece))
	if padding == 0 {
		return append(append(to, flags), piece...)
	}
	to = append(append(to, flags|flagPadded), piece...)
	to = append(to, make([]byte, padding-2)...)
	return binary.LittleEndian.AppendUint16(to, uint16(padding))
}

// paddingFor is how many bytes a message of that length lacks, at least the two that
// say so, or none.
func paddingFor(length int) int {
	tail := length % fragment
	if tail >= leastPiece && tail <= fullest {
		return 0
	}
	if tail > leastPiece-2 {
		tail -= fragment
	}
	return leastPiece - tail
}
