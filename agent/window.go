package agent

import "time"

// Bounds and pace of a window.
const (
	firstWindow    = 32 << 10 // bytes, before anything is known of the way
	smallestWindow = 6 << 10
	largestWindow  = 16 << 20
	// queueTime is how much of a queue is allowed to form, so that the way is never idle.
	queueTime = 30 * time.Millisecond
	// forget is how long the quickest time is believed: ways change.
	forget = 10 * time.Second
	// steadyCount is how many updates may be under way where distance is nothing: one
	// being drawn, one on its way, one being made.
	steadyCount = 3
	// While the way is unknown the window doubles; afterwards it asks for a little more
	// than it gets, so as to notice when there is more.
	searchGain, steadyGain = 2.0, 1.2
	// noGrowth is how many full updates in a row must bring no more, for the way to be known.
	noGrowth = 3
	// briskRate is what a brisk way carries, in bytes a second.
	briskRate = 1 << 20
)

// window decides whether another screen update may be sent. Nothing queues beyond it:
// what changes meanwhile gathers at the screen, and the next update brings the newest
// picture. It holds as many bytes under way as arrive in the time that the way takes
// when it is empty, and a little more: both are learnt from when updates are drawn, so
// a page that does not keep up counts like a slow link.
//
// It knows no clock and no network. Not safe for concurrent use.
type window struct {
	under     []parcel // sent and not drawn, oldest first
	bytes     int      // of all of them
	delivered int      // bytes drawn so far

	quickest time.Duration // the shortest time to be drawn, lately
	learnt   time.Time     // when that was seen
	distance time.Duration // the network's round trip as ICE found it; zero when unknown

	rates  [8]float64 // bytes a second of the last updates that filled the window
	next   int        // in rates
	rate   float64    // the best of them
	steady int        // full updates in a row that brought no more
}

// parcel is one update under way.
type parcel struct {
	serial uint32
	bytes  int
	at     time.Time
	before int  // delivered when it was sent
	filled bool // the window was nearly full with it
}

// room is how many bytes may be sent now; zero or less means to wait.
func (w *window) room() int {
	if len(w.under) >= steadyCount+int(w.way()/framePace) {
		return 0
	}
	return w.most() - w.bytes
}

// most is how many bytes may be under way.
func (w *window) most() int {
	if w.rate == 0 {
		return firstWindow
	}
	gain := searchGain
	if w.steady >= noGrowth {
		gain = steadyGain
	}
	return min(max(int(gain*w.rate*(w.way()+queueTime).Seconds()), smallestWindow), largestWindow)
}

// carries is how many bytes a second the way carries, zero when that is not known. A
// viewer in the same building is taken to have a good one until it shows.
func (w *window) carries() float64 {
	const nearCarries = 12e6
	if w.rate == 0 && w.near() {
		return nearCarries
	}
	return w.rate
}

// measured takes another measurement of the network's round trip. The shortest counts:
// nothing makes a way look nearer than it is.
func (w *window) measured(distance time.Duration) {
	if distance > 0 && (w.distance == 0 || distance < w.distance) {
		w.distance = distance
	}
}

// near reports whether the viewer is in the same building.
func (w *window) near() bool { return w.distance > 0 && w.distance < 5*time.Millisecond }

// brisk reports whether a photograph as large as the screen takes the way a few seconds at
// most. A viewer nearby whose page is busy for a while looks slower than it is.
func (w *window) brisk() bool {
	return w.rate >= briskRate || w.near() && (w.rate == 0 || w.rate >= briskRate/4)
}

// way is how long an update takes when nothing else is under way.
func (w *window) way() time.Duration {
	const drawing = 2 * framePace
	if w.distance > 0 && (w.quickest == 0 || w.distance+drawing < w.quickest) {
		return w.distance + drawing
	}
	return w.quickest
}

// sent notes that an update left.
func (w *window) sent(serial uint32, bytes int, now time.Time) {
	w.bytes += bytes
	w.under = append(w.under, parcel{serial, bytes, now, w.delivered, w.bytes >= w.most()/2})
}

// drawn notes that the viewer has drawn an update, and all before it. It reports false
// for a serial that is not under way.
func (w *window) drawn(serial uint32, now time.Time) bool {
	for i, p := range w.under {
		if p.serial != serial {
			continue
		}
		for _, done := range w.under[:i+1] {
			w.bytes -= done.bytes
			w.delivered += done.bytes
		}
		w.under = append(w.under[:0], w.under[i+1:]...)
		w.learn(p, now)
		return true
	}
	return false
}

// learn takes how long an update took, and how much arrived in that time.
func (w *window) learn(p parcel, now time.Time) {
	took := max(now.Sub(p.at), time.Millisecond)
	if w.quickest == 0 || took <= w.quickest || now.Sub(w.learnt) > forget {
		w.quickest, w.learnt = took, now
	}
	rate := float64(w.delivered-p.before) / took.Seconds()
	if !p.filled && (w.rate == 0 || rate <= w.rate) {
		return // it says how much was sent, not how much could have been
	}
	const growth = 1.25
	if rate > growth*w.rate {
		w.steady = 0
	} else {
		w.steady++
	}
	w.rates[w.next], w.next = rate, (w.next+1)%len(w.rates)
	w.rate = 0
	for _, r := range w.rates {
		w.rate = max(w.rate, r)
	}
}

// clear forgets what is under way: it will not be drawn.
func (w *window) clear() {
	w.under, w.bytes = w.under[:0], 0
}
