package audio

import (
	"context"
	"errors"
	"math"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"beside/agent/desktop"
	"beside/consent"
	"beside/consent/consenttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const name = "Beside"

// call is a Call on a real sound server, and what came of it.
type call struct {
	*Call
	t     *testing.T
	sound *desktop.Sound
	gate  *consent.Gate
	grant *consent.VoiceGrant

	mu     sync.Mutex
	sent   [][]byte
	at     []uint32
	levels []int
	lostBy chan error
}

func newCall(t *testing.T, sound desktop.SoundOptions) *call {
	t.Helper()
	c := &call{t: t, lostBy: make(chan error, 1)}
	sound.Log = t.Output()
	var err error
	if c.sound, err = desktop.StartSound(t.Context(), sound); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.sound.Stop)
	t.Setenv("PULSE_SERVER", "unix:"+c.sound.Socket())
	c.grant, c.gate = consenttest.NewVoice(t)
	return c
}

func (c *call) open(held bool) {
	c.t.Helper()
	var err error
	c.Call, err = Open(c.grant, held, Options{
		Name: name, Lost: func(err error) { c.lostBy <- err },
		Send: func(packet []byte, at uint32, _ bool) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.sent, c.at = append(c.sent, append([]byte(nil), packet...)), append(c.at, at)
		},
		Level: func(level int) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.levels = append(c.levels, level)
		},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { c.Close(); c.Wait() })
}

func (c *call) packets() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.sent)
}

func (c *call) level() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.levels) == 0 {
		return 0
	}
	return c.levels[len(c.levels)-1]
}

func (c *call) until(what string, done func() bool) {
	c.t.Helper()
	for began := time.Now(); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > 30*time.Second {
			c.t.Fatal("never came: ", what)
		}
	}
}

// uses waits until the devices are used like that.
func (c *call) uses(want desktop.InUse) {
	c.t.Helper()
	var got desktop.InUse
	defer func() {
		if c.t.Failed() {
			c.t.Logf("in use %+v, want %+v", got, want)
		}
	}()
	c.until("the devices' state", func() bool {
		var err error
		if got, err = c.sound.InUse(context.Background(), name); err != nil {
			c.t.Fatal(err)
		}
		return got == want
	})
}

var (
	nothing    = desktop.InUse{}
	everything = desktop.InUse{Microphone: 1, MicrophoneOpen: 1, Loudspeaker: 1, LoudspeakerOpen: 1}
)

// PROMISE A1, A7, THREAT 4: the microphone is opened after the yes and closed by the
// withdrawal, by nobody's doing but the grant's; what it heard is sent, and nothing after.
func TestMicrophoneLivesAsLongAsTheGrant(t *testing.T) {
	c := newCall(t, desktop.SoundOptions{Tone: 440})
	c.uses(nothing)
	c.open(false)
	c.uses(everything)
	c.until("half a second of the tone", func() bool { return c.packets() >= 25 })
	c.mu.Lock()
	if loudest := slices.Max(c.levels); loudest < Levels-1 {
		t.Errorf("a loud tone is at level %d of %d", loudest, Levels)
	}
	c.mu.Unlock()
	c.gate.Withdraw(consent.Voice, consent.ByUser)
	after := c.packets()
	c.uses(nothing)
	if late := c.packets() - after; late > 1 { // one was on its way out of the grant
		t.Errorf("%d packets after the withdrawal", late)
	}
	d, err := newDecoder()
	if err != nil {
		t.Fatal(err)
	}
	var heard []int16
	for _, p := range c.sent {
		samples, err := d.decode(p)
		if err != nil {
			t.Fatal(err)
		}
		heard = append(heard, samples...)
	}
	if share := desktop.ToneShare(heard, 440); share < 0.9 {
		t.Errorf("the tone is %v of what was sent", share)
	}
	for i := 1; i < len(c.at); i++ {
		if step := c.at[i] - c.at[i-1]; step%frameLength != 0 || step == 0 {
			t.Errorf("packet %d is %d samples after the one before", i, step)
		}
	}
	if _, err := Open(c.grant, false, Options{}); !errors.Is(err, consent.ErrRevoked) {
		t.Errorf("opened again: %v", err)
	}
}

// PROMISE A7, A8: a pause and the user's own switch close the microphone itself, and
// what was said meanwhile is never sent.
func TestMuteAndHoldCloseTheMicrophone(t *testing.T) {
	c := newCall(t, desktop.SoundOptions{Tone: 440})
	c.open(true) // the yes came during a pause
	c.uses(desktop.InUse{Microphone: 1, Loudspeaker: 1})
	if n := c.packets(); n != 0 {
		t.Errorf("%d packets during a pause", n)
	}
	step := func(what string, muted, held bool, want desktop.InUse) {
		t.Helper()
		if err := c.Set(muted, held); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		c.uses(want)
		before := c.packets()
		if want.MicrophoneOpen == 1 {
			c.until(what, func() bool { return c.packets() > before })
			return
		}
		if _, err := c.sound.Listen(t.Context(), 200*time.Millisecond); err != nil { // as long as ten frames
			t.Fatal(err)
		}
		if n := c.packets() - before; n > 0 || c.level() != 0 {
			t.Errorf("%s: %d packets, level %d", what, n, c.level())
		}
	}
	silent := desktop.InUse{Microphone: 1, Loudspeaker: 1, LoudspeakerOpen: 1}
	step("going on", false, false, everything)
	step("mute", true, false, silent)
	step("pause, muted", true, true, desktop.InUse{Microphone: 1, Loudspeaker: 1})
	step("going on, muted", true, false, silent)
	step("unmute", false, false, everything)
	c.gate.Pause() // a pause that nobody told the call of
	before := c.packets()
	if _, err := c.sound.Listen(t.Context(), 200*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if n := c.packets() - before; n > 1 {
		t.Errorf("%d packets while the grant waits", n)
	}
}

// What the technician says is heard, as long as voice is granted.
func TestLoudspeakerPlaysTheTechnician(t *testing.T) {
	c := newCall(t, desktop.SoundOptions{Tone: 440})
	c.open(false)
	c.uses(everything)
	speaks, done := context.WithCancel(t.Context())
	var speaking sync.WaitGroup
	defer speaking.Wait()
	defer done()
	speaking.Go(func() { c.technician(speaks, 1000) })
	c.until("the technician's tone", func() bool {
		heard, err := c.sound.Listen(t.Context(), 300*time.Millisecond)
		return err == nil && desktop.ToneShare(heard, 1000) > 0.9
	})
	c.gate.Withdraw(consent.Voice, consent.ByTechnician)
	c.uses(nothing)
	heard, err := c.sound.Listen(t.Context(), 300*time.Millisecond)
	if err != nil || desktop.ToneShare(heard, 1000) != 0 {
		t.Errorf("heard after the withdrawal: %v, %v", desktop.ToneShare(heard, 1000), err)
	}
}

// technician says a tone, a packet each 20 ms.
func (c *call) technician(ctx context.Context, hertz float64) {
	e, err := newEncoder()
	if err != nil {
		c.t.Error(err)
		return
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		frame := tone(n, hertz, 8000*math.Abs(math.Sin(float64(n)/8)))
		packet, err := e.encode(&frame)
		if err != nil {
			c.t.Error(err)
			return
		}
		c.Take(uint16(n), uint32(n*frameLength), append([]byte(nil), packet...))
	}
}

// Without a grant, without a server and without a microphone nothing is opened, and the
// errors say which it was.
func TestOpenFailsClosed(t *testing.T) {
	if _, err := Open(nil, false, Options{}); !errors.Is(err, consent.ErrRevoked) {
		t.Errorf("no grant: %v", err)
	}
	grant, _ := consenttest.NewVoice(t)
	t.Setenv("PULSE_SERVER", "unix:"+filepath.Join(t.TempDir(), "nobody"))
	if _, err := Open(grant, false, Options{}); !errors.Is(err, ErrNoServer) {
		t.Errorf("no server: %v", err)
	}
	t.Setenv("PULSE_SERVER", "tcp:192.0.2.1")
	if _, err := Open(grant, false, Options{}); !errors.Is(err, ErrNoServer) {
		t.Errorf("a server elsewhere: %v", err)
	}
	c := newCall(t, desktop.SoundOptions{}) // the loudspeaker's monitor is all there is
	if _, err := Open(c.grant, false, Options{Name: name}); !errors.Is(err, ErrNoMicrophone) {
		t.Errorf("no microphone: %v", err)
	}
	c.uses(nothing)
}

// A server that accepts and says nothing is no server.
func TestSilentServer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pulse")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	t.Setenv("PULSE_SERVER", path)
	grant, _ := consenttest.NewVoice(t)
	if _, err := Open(grant, false, Options{}); !errors.Is(err, ErrNoServer) {
		t.Errorf("got %v", err)
	}
}

// A server that ends in the midst of a call is told, once, and everything is closed.
func TestServerEnds(t *testing.T) {
	c := newCall(t, desktop.SoundOptions{Tone: 440})
	c.open(false)
	c.uses(everything)
	c.sound.Stop()
	select {
	case err := <-c.lostBy:
		if err == nil {
			t.Error("lost without a reason")
		}
	case <-time.After(30 * time.Second):
		t.Fatal("nobody was told")
	}
	c.Wait()
	if err := c.Set(true, false); err == nil {
		t.Error("a server that is gone was muted")
	}
}

func TestAddress(t *testing.T) {
	for env, want := range map[string]string{
		"unix:/run/p":               "/run/p",
		"/run/p":                    "/run/p",
		"{1234}unix:/run/p tcp:far": "/run/p",
		"tcp:far unix:/run/p":       "/run/p",
		"tcp:far":                   "",
		"":                          "/run/user/7/pulse/native",
	} {
		got, err := address(func(key string) string {
			return map[string]string{"PULSE_SERVER": env, "XDG_RUNTIME_DIR": "/run/user/7"}[key]
		})
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v", env, got, err)
		}
	}
	if _, err := address(func(string) string { return "" }); !errors.Is(err, ErrNoServer) {
		t.Errorf("no environment: %v", err)
	}
}

func TestCookie(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cookie")
	if err := os.WriteFile(path, make([]byte, 100), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := cookie(func(string) string { return path }); len(got) != 256 {
		t.Errorf("a cookie of %d bytes", len(got))
	}
}
