//go:build linux

package input

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// genericEvent is the type of X events that have no fixed length (X Generic Event
// Extension). The X library cannot read them, and XInput 2 sends nothing else.
const genericEvent = 35

// wire is a connection to the X server that takes events out of the stream that the X
// library does not know. Writes pass through.
type wire struct {
	net.Conn
	r       *bufio.Reader
	pending []byte
	// greeting counts the parts of the connection's set-up that are still to come:
	// eight bytes, then as many words as they say.
	greeting int
	rest     int
	// event is called with each event and reports whether it has dealt with it; generic
	// events end there in any case. It must not wait.
	event func(event []byte) bool
}

func (w *wire) Read(p []byte) (int, error) {
	for len(w.pending) == 0 {
		if err := w.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, w.pending)
	w.pending = w.pending[n:]
	return n, nil
}

// next reads one whole message and keeps it, unless event has dealt with it.
func (w *wire) next() error {
	switch w.greeting {
	case 2:
		head, err := w.take(8, nil)
		if err != nil {
			return err
		}
		w.rest = 4 * int(binary.LittleEndian.Uint16(head[6:]))
		w.greeting, w.pending = 1, head
		return nil
	case 1:
		body, err := w.take(w.rest, nil)
		w.greeting, w.pending = 0, body
		return err
	}
	message, err := w.take(32, nil)
	if err != nil {
		return err
	}
	kind := message[0] &^ 0x80 // the top bit says that a client sent it
	if kind == 1 || kind == genericEvent {
		extra := int(binary.LittleEndian.Uint32(message[4:]))
		if extra > maxExtra {
			return fmt.Errorf("input: the X server sent a message of %d words", extra)
		}
		if message, err = w.take(4*extra, message); err != nil {
			return err
		}
	}
	if kind == 0 && message[1] >= firstExtError {
		message[1] = xproto.BadImplementation
	}
	if kind > 1 && w.event(message) || kind == genericEvent {
		return nil
	}
	w.pending = message
	return nil
}

// firstExtError is the first error number that belongs to an extension (X11 protocol,
// appendix B). xgb never answers a request that failed with one that it cannot name.
const firstExtError = 128

// maxExtra bounds a reply in words; the largest we ask for is a key map of 7 KB.
const maxExtra = 1 << 20

func (w *wire) take(n int, after []byte) ([]byte, error) {
	message := append(after, make([]byte, n)...)
	_, err := io.ReadFull(w.r, message[len(after):])
	return message, err
}

// dial connects to the X server in DISPLAY. Events go through event first.
func dial(event func([]byte) bool) (*xgb.Conn, error) {
	display := os.Getenv("DISPLAY")
	if display == "" {
		return nil, errors.New("input: DISPLAY is not set")
	}
	network, address, host, number, err := parseDisplay(display)
	if err != nil {
		return nil, err
	}
	raw, err := net.Dial(network, address)
	if err != nil {
		return nil, fmt.Errorf("input: connect to the display: %w", err)
	}
	w := &wire{Conn: raw, r: bufio.NewReader(raw), greeting: 2, event: event}
	var conn *xgb.Conn
	if cookie := readCookie(host, number); cookie != "" {
		conn, err = xgb.NewConnNetWithCookieHex(w, cookie)
	} else {
		conn, err = xgb.NewConnNet(w)
	}
	if err != nil {
		raw.Close()
		return nil, fmt.Errorf("input: connect to the display: %w", err)
	}
	return conn, nil
}

// parseDisplay takes [host]:number[.screen] apart.
func parseDisplay(display string) (network, address, host, number string, err error) {
	colon := strings.LastIndex(display, ":")
	if colon < 0 {
		return "", "", "", "", fmt.Errorf("input: DISPLAY is %q", display)
	}
	host, number = display[:colon], display[colon+1:]
	number, _, _ = strings.Cut(number, ".")
	n, err := strconv.ParseUint(number, 10, 15)
	if err != nil {
		return "", "", "", "", fmt.Errorf("input: DISPLAY is %q", display)
	}
	if host == "" || host == "unix" || host == "unix/" {
		return "unix", "/tmp/.X11-unix/X" + number, "", number, nil
	}
	host = strings.TrimPrefix(host, "tcp/")
	return "tcp", net.JoinHostPort(host, strconv.FormatUint(6000+n, 10)), host, number, nil
}

// readCookie looks up the display's secret in the X authority file (Xau, "file
// format"); empty when there is none, then the server decides.
func readCookie(host, number string) string {
	name := os.Getenv("XAUTHORITY")
	if name == "" {
		name = os.ExpandEnv("$HOME/.Xauthority")
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	hostname, err := os.Hostname()
	if err != nil {
		hostname = ""
	}
	for len(data) >= 2 {
		family := binary.BigEndian.Uint16(data)
		var fields [4][]byte // address, display number, protocol, secret
		data = data[2:]
		for i := range fields {
			if fields[i], data = counted(data); data == nil {
				return ""
			}
		}
		const familyLocal, familyWild = 256, 65535
		ours := family == familyWild || host != "" || family == familyLocal && string(fields[0]) == hostname
		if ours && (len(fields[1]) == 0 || string(fields[1]) == number) &&
			string(fields[2]) == "MIT-MAGIC-COOKIE-1" && len(fields[3]) == 16 {
			return hex.EncodeToString(fields[3])
		}
	}
	return ""
}

// counted splits off a field with its length before it; rest is nil when it is cut.
func counted(data []byte) (field, rest []byte) {
	if len(data) < 2 {
		return nil, nil
	}
	n := int(binary.BigEndian.Uint16(data))
	if len(data) < 2+n {
		return nil, nil
	}
	return data[2 : 2+n], data[2+n:]
}
