package lock

import (
	"bufio"
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bus starts a message bus of the test's own and returns its address.
func bus(t *testing.T) string {
	t.Helper()
	cmd := exec.Command("dbus-daemon", "--session", "--nofork", "--print-address")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

func connect(t *testing.T, address, name string) *dbus.Conn {
	t.Helper()
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := conn.RequestName(name, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	return conn
}

// saver is a desktop's screen saver.
type saver struct{ active bool }

func (s *saver) GetActive() (bool, *dbus.Error) { return s.active, nil }

// manager is a login manager that knows one session.
type manager struct{}

const session = dbus.ObjectPath("/org/freedesktop/login1/session/c7")

func (manager) GetSessionByPID(uint32) (dbus.ObjectPath, *dbus.Error) { return session, nil }

func start(t *testing.T) (*Watcher, chan struct{}) {
	t.Helper()
	changes := make(chan struct{}, 64)
	w := Watch(context.Background(), func() { changes <- struct{}{} })
	t.Cleanup(w.Close)
	return w, changes
}

func await(t *testing.T, w *Watcher, changes chan struct{}, locked bool) {
	t.Helper()
	for w.Locked() != locked {
		select {
		case <-changes:
		case <-time.After(10 * time.Second):
			t.Fatalf("locked is %v, want %v", !locked, locked)
		}
	}
}

// PROMISE A4: the desktop's screen saver says when the screen is locked, also when it was
// before anybody asked.
func TestScreenSaver(t *testing.T) {
	address := bus(t)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere")
	const name, path = "org.gnome.ScreenSaver", dbus.ObjectPath("/org/gnome/ScreenSaver")
	desktop, own := connect(t, address, name), &saver{active: true}
	if err := desktop.Export(own, path, name); err != nil {
		t.Fatal(err)
	}
	w, changes := start(t)
	await(t, w, changes, true)
	for _, active := range []bool{false, true, false} {
		if err := desktop.Emit(path, name+".ActiveChanged", active); err != nil {
			t.Fatal(err)
		}
		await(t, w, changes, active)
	}
}

// PROMISE A4: the login manager says it, of this session alone.
func TestLoginManager(t *testing.T) {
	address := bus(t)
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
	system := connect(t, address, login)
	if err := system.Export(manager{}, "/org/freedesktop/login1", login+".Manager"); err != nil {
		t.Fatal(err)
	}
	w, changes := start(t)
	hint := func(path dbus.ObjectPath, locked bool) {
		t.Helper()
		err := system.Emit(path, properties+".PropertiesChanged", login+".Session",
			map[string]dbus.Variant{"LockedHint": dbus.MakeVariant(locked)}, []string{})
		if err != nil {
			t.Fatal(err)
		}
	}
	hint("/org/freedesktop/login1/session/other", true)
	hint(session, true)
	await(t, w, changes, true)
	hint("/org/freedesktop/login1/session/other", false)
	hint(session, false)
	await(t, w, changes, false)
	for member, locked := range map[string]bool{".Session.Lock": true} {
		if err := system.Emit(session, login+member); err != nil {
			t.Fatal(err)
		}
		await(t, w, changes, locked)
	}
	if err := system.Emit(session, login+".Session.Unlock"); err != nil {
		t.Fatal(err)
	}
	await(t, w, changes, false)
}

// A computer without a message bus is one whose screen nobody says is locked; none is
// started for it.
func TestNoBus(t *testing.T) {
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere")
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	if w, _ := start(t); w.Locked() {
		t.Error("locked")
	}
}
