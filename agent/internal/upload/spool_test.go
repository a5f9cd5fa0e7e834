package upload

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"
)

func tempSpool(t *testing.T) *Spool {
	t.Helper()
	return openSpool(t, filepath.Join(t.TempDir(), "spool"))
}

func openSpool(t *testing.T, dir string) *Spool {
	t.Helper()
	s, err := OpenSpool(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// THREAT 16: nobody else on the machine reads even the sealed objects.
func TestSpoolIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "spool")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	put(t, openSpool(t, dir), "key.age")
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "key.age"): 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s: got %o, want %o", path, got, want)
		}
	}
}

func TestSpoolSurvivesARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "spool")
		first := openSpool(t, dir)
		put(t, first, "segment-000001.age", "key.age", "manifest.jws")
		// What a crash in the middle of Put leaves, and what is not ours.
		for _, name := range []string{"segment-000002.age.partial", "notes.txt"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("half"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		again := openSpool(t, dir)
		if n := again.Waiting(); n != 3 {
			t.Fatalf("%d objects wait, want 3", n)
		}
		if _, err := os.Stat(filepath.Join(dir, "segment-000002.age.partial")); !errors.Is(err, os.ErrNotExist) {
			t.Error("the half-written object is still there")
		}
		r := &relay{}
		u, stop := started(t, again, r.serve(t))
		if err := u.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		_ = stop()
		if len(r.order) != 3 || r.order[0] != "key.age" || r.order[2] != "manifest.jws" {
			t.Errorf("arrived: %v", r.order)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*.age")); len(left) != 0 {
			t.Errorf("acknowledged objects are still on disk: %v", left)
		}
	})
}

func TestSpoolRefusesToFillTheDisk(t *testing.T) {
	s := tempSpool(t)
	s.free = func(string) (uint64, error) { return minFree + 20, nil }
	if err := s.Put("key.age", make([]byte, 20)); err != nil {
		t.Fatalf("room for it: %v", err)
	}
	if err := s.Put("segment-000001.age", make([]byte, 21)); !errors.Is(err, ErrDiskFull) {
		t.Errorf("got %v, want ErrDiskFull", err)
	}
	// What was recorded before must be vouched for.
	if err := s.Put("manifest.jws", make([]byte, 21)); err != nil {
		t.Errorf("no manifest on a nearly full disk: %v", err)
	}
	s.free = func(string) (uint64, error) { return 0, errors.New("no such file system") }
	if err := s.Put("segment-000001.age", []byte("x")); err == nil {
		t.Error("took an object without knowing whether there is room")
	}
	if s.Waiting() != 2 {
		t.Errorf("%d wait, want 2", s.Waiting())
	}
}

func TestSpoolMeasuresTheDisk(t *testing.T) {
	free, err := freeSpace(t.TempDir())
	if err != nil || free == 0 {
		t.Errorf("got %d, %v", free, err)
	}
}

func TestSpoolPutTwice(t *testing.T) {
	s := tempSpool(t)
	put(t, s, "key.age", "key.age")
	if s.Waiting() != 1 {
		t.Errorf("%d wait, want 1", s.Waiting())
	}
	if err := s.Put("key.age", []byte("another")); err == nil {
		t.Error("replaced an object that waits")
	}
}

// THREAT 12: no name leads out of the folder.
func TestSpoolTakesOnlyObjectNames(t *testing.T) {
	s := tempSpool(t)
	for _, name := range []string{
		"", ".", "..", "../key.age", "/etc/passwd", "key.age/..", "segment-1.age", "segment-0000001.age",
		"KEY.AGE", "key.age\n", "manifest.jws.partial", "events-00000a.age", "a/key.age", `..\key.age`,
	} {
		if err := s.Put(name, []byte("x")); err == nil {
			t.Errorf("took %q", name)
		}
	}
	if err := s.Put("key.age", nil); err == nil {
		t.Error("took an empty object")
	}
	if err := s.Put("key.age", make([]byte, maxObject+1)); err == nil {
		t.Error("took an object that the relay refuses")
	}
}

func TestSpoolFolderMustBeAFolder(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, link} {
		if s, err := OpenSpool(path); err == nil {
			_ = s.Close()
			t.Errorf("opened %s", path)
		}
	}
}

// PROMISE E3, E6: nothing stays behind.
func TestRemoveLeavesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	s := openSpool(t, dir)
	put(t, s, "key.age", "segment-000001.age")
	if err := s.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
	}
}

func TestOrderIsTotal(t *testing.T) {
	names := rapid.Custom(func(t *rapid.T) string {
		return rapid.OneOf(
			rapid.Just("key.age"), rapid.Just("manifest.jws"),
			rapid.StringMatching(`(segment|events)-[0-9]{6}\.age`),
		).Draw(t, "name")
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := names.Draw(t, "a"), names.Draw(t, "b"), names.Draw(t, "c")
		if inOrder(a, b) != -inOrder(b, a) {
			t.Fatalf("%s and %s come before one another", a, b)
		}
		if inOrder(a, b) <= 0 && inOrder(b, c) <= 0 && inOrder(a, c) > 0 {
			t.Fatalf("%s, %s, %s go round", a, b, c)
		}
		if (inOrder(a, b) == 0) != (a == b) {
			t.Fatalf("%s and %s are the same", a, b)
		}
		if b != "key.age" && inOrder("key.age", b) >= 0 || b != "manifest.jws" && inOrder("manifest.jws", b) <= 0 {
			t.Fatalf("%s is not between key and manifest", b)
		}
	})
}
