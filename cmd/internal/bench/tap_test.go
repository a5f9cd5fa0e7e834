package main

import "testing"

func TestTheTapSeesThePictureOnly(t *testing.T) {
	packet := func(protocol, first byte, size int) []byte {
		b := make([]byte, size)
		b[0], b[9], b[28] = 0x45, protocol, first
		return b
	}
	for name, c := range map[string]struct {
		packet []byte
		want   bool
	}{
		"RTP":                       {packet(17, 128, 1200), true},
		"a screen update over DTLS": {packet(17, 23, 1200), true},
		"RTCP or a short packet":    {packet(17, 128, 120), false},
		"a short message":           {packet(17, 23, 120), false},
		"a DTLS handshake":          {packet(17, 22, 1200), false},
		"STUN":                      {packet(17, 0, 1200), false},
		"TCP":                       {packet(6, 128, 1200), false},
		"cut off":                   {packet(17, 128, 1200)[:20], false},
	} {
		if got := isPicture(c.packet); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
