package desktop

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// SoundOptions make a Sound.
type SoundOptions struct {
	// Dir is where its socket is; empty means a folder of its own.
	Dir string
	// Tone is what somebody says into the microphone, in hertz; zero means that there is
	// no microphone.
	Tone int
	// Log receives what the server prints; nil discards it.
	Log io.Writer
}

// Sound is a real sound server (PulseAudio) without devices: its loudspeaker can be
// listened to, and its microphone hears a tone for ever.
type Sound struct {
	launcher
	dir, socket string
	own         bool // dir is ours
	speech      *os.File
	speaker     sync.WaitGroup
}

// soundStart bounds the start of a sound server on a busy machine.
const soundStart = 30 * time.Second

// StartSound starts a sound server and waits until it answers.
func StartSound(ctx context.Context, opts SoundOptions) (_ *Sound, err error) {
	s := &Sound{dir: opts.Dir}
	if s.dir == "" {
		s.own = true
		if s.dir, err = os.MkdirTemp("", "beside-sound"); err != nil {
			return nil, fmt.Errorf("desktop: %w", err)
		}
	}
	defer func() {
		if err != nil {
			s.Stop()
		}
	}()
	s.socket = filepath.Join(s.dir, "pulse")
	args := []string{
		"-n", "--daemonize=no", "--use-pid-file=no", "--disable-shm=yes", "--exit-idle-time=-1", "--log-target=stderr",
		"-L", "module-native-protocol-unix auth-anonymous=1 socket=" + s.socket,
		"-L", "module-null-sink sink_name=loudspeaker rate=48000 channels=1",
	}
	if opts.Tone > 0 {
		pipe := filepath.Join(s.dir, "speech")
		args = append(args, "-L", "module-pipe-source source_name=microphone format=s16le rate=48000 channels=1 file="+pipe)
	}
	log := opts.Log
	if log == nil {
		log = io.Discard
	}
	server, err := s.start("pulseaudio", args, s.env(), s.dir, log)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, soundStart)
	defer cancel()
	for {
		if _, err := s.pactl(ctx, "info"); err == nil {
			return s, s.speak(opts.Tone)
		}
		select {
		case <-server.Done():
			return nil, fmt.Errorf("desktop: the sound server ended: %w", errors.Join(server.err, errSound))
		case <-ctx.Done():
			return nil, fmt.Errorf("desktop: the sound server does not answer: %w", ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

var errSound = errors.New("see what it printed")

// Socket is the address of the server.
func (s *Sound) Socket() string { return s.socket }

// speak lets the microphone hear a tone that grows and fades like speech: one that does
// not change counts as noise.
func (s *Sound) speak(hertz int) (err error) {
	if hertz == 0 {
		return nil
	}
	s.speech, err = os.OpenFile(filepath.Join(s.dir, "speech"), os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("desktop: %w", err)
	}
	s.speaker.Go(func() {
		const syllables = 4 // a second
		piece := make([]byte, 0, 960)
		for n := 0; ; {
			piece = piece[:0]
			for range cap(piece) / 2 {
				at := 2 * math.Pi * float64(n) / 48_000
				v := 8000 * (0.55 + 0.45*math.Sin(syllables*at)) * math.Sin(float64(hertz)*at)
				piece = binary.LittleEndian.AppendUint16(piece, uint16(int16(v)))
				n++
			}
			if _, err := s.speech.Write(piece); err != nil {
				return
			}
		}
	})
	return nil
}

// Env is what a program's environment needs to find the server.
func (s *Sound) Env() []string { return []string{"PULSE_SERVER=unix:" + s.socket} }

// env is the server's own environment: nothing of the machine's.
func (s *Sound) env() []string {
	return append(s.Env(), "HOME="+s.dir, "XDG_RUNTIME_DIR="+s.dir, "PULSE_RUNTIME_PATH="+s.dir, "PULSE_STATE_PATH="+s.dir,
		"PATH="+os.Getenv("PATH"), "LC_ALL=C")
}

// Stop ends the server.
func (s *Sound) Stop() {
	if s.speech != nil {
		_ = s.speech.Close()
		s.speaker.Wait()
	}
	s.stop()
	if s.own {
		_ = os.RemoveAll(s.dir)
	}
}

func (s *Sound) pactl(ctx context.Context, args ...string) (string, error) {
	var out bytes.Buffer
	c := exec.CommandContext(ctx, "pactl", args...)
	c.Env, c.Dir, c.Stdout = s.env(), s.dir, &out
	if err := c.Run(); err != nil {
		return "", missing("pactl", err)
	}
	return out.String(), nil
}

// InUse counts the streams of the program of that name on the microphone and on the
// loudspeaker: those that are there, and those of them that are open.
type InUse struct{ Microphone, MicrophoneOpen, Loudspeaker, LoudspeakerOpen int }

// InUse looks who uses the devices.
func (s *Sound) InUse(ctx context.Context, program string) (InUse, error) {
	var u InUse
	var err error
	if u.Microphone, u.MicrophoneOpen, err = s.streams(ctx, "source-outputs", program); err == nil {
		u.Loudspeaker, u.LoudspeakerOpen, err = s.streams(ctx, "sink-inputs", program)
	}
	return u, err
}

func (s *Sound) streams(ctx context.Context, kind, program string) (all, open int, err error) {
	out, err := s.pactl(ctx, "list", kind)
	for _, stream := range strings.Split(out, "\n\n") {
		if strings.Contains(stream, fmt.Sprintf("application.name = %q", program)) {
			all++
			if strings.Contains(stream, "Corked: no") {
				open++
			}
		}
	}
	return all, open, err
}

// Listen returns what the loudspeaker plays for so long, at 48 kHz.
func (s *Sound) Listen(ctx context.Context, d time.Duration) ([]int16, error) {
	want := int(d.Seconds()*48_000) * 2
	c := exec.CommandContext(ctx, "parec", "--device=loudspeaker.monitor", "--format=s16le", "--rate=48000", "--channels=1", "--latency-msec=20")
	c.Env, c.Dir = s.env(), s.dir
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, missing("parec", err)
	}
	data := make([]byte, want)
	_, err = io.ReadFull(out, data)
	_ = c.Process.Kill()
	_ = c.Wait()
	if err != nil {
		return nil, fmt.Errorf("desktop: listen: %w", err)
	}
	samples := make([]int16, want/2)
	for i := range samples {
		samples[i] = int16(binary.LittleEndian.Uint16(data[2*i:]))
	}
	return samples, nil
}

// ToneShare is how much of what is heard is that tone, 0 to 1, by Goertzel's method in
// windows of 50 ms: the best of them. Silence has no tone.
func ToneShare(samples []int16, hertz float64) (best float64) {
	const window = 2400
	for ; len(samples) >= window; samples = samples[window:] {
		w := 2 * math.Cos(2*math.Pi*hertz/48_000)
		var s1, s2, power float64
		for _, v := range samples[:window] {
			x := float64(v)
			s1, s2 = x+w*s1-s2, s1
			power += x * x
		}
		const quiet = 100 // of full scale 32,768
		if power < window*quiet*quiet {
			continue
		}
		best = max(best, (s1*s1+s2*s2-w*s1*s2)/(power*window/2))
	}
	return best
}
