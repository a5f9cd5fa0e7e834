// Package audio is the user's end of a talk: their microphone and their loudspeaker,
// while voice is granted and not a moment longer.
//
// Begin with Open:
//
//	microphone ─► server ─► grant.Use(encode) ─► Options.Send ─► the wire
//	loudspeaker ◄─ server ◄─ grant.Use(decode) ◄─ jitter ◄─ Call.Take ◄─ the wire
//
// What it promises: without the grant no connection to the sound server exists and
// nothing is allocated; the devices are opened inside the grant and closed when it is
// revoked, whatever the caller is doing; a hold closes the microphone too. Speech is Opus
// (opus.go), the sound server any that speaks PulseAudio's protocol (pulse.go), without a
// library of its own. Nothing is written anywhere.
package audio

import (
	"encoding/binary"
	"errors"
	"log/slog"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"beside/consent"
)

// Errors of Open.
var (
	// ErrNoServer means that there is no sound server that can be used.
	ErrNoServer = errors.New("audio: no sound server")
	// ErrNoMicrophone means that the computer has none.
	ErrNoMicrophone = errors.New("audio: no microphone")
)

// Options make a Call.
type Options struct {
	// Name is what the user's sound settings call the program.
	Name string
	// Send sends one packet of what the microphone hears. It is called outside the grant,
	// which whoever writes to the network asks for. at counts samples of 48 kHz since
	// the call began; first says that there was silence before. The packet is valid during the call.
	Send func(packet []byte, at uint32, first bool)
	// Level hears how loud the user is, 0 to Levels, when it changes. It must not wait.
	Level func(level int)
	// Lost hears, once, that the devices are gone for good
	// though voice is granted: the server ended, the microphone was unplugged. It must
	// not wait.
	Lost func(error)
	// Log takes what went wrong; nil is nobody.
	Log *slog.Logger
}

// Levels is the loudest that Options.Level tells of.
const Levels = 5

// Call is one talk. Its methods are safe for use by several goroutines.
type Call struct {
	grant  *consent.VoiceGrant
	opts   Options
	server *server
	asked  chan int // bytes that the loudspeaker wants
	resume chan struct{}
	gone   chan error // holds the one reason why the server is gone
	ended  chan struct{}
	once   sync.Once
	work   sync.WaitGroup

	mu          sync.Mutex
	muted, held bool        // guarded by mu
	open        atomic.Bool // the microphone; written with mu alone

	hearing  sync.Mutex // held while what was heard is encoded; guards what follows
	encoder  *encoder
	frame    [frameLength]int16
	filled   int
	began    time.Time
	at       uint32
	silent   bool // the last frame was not sent
	level    meter
	speaking sync.Mutex // guards what follows
	jitter   jitter
	decoder  *decoder
	ready    []int16 // decoded and not yet played
}

// Open connects to the sound server and opens the microphone and the loudspeaker, unless
// held. The grant is what allows it.
func Open(grant *consent.VoiceGrant, held bool, opts Options) (*Call, error) {
	if err := grant.Use(func() error { return nil }); err != nil && !errors.Is(err, consent.ErrPaused) {
		return nil, err
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	c := &Call{
		grant: grant, opts: opts, held: held, began: time.Now(), silent: true,
		asked: make(chan int, 64), resume: make(chan struct{}, 1), ended: make(chan struct{}), gone: make(chan error, 1),
	}
	var err error
	if c.encoder, err = newEncoder(); err != nil {
		return nil, err
	}
	if c.decoder, err = newDecoder(); err != nil {
		return nil, err
	}
	if c.server, err = dial(opts.Name, grant.Done(), events{heard: c.heard, asked: c.wants, lost: c.lost}); err != nil {
		return nil, err
	}
	c.asked <- c.server.missing
	c.work.Go(c.guard)
	c.work.Go(c.play)
	if err := c.apply(); err != nil && !errors.Is(err, consent.ErrPaused) {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Close closes the devices. It does not wait for the server.
func (c *Call) Close() {
	c.once.Do(func() {
		close(c.ended)
		c.server.close()
	})
}

// Wait returns when nothing of a closed Call runs.
func (c *Call) Wait() { c.work.Wait() }

// guard closes the devices when voice is taken back, whatever the session does.
func (c *Call) guard() {
	select {
	case <-c.grant.Done():
		c.Close()
	case err := <-c.gone:
		c.Close()
		c.opts.Lost(err)
	case <-c.ended:
	}
}

// lost hears, once, that the server is gone.
func (c *Call) lost(err error) { c.gone <- err }

// Set closes the user's microphone while they are muted, and both devices while the
// session waits; and opens them again.
func (c *Call) Set(muted, held bool) error {
	c.mu.Lock()
	c.muted, c.held = muted, held
	c.mu.Unlock()
	return c.apply()
}

// apply opens and closes the devices as they should be. Opening happens inside the
// grant; closing needs nobody's leave.
func (c *Call) apply() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open.Store(!c.muted && !c.held)
	if !c.open.Load() {
		c.hearing.Lock()
		c.filled = 0
		c.tellLevel(0)
		c.hearing.Unlock()
		if err := c.server.hearing(false); err != nil {
			return err
		}
	}
	if c.held {
		return c.server.playing(false)
	}
	err := c.grant.Use(func() error {
		if err := c.server.playing(true); err != nil || !c.open.Load() {
			return err
		}
		return c.server.hearing(true)
	})
	if err != nil {
		c.open.Store(false)
		return err
	}
	select {
	case c.resume <- struct{}{}:
	default:
	}
	return nil
}

// heard takes samples of the microphone, on the server's goroutine.
func (c *Call) heard(samples []byte) {
	c.hearing.Lock()
	defer c.hearing.Unlock()
	for ; len(samples) >= 2 && c.open.Load(); samples = samples[2:] {
		c.frame[c.filled] = int16(binary.LittleEndian.Uint16(samples))
		if c.filled++; c.filled < frameLength {
			continue
		}
		c.filled = 0
		c.speak()
	}
}

// speak encodes the frame and sends it.
func (c *Call) speak() {
	var packet []byte
	err := c.grant.Use(func() (err error) {
		packet, err = c.encoder.encode(&c.frame)
		return err
	})
	if err != nil {
		c.tellLevel(0)
		return // taken back, or paused
	}
	c.tellLevel(c.level.of(c.frame[:]))
	c.at += frameLength
	// Where the microphone was closed meanwhile the other side's clock went on.
	if late := int64(time.Since(c.began).Seconds()*sampleRate) - int64(c.at); late > sampleRate/10 {
		c.at += uint32(late / frameLength * frameLength)
		c.silent = true
	}
	if packet == nil {
		c.silent = true
		return
	}
	c.opts.Send(packet, c.at, c.silent)
	c.silent = false
}

func (c *Call) tellLevel(level int) {
	if c.level.told != level {
		c.level.told = level
		c.opts.Level(level)
	}
}

// Take takes one packet of the technician's voice, in any order. It keeps the payload.
func (c *Call) Take(sequence uint16, timestamp uint32, payload []byte) {
	_ = c.grant.Use(func() error {
		c.speaking.Lock()
		defer c.speaking.Unlock()
		c.jitter.put(sequence, timestamp, payload)
		return nil
	})
}

// wants hears that the loudspeaker has room.
func (c *Call) wants(bytes int) {
	select {
	case c.asked <- bytes:
	case <-c.ended:
	}
}

// play gives the loudspeaker what it wants, each 20 ms of it inside the grant.
func (c *Call) play() {
	for owed := 0; ; {
		select {
		case <-c.ended:
			return
		case n := <-c.asked:
			owed += n
		case <-c.resume:
		}
		for owed > 0 {
			if err := c.grant.Use(func() error { return c.server.write(c.next()) }); err != nil {
				break // paused: it goes on from here; or taken back
			}
			owed -= bytesPerFrame
		}
	}
}

// next is the next 20 ms of what the technician says.
func (c *Call) next() []byte {
	c.speaking.Lock()
	defer c.speaking.Unlock()
	for len(c.ready) < frameLength {
		c.ready = append(c.ready, c.decode()...)
	}
	frame := make([]byte, 0, bytesPerFrame)
	for _, v := range c.ready[:frameLength] {
		frame = binary.LittleEndian.AppendUint16(frame, uint16(v))
	}
	c.ready = slices.Delete(c.ready, 0, frameLength)
	return frame
}

// decode returns what comes next, at least one frame of it.
func (c *Call) decode() []int16 {
	var samples []int16
	var err error
	switch what, packet := c.jitter.take(); what {
	case playPacket:
		samples, err = c.decoder.decode(packet)
	case playRecovered:
		samples, err = c.decoder.recover(packet)
	case playConcealed:
		samples, err = c.decoder.conceal()
	}
	if err != nil || len(samples) == 0 {
		return silence[:]
	}
	return samples
}

var silence [frameLength]int16

// meter says how loud frames are. It falls slowly, as people expect of one.
type meter struct {
	now  float64
	told int
}

// of is the level with one more frame.
func (m *meter) of(frame []int16) int {
	sum := 0.0
	for _, v := range frame {
		sum += float64(v) * float64(v)
	}
	const fall = 0.9
	m.now = max(math.Sqrt(sum/float64(len(frame))), fall*m.now)
	// A step for each 8 dB, from -46 dB of full scale on.
	db := 20 * math.Log10(max(m.now, 1)/math.MaxInt16)
	return min(max(int((db+54)/8), 0), Levels)
}
