package audio

import (
	"math"
	"testing"

	"beside/agent/desktop"
)

// tone is one frame of a tone that goes on from frame to frame.
func tone(n int, hertz, height float64) (f [frameLength]int16) {
	for i := range f {
		f[i] = int16(height * math.Sin(2*math.Pi*hertz*float64(n*frameLength+i)/sampleRate))
	}
	return f
}

func codec(t *testing.T) (*encoder, *decoder) {
	t.Helper()
	e, err := newEncoder()
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDecoder()
	if err != nil {
		t.Fatal(err)
	}
	return e, d
}

// The tone has whole periods in a frame, so that frames of it fit behind one another.
// What is said is heard, a lost packet is made good from the next, and one that nothing
// is known of is made up.
func TestOpus(t *testing.T) {
	e, d := codec(t)
	var heard, recovered []int16
	bytes := 0
	lost := 0
	for n := range 100 {
		frame := tone(n, 450, 8000*math.Abs(math.Sin(float64(n)/8)))
		packet, err := e.encode(&frame)
		if err != nil {
			t.Fatal(err)
		}
		bytes += len(packet)
		switch {
		case len(packet) == 0: // a tone that does not change counts as silence in the end
			continue
		case n%10 == 5 && n < 95: // lost; the next one holds a copy
			lost++
			continue
		case n%10 == 6 && n > 6:
			samples, err := d.recover(packet)
			if err != nil || len(samples) != frameLength {
				t.Fatalf("%d samples, %v", len(samples), err)
			}
			recovered = append(recovered, samples...)
		}
		samples, err := d.decode(packet)
		if err != nil || len(samples) != frameLength {
			t.Fatalf("%d samples, %v", len(samples), err)
		}
		heard = append(heard, samples...)
	}
	if share := desktop.ToneShare(heard, 450); share < 0.9 {
		t.Errorf("the tone is %v of what is heard", share)
	}
	if share := desktop.ToneShare(recovered, 450); share < 0.8 {
		t.Errorf("the tone is %v of what was made good", share)
	}
	if rate := bytes * 8 / 2; rate > 40_000 {
		t.Errorf("%d bit/s for a voice", rate)
	}
	if samples, err := d.conceal(); err != nil || len(samples) != frameLength {
		t.Errorf("made up: %d samples, %v", len(samples), err)
	}
}

// Silence is not sent.
func TestSilenceIsNotSent(t *testing.T) {
	e, _ := codec(t)
	sent := 0
	for n := range 200 {
		packet, err := e.encode(&[frameLength]int16{})
		if err != nil {
			t.Fatal(err)
		}
		if n > 50 && len(packet) > 0 {
			sent++
		}
	}
	if sent > 15 { // now and then a frame refreshes what silence sounds like
		t.Errorf("%d of 149 frames of silence were sent", sent)
	}
}

// Whatever arrives, decoding ends without a crash and within its bounds.
func FuzzDecode(f *testing.F) {
	e, err := newEncoder()
	if err != nil {
		f.Fatal(err)
	}
	for n := range 3 {
		frame := tone(n, 300, 9000)
		packet, err := e.encode(&frame)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(append([]byte(nil), packet...))
	}
	f.Add([]byte{0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, packet []byte) {
		d, err := newDecoder()
		if err != nil {
			t.Fatal(err)
		}
		for _, run := range []func([]byte) ([]int16, error){d.decode, d.recover, d.decode} {
			if samples, err := run(packet); err == nil && len(samples) > longestPacket {
				t.Errorf("%d samples", len(samples))
			}
		}
	})
}
