package recording

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// began is when every recording of the tests begins.
var began = time.Date(2025, 11, 22, 9, 30, 0, 250e6, time.UTC)

const (
	testID      = "0123456789abcdef0123456789abcdef"
	testSession = "5e55104a11f00d5e55104a11f00d0001"
)

// memory is a Store and a Source.
type memory struct {
	mu      sync.Mutex
	objects map[string][]byte
	order   []string
	failAt  string // name whose Put fails, and all after it
	failed  bool
}

var errDiskFull = errors.New("no space left on device")

func newMemory() *memory { return &memory{objects: map[string][]byte{}} }

func (m *memory) Put(name string, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failed = m.failed || name == m.failAt; m.failed {
		return errDiskFull
	}
	m.objects[name] = bytes.Clone(data)
	m.order = append(m.order, name)
	return nil
}

func (m *memory) Get(name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if data, ok := m.objects[name]; ok {
		return data, nil
	}
	return nil, fs.ErrNotExist
}

func (m *memory) names() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.objects))
}

func (m *memory) clone() *memory {
	return &memory{objects: maps.Clone(m.objects)}
}

// reviewer is somebody who may open recordings.
type reviewer struct {
	secret, recipient string
	identity          Identity
}

func newReviewer(t testing.TB) reviewer {
	t.Helper()
	secret, recipient, err := NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	id, err := ParseIdentity(secret)
	if err != nil {
		t.Fatal(err)
	}
	return reviewer{secret, recipient, id}
}

// signingKey is the same in every run.
func signingKey() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte("beside recording test signer key"))
}

func testOptions(store Store, recipients ...string) Options {
	return Options{
		ID: testID, SessionID: testSession, Started: began, Recipients: recipients,
		Key: signingKey(), Store: store, Now: func() time.Time { return began.Add(time.Minute) },
	}
}

// video is real VP9 made by ffmpeg: at 5 pictures a second, a key frame each keyEvery.
func video(t testing.TB, width, height, pictures, keyEvery int) []Frame {
	t.Helper()
	cmd := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi",
		"-i", fmt.Sprintf("testsrc=size=%dx%d:rate=5", width, height), "-frames:v", fmt.Sprint(pictures),
		"-pix_fmt", "yuv420p", "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8",
		"-lag-in-frames", "0", "-auto-alt-ref", "0", "-g", fmt.Sprint(keyEvery), "-keyint_min", fmt.Sprint(keyEvery),
		"-threads", "1", "-f", "ivf", "-")
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, &complaint)
	}
	frames := readIVF(t, out.Bytes())
	if len(frames) != pictures {
		t.Fatalf("got %d pictures, want %d", len(frames), pictures)
	}
	for i := range frames {
		frames[i].At = began.Add(time.Duration(i) * 200 * time.Millisecond)
	}
	return frames
}

// readIVF takes the frames out of an IVF file.
func readIVF(t testing.TB, data []byte) []Frame {
	t.Helper()
	if len(data) < 32 || string(data[:4]) != "DKIF" {
		t.Fatal("not an IVF file")
	}
	var frames []Frame
	for data = data[32:]; len(data) >= 12; {
		size := int(binary.LittleEndian.Uint32(data))
		frame := data[12 : 12+size]
		pic, err := parsePicture(frame)
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, Frame{Key: pic.key, Data: frame})
		data = data[12+size:]
	}
	return frames
}

// synthetic is a frame with a true header and nothing behind it that a decoder
// would like: enough for everything but decoding.
func synthetic(at time.Time, key bool, width, height, size int) Frame {
	head := []byte{0x86, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0} // marker 2, profile 0, inter frame, shown
	if key {
		head[0] = 0x82
		copy(head[1:], []byte{0x49, 0x83, 0x42})
		// 3 bits space, 1 bit range, 16 bits width-1, 16 bits height-1
		bits := uint64(width-1)<<16 | uint64(height-1)
		bits <<= 4 // 36 bits, from the top of 5 bytes
		for i := range 5 {
			head[4+i] = byte(bits >> (32 - 8*i))
		}
	}
	return Frame{At: at, Key: key, Data: append(head, make([]byte, size)...)}
}

// record writes frames and closes.
func record(t testing.TB, opts Options, frames []Frame, events ...Event) {
	t.Helper()
	grant, _ := granted(t)
	w, err := NewWriter(grant, opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if err := w.WriteEvent(e); err != nil {
			t.Fatal(err)
		}
	}
	for i, f := range frames {
		if err := w.WriteFrame(f); err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// run runs a program of the system and returns what it printed.
func run(t testing.TB, stdin []byte, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stdin = bytes.NewReader(stdin)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, &complaint)
	}
	if complaint.Len() > 0 {
		t.Fatalf("%s complained: %s", name, &complaint)
	}
	return out.String()
}
