//go:build linux

package capture

import (
	"errors"
	"fmt"
	"image"
	"log/slog"
	"sync/atomic"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/damage"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"

	"beside/agent/internal/xwire"
)

// screen is one display of an X server. Its methods are called with the capture's lock
// held; the channels are read without it.
type screen struct {
	log    *slog.Logger
	conn   *xgb.Conn
	wire   *xwire.Wire
	quick  *quick // for grabs
	index  int
	area   image.Rectangle // the only monitor that may be shown; empty when any may
	told   func()          // of changes of the monitors
	root   xproto.Window
	depth  byte
	forced Source
	ext    extensions

	dirty   chan struct{} // something changed, or a refresh is wanted
	pointer chan struct{} // the pointer may have moved or changed its shape
	lost    chan struct{} // closed when the connection is gone

	damage damage.Damage
	region xfixes.Region
	bounds image.Rectangle // of the display, in the root's pixels
	from   pixels
	pix    []byte
	scene  *Scene // nil shows everything
	stage  *stage // with a scene
	canvas xproto.Drawable

	layoutChanged atomic.Bool
	shapeChanged  atomic.Bool
	polling       bool // motion is not reported meanwhile
	hotSpot       image.Point
	visibleShape  bool
}

// openScreen connects and makes ready to grab.
func openScreen(opts Options, log *slog.Logger) (*screen, error) {
	conn, wire, err := xwire.Dial("")
	if err != nil {
		return nil, err
	}
	s := &screen{
		log: log, conn: conn, wire: wire, index: opts.Display, area: opts.Area, told: opts.Changed,
		forced: opts.source, scene: opts.Scene,
		dirty:   make(chan struct{}, 1),
		pointer: make(chan struct{}, 1),
		lost:    make(chan struct{}),
		polling: true,
	}
	if s.told == nil {
		s.told = func() {}
	}
	go s.drain()
	if err := s.setUp(); err != nil {
		s.close()
		return nil, err
	}
	if s.scene != nil {
		s.scene.wake(s, true)
	}
	s.shapeChanged.Store(true)
	signal(s.pointer)
	log.Info("reading the screen", "display", s.index, "size", s.bounds.Size().String(), "source", s.from.kind().String())
	return s, nil
}

// drain empties xgb's queue, where the errors of unchecked requests end up, and tells
// when the connection is gone.
func (s *screen) drain() {
	defer close(s.lost)
	for {
		event, err := s.conn.WaitForEvent()
		if event == nil && err == nil {
			return
		}
		if err != nil {
			s.log.Debug("X error", "error", err.Error())
		}
	}
}

// setUp subscribes to what changes and prepares the first picture.
func (s *screen) setUp() error {
	root := xproto.Setup(s.conn).DefaultScreen(s.conn)
	s.root, s.depth = root.Root, root.RootDepth
	if err := checkFormat(xproto.Setup(s.conn), root); err != nil {
		return err
	}
	var err error
	if s.ext, err = findExtensions(s.conn); err != nil {
		return err
	}
	if s.quick, err = openQuick(s.ext, s.root); err != nil {
		return err
	}
	s.wire.OnEvent(s.onEvent)
	if err := s.subscribe(); err != nil {
		return err
	}
	if s.bounds, err = s.place(); err != nil {
		return err
	}
	return s.setStage()
}

// setStage makes what pixels are read from, and the way to them.
func (s *screen) setStage() (err error) {
	s.canvas = xproto.Drawable(s.root)
	if s.scene != nil {
		if old := s.stage; old != nil {
			old.free()
		}
		if s.stage, err = s.openStage(s.scene); err != nil {
			return fmt.Errorf("show less: %w", err)
		}
		s.canvas = xproto.Drawable(s.stage.pixmap)
	}
	s.quick.canvas = uint32(s.canvas)
	return s.openSource()
}

// subscribe asks for damage of the whole root, cursor shapes and layout changes. The
// level NonEmpty has the server keep the region and speak once until it is taken: a
// busy screen costs one event a frame, and the region is exact.
func (s *screen) subscribe() error {
	region, err := xfixes.NewRegionId(s.conn)
	if err != nil {
		return err
	}
	s.region = region
	if s.damage, err = damage.NewDamageId(s.conn); err != nil {
		return err
	}
	if err := xfixes.CreateRegionChecked(s.conn, s.region, nil).Check(); err != nil {
		return fmt.Errorf("make a region: %w", err)
	}
	if err := damage.CreateChecked(s.conn, s.damage, xproto.Drawable(s.root), damage.ReportLevelNonEmpty).Check(); err != nil {
		return fmt.Errorf("watch damage: %w", err)
	}
	xfixes.SelectCursorInput(s.conn, s.root, xfixes.CursorNotifyMaskDisplayCursor)
	if s.ext.randr != 0 {
		randr.SelectInput(s.conn, s.root, randr.NotifyMaskScreenChange|randr.NotifyMaskCrtcChange)
	}
	// Of monitors that the user made up (RandR 1.5) the server tells the root window alone.
	xproto.ChangeWindowAttributes(s.conn, s.root, xproto.CwEventMask, []uint32{xproto.EventMaskStructureNotify})
	return nil
}

// onEvent runs on the connection's reading goroutine and only wakes others.
func (s *screen) onEvent(event []byte) {
	switch number := event[0] &^ 0x80; {
	case number == s.ext.damageEvent:
		signal(s.dirty)
	case number == s.ext.cursorEvent:
		s.shapeChanged.Store(true)
		signal(s.pointer)
	case number == xwire.GenericEvent:
		signal(s.pointer)
	case number == xproto.ConfigureNotify,
		s.ext.randr != 0 && (number == s.ext.randrEvent || number == s.ext.randrEvent+randr.Notify):
		s.layoutChanged.Store(true)
		s.told()
		signal(s.dirty)
	}
}

// place is where the display that is shown is on the root window now.
func (s *screen) place() (image.Rectangle, error) {
	if s.area.Empty() {
		return displayBounds(s.conn, s.ext, s.root, s.index)
	}
	for index := 0; ; index++ {
		bounds, err := displayBounds(s.conn, s.ext, s.root, index)
		if err != nil || bounds == s.area {
			return bounds, err
		}
	}
}

// relayout follows a change of the monitors. It reports true when the display has a
// new place or size, and then the picture is new too.
func (s *screen) relayout() (bool, error) {
	if !s.layoutChanged.Swap(false) {
		return false, nil
	}
	bounds, err := s.place()
	if !s.area.Empty() && err != nil {
		s.layoutChanged.Store(true) // nothing of what is there now is shown, however often one asks
		return false, err
	}
	if errors.Is(err, errNoMonitors) || err == nil && bounds == s.bounds {
		return false, nil // between two modes there may be none; a change follows
	}
	if err != nil {
		return false, err
	}
	s.bounds = bounds
	s.from.release()
	s.from = nil
	return true, s.setStage()
}

// grab takes the damage and fetches its pixels, or all of them. The requests go out
// together and are answered by one round trip.
func (s *screen) grab(list []image.Rectangle, whole bool) ([]image.Rectangle, error) {
	if s.from == nil {
		return list, errors.New("no picture: the last change of the display failed")
	}
	s.quick.begin(s.damage, s.region)
	clip := s.region
	if whole {
		clip = xfixes.RegionNone
	}
	if s.stage != nil {
		if err := s.stage.paint(s.quick, clip); err != nil {
			return list, err
		}
	}
	s.from.ask(clip)
	pointer, damaged, err := s.quick.finish(s.region)
	if err != nil {
		return list, fmt.Errorf("take damage: %w", err)
	}
	if pointer != s.hotSpot { // it went unreported, as when a program warps it
		signal(s.pointer)
	}
	all := image.Rectangle{Max: s.bounds.Size()}
	if whole {
		list = append(list, all)
	} else {
		for i := range damaged.count() {
			list = addRect(list, damaged.at(i).Sub(s.bounds.Min).Intersect(all))
		}
	}
	return list, s.from.take(list)
}

// source says where pixels come from.
func (s *screen) source() Source {
	if s.from == nil {
		return 0
	}
	return s.from.kind()
}

// close frees what the server holds, then the connection.
func (s *screen) close() {
	if s.scene != nil {
		s.scene.wake(s, false)
	}
	if s.from != nil {
		s.from.blank()
	}
	s.conn.Sync()
	s.conn.Close()
	if s.quick != nil {
		_ = s.quick.conn.Close() // it is gone with the server
	}
}

// cut breaks the connections under a server that does not answer.
func (s *screen) cut() {
	_ = s.wire.Close()
	_ = s.quick.conn.Close()
}
