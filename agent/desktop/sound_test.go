package desktop

import (
	"math"
	"testing"
	"time"
)

// The sound server of the tests is heard, and a tone is told from others and from silence.
func TestSound(t *testing.T) {
	s, err := StartSound(t.Context(), SoundOptions{Tone: 440, Log: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	heard, err := s.Listen(t.Context(), 200*time.Millisecond)
	if err != nil || len(heard) != 9600 || ToneShare(heard, 440) != 0 {
		t.Errorf("%d samples, share %v, %v; want silence", len(heard), ToneShare(heard, 440), err)
	}
	if use, err := s.InUse(t.Context(), "Beside"); err != nil || use != (InUse{}) {
		t.Errorf("in use %+v, %v", use, err)
	}
}

func TestToneShare(t *testing.T) {
	tone := make([]int16, 4800)
	for i := range tone {
		tone[i] = int16(8000 * math.Sin(2*math.Pi*1000*float64(i)/48_000))
	}
	if at, beside := ToneShare(tone, 1000), ToneShare(tone, 440); at < 0.95 || beside > 0.05 {
		t.Errorf("at the tone %v, beside it %v", at, beside)
	}
	if got := ToneShare(make([]int16, 4800), 1000); got != 0 {
		t.Errorf("silence has a share of %v", got)
	}
}
