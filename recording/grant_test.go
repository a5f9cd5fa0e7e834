package recording

import (
	"testing"

	"beside/consent"
	"beside/consent/consenttest"
)

// granted makes a live grant and the gate that takes it back.
func granted(t testing.TB) (*consent.RecordGrant, *consent.Gate) {
	t.Helper()
	return consenttest.NewRecord(t)
}
