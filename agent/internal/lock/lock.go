// Package lock tells whether the user's screen is locked, as far as the desktop says so.
//
// Begin with Watch. It asks the two that know, over D-Bus: the login manager (logind:
// LockedHint of this session, Lock and Unlock) and the desktop's screen saver (GNOME,
// KDE, Cinnamon, MATE, Xfce and the freedesktop.org name: ActiveChanged). Programs that
// lock the screen without telling either are not known here; they cover the bar, which
// ends the session.
package lock

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/godbus/dbus/v5"
)

// Watcher keeps the state of the lock.
type Watcher struct {
	buses   []*dbus.Conn
	session dbus.ObjectPath // this session, as the login manager names it; empty when it does not
	changed func()
	done    sync.WaitGroup

	mu     sync.Mutex
	locked map[string]bool // by who says so
}

// Watch begins to listen; changed is called after every change and must not wait. Where
// there is no D-Bus the screen never counts as locked.
func Watch(ctx context.Context, changed func()) *Watcher {
	w := &Watcher{changed: changed, locked: map[string]bool{}}
	heard := []chan *dbus.Signal{}
	for _, address := range []string{systemBus(), sessionBus()} {
		if address == "" {
			continue
		}
		bus, err := dbus.Connect(address, dbus.WithContext(ctx))
		if err != nil {
			continue
		}
		w.buses = append(w.buses, bus)
		signals := make(chan *dbus.Signal, 16)
		bus.Signal(signals)
		heard = append(heard, signals)
		for _, rule := range rules() {
			_ = bus.AddMatchSignal(rule...) // the other bus has it
		}
	}
	w.ask()
	for _, signals := range heard {
		w.done.Go(func() {
			for s := range signals { // until its bus is closed
				w.take(s)
			}
		})
	}
	return w
}

// systemBus and sessionBus are where the buses are; empty where there is none. The library
// itself would start one.
func systemBus() string {
	if a := os.Getenv("DBUS_SYSTEM_BUS_ADDRESS"); a != "" {
		return a
	}
	return socketAt("/run/dbus/system_bus_socket")
}

func sessionBus() string {
	if a := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); a != "" && a != "autolaunch:" {
		return a
	}
	return socketAt(filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "bus"))
}

func socketAt(path string) string {
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return "unix:path=" + path
}

// rules are the signals to hear.
func rules() [][]dbus.MatchOption {
	list := [][]dbus.MatchOption{
		{dbus.WithMatchInterface(login + ".Session"), dbus.WithMatchMember("Lock")},
		{dbus.WithMatchInterface(login + ".Session"), dbus.WithMatchMember("Unlock")},
		{dbus.WithMatchInterface(properties), dbus.WithMatchMember("PropertiesChanged"), dbus.WithMatchPathNamespace("/org/freedesktop/login1/session")},
	}
	for _, name := range savers {
		list = append(list, []dbus.MatchOption{dbus.WithMatchInterface(name), dbus.WithMatchMember("ActiveChanged")})
	}
	return list
}

const (
	login      = "org.freedesktop.login1"
	properties = "org.freedesktop.DBus.Properties"
)

// savers are the interfaces of the desktops' screen savers.
var savers = []string{
	"org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver", "org.cinnamon.ScreenSaver",
	"org.mate.ScreenSaver", "org.xfce.ScreenSaver", "org.kde.screensaver",
}

// ask reads how it is now.
func (w *Watcher) ask() {
	for _, bus := range w.buses {
		w.askLogin(bus)
		for _, name := range savers {
			if !running(bus, name) {
				continue
			}
			path := dbus.ObjectPath("/" + strings.ReplaceAll(name, ".", "/"))
			var active bool
			if bus.Object(name, path).Call(name+".GetActive", dbus.FlagNoAutoStart).Store(&active) == nil {
				w.set(name, active)
			}
		}
	}
}

// askLogin finds this program's session and reads its hint.
func (w *Watcher) askLogin(bus *dbus.Conn) {
	var session dbus.ObjectPath
	manager := bus.Object(login, "/org/freedesktop/login1")
	pid := uint32(os.Getpid())
	if manager.Call(login+".Manager.GetSessionByPID", dbus.FlagNoAutoStart, pid).Store(&session) != nil {
		id := os.Getenv("XDG_SESSION_ID")
		if id == "" || manager.Call(login+".Manager.GetSession", dbus.FlagNoAutoStart, id).Store(&session) != nil {
			return
		}
	}
	w.session = session
	hint, err := bus.Object(login, session).GetProperty(login + ".Session.LockedHint")
	if locked, ok := hint.Value().(bool); err == nil && ok {
		w.set(login, locked)
	}
}

// running reports whether somebody has the name, without starting anybody.
func running(bus *dbus.Conn, name string) (yes bool) {
	err := bus.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, name).Store(&yes)
	return err == nil && yes
}

// take understands one signal.
func (w *Watcher) take(s *dbus.Signal) {
	ours := strings.HasPrefix(s.Name, login) || strings.HasPrefix(s.Name, properties)
	if ours && s.Path != w.session {
		return // somebody else's session
	}
	switch s.Name {
	case login + ".Session.Lock":
		w.set(login, true)
	case login + ".Session.Unlock":
		w.set(login, false)
	case properties + ".PropertiesChanged":
		if len(s.Body) < 2 {
			return
		}
		changes, _ := s.Body[1].(map[string]dbus.Variant)
		if locked, ok := changes["LockedHint"].Value().(bool); ok {
			w.set(login, locked)
		}
	default:
		name, ok := strings.CutSuffix(s.Name, ".ActiveChanged")
		if !ok || len(s.Body) < 1 {
			return
		}
		if active, ok := s.Body[0].(bool); ok {
			w.set(name, active)
		}
	}
}

func (w *Watcher) set(who string, locked bool) {
	w.mu.Lock()
	w.locked[who] = locked
	w.mu.Unlock()
	w.changed()
}

// Locked reports whether anybody says that the screen is locked.
func (w *Watcher) Locked() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, locked := range w.locked {
		if locked {
			return true
		}
	}
	return false
}

// Close ends listening.
func (w *Watcher) Close() {
	for _, bus := range w.buses {
		_ = bus.Close() // and with it its signals
	}
	w.done.Wait()
}
