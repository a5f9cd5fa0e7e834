package agent

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"beside/agent/internal/capture"
	"beside/protocol"
	"beside/protocol/wire"

	"google.golang.org/protobuf/proto"
)

// A shape too large for a message is halved until it fits, with its hot spot inside.
func TestLargeCursorsAreHalved(t *testing.T) {
	tests := []struct {
		side, hot     int
		want, wantHot uint32
	}{
		{1, 0, 1, 0},
		{24, 12, 24, 12},
		{192, 191, 192, 191},
		{193, 192, 96, 95},
		{512, 100, 128, 25},
	}
	for _, test := range tests {
		shape := &capture.CursorShape{
			Width: test.side, Height: test.side, HotX: test.hot, HotY: test.hot, RGBA: make([]byte, 4*test.side*test.side),
		}
		got := cursorShape(7, shape)
		if got.GetWidth() != test.want || got.GetHeight() != test.want || got.GetHotX() != test.wantHot || got.GetHotY() != test.wantHot {
			t.Errorf("%d with hot spot %d: got %dx%d with %d,%d, want %d with %d",
				test.side, test.hot, got.GetWidth(), got.GetHeight(), got.GetHotX(), got.GetHotY(), test.want, test.wantHot)
		}
		if len(got.GetRgba()) != int(4*got.GetWidth()*got.GetHeight()) {
			t.Errorf("%d: %d bytes for %dx%d", test.side, len(got.GetRgba()), got.GetWidth(), got.GetHeight())
		}
		data, err := proto.Marshal(&wire.Cursor{Visible: true, ShapeSerial: 7, Shape: got})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := protocol.DecodeCursor(data); err != nil {
			t.Errorf("%d: the viewer refuses it: %v", test.side, err)
		}
	}
}

// A picture waits for its time, not at all for one that is past, and the end interrupts
// the wait.
func TestPicturesKeepTheirPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPicture(nil, 0, nil)
		p.ctx, p.cancel = context.WithCancel(t.Context())
		l := &lane{film: film{picture: p}}
		for took, want := range map[time.Duration]time.Duration{
			0: framePace, 5 * time.Millisecond: framePace - 5*time.Millisecond, framePace: 0, time.Second: 0,
		} {
			now := time.Now()
			if err := l.await(now.Add(framePace - took)); err != nil {
				t.Fatal(err)
			}
			if got := time.Since(now); got != want {
				t.Errorf("after a picture that took %v: waited %v, want %v", took, got, want)
			}
		}
		p.cancel()
		if err := l.await(time.Now().Add(framePace)); err == nil {
			t.Error("the end does not interrupt the wait")
		}
	})
}

// The line for film sleeps only where film could go by updates until it is open again.
func TestOnlyABriskWayLetsTheLineSleep(t *testing.T) {
	p := newPicture(nil, 0, nil)
	if p.brisk() {
		t.Error("nothing is known of the way, and it is brisk")
	}
	for distance, want := range map[time.Duration]bool{time.Millisecond: true, 100 * time.Millisecond: false} {
		p.updates.Store(newUpdates(nil, nil, away(distance), nil))
		if got := p.brisk(); got != want {
			t.Errorf("a viewer %v away: brisk %v, want %v", distance, got, want)
		}
	}
}

// away is a way whose round trip was measured so.
func away(distance time.Duration) func() time.Duration {
	return func() time.Duration { return distance }
}

// A machine that is busy at first, and a first picture of few bytes, make no way slow.
func TestAWayIsMeasuredAgain(t *testing.T) {
	distance := 20 * time.Millisecond
	p := newPicture(nil, 0, nil)
	u := newUpdates(nil, nil, func() time.Duration { return distance }, nil)
	p.updates.Store(u)
	if p.brisk() {
		t.Error("20 ms away with nothing known: brisk")
	}
	u.window.sent(1, 20_000, time.Unix(0, 0))
	u.window.drawn(1, time.Unix(0, 0).Add(40*time.Millisecond))
	distance = time.Millisecond
	if !p.brisk() {
		t.Errorf("1 ms away, and 20 kB were drawn in 40 ms: not brisk (%d bit/s)", u.link())
	}
	distance = 20 * time.Millisecond
	if !p.brisk() {
		t.Error("one late measurement makes the way slow")
	}
	for n := range uint32(8) { // and so it is known
		u.window.sent(2+n, 40_000, time.Unix(1, 0))
		u.window.drawn(2+n, time.Unix(1, 0).Add(time.Second))
	}
	if p.brisk() {
		t.Errorf("%d bit/s: brisk", u.link())
	}
}

// While a monitor is gone the picture is tried again every second: the log tells when it
// was lost and when it is back, each once.
func TestALostPictureIsLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	p := newPicture(nil, 0, slog.New(slog.NewTextHandler(&log, nil)))
	p.succeed()
	for range 2 {
		for range 3 {
			p.fail(errors.New("the monitor is gone"))
		}
		p.succeed()
		p.succeed()
	}
	want := []string{"picture lost", "picture is back", "picture lost", "picture is back"}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d lines, want %d:\n%s", len(lines), len(want), log.String())
	}
	for i, line := range lines {
		if !strings.Contains(line, want[i]) {
			t.Errorf("line %d is %q, want %q", i, line, want[i])
		}
	}
}
