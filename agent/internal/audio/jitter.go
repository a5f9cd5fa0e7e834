package audio

// Bounds of a jitter buffer, in packets of 20 ms.
const (
	jitterSlots = 16 // 320 ms: what is further ahead begins anew
	leastDelay  = 2  // what waits before speech begins, where the network is even
	mostDelay   = 6
	// mostWaiting is how much may wait at all; beyond it the oldest is left out.
	mostWaiting = 10
	// concealed is how many frames are made up when nothing comes: then there is silence.
	concealed = 3
	// settled is after how many packets without a gap a little less has to wait.
	settled = 500
)

// next says what is to be played in the next 20 ms.
type next uint8

const (
	playSilence   next = iota
	playPacket         // the packet
	playRecovered      // the frame before the packet, from its copy
	playConcealed      // a frame that is made up
)

// jitter puts packets in order and evens out when they come: what plays asks for the
// next 20 ms at its own pace. A little waits, so that there is always something: more on
// an uneven network, less again when it has become even. It knows no clock. Not safe for
// concurrent use.
type jitter struct {
	slots   [jitterSlots]slot
	waiting int    // slots in use
	head    uint16 // of the packet to be played next
	running bool   // speech has begun; head is known
	delay   int    // how many wait before it begins

	missed int  // pulls in a row without anything
	gap    bool // nothing had come, since the last packet
	spare  int  // the fewest that waited lately
	even   int  // packets since the last gap, or since something was left out
	last   slot
}

type slot struct {
	sequence  uint16
	timestamp uint32
	payload   []byte // nil is empty
}

// put takes a packet. It keeps payload.
func (j *jitter) put(sequence uint16, timestamp uint32, payload []byte) {
	if len(payload) == 0 {
		return
	}
	switch ahead := int16(sequence - j.head); {
	case j.waiting == 0 && !j.running:
		j.head = sequence
	case ahead < 0 && !j.running && ahead > -jitterSlots/2:
		j.head = sequence // what came first was not the first
	case ahead < 0 && ahead > -jitterSlots:
		return // it comes too late
	case ahead < 0 || ahead >= jitterSlots:
		j.clear()
		j.head = sequence
	}
	s := &j.slots[sequence%jitterSlots]
	if s.payload == nil {
		j.waiting++
	}
	*s = slot{sequence, timestamp, payload}
}

// clear forgets what waits, and what was learnt of when packets come.
func (j *jitter) clear() { *j = jitter{delay: j.delay} }

// take says what is to be played in the next 20 ms, and the packet for it.
func (j *jitter) take() (next, []byte) {
	j.delay = min(max(j.delay, leastDelay), mostDelay)
	if !j.running {
		if j.waiting < j.delay && !j.waited() {
			return playSilence, nil
		}
		j.running, j.missed, j.spare = true, 0, j.waiting
	}
	j.shorten()
	j.spare = min(j.spare, j.waiting)
	if s := j.slots[j.head%jitterSlots]; s.payload != nil {
		return playPacket, j.advance(s)
	}
	if j.waiting == 0 {
		return j.starve()
	}
	// It is lost. The one behind it may hold a copy.
	j.head++
	j.even = 0
	if s := j.slots[j.head%jitterSlots]; s.payload != nil {
		return playRecovered, s.payload
	}
	return playConcealed, nil
}

// waited lets a single packet begin too, when no second comes.
func (j *jitter) waited() bool {
	if j.waiting == 0 {
		j.missed = 0
		return false
	}
	j.missed++
	return j.missed > j.delay
}

// advance takes the packet out.
func (j *jitter) advance(s slot) []byte {
	if j.gap && s.timestamp-j.last.timestamp == uint32(s.sequence-j.last.sequence)*frameLength {
		// Nobody had paused: it was late. So a little more has to wait from now on.
		j.delay = min(j.delay+1, mostDelay)
		j.even = 0
	}
	j.slots[s.sequence%jitterSlots] = slot{}
	j.waiting--
	j.head, j.missed, j.gap, j.last = s.sequence+1, 0, false, s
	j.even++
	return s.payload
}

// starve plays on for a moment when nothing has come, and then waits for speech to begin
// again.
func (j *jitter) starve() (next, []byte) {
	j.missed++
	j.gap = true
	if j.missed <= concealed {
		return playConcealed, nil
	}
	j.running = false
	return playSilence, nil
}

// shorten leaves a packet out when more waits than is needed: after a stall, and when
// the other side's clock runs faster.
func (j *jitter) shorten() {
	if j.waiting > mostWaiting {
		for j.waiting > j.delay {
			j.leaveOut()
		}
	}
	if j.even < settled {
		return
	}
	if j.spare > j.delay {
		j.leaveOut()
	}
	j.even, j.spare = 0, j.waiting
	j.delay = max(j.delay-1, leastDelay)
}

// leaveOut goes on without the packet that would be next.
func (j *jitter) leaveOut() {
	if s := &j.slots[j.head%jitterSlots]; s.payload != nil {
		*s = slot{}
		j.waiting--
	}
	j.head++
}
