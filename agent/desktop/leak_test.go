package desktop

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails when a stopped desktop leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
