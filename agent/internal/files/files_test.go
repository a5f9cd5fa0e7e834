package files

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"beside/consent"
	"beside/consent/consenttest"
	"beside/protocol"
)

func open(t *testing.T) (s *Store, folder string, gate *consent.Gate) {
	t.Helper()
	grant, gate := consenttest.NewFiles(t)
	folder = filepath.Join(t.TempDir(), "Downloads")
	s, err := Open(grant, folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, folder, gate
}

// receive takes a whole file in parts and returns what it is called.
func receive(t *testing.T, s *Store, called string, data []byte) string {
	t.Helper()
	in, err := s.Receive(called, int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for rest := data; len(rest) > 0; {
		part := rest[:min(len(rest), 1000)]
		rest = rest[len(part):]
		if err := in.Write(in.Offset(), part); err != nil {
			t.Fatal(err)
		}
	}
	sum := sha256.Sum256(data)
	name, err := in.Finish(sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func wantFiles(t *testing.T, folder string, want map[string]string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		got, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if text, ok := want[e.Name()]; err != nil || !ok || string(got) != text {
			t.Errorf("%s: %d bytes, %v", e.Name(), len(got), err)
		}
	}
	if len(entries) != len(want) {
		t.Errorf("%d files, want %d", len(entries), len(want))
	}
}

// PROMISE A9: files arrive whole, nothing that is there is replaced, and what arrives
// cannot be run.
func TestReceive(t *testing.T) {
	s, folder, _ := open(t)
	long := bytes.Repeat([]byte("ä0123456789"), 10_000)
	if name := receive(t, s, "report.pdf", long); name != "report.pdf" {
		t.Errorf("called %q", name)
	}
	if name := receive(t, s, "report.pdf", []byte("another")); name != "report (2).pdf" {
		t.Errorf("called %q", name)
	}
	if err := os.Mkdir(filepath.Join(folder, "notes"), 0o700); err != nil {
		t.Fatal(err)
	}
	if name := receive(t, s, "notes", nil); name != "notes (2)" {
		t.Errorf("called %q", name)
	}
	if err := os.Remove(filepath.Join(folder, "notes")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(folder, "report.pdf"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	wantFiles(t, folder, map[string]string{"report.pdf": string(long), "report (2).pdf": "another", "notes (2)": ""})
}

// THREAT 12: a name that is a link out of the folder is a name like any other: it is not
// followed.
func TestLinksAreNotFollowed(t *testing.T) {
	s, folder, _ := open(t)
	outside := filepath.Join(t.TempDir(), "outside")
	for _, target := range []string{outside, "../outside", "missing"} {
		if err := os.Symlink(target, filepath.Join(folder, "x.txt")); err != nil {
			t.Fatal(err)
		}
		if name := receive(t, s, "x.txt", []byte("theirs")); name != "x (2).txt" {
			t.Errorf("through a link to %s: called %q", target, name)
		}
		for _, name := range []string{"x.txt", "x (2).txt"} {
			if err := os.Remove(filepath.Join(folder, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := os.Stat(outside); !errors.Is(err, fs.ErrNotExist) {
		t.Error("something was written outside")
	}
	wantFiles(t, folder, nil)
}

// Where a file system has no links a name is held by an empty file of ours: nothing is
// replaced there either.
func TestWithoutLinks(t *testing.T) {
	s, folder, _ := open(t)
	for name, text := range map[string]string{"part": "new", "a.txt": "old"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.hold("a.txt"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a name that is taken: %v", err)
	}
	if err := s.hold("b.txt"); err != nil {
		t.Error(err)
	}
}

// What comes out of place, is too much, too little, or has another hash leaves nothing.
func TestDamaged(t *testing.T) {
	s, folder, _ := open(t)
	sum := sha256.Sum256([]byte("abcdef"))
	for name, act := range map[string]func(in *Incoming) error{
		"a gap":        func(in *Incoming) error { return in.Write(1, []byte("b")) },
		"too much":     func(in *Incoming) error { return in.Write(0, []byte("abcdefg")) },
		"overlapping":  func(in *Incoming) error { _ = in.Write(0, []byte("abc")); return in.Write(2, []byte("cd")) },
		"too little":   func(in *Incoming) error { _ = in.Write(0, []byte("abc")); _, err := in.Finish(sum[:]); return err },
		"another hash": func(in *Incoming) error { _ = in.Write(0, []byte("abcdeF")); _, err := in.Finish(sum[:]); return err },
		"no hash":      func(in *Incoming) error { _ = in.Write(0, []byte("abcdef")); _, err := in.Finish(nil); return err },
	} {
		in, err := s.Receive("x", 6)
		if err != nil {
			t.Fatal(err)
		}
		if err := act(in); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: got %v, want ErrDamaged", name, err)
		}
		wantFiles(t, folder, nil)
	}
	in, err := s.Receive("again", 6)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int64{0, 0, 3, 0} { // what is there already is left out
		if err := in.Write(at, []byte("abcdef")[at:at+3]); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := in.Finish(sum[:]); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, folder, map[string]string{"again": "abcdef"})
}

func TestTooLarge(t *testing.T) {
	s, folder, _ := open(t)
	for _, size := range []int64{-1, protocol.MaxFileSize + 1} {
		if _, err := s.Receive("x", size); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%d bytes: got %v", size, err)
		}
	}
	wantFiles(t, folder, nil)
}

// THREAT 4, PROMISE A1: without a live grant nothing is received or read, what was under
// way is removed, and a pause only waits.
func TestGrant(t *testing.T) {
	for name, g := range map[string]*consent.FilesGrant{"nil": nil, "zero": {}} {
		folder := filepath.Join(t.TempDir(), "new")
		if _, err := Open(g, folder); !errors.Is(err, consent.ErrRevoked) {
			t.Errorf("%s: got %v", name, err)
		}
		if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: the folder was made", name)
		}
	}
	s, folder, gate := open(t)
	in, err := s.Receive("x", 6)
	if err != nil {
		t.Fatal(err)
	}
	gate.Pause()
	if err := in.Write(0, []byte("abc")); !errors.Is(err, consent.ErrPaused) {
		t.Errorf("paused: got %v", err)
	}
	gate.Resume()
	if err := in.Write(0, []byte("abc")); err != nil {
		t.Fatal(err)
	}
	chosen := filepath.Join(t.TempDir(), "mine.txt")
	if err := os.WriteFile(chosen, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := s.Send(chosen)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	gate.Withdraw(consent.Files, consent.ByUser)
	if err := in.Write(3, []byte("def")); !errors.Is(err, consent.ErrRevoked) {
		t.Errorf("revoked: got %v", err)
	}
	wantFiles(t, folder, nil)
	if _, err := s.Receive("y", 1); !errors.Is(err, consent.ErrRevoked) {
		t.Errorf("receiving after it: got %v", err)
	}
	if _, err := s.Send(chosen); !errors.Is(err, consent.ErrRevoked) {
		t.Errorf("sending after it: got %v", err)
	}
	err = out.Read(0, make([]byte, 4), func([]byte) error { t.Error("it was sent"); return nil })
	if !errors.Is(err, consent.ErrRevoked) {
		t.Errorf("reading after it: got %v", err)
	}
}

func TestSend(t *testing.T) {
	s, _, _ := open(t)
	dir := t.TempDir()
	chosen := filepath.Join(dir, "Übersicht 1.txt")
	if err := os.WriteFile(chosen, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := s.Send(chosen)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if out.Name() != "Übersicht 1.txt" || out.Size() != 10 {
		t.Errorf("%q, %d bytes", out.Name(), out.Size())
	}
	var got []byte
	if err := out.Read(4, make([]byte, 6), func(b []byte) error { got = bytes.Clone(b); return nil }); err != nil || string(got) != "456789" {
		t.Errorf("got %q, %v", got, err)
	}
	if err := os.Truncate(chosen, 5); err != nil {
		t.Fatal(err)
	}
	if err := out.Read(4, make([]byte, 6), func([]byte) error { t.Error("sent"); return nil }); !errors.Is(err, ErrDamaged) {
		t.Errorf("a file that became shorter: got %v", err)
	}
	for name, path := range map[string]string{"a folder": dir, "a device": "/dev/zero", "nothing": filepath.Join(dir, "none")} {
		if _, err := s.Send(path); err == nil {
			t.Errorf("%s was opened", name)
		}
	}
}

// Parts that nobody writes any more go; everything else stays.
func TestSweep(t *testing.T) {
	s, folder, _ := open(t)
	old := time.Now().Add(-2 * partAge)
	for _, name := range []string{".beside-0011.part", ".beside-new.part", "mine.part", ".other"} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if name != ".beside-new.part" {
			if err := os.Chtimes(path, old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.sweep()
	wantFiles(t, folder, map[string]string{".beside-new.part": "", "mine.part": "", ".other": ""})
}

// THREAT 12: names that would be paths, devices, hidden or something else than they look.
func TestName(t *testing.T) {
	for called, want := range map[string]string{
		"report.pdf": "report.pdf", "Übersicht 你好.txt": "Übersicht 你好.txt",
		"../../etc/passwd": "passwd", `..\..\evil.exe`: "evil.exe", "/etc/shadow": "shadow", `C:\x\y.txt`: "y.txt",
		"..": "file", ".": "file", "": "file", "/": "file", "...": "file", " ": "file",
		".bashrc": "bashrc", "..hidden": "hidden", "~/x": "x", "~x": "x", "name.": "name", "name. . ": "name",
		"CON": "_CON", "con.txt": "_con.txt", "Com1.tar.gz": "_Com1.tar.gz", "lpt¹": "_lpt¹", "COM10": "COM10", "aux .h": "_aux .h", "nul": "_nul",
		"-rf": "_-rf", "a:b": "a_b", "a<b>|?*\".txt": "a_b_____.txt", "file:stream.exe": "file_stream.exe",
		"invoice\u202efdp.exe": "invoicefdp.exe", "a\x00b.txt": "ab.txt", "a\nb": "a b", "tab\there": "tab here",
		"\xff\xfe": "file", "%2e%2e%2fx": "%2e%2e%2fx",
		strings.Repeat("a", 300) + ".pdf": strings.Repeat("a", 196) + ".pdf",
		strings.Repeat("ä", 300) + ".txt": strings.Repeat("ä", 98) + ".txt",
		"x." + strings.Repeat("b", 300):   "x." + strings.Repeat("b", 198),
		"a/" + strings.Repeat(".", 300):   "file",
		"a" + strings.Repeat(" .", 10):    "a",
		"\u3164\u115f":                    "file",
		"COM¹.txt":                        "_COM¹.txt",
		"~~..~ . x":                       "x",
		"a\u200d.":                        "a",
	} {
		if got := Name(called); got != want {
			t.Errorf("%q: got %q, want %q", called, got, want)
		}
	}
	for n, want := range map[int]string{1: "a.tar.gz", 2: "a.tar (2).gz"} {
		if got := numbered("a.tar.gz", n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
	if got := numbered("readme", 3); got != "readme (3)" {
		t.Errorf("got %q", got)
	}
}

// THREAT 12: whatever a sender calls a file, it lies in the folder, directly, as an
// ordinary file with a name that is seen.
func FuzzName(f *testing.F) {
	for _, s := range []string{"a.txt", "../x", `..\x`, "CON", ".x", "a\u202eb", "~", "-", "a/..", strings.Repeat("ä", 200), "\xff/", "a\u200d.", "nul .x", "LPT²"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, called string) {
		name := Name(called)
		switch {
		case name == "" || len(name) > longest || !utf8.ValidString(name):
			t.Errorf("%q: %q", called, name)
		case strings.ContainsAny(name, `/\<>:"|?*`) || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "-") || strings.HasSuffix(name, ".") || strings.HasSuffix(name, " "):
			t.Errorf("%q: %q", called, name)
		case strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }):
			t.Errorf("%q: %q", called, name)
		case isDevice(name):
			t.Errorf("%q: %q is a device", called, name)
		case !filepath.IsLocal(name) || filepath.Base(name) != name:
			t.Errorf("%q: %q is not a name", called, name)
		case Name(name) != name:
			t.Errorf("%q: %q, then %q", called, name, Name(name))
		}
	})
}

func TestDownloads(t *testing.T) {
	home := t.TempDir()
	env := map[string]string{"HOME": home}
	get := func(k string) string { return env[k] }
	want := func(want string) {
		t.Helper()
		if got, err := Downloads(get); err != nil || got != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	want(filepath.Join(home, "Downloads"))
	write := func(dir, text string) {
		t.Helper()
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "user-dirs.dirs"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config := filepath.Join(home, ".config")
	write(config, "# comment\nXDG_DESKTOP_DIR=\"$HOME/Desktop\"\nXDG_DOWNLOAD_DIR=\"$HOME/Téléchargements\"\n")
	want(filepath.Join(home, "Téléchargements"))
	write(config, "XDG_DOWNLOAD_DIR=\"$HOME/\"\n")
	want(filepath.Join(home, "Downloads"))
	write(config, "XDG_DOWNLOAD_DIR=\"relative\"\n")
	want(filepath.Join(home, "Downloads"))
	other := filepath.Join(home, "other")
	env["XDG_CONFIG_HOME"] = other
	write(other, "XDG_DOWNLOAD_DIR=\"/data/in\"\n")
	want("/data/in")
}
