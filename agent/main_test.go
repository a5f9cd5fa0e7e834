package agent

import (
	"context"
	"io"
	"log"
	"os"
	"sync"
	"testing"

	"github.com/jezek/xgb"
	"go.uber.org/goleak"

	"beside/agent/desktop"
)

// TestMain fails when a test leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(suite{m}) }

// suite ends the screen that the tests share before goroutines are counted.
type suite struct{ *testing.M }

func (s suite) Run() int {
	xgb.Logger = log.New(io.Discard, "", 0) // it reports every lost connection
	defer shared.stop()
	return s.M.Run()
}

// sharedScreen is one X server without a person for all tests of the package: what
// captures and injects finds it in DISPLAY, as in the program.
type sharedScreen struct {
	once sync.Once
	desk *desktop.Desktop
	err  error
}

var shared sharedScreen

func (s *sharedScreen) stop() {
	if s.desk != nil {
		s.desk.Stop()
	}
}

// xscreen starts the X server when the first test needs it.
func xscreen(t *testing.T) *desktop.Desktop {
	t.Helper()
	shared.once.Do(func() {
		shared.desk, shared.err = desktop.StartXvfb(context.Background(), desktop.Options{Width: 640, Height: 400})
		if shared.err == nil {
			shared.err = os.Setenv("DISPLAY", shared.desk.Display())
		}
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.desk
}
