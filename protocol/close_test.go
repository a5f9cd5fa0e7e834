package protocol

import "testing"

func TestComesBack(t *testing.T) {
	for code, want := range map[int]bool{
		1000: false, 1001: true, 1002: false, 1006: true, 1008: false, 1011: true, 1012: true, 1013: true,
		CloseSessionOver: false, CloseBadFrame: false, CloseUnauthorised: false, CloseForbidden: false,
		CloseCodeUnknown: false, CloseSilent: true, CloseReplaced: false, CloseResume: false,
		CloseVersion: false, CloseTooMany: false, CloseUnavailable: true,
	} {
		if got := ComesBack(code); got != want {
			t.Errorf("%d: got %v, want %v", code, got, want)
		}
	}
}
