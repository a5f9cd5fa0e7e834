package input

import (
	"testing"
	"time"

	"beside/agent/desktop"
)

// A device that is gone when it is asked about is an error, and nobody waits for an answer.
func TestADeviceThatIsGone(t *testing.T) {
	screen, err := desktop.StartXvfb(within(t), desktop.Options{Width: 640, Height: 400, Log: t.Output()})
	must(t, err)
	t.Cleanup(screen.Stop)
	t.Setenv("DISPLAY", screen.Display())
	conn, err := dial(func([]byte) bool { return false })
	must(t, err)
	defer conn.Close()
	x, err := newXinput(conn)
	must(t, err)
	answered := make(chan error, 1)
	go func() {
		_, _, err := x.pressed(99)
		answered <- err
	}()
	select {
	case err := <-answered:
		if err == nil {
			t.Error("a device that is not there has keys")
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the answer is waited for in vain")
	}
}
