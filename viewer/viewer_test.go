package viewer

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func files() fstest.MapFS {
	return fstest.MapFS{
		"index.html":             {Data: []byte("<!doctype html><title>Beside</title>")},
		"logo.svg":               {Data: []byte("<svg/>")},
		"assets/index-1a2b3c.js": {Data: []byte(strings.Repeat("let beside = 1;\n", 100))},
		".keep":                  {Data: []byte("kept")},
	}
}

func get(t *testing.T, h http.Handler, method, target string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// THREAT 11, PROMISE C1: every answer has the strict policy, by which a page loads and sends
// nothing from or to elsewhere.
func TestAddresses(t *testing.T) {
	h := newHandler(files())
	for _, tc := range []struct {
		name, method, target string
		status               int
		cache, typ           string
	}{
		{"the page", "GET", "/", 200, "no-store", "text/html; charset=utf-8"},
		{"a route of the application", "GET", "/recordings/0123", 200, "no-store", "text/html; charset=utf-8"},
		{"the page by its file name", "GET", "/index.html", 200, "no-store", "text/html; charset=utf-8"},
		{"a hashed file", "GET", "/assets/index-1a2b3c.js", 200, "public, max-age=31536000, immutable", "text/javascript; charset=utf-8"},
		{"a plain file", "GET", "/logo.svg", 200, "no-cache", "image/svg+xml"},
		{"a file of an older build", "GET", "/assets/index-old.js", 404, "no-store", "text/plain; charset=utf-8"},
		{"the kept file is not served", "GET", "/.keep", 200, "no-store", "text/html; charset=utf-8"},
		{"only the head", "HEAD", "/", 200, "no-store", "text/html; charset=utf-8"},
		{"no other method", "POST", "/", 405, "", "text/plain; charset=utf-8"},
		{"no way up", "GET", "/assets/../../viewer.go", 404, "no-store", "text/plain; charset=utf-8"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			res := get(t, h, tc.method, tc.target)
			if res.StatusCode != tc.status {
				t.Errorf("status: got %d, want %d", res.StatusCode, tc.status)
			}
			if got := res.Header.Get("Cache-Control"); got != tc.cache {
				t.Errorf("Cache-Control: got %q, want %q", got, tc.cache)
			}
			if got := res.Header.Get("Content-Type"); got != tc.typ {
				t.Errorf("Content-Type: got %q, want %q", got, tc.typ)
			}
			checkPolicy(t, res.Header)
		})
	}
}

// checkPolicy wants the strict policy: nothing from elsewhere, nothing inline.
func checkPolicy(t *testing.T, h http.Header) {
	t.Helper()
	csp := h.Get("Content-Security-Policy")
	for _, want := range []string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'",
		"base-uri 'none'", "form-action 'self'", "require-trusted-types-for 'script'",
	} {
		if !strings.Contains(csp+";", want+";") {
			t.Errorf("policy lacks %q: %q", want, csp)
		}
	}
	for _, never := range []string{"unsafe", "*", "http:", "https:"} {
		if strings.Contains(csp, never) {
			t.Errorf("policy has %q: %q", never, csp)
		}
	}
	for name, want := range map[string]string{
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "no-referrer",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Embedder-Policy": "require-corp",
		"Cross-Origin-Resource-Policy": "same-origin",
		"X-Frame-Options":              "DENY",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	own := []string{"autoplay", "clipboard-read", "clipboard-write", "fullscreen", "microphone"}
	none := []string{
		"accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer", "midi", "payment", "usb",
	}
	var want []string
	for _, feature := range own {
		want = append(want, feature+"=(self)")
	}
	for _, feature := range none {
		want = append(want, feature+"=()")
	}
	got := strings.Split(h.Get("Permissions-Policy"), ", ")
	if slices.Sort(want); !slices.Equal(slices.Sorted(slices.Values(got)), want) {
		t.Errorf("Permissions-Policy: got %q, want what the application itself uses and nothing else: %q", got, want)
	}
}

func TestCompressedAndUnchanged(t *testing.T) {
	h := newHandler(files())
	const script = "/assets/index-1a2b3c.js"
	res := get(t, h, "GET", script, "Accept-Encoding", "gzip, br")
	if got := res.Header.Get("Content-Encoding"); got != "gzip" {
		t.Fatalf("Content-Encoding: got %q, want gzip", got)
	}
	z, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if want := string(files()["assets/index-1a2b3c.js"].Data); string(plain) != want {
		t.Errorf("unpacked: got %d bytes, want %d", len(plain), len(want))
	}
	again := get(t, h, "GET", script, "If-None-Match", res.Header.Get("ETag"))
	if again.StatusCode != http.StatusNotModified || body(t, again) != "" {
		t.Errorf("asked again: got %d, want 304 without a body", again.StatusCode)
	}
}

func TestAnUnbuiltTreeSaysWhatToDo(t *testing.T) {
	res := get(t, newHandler(fstest.MapFS{".keep": {Data: []byte("kept")}}), "GET", "/")
	if res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("status: got %d, want 503", res.StatusCode)
	}
	if got := body(t, res); !strings.Contains(got, "run make build") {
		t.Errorf("text: got %q", got)
	}
	checkPolicy(t, res.Header)
}

func TestTheEmbeddedBundle(t *testing.T) {
	res := get(t, Handler(), "GET", "/")
	want := http.StatusServiceUnavailable
	if Built() {
		want = http.StatusOK
	}
	if res.StatusCode != want {
		t.Errorf("built %v: got %d, want %d", Built(), res.StatusCode, want)
	}
}

// THREAT 6
func TestTheHashCoversEveryFile(t *testing.T) {
	before := hashOf(files())
	if again := hashOf(files()); again != before {
		t.Errorf("the same files: got %s and %s", before, again)
	}
	changed := files()
	changed["assets/index-1a2b3c.js"].Data = []byte("evil")
	if hashOf(changed) == before {
		t.Error("a changed script has the same hash")
	}
	renamed := files()
	renamed["assets/other.js"] = renamed["assets/index-1a2b3c.js"]
	delete(renamed, "assets/index-1a2b3c.js")
	if hashOf(renamed) == before {
		t.Error("a renamed script has the same hash")
	}
	if len(BundleHash()) != 64 {
		t.Errorf("BundleHash: got %q", BundleHash())
	}
}
