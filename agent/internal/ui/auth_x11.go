package ui

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// displayName is a parsed X display: "host:number.screen".
type displayName struct {
	host           string // empty is the local socket
	number, screen int
}

func parseDisplay(s string) (displayName, error) {
	colon := strings.LastIndexByte(s, ':')
	if colon < 0 {
		return displayName{}, fmt.Errorf("display %q has no colon", s)
	}
	number, screen, _ := strings.Cut(s[colon+1:], ".")
	d := displayName{host: s[:colon]}
	if d.host == "unix" {
		d.host = ""
	}
	n, err := strconv.ParseUint(number, 10, 15)
	if err != nil {
		return displayName{}, fmt.Errorf("display %q has no number", s)
	}
	d.number = int(n)
	if screen != "" {
		n, err := strconv.ParseUint(screen, 10, 8)
		if err != nil {
			return displayName{}, fmt.Errorf("display %q has no valid screen", s)
		}
		d.screen = int(n)
	}
	return d, nil
}

// dial connects to the display's socket.
func (d displayName) dial() (net.Conn, error) {
	if d.host != "" {
		return net.Dial("tcp", net.JoinHostPort(d.host, strconv.Itoa(6000+d.number)))
	}
	return net.Dial("unix", "/tmp/.X11-unix/X"+strconv.Itoa(d.number))
}

// The address families of an authority file that name this machine.
const (
	familyLocal = 256
	familyWild  = 65535
)

// cookie finds the display's MIT-MAGIC-COOKIE-1 in the authority file, as hex.
// Empty means that there is none, which many servers accept from the same user.
func (d displayName) cookie() string {
	path := os.Getenv("XAUTHORITY")
	if path == "" {
		path = filepath.Join(os.Getenv("HOME"), ".Xauthority")
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	host := d.host
	if host == "" || host == "localhost" {
		host, _ = os.Hostname()
	}
	return findCookie(io.LimitReader(f, 1<<20), host, strconv.Itoa(d.number))
}

// findCookie reads authority entries: family, address, number, name, data, each
// string with its length before it, all big endian.
func findCookie(r io.Reader, host, number string) string {
	for {
		var family uint16
		if binary.Read(r, binary.BigEndian, &family) != nil {
			return ""
		}
		var fields [4][]byte
		for i := range fields {
			b, err := readCounted(r)
			if err != nil {
				return ""
			}
			fields[i] = b
		}
		here := family == familyWild || family == familyLocal && string(fields[0]) == host
		this := len(fields[1]) == 0 || string(fields[1]) == number
		if here && this && string(fields[2]) == "MIT-MAGIC-COOKIE-1" && len(fields[3]) == 16 {
			return hex.EncodeToString(fields[3])
		}
	}
}

// maxAuthField bounds one field of an authority file.
const maxAuthField = 1024

func readCounted(r io.Reader) ([]byte, error) {
	var n uint16
	if err := binary.Read(r, binary.BigEndian, &n); err != nil {
		return nil, err
	}
	if n > maxAuthField {
		return nil, errors.New("field too long")
	}
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	return b, err
}
