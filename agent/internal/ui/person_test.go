package ui

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// person is somebody at the machine: the pointer and keyboard of Xorg's inputtest
// driver, whose events come from devices of their own, not from XTEST.
type person struct {
	t                 *testing.T
	pointer, keyboard net.Conn
	size              image.Point
}

const xorgConfig = `
Section "ServerFlags"
  Option "AutoAddDevices" "false"
  Option "DontVTSwitch" "true"
EndSection
Section "InputDevice"
  Identifier "human-pointer"
  Driver "inputtest"
  Option "SocketPath" "%[1]s/pointer"
  Option "DeviceType" "PointerAbsolute"
EndSection
Section "InputDevice"
  Identifier "human-keyboard"
  Driver "inputtest"
  Option "SocketPath" "%[1]s/keyboard"
  Option "DeviceType" "Keyboard"
EndSection
Section "Device"
  Identifier "dummy"
  Driver "dummy"
  VideoRam 65536
EndSection
Section "Monitor"
  Identifier "monitor"
  HorizSync 5.0-1000.0
  VertRefresh 5.0-200.0
EndSection
Section "Screen"
  Identifier "screen"
  Device "dummy"
  Monitor "monitor"
  DefaultDepth 24
  SubSection "Display"
    Depth 24
    Modes "1280x1024" "1024x768" "800x600"
    Virtual 1280 1024
  EndSubSection
EndSection
Section "ServerLayout"
  Identifier "layout"
  Screen "screen"
  InputDevice "human-pointer" "CorePointer"
  InputDevice "human-keyboard" "CoreKeyboard"
EndSection
`

// besieged is a desk with a program on it that can press what it likes.
func besieged(t *testing.T) (*xserver, *person, *client) {
	t.Helper()
	s, me := desk(t)
	c := s.client(t)
	c.enter("XTEST")
	return s, me, c
}

// desk starts a screen with a person in front of it.
func desk(t *testing.T) (*xserver, *person) {
	t.Helper()
	dir, err := os.MkdirTemp("", "ui") // short: sockets' names are
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	config := filepath.Join(dir, "xorg.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, xorgConfig, dir), 0o600); err != nil {
		t.Fatal(err)
	}
	program := "Xorg"
	if _, err := os.Stat("/usr/lib/xorg/Xorg"); err == nil {
		program = "/usr/lib/xorg/Xorg"
	}
	s := runServer(t, program, "-config", config, "-configdir", dir, "-logfile", filepath.Join(dir, "log"),
		"-novtswitch", "-sharevts", freeDisplay(t))
	p := &person{t: t, size: image.Pt(1280, 1024)}
	p.pointer, p.keyboard = dialDevice(t, dir+"/pointer"), dialDevice(t, dir+"/keyboard")
	return s, p
}

// freeDisplay finds a number for Xorg, whose -displayfd would take one that a
// person's own session may want.
func freeDisplay(t *testing.T) string {
	t.Helper()
	for n := 300 + os.Getpid()%100; n < 1000; n++ { // beside those of package desktop
		if !taken(n) {
			return fmt.Sprintf(":%d", n)
		}
	}
	t.Fatal("no free display")
	return ""
}

// taken reports whether a server has a number: whether somebody listens there. A server that
// was killed leaves its socket and lock behind, which the next one takes over.
func taken(n int) bool {
	if text, err := os.ReadFile(fmt.Sprintf("/tmp/.X%d-lock", n)); err == nil {
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil || !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return true // or it is about to listen
		}
	}
	for _, name := range []string{fmt.Sprintf("/tmp/.X11-unix/X%d", n), fmt.Sprintf("@/tmp/.X11-unix/X%d", n)} {
		conn, err := net.Dial("unix", name)
		if err == nil {
			_ = conn.Close()
			return true
		}
		if !errors.Is(err, os.ErrNotExist) && !errors.Is(err, syscall.ECONNREFUSED) {
			return true
		}
	}
	return false
}

// The messages of xf86-input-inputtest-protocol.h.
const (
	itVersion, itSync, itMotion, itButton, itKey = 0, 1, 2, 4, 5

	valuatorBytes = 4 + 8 + 4 + 2*8*64
)

func dialDevice(t *testing.T, path string) net.Conn {
	t.Helper()
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	m := testMessage(12, itVersion)
	binary.NativeEndian.PutUint16(m[8:], 1)
	binary.NativeEndian.PutUint16(m[10:], 1)
	exchange(t, conn, m, 12)
	return conn
}

func testMessage(length, kind int) []byte {
	m := make([]byte, length)
	binary.NativeEndian.PutUint32(m, uint32(length))
	binary.NativeEndian.PutUint32(m[4:], uint32(kind))
	return m
}

func exchange(t *testing.T, conn net.Conn, m []byte, answer int) {
	t.Helper()
	_ = conn.SetDeadline(time.Now().Add(60 * time.Second))
	if _, err := conn.Write(m); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, make([]byte, answer)); err != nil {
		t.Fatal(err)
	}
}

func (p *person) send(conn net.Conn, m []byte) {
	p.t.Helper()
	exchange(p.t, conn, append(m, testMessage(8, itSync)...), 8)
}

// move puts the pointer at a pixel.
func (p *person) move(at image.Point) {
	p.t.Helper()
	const axis = 0xffff
	m := testMessage(16+valuatorBytes, itMotion)
	binary.NativeEndian.PutUint32(m[8:], 1)
	m[20] = 3
	x := (float64(at.X) + 0.5) * axis / float64(p.size.X)
	y := (float64(at.Y) + 0.5) * axis / float64(p.size.Y)
	binary.NativeEndian.PutUint64(m[32:], math.Float64bits(x))
	binary.NativeEndian.PutUint64(m[40:], math.Float64bits(y))
	p.send(p.pointer, m)
}

func (p *person) button(down uint32) {
	p.t.Helper()
	m := testMessage(24+valuatorBytes, itButton)
	binary.NativeEndian.PutUint32(m[12:], 1)
	binary.NativeEndian.PutUint32(m[16:], down)
	p.send(p.pointer, m)
}

func (p *person) click(at image.Point) {
	p.t.Helper()
	for step := 4; step >= 0; step-- { // a hand does not come from nowhere
		p.move(at.Add(image.Pt(-2*step, -step)))
		time.Sleep(2 * time.Millisecond)
	}
	p.button(1)
	p.button(0)
}

// press presses keys together and lets them go.
func (p *person) press(codes ...uint32) {
	p.t.Helper()
	for _, c := range codes {
		p.key(c, 1)
	}
	for _, c := range codes {
		p.key(c, 0)
	}
}

func (p *person) key(code, down uint32) {
	p.t.Helper()
	m := testMessage(16, itKey)
	binary.NativeEndian.PutUint32(m[8:], code)
	binary.NativeEndian.PutUint32(m[12:], down)
	p.send(p.keyboard, m)
}

// The X key codes of a PC keyboard.
const (
	codeEsc, codeTab, codeEnter, codeSpace   = 9, 23, 36, 65
	codeCtrl, codeAlt, codeShift, codeLetter = 37, 64, 50, 26
)
