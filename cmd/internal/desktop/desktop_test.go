package desktop

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// within bounds what a test waits for; it is long because machines are shared.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func begin(t *testing.T, opts Options) *Desktop {
	t.Helper()
	opts.Log = t.Output()
	d, err := Start(within(t), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Stop)
	return d
}

func TestThePersonSavesAFileInAnEditor(t *testing.T) {
	d := begin(t, Options{Width: 1280, Height: 720, Layout: "de", WindowManager: true, Wallpaper: true})
	file := filepath.Join(d.Home(), "note.txt")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Run(Mousepad(file)); err != nil {
		t.Fatal(err)
	}
	w, err := d.WaitWindow(within(t), WithClass("Mousepad"))
	if err != nil {
		t.Fatal(err)
	}
	x, y := w.Centre()
	p := d.Person()
	if err := p.Glide(within(t), x, y, 200*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if err := p.Click(Left); err != nil {
		t.Fatal(err)
	}
	if err := p.Type("Grüße, 5 € und {mehr}@home"); err != nil {
		t.Fatal(err)
	}
	if err := p.Tap(KeyControl, 's'); err != nil {
		t.Fatal(err)
	}
	err = d.wait(within(t), func() (bool, error) {
		text, err := os.ReadFile(file)
		return string(text) == "Grüße, 5 € und {mehr}@home" || string(text) == "Grüße, 5 € und {mehr}@home\n", err
	})
	if s := os.Getenv("SHOT"); s != "" {
		d.Screenshot(s, true)
	}
	if err != nil {
		t.Fatal(err)
	}
}
