package main

import (
	"context"
	"image"
	"image/color"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"beside/cmd/internal/stage"
)

// fakeColour is what the test's page paints, see testdata/page.html.
func fakeColour(x, y, seed int) color.RGBA {
	return color.RGBA{uint8(x*7 + y*13 + seed), uint8(x*5 + y*3 + 2*seed), uint8(x*y + seed), 0xff}
}

// hole is where the page's video is seen.
var hole = image.Rect(40, 20, 104, 68)

// fakeScreen is the picture that the test's page shows, but for the video.
func fakeScreen(seed int) *image.RGBA {
	picture := image.NewRGBA(image.Rect(0, 0, 200, 100))
	for y := range 100 {
		for x := range 200 {
			s := 0
			if x >= 150 {
				s = seed
			}
			picture.SetRGBA(x, y, fakeColour(x, y, s))
		}
	}
	return picture
}

// openFake opens the test's page in a real browser.
func openFake(t *testing.T) (context.Context, *stage.Browser, page) {
	t.Helper()
	files := http.FileServer(http.Dir("testdata"))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cross-Origin-Opener-Policy", "same-origin") // so that it may share memory
		w.Header().Set("Cross-Origin-Embedder-Policy", "require-corp")
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	b, err := new(stage.Stage).OpenBrowser(ctx, 640, 400)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	p := page{b, layout{Width: 200, Height: 100, Box: "#box", Video: "#box video", Canvas: `canvas[data-layer="screen"]`}}
	if err := b.Open(ctx, server.URL+"/page.html"); err != nil {
		t.Fatal(err)
	}
	if err := b.Evaluate(ctx, "window.ready", nil); err != nil {
		t.Fatal(err, b.Messages())
	}
	if err := p.install(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx, b, p
}

// TestThePageIsReadAsAPersonSeesIt holds what is read in a real browser, from a video
// and canvases that a worker paints, against what was painted.
func TestThePageIsReadAsAPersonSeesIt(t *testing.T) {
	ctx, b, p := openFake(t)
	t.Run("pixels", func(t *testing.T) {
		for _, at := range []image.Point{{0, 0}, {10, 10}, {39, 20}, {104, 67}, {149, 99}, {150, 0}, {199, 99}} {
			want := fakeColour(at.X, at.Y, 0)
			if got := pixelOf(ctx, t, p, at); got != [3]int{int(want.R), int(want.G), int(want.B)} {
				t.Errorf("the pixel at %v is %v, want %v", at, got, want)
			}
		}
		if got := pixelOf(ctx, t, p, image.Pt(70, 40)); got[0] < 150 || got[1] > 80 || got[2] > 90 {
			t.Errorf("in the hole is %v, want the video's red", got)
		}
	})
	t.Run("the whole picture", func(t *testing.T) {
		shown, err := p.picture(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if d := differ(fakeScreen(0), shown, []image.Rectangle{hole}); d.pixels != 0 {
			t.Errorf("differs from what was painted: %v", d)
		}
	})
	t.Run("since when it is exact", func(t *testing.T) {
		r := &rig{page: p}
		if err := r.follow(ctx, []image.Rectangle{hole}); err != nil {
			t.Fatal(err)
		}
		defer r.unfollow(ctx)
		limit := time.Now().Add(10 * time.Second)
		if _, same, err := r.await(ctx, hashOf(fakeScreen(0), []image.Rectangle{hole}), limit); err != nil || !same {
			t.Fatalf("the painted picture is not recognised: %v, %v", same, err)
		}
		if _, same, err := r.await(ctx, hashOf(fakeScreen(1), []image.Rectangle{hole}), time.Now().Add(200*time.Millisecond)); err != nil || same {
			t.Fatalf("another picture is taken for the painted one: %v, %v", same, err)
		}
		before := time.Now()
		if err := b.Evaluate(ctx, "paint(1)", nil); err != nil {
			t.Fatal(err)
		}
		since, same, err := r.await(ctx, hashOf(fakeScreen(1), []image.Rectangle{hole}), limit)
		if err != nil || !same || since.Before(before) || since.After(time.Now()) {
			t.Errorf("the next picture: %v since %v, %v; asked for at %v", same, since, err, before)
		}
	})
	t.Run("pictures", func(t *testing.T) {
		const paint = "void (async () => { for (let i = 0; i < 10; i++) { await new Promise((d) => setTimeout(d, 150)); await paint(100 + i); } })()"
		if err := b.Evaluate(ctx, paint, nil); err != nil {
			t.Fatal(err)
		}
		rate, err := p.pictures(ctx, 5*time.Second, sight{at: image.Rect(140, 0, 200, 100)})
		if err != nil || rate*5 < 9.5 || rate*5 > 10.5 {
			t.Errorf("%v pictures in 5 s (%v), want 10", rate*5, err)
		}
		if rate, err = p.pictures(ctx, time.Second, sight{at: image.Rect(0, 0, 30, 100)}); err != nil || rate != 0 {
			t.Errorf("%v pictures a second (%v) where nothing changes", rate, err)
		}
	})
	t.Run("a press", func(t *testing.T) {
		if err := b.Evaluate(ctx, "window.addEventListener('pointerdown', () => setTimeout(() => paint(77), 300), {once: true})", nil); err != nil {
			t.Fatal(err)
		}
		r := &rig{page: p, system: fakeSystem{keys: keys{b}}}
		at := image.Pt(180, 50)
		x, y, err := p.place(ctx, at)
		if err != nil || x != 31+180.5 || y != 17+50.5 {
			t.Fatalf("the pixel lies at %v, %v on the page (%v)", x, y, err)
		}
		if err := p.call(ctx, nil, "armPress", at.X, at.Y, 9000); err != nil {
			t.Fatal(err)
		}
		if err := pause(ctx, 400*time.Millisecond); err != nil { // before the press: it does not count
			t.Fatal(err)
		}
		began := time.Now()
		if err := r.system.hands().ClickAt(ctx, x, y); err != nil {
			t.Fatal(err)
		}
		var took answer
		err = p.Evaluate(ctx, "window.besideBench.pressed", &took)
		if limit := milliseconds(time.Since(began)); err != nil || took.Shown < 300 || took.Shown > limit || took.Arrived != -1 {
			t.Errorf("a change after 300 ms was there after %v ms (%v), want at most %v and no shared memory", took, err, limit)
		}
		if took, err = r.press(ctx, image.Pt(10, 50), x, y); err != nil || took.Shown != -1 {
			t.Errorf("a press that changes nothing was seen after %v ms (%v)", took, err)
		}
	})
	t.Run("the first picture", func(t *testing.T) {
		wrong := []landmark{{180, 50, [3]int{1, 2, 3}}}
		if err := p.call(ctx, nil, "watchFirst", wrong, 10); err != nil {
			t.Fatal(err)
		}
		short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		defer cancel()
		if at, err := p.awaitFirst(short); err == nil {
			t.Errorf("a picture with another colour counts as the first, at %v", at)
		}
		if err := p.call(ctx, nil, "watchFirst", landmarks(fakeScreen(77)), 10); err != nil {
			t.Fatal(err)
		}
		if at, err := p.awaitFirst(ctx); err != nil || time.Since(at) > time.Minute || time.Until(at) > 0 {
			t.Errorf("the first picture was at %v (%v)", at, err)
		}
	})
	t.Run("a press whose answer comes in shared memory", func(t *testing.T) {
		if err := b.Evaluate(ctx, answerInMemory, nil); err != nil {
			t.Fatal(err)
		}
		r := &rig{page: p, system: fakeSystem{keys: keys{b}}}
		at := image.Pt(180, 50)
		x, y, err := p.place(ctx, at)
		if err != nil {
			t.Fatal(err)
		}
		took, err := r.press(ctx, at, x, y)
		if err != nil {
			t.Fatal(err)
		}
		// Pictures of other things come before it; the page draws it a while later.
		var written float64
		if err := b.Evaluate(ctx, "window.writtenAfter", &written); err != nil || written < 100 {
			t.Fatalf("written after %v ms (%v)", written, err)
		}
		if took.Arrived < written || took.Shown < took.Arrived+300 {
			t.Errorf("written after %v ms, it had arrived after %v and was seen after %v, want 300 later", written, took.Arrived, took.Shown)
		}
	})
}

// answerInMemory has the page wait for memory as the viewer does. A press is answered there
// twice: by a picture of something else, then by one of the pixel; the page draws it 300 ms later.
const answerInMemory = `void (() => {
  const memory = new SharedArrayBuffer(16 + 4 * 200 * 100);
  const head = new Int32Array(memory, 0, 4), pixels = new Uint8Array(memory, 16);
  Atomics.waitAsync(head, 1, 0);
  const publish = (x) => { pixels.fill(255, 4 * (50 * 200 + x), 4 * (50 * 200 + x + 1)); Atomics.add(head, 1, 1); Atomics.notify(head, 1); };
  window.addEventListener('pointerdown', () => {
    const pressed = performance.now();
    setTimeout(() => publish(20), 20);
    setTimeout(() => {
      window.writtenAfter = performance.now() - pressed;
      publish(180);
      setTimeout(() => paint(7), 300);
    }, 100);
  }, { once: true });
})()`

// fakeSystem has hands and nothing else.
type fakeSystem struct {
	system
	keys keys
}

func (f fakeSystem) hands() hands { return f.keys }

func pixelOf(ctx context.Context, t *testing.T, p page, at image.Point) (got [3]int) {
	t.Helper()
	if err := p.call(ctx, &got, "pixel", at.X, at.Y); err != nil {
		t.Fatal(err)
	}
	return got
}
