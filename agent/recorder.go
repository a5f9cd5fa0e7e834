package agent

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"image"
	"image/draw"
	"log/slog"
	"sync"
	"time"

	"beside/agent/internal/capture"
	"beside/agent/internal/catalogue"
	"beside/agent/internal/encode"
	"beside/agent/internal/upload"
	"beside/consent"
	"beside/protocol/wire"
	"beside/recording"
)

const (
	// recordPace is the shortest time between two recorded pictures: 5 a second.
	recordPace     = time.Second / 5
	recordKilobits = 2_500
	// recordRest is how long a picture stands before what was recorded so far is closed
	// and stored: a crash would lose what is in memory.
	recordRest = 8 * time.Second
)

// recorded is what remains of a recording when it has stopped.
type recorded struct {
	id      string
	started time.Time
	failed  error
}

// recorder writes the pictures that the technician is shown into a sealed recording,
// at most five a second and only when something changed. It has its own copy of the
// screen, so that it never holds up the live picture.
type recorder struct {
	id      string
	started time.Time
	log     *slog.Logger
	writer  *recording.Writer
	failed  func(error) // told once, when writing fails

	stopping chan struct{}
	stopped  sync.WaitGroup
	dirty    chan struct{} // holds one token while damage is waiting

	mu     sync.Mutex
	screen *image.RGBA // guarded by mu; BGRX, the newest picture
	damage []image.Rectangle
	at     time.Time
}

// newRecorder starts a recording of pictures of the given size.
func newRecorder(grant *consent.RecordGrant, opts recording.Options, log *slog.Logger, failed func(error)) (*recorder, error) {
	writer, err := recording.NewWriter(grant, opts)
	if err != nil {
		return nil, err
	}
	r := &recorder{
		id: opts.ID, started: opts.Started, log: log, writer: writer, failed: failed,
		stopping: make(chan struct{}), dirty: make(chan struct{}, 1),
	}
	r.stopped.Go(r.run)
	return r, nil
}

// newRecordingID makes 128 random bits, in hexadecimal.
func newRecordingID() string {
	var id [16]byte
	rand.Read(id[:]) // never fails, see crypto/rand
	return hex.EncodeToString(id[:])
}

// offer takes a frame: only what changed is copied.
func (r *recorder) offer(f *capture.Frame) {
	r.mu.Lock()
	defer r.mu.Unlock()
	size := image.Rect(0, 0, f.Width, f.Height)
	damage := f.Damage
	if r.screen == nil || r.screen.Rect != size {
		r.screen = image.NewRGBA(size)
		damage = []image.Rectangle{size}
	}
	frame := &image.RGBA{Pix: f.Pix, Stride: f.Stride, Rect: size}
	for _, d := range damage {
		draw.Draw(r.screen, d, frame, d.Min, draw.Src)
	}
	r.damage = append(r.damage, damage...)
	r.at = f.At
	select {
	case r.dirty <- struct{}{}:
	default:
	}
}

// event adds one event of the gate to the event track.
func (r *recorder) event(e consent.Event) { r.tell(recording.FromConsent(e)) }

// tell adds one event to the event track.
func (r *recorder) tell(e recording.Event) {
	err := r.writer.WriteEvent(e)
	if err != nil && !errors.Is(err, consent.ErrRevoked) {
		r.log.Warn("event not recorded", "err", err)
	}
}

// run encodes what changed until stop, the withdrawal of the grant, or an error. When
// nothing changes for a while it writes the picture once more, as the key frame that
// closes the segment.
func (r *recorder) run() {
	studio := &studio{}
	defer studio.close()
	for {
		var rest <-chan time.Time
		if studio.owing {
			rest = time.After(recordRest)
		}
		began := time.Now()
		var err error
		select {
		case <-r.stopping:
			return
		case <-r.dirty:
			began = time.Now()
			err = r.write(studio)
		case now := <-rest:
			err = r.rest(studio, now)
		}
		switch {
		case errors.Is(err, consent.ErrPaused):
		case errors.Is(err, consent.ErrRevoked):
			return
		case err != nil:
			r.failed(err)
			return
		}
		select {
		case <-r.stopping:
			return
		case <-time.After(recordPace - time.Since(began)):
		}
	}
}

// studio is the recording's own encoder and picture.
type studio struct {
	picture *image.RGBA
	encoder *encode.VP9
	owing   bool // the newest picture is in a segment that is not stored yet
}

func (s *studio) close() {
	if s.encoder != nil {
		s.encoder.Close()
		s.encoder = nil
	}
}

// take copies the newest picture out of the recorder.
func (r *recorder) take(into *studio) (damage []image.Rectangle, at time.Time, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	damage, at = r.damage, r.at
	r.damage = nil
	if into.picture == nil || into.picture.Rect != r.screen.Rect {
		into.close()
		into.picture = image.NewRGBA(r.screen.Rect)
		into.encoder, err = encode.New(encode.Config{
			Width: r.screen.Rect.Dx(), Height: r.screen.Rect.Dy(), Kilobits: recordKilobits, FramesPerSecond: 5, Recording: true,
		})
		if err != nil {
			return nil, at, err
		}
		damage = []image.Rectangle{r.screen.Rect}
	}
	for _, d := range damage {
		draw.Draw(into.picture, d, r.screen, d.Min, draw.Src)
	}
	return damage, at, nil
}

// write encodes one picture and seals it into the recording, inside the grant.
func (r *recorder) write(s *studio) error {
	damage, at, err := r.take(s)
	if err != nil {
		return err
	}
	s.owing = true
	return r.frame(s, damage, at)
}

// rest writes the picture that stands if the writer wants to close its segment.
func (r *recorder) rest(s *studio, now time.Time) error {
	if !r.writer.WantKey(now) {
		return nil
	}
	err := r.frame(s, nil, now)
	s.owing = err != nil
	return err
}

func (r *recorder) frame(s *studio, damage []image.Rectangle, at time.Time) error {
	data, key, err := s.encoder.Encode(encode.Picture{
		Pix: s.picture.Pix, Stride: s.picture.Stride, Damage: damage,
	}, r.writer.WantKey(at))
	if err != nil || len(data) == 0 {
		return err
	}
	return r.writer.WriteFrame(recording.Frame{At: at, Key: key, Data: data})
}

// stop ends the recording: nothing new is written, what was written is sealed.
func (r *recorder) stop() error {
	close(r.stopping)
	r.stopped.Wait()
	return r.writer.Close()
}

// startRecording begins a recording and its way to the relay.
func (s *session) startRecording(grant *consent.RecordGrant) {
	if s.late(grant.Done()) {
		return
	}
	id := newRecordingID()
	if err := s.openRecorder(grant, id); err != nil {
		s.log.Error("not recording", "err", err)
		s.recordingFailed(id, err)
		return
	}
	for _, e := range s.history {
		s.recorder.event(e)
	}
	s.notice = ""
	s.picture.record(s.recorder)
	s.keepChat()
	status := &wire.RecordingStatus{Phase: wire.RecordingStatus_PHASE_RUNNING, RecordingId: id}
	if until := s.keptUntil(s.recorder.started); !until.IsZero() {
		status.KeptUntil = until.Unix()
	}
	s.send(&wire.FromAgent{Kind: &wire.FromAgent_Recording{Recording: status}})
}

func (s *session) openRecorder(grant *consent.RecordGrant, id string) error {
	spool, err := s.uploads.open(id, s.joined.GetUploadToken())
	if err != nil {
		return err
	}
	bounds := s.displays[s.display].Bounds
	r, err := newRecorder(grant, recording.Options{
		ID: id, SessionID: s.joined.GetSessionId(), Started: time.Now(),
		Width: bounds.Dx() &^ 1, Height: bounds.Dy() &^ 1,
		Recipients: append([]string{s.receiptRecipient}, s.organisation.GetRecordingRecipients()...),
		Key:        s.key, Store: spool,
		Consent: func() []string { return s.gate.Receipt().Records },
	}, s.log, func(err error) {
		s.mail.post(func() { s.recordingFailed(id, err) })
	})
	if err != nil {
		return err
	}
	s.recorder = r
	return nil
}

// stopRecording seals what was recorded. The session goes on.
func (s *session) stopRecording() {
	if s.recorder == nil {
		return
	}
	r := s.recorder
	s.recorder = nil
	s.picture.record(nil)
	err := r.stop()
	s.recordings = append(s.recordings, recorded{id: r.id, started: r.started, failed: err})
	s.keepChat()
	status := &wire.RecordingStatus{Phase: wire.RecordingStatus_PHASE_STOPPED, RecordingId: r.id}
	if err != nil {
		s.log.Error("recording not finished", "err", err)
		status.Phase, status.Detail = wire.RecordingStatus_PHASE_FAILED, recordingProblem(err)
	}
	s.send(&wire.FromAgent{Kind: &wire.FromAgent_Recording{Recording: status}})
}

// recordingFailed stops a recording that cannot be written and tells both people.
func (s *session) recordingFailed(id string, err error) {
	s.notice = recordingNotice(s.windows.Texts(), err)
	s.gate.Withdraw(consent.Record, consent.ByAgent)
	s.mail.post(func() { // after what follows from the withdrawal, see happened
		s.send(&wire.FromAgent{Kind: &wire.FromAgent_Recording{Recording: &wire.RecordingStatus{
			Phase: wire.RecordingStatus_PHASE_FAILED, RecordingId: id, Detail: recordingProblem(err),
		}}})
		s.bar.Update(s.barView())
	})
}

// recordingNotice says on the bar that a recording stopped, and why.
func recordingNotice(t *catalogue.Texts, err error) string {
	switch {
	case errors.Is(err, upload.ErrDiskFull):
		return t.Bar.RecordingDiskFull
	case errors.Is(err, recording.ErrStore):
		return t.Bar.RecordingNotStored
	default:
		return t.Bar.RecordingOtherFault
	}
}

// recordingProblem puts a failure of the recording into words for the technician, so few
// that they arrive in a pause too (largestUpkeep).
func recordingProblem(err error) string {
	switch {
	case errors.Is(err, upload.ErrDiskFull):
		return "Recording stopped: the user's disk is full. Ask again when there is space."
	case errors.Is(err, recording.ErrStore):
		return "Recording stopped: it could not be stored. What was recorded before is kept."
	default:
		return "Recording stopped: a fault in this program. What was recorded before is kept."
	}
}
