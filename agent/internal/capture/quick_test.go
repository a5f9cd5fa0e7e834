//go:build linux

package capture

import (
	"encoding/binary"
	"image"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"beside/consent/consenttest"
)

// A server that asks for a cookie is given it on both connections.
func TestAServerThatWantsACookie(t *testing.T) {
	var entry []byte
	const wild = 65535
	for i, field := range []string{"", "", "MIT-MAGIC-COOKIE-1", "0123456789abcdef"} {
		if i == 0 {
			entry = binary.BigEndian.AppendUint16(entry, wild)
		}
		entry = append(binary.BigEndian.AppendUint16(entry, uint16(len(field))), field...)
	}
	path := filepath.Join(t.TempDir(), "authority")
	if err := os.WriteFile(path, entry, 0o600); err != nil {
		t.Fatal(err)
	}
	startX(t, "320x200x24", "-auth", path)
	grant, _ := consenttest.NewView(t)
	if c, err := Open(grant, Options{}); err == nil {
		c.Close()
		t.Fatal("the server let somebody in without a cookie")
	}
	t.Setenv("XAUTHORITY", path)
	p := newPainter(t)
	c, err := Open(grant, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	next(t, c)
	p.fill(red, image.Rect(10, 10, 20, 20))
	if f := next(t, c); f.at(15, 15) != red {
		t.Errorf("got %v, want red", f.at(15, 15))
	}
}

// In the steady state nothing is made anew for a picture.
func TestAPictureMakesNoGarbage(t *testing.T) {
	startX(t, "640x480x24")
	p := newPainter(t)
	grant, _ := consenttest.NewView(t)
	c, err := Open(grant, Options{source: SharedPixmap})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	next(t, c)
	const pictures = 200
	made := uint64(0)
	for range pictures {
		p.fill(red, image.Rect(10, 10, 40, 40))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := c.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		made += after.Mallocs - before.Mallocs
	}
	// The runtime makes something of its own now and then.
	if made > pictures/4 {
		t.Errorf("%d allocations in %d pictures", made, pictures)
	}
}
