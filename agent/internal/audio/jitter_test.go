package audio

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// feed is a sender and a network without a clock: tick is 20 ms.
type feed struct {
	j        jitter
	sequence uint16
	stamp    uint32
}

// send puts the next packet of the sender on the wire and returns what delivers it.
func (f *feed) send() func() {
	s, at := f.sequence, f.stamp
	f.sequence++
	f.stamp += frameLength
	return func() { f.j.put(s, at, fmt.Appendf(nil, "%d", s)) }
}

// rest is a frame that the sender does not send, because there is silence.
func (f *feed) rest() { f.stamp += frameLength }

// pull plays 20 ms: "-" is silence, "~" made up, "3" a packet, "(3" the frame before
// packet 3.
func (f *feed) pull() string {
	switch what, payload := f.j.take(); what {
	case playPacket:
		return string(payload)
	case playRecovered:
		return "(" + string(payload)
	case playConcealed:
		return "~"
	}
	return "-"
}

func (f *feed) pulls(n int) string {
	var all []string
	for range n {
		all = append(all, f.pull())
	}
	return strings.Join(all, " ")
}

// What is played of what comes, step by step.
func TestJitterStories(t *testing.T) {
	for name, c := range map[string]struct {
		play func(f *feed) string
		want string
	}{
		"nothing": {func(f *feed) string { return f.pulls(3) }, "- - -"},
		"in order": {func(f *feed) string {
			f.send()()
			early := f.pull()
			for range 4 {
				f.send()()
			}
			return early + " " + f.pulls(5)
		}, "- 0 1 2 3 4"},
		"out of order": {func(f *feed) string {
			first, second, third := f.send(), f.send(), f.send()
			second()
			first()
			third()
			return f.pulls(3)
		}, "0 1 2"},
		"one lost": {func(f *feed) string {
			f.send()()
			f.send() // lost
			f.send()()
			f.send()()
			return f.pulls(4)
		}, "0 (2 2 3"},
		"two lost": {func(f *feed) string {
			f.send()()
			f.send()
			f.send()
			f.send()()
			return f.pulls(4)
		}, "0 ~ (3 3"},
		"twice the same": {func(f *feed) string {
			first := f.send()
			first()
			first()
			f.send()()
			return f.pulls(3)
		}, "0 1 ~"},
		"too late": {func(f *feed) string {
			f.send()()
			late := f.send()
			f.send()()
			f.send()()
			played := f.pulls(3)
			late()
			return played + " " + f.pulls(2)
		}, "0 (2 2 3 ~"},
		"silence": {func(f *feed) string {
			f.send()()
			f.send()()
			played := f.pulls(6)
			f.rest()
			f.send()()
			f.send()()
			return played + " " + f.pulls(3)
		}, "0 1 ~ ~ ~ - 2 3 ~"},
		"a single packet": {func(f *feed) string { f.send()(); return f.pulls(4) }, "- - 0 ~"},
		"another sender": {func(f *feed) string {
			f.send()()
			f.send()()
			played := f.pull()
			f.sequence += 1000
			f.send()()
			f.send()()
			return played + " " + f.pulls(2)
		}, "0 1002 1003"},
		"an empty packet": {func(f *feed) string { f.j.put(7, 0, nil); return f.pulls(2) }, "- -"},
		"all at once": {func(f *feed) string {
			for range 12 {
				f.send()()
			}
			return f.pulls(3)
		}, "10 11 ~"},
	} {
		if got := c.play(&feed{}); got != c.want {
			t.Errorf("%s: played %q, want %q", name, got, c.want)
		}
	}
}

// On an uneven network more waits; when it has become even, less again.
func TestJitterFollowsTheNetwork(t *testing.T) {
	f := &feed{}
	var stuck []func()
	for i := range 200 { // every tenth packet comes 60 ms late, with those behind it
		stuck = append(stuck, f.send())
		if i%10 < 7 {
			for _, deliver := range stuck {
				deliver()
			}
			stuck = nil
		}
		f.pull()
	}
	if f.j.delay < 3 || f.j.delay > mostDelay {
		t.Errorf("%d packets wait on a network that is late by three", f.j.delay)
	}
	for range mostDelay * (settled + 1) {
		f.send()()
		f.pull()
	}
	if f.j.delay != leastDelay || f.j.waiting > leastDelay+1 {
		t.Errorf("%d wait of %d on an even network", f.j.waiting, f.j.delay)
	}
}

// A sender whose clock runs faster never fills the buffer; a slower one never stops it.
func TestJitterFollowsTheClock(t *testing.T) {
	for _, drift := range []int{50, -50} { // a packet more, or less, in so many
		f := &feed{}
		most, silent := 0, 0
		for i := range 20_000 {
			switch {
			case drift < 0 && i%-drift == 0:
			case drift > 0 && i%drift == 0:
				f.send()()
				f.send()()
			default:
				f.send()()
			}
			if f.pull() == "-" {
				silent++
			}
			most = max(most, f.j.waiting)
		}
		if most > mostWaiting+2 {
			t.Errorf("drift %d: %d packets waited", drift, most)
		}
		if silent > 20_000/50 {
			t.Errorf("drift %d: %d of 20,000 frames were silence", drift, silent)
		}
	}
}

// Whatever a rude viewer sends, no more waits than there are slots, and playing goes on.
func TestJitterIsBounded(t *testing.T) {
	j := &jitter{}
	random := rand.New(rand.NewPCG(1, 2))
	base := uint16(0)
	for range 200_000 {
		if random.IntN(50) == 0 {
			base = uint16(random.Uint32())
		}
		j.put(base+uint16(random.IntN(40)), random.Uint32(), []byte{1})
		if random.IntN(3) == 0 {
			j.take()
		}
		used := 0
		for _, s := range j.slots {
			if s.payload != nil {
				used++
			}
		}
		if used != j.waiting {
			t.Fatalf("%d slots are in use, %d counted", used, j.waiting)
		}
	}
	for range 100 {
		j.take()
	}
	if j.waiting != 0 {
		t.Errorf("%d packets are left for ever", j.waiting)
	}
}
