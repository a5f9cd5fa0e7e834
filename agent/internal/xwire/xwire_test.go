//go:build linux

package xwire

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"
)

// stream is what a server sends: a setup answer and messages.
type stream struct{ bytes.Buffer }

func newStream() *stream {
	s := &stream{}
	setup := make([]byte, 8+8)
	setup[0], setup[6] = 1, 2 // two words follow
	s.Write(setup)
	return s
}

// message adds one with its extra words; the length is said where the protocol does.
func (s *stream) message(kind, second byte, words int) []byte {
	m := make([]byte, xMessage+4*words)
	m[0], m[1] = kind, second
	binary.LittleEndian.PutUint32(m[4:], uint32(words))
	for i := xMessage; i < len(m); i++ {
		m[i] = byte(i)
	}
	s.Write(m)
	return m
}

// readerWire is a Wire that reads from r.
func readerWire(r io.Reader) *Wire { return &Wire{in: bufio.NewReader(r)} }

// Events are taken out and handed over, all else passes, however it is broken up.
func TestWire(t *testing.T) {
	s := newStream()
	want := bytes.Clone(s.Bytes())
	want = append(want, s.message(xReply, 0, 3)...)
	s.message(91, 0, 0)             // an event of an extension
	s.message(GenericEvent, 131, 9) // a long one
	s.message(GenericEvent|0x80, 131, 2)
	want = append(want, s.message(xError, 3, 0)...)
	renamed := s.message(xError, 150, 0)
	renamed[1] = xImplementation
	want = append(want, renamed...)
	s.message(34, 0, 7) // an event's second word is not a length
	s.Truncate(s.Len() - 28)
	want = append(want, s.message(xReply, 0, 0)...)

	for name, r := range map[string]io.Reader{
		"whole":         bytes.NewReader(s.Bytes()),
		"byte by byte":  iotest.OneByteReader(bytes.NewReader(s.Bytes())),
		"half and half": iotest.HalfReader(bytes.NewReader(s.Bytes())),
	} {
		t.Run(name, func(t *testing.T) {
			w := readerWire(r)
			var events []byte
			onEvent := func(e []byte) { events = append(events, e[0]&^0x80) }
			w.OnEvent(onEvent)
			got, err := io.ReadAll(w)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("got %x, %v\nwant %x", got, err, want)
			}
			if !bytes.Equal(events, []byte{91, GenericEvent, GenericEvent, 34}) {
				t.Errorf("got events %v", events)
			}
		})
	}
}

func TestWireBreaks(t *testing.T) {
	s := newStream()
	s.message(xReply, 0, 5)
	s.message(GenericEvent, 0, 5)
	for n := range s.Len() {
		got, err := io.ReadAll(readerWire(bytes.NewReader(s.Bytes()[:n])))
		if err != nil && err != io.ErrUnexpectedEOF || len(got) > n {
			t.Fatalf("after %d bytes: %d bytes, %v", n, len(got), err)
		}
	}
}

func FuzzWire(f *testing.F) {
	s := newStream()
	s.message(xReply, 0, 1)
	s.message(GenericEvent, 0, 4)
	f.Add(s.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := io.ReadAll(readerWire(bytes.NewReader(data)))
		if len(got) > len(data) {
			t.Errorf("%d bytes out of %d, %v", len(got), len(data), err)
		}
	})
}

func TestParseDisplay(t *testing.T) {
	for name, want := range map[string]address{
		":0":                {"unix", "/tmp/.X11-unix/X0", 0, 0},
		":12.3":             {"unix", "/tmp/.X11-unix/X12", 12, 3},
		"unix:1":            {"unix", "/tmp/.X11-unix/X1", 1, 0},
		"localhost:10.0":    {"tcp", "localhost:6010", 10, 0},
		"tcp/host:1":        {"tcp", "host:6001", 1, 0},
		"/tmp/launch/org:0": {"unix", "/tmp/launch/org:0", 0, 0},
	} {
		if got, err := parseDisplay(name); err != nil || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", name, got, err, want)
		}
	}
	for _, name := range []string{"", "x", ":", ":a", ":-1", ":1.", ":1.x", ":1.-1", "host:"} {
		if got, err := parseDisplay(name); err == nil {
			t.Errorf("%q: got %+v, want an error", name, got)
		}
	}
}

func TestAuthority(t *testing.T) {
	entry := func(family uint16, fields ...string) []byte {
		b := binary.BigEndian.AppendUint16(nil, family)
		for _, f := range fields {
			b = append(binary.BigEndian.AppendUint16(b, uint16(len(f))), f...)
		}
		return b
	}
	const cookie, other = "0123456789abcdef", "fedcba9876543210"
	file := bytes.Join([][]byte{
		entry(256, "desk", "7", "XDM-AUTHORIZATION-1", other),
		entry(256, "desk", "8", "MIT-MAGIC-COOKIE-1", other),
		entry(256, "desk", "7", "MIT-MAGIC-COOKIE-1", cookie),
		entry(65535, "", "", "MIT-MAGIC-COOKIE-1", other),
	}, nil)
	path := filepath.Join(t.TempDir(), "authority")
	t.Setenv("XAUTHORITY", path)
	if got := authority(7); got != nil {
		t.Errorf("without a file: got %q", got)
	}
	for n := range len(file) + 1 {
		if err := os.WriteFile(path, file[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		if got := string(authority(7)); got != "" && got != cookie {
			t.Fatalf("file cut at %d: got %q", n, got)
		}
	}
	if got := string(authority(7)); got != cookie {
		t.Errorf("display 7: got %q, want %q", got, cookie)
	}
	if got := string(authority(3)); got != other {
		t.Errorf("display 3: got %q, want the entry for any", got)
	}
}
