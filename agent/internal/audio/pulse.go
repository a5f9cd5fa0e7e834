package audio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jfreymuth/pulse/proto"
)

// How long the sound server is waited for: it is on this machine.
const (
	serverTime = 2 * time.Second
	writeTime  = 100 * time.Millisecond // less than what End may take
)

// bytesPerFrame of samples, as the server gets and gives them.
const bytesPerFrame = 2 * frameLength

// server is the connection to the user's sound server in the native protocol of
// PulseAudio, which PipeWire speaks too, with one stream each way. Both streams are
// corked at first: no device is open.
type server struct {
	conn         *line
	client       *proto.Client
	record, play uint32 // the streams
	missing      int    // bytes that are to be played before anything is asked for

	mu  sync.Mutex
	tag uint32 // guarded by mu; of requests whose answer nobody waits for
}

// events are what the server says. They are called on one goroutine and must not wait.
type events struct {
	heard func(samples []byte) // of the microphone; valid during the call
	asked func(bytes int)      // there is room for what is to be played
	lost  func(error)          // the connection, or the microphone, is gone
}

// line is the socket. Whatever breaks it is told once.
type line struct {
	net.Conn
	lost func(error)
	once sync.Once
	gone atomic.Bool
}

func (l *line) Read(b []byte) (int, error) {
	n, err := l.Conn.Read(b)
	if err != nil {
		l.broke(err)
	}
	return n, err
}

func (l *line) Write(b []byte) (int, error) {
	// A server that takes nothing any more must not hold up what waits for an effect.
	err := l.Conn.SetWriteDeadline(time.Now().Add(writeTime))
	if err == nil {
		var n int
		if n, err = l.Conn.Write(b); err == nil {
			return n, nil
		}
	}
	l.broke(err)
	return 0, err
}

func (l *line) broke(err error) {
	l.gone.Store(true)
	_ = l.Conn.Close()
	l.once.Do(func() { l.lost(err) })
}

// dial connects to the server and makes the streams. name is what the sound settings
// call the program. When over is closed it gives up at once.
func dial(name string, over <-chan struct{}, on events) (*server, error) {
	address, err := address(os.Getenv)
	if err != nil {
		return nil, err
	}
	socket, err := net.DialTimeout("unix", address, serverTime)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoServer, err)
	}
	s := &server{conn: &line{Conn: socket, lost: on.lost}, client: &proto.Client{}}
	dialled := make(chan struct{})
	defer close(dialled)
	go func() {
		select {
		case <-over:
			_ = socket.Close()
		case <-dialled:
		}
	}()
	s.client.SetTimeout(serverTime)
	s.client.Open(s.conn)
	if err = s.greet(name); err == nil {
		// From here on the server may speak first, as it does once there are streams.
		s.client.Callback = func(m any) { s.hear(m, on) }
		err = s.streams(name)
	}
	if err != nil {
		s.close()
		if !errors.Is(err, ErrNoMicrophone) {
			err = fmt.Errorf("%w: %w", ErrNoServer, err)
		}
		return nil, err
	}
	return s, nil
}

// address finds the server's socket. Servers on other machines are not for this: it is
// the microphone of this one that the user was asked about.
func address(getenv func(string) string) (string, error) {
	for _, word := range strings.Fields(getenv("PULSE_SERVER")) {
		if strings.HasPrefix(word, "{") { // for one machine alone
			_, word, _ = strings.Cut(word, "}")
		}
		word = strings.TrimPrefix(word, "unix:")
		if filepath.IsAbs(word) {
			return word, nil
		}
	}
	if getenv("PULSE_SERVER") != "" {
		return "", fmt.Errorf("%w: PULSE_SERVER names none on this machine", ErrNoServer)
	}
	if dir := getenv("XDG_RUNTIME_DIR"); dir != "" {
		return filepath.Join(dir, "pulse", "native"), nil
	}
	return "", fmt.Errorf("%w: XDG_RUNTIME_DIR is not set", ErrNoServer)
}

// cookie is what some servers ask of their user's programs; others know them by the
// socket.
func cookie(getenv func(string) string) []byte {
	const size = 256
	path := getenv("PULSE_COOKIE")
	if path == "" {
		path = filepath.Join(getenv("HOME"), ".config", "pulse", "cookie")
	}
	if data, err := os.ReadFile(path); err == nil && len(data) == size {
		return data
	}
	return make([]byte, size)
}

// greet says who is there.
func (s *server) greet(name string) error {
	var auth proto.AuthReply
	if err := s.client.Request(&proto.Auth{Version: s.client.Version(), Cookie: cookie(os.Getenv)}, &auth); err != nil {
		return err
	}
	s.client.SetVersion(auth.Version)
	return s.client.Request(&proto.SetClientName{Props: proto.PropList{
		"application.name": proto.PropListString(name),
	}}, &proto.SetClientNameReply{})
}

// streams makes both streams, corked.
func (s *server) streams(name string) error {
	source, err := s.microphone()
	if err != nil {
		return err
	}
	spec := proto.SampleSpec{Format: proto.FormatInt16LE, Channels: 1, Rate: sampleRate}
	mono := proto.ChannelMap{proto.ChannelMono}
	volume := proto.ChannelVolumes{uint32(proto.VolumeNorm)}
	// A call, to the server: it takes out the echo if it can, and makes music stop.
	about := proto.PropList{"media.role": proto.PropListString("phone"), "media.name": proto.PropListString(name)}
	var recorded proto.CreateRecordStreamReply
	err = s.client.Request(&proto.CreateRecordStream{
		SampleSpec: spec, ChannelMap: mono, SourceIndex: proto.Undefined, SourceName: source, ChannelVolumes: volume,
		BufferMaxLength: 10 * bytesPerFrame, BufferFragSize: bytesPerFrame, AdjustLatency: true,
		DirectOnInputIndex: proto.Undefined, Corked: true, Properties: about,
		NoMove: true, // never to what the loudspeaker plays, when the microphone is unplugged
	}, &recorded)
	if err != nil {
		return err
	}
	var played proto.CreatePlaybackStreamReply
	err = s.client.Request(&proto.CreatePlaybackStream{
		SampleSpec: spec, ChannelMap: mono, SinkIndex: proto.Undefined, ChannelVolumes: volume,
		BufferMaxLength: 20 * bytesPerFrame, BufferTargetLength: 3 * bytesPerFrame,
		BufferPrebufferLength: bytesPerFrame, BufferMinimumRequest: bytesPerFrame, AdjustLatency: true,
		Corked: true, Properties: about,
	}, &played)
	s.record, s.play, s.missing = recorded.StreamIndex, played.StreamIndex, int(played.Missing)
	return err
}

// microphone is the name of the user's microphone. Where there is none the server offers
// what the loudspeaker plays in its place, which nobody was asked about.
func (s *server) microphone() (string, error) {
	var about proto.GetServerInfoReply
	if err := s.client.Request(&proto.GetServerInfo{}, &about); err != nil {
		return "", err
	}
	if about.DefaultSourceName == "" {
		return "", ErrNoMicrophone
	}
	var source proto.GetSourceInfoReply
	err := s.client.Request(&proto.GetSourceInfo{SourceIndex: proto.Undefined, SourceName: about.DefaultSourceName}, &source)
	var refused proto.Error
	switch {
	case errors.As(err, &refused):
		return "", ErrNoMicrophone
	case err != nil:
		return "", err
	case source.MonitorSourceIndex != proto.Undefined:
		return "", ErrNoMicrophone
	}
	return source.SourceName, nil
}

// hear takes what the server says by itself.
func (s *server) hear(message any, on events) {
	switch m := message.(type) {
	case *proto.DataPacket:
		on.heard(m.Data)
	case *proto.Request:
		on.asked(int(m.Length))
	case *proto.RecordStreamKilled, *proto.PlaybackStreamKilled:
		s.conn.broke(errKilled)
	}
}

// errGone means that the connection to the server is no more.
var errGone = errors.New("audio: the sound server is gone")

// errKilled means that the server took a stream away: a device was unplugged.
var errKilled = errors.New("audio: the device is gone")

// hearing opens the microphone or closes it. What had gathered meanwhile is not heard.
// It waits for nobody.
func (s *server) hearing(on bool) error {
	if on {
		if err := s.tell(proto.OpFlushRecordStream, s.record); err != nil {
			return err
		}
	}
	return s.tell(proto.OpCorkRecordStream, s.record, !on)
}

// playing lets what is to be played be heard, or not.
func (s *server) playing(on bool) error { return s.tell(proto.OpCorkPlaybackStream, s.play, !on) }

// tell sends a request whose answer nobody waits for, so that it can be made inside a
// grant. The numbers of such requests are far from those that the client gives.
func (s *server) tell(operation, stream uint32, flags ...bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	const ours = 1 << 31
	s.tag++
	var m []byte
	for _, v := range []uint32{operation, ours | s.tag, stream} {
		m = binary.BigEndian.AppendUint32(append(m, 'L'), v)
	}
	for _, f := range flags {
		if m = append(m, '0'); f {
			m[len(m)-1] = '1'
		}
	}
	return s.send(proto.Undefined, m)
}

// write gives the server what is to be played.
func (s *server) write(samples []byte) error { return s.send(s.play, samples) }

// send knows of a broken connection at once, where the client may learn of it later.
func (s *server) send(stream uint32, data []byte) error {
	if err := s.client.Send(stream, data); err != nil {
		return err
	}
	if s.conn.gone.Load() {
		return errGone
	}
	return nil
}

// close takes both streams away and with them the devices: the server ends what belongs
// to a connection with it. Nothing is waited for.
func (s *server) close() {
	s.conn.once.Do(func() {}) // nobody is told
	s.conn.broke(nil)
}
