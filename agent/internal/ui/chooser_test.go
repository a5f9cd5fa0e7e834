package ui

import (
	"context"
	"image"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// folderOf makes a folder with files, folders (a / at the end) and hidden ones in it.
func folderOf(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, name)
		var err error
		if name[len(name)-1] == '/' {
			err = os.MkdirAll(path, 0o700)
		} else {
			err = os.WriteFile(path, nil, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// choosing opens a list and waits until it takes answers.
func choosing(t *testing.T, u *UI, folder string) (chosen <-chan string) {
	t.Helper()
	c := make(chan string, 1)
	go func() {
		path, err := u.ChooseFile(t.Context(), ChooseView{Technician: "Ana Pérez", Reason: "the log of the printer", Folder: folder})
		if err != nil {
			path = "error: " + err.Error()
		}
		c <- path
	}()
	until(t, u, "an armed list", func() bool {
		w := u.loop.chooser
		return w != nil && w.wasArmed && w.keyboard != 0 && drawn(w.p)
	})
	return c
}

func wantChosen(t *testing.T, chosen <-chan string, want string) {
	t.Helper()
	select {
	case got := <-chosen:
		if got != want {
			t.Errorf("chosen %q, want %q", got, want)
		}
	case <-time.After(60 * time.Second):
		t.Fatal("nothing was chosen")
	}
}

func chooserTarget(t *testing.T, u *UI, id targetID) (at image.Point) {
	t.Helper()
	inLoop(t, u, func() { u.loop.chooser.p.refresh(); at = targetAt(u.loop.chooser.p, id) })
	return at
}

// THREAT 1: only the person chooses a file: injected clicks and keys do nothing, and
// injection is locked for as long as the list is open.
func TestOnlyThePersonChooses(t *testing.T) {
	s, me, c := besieged(t)
	u := running(t, s)
	folder := folderOf(t, "b.txt", "a.txt", ".hidden", "pictures/")
	chosen := choosing(t, u, folder)
	if !u.Locked() {
		t.Error("injection is not locked")
	}
	row, send := chooserTarget(t, u, chooseRow+1), chooserTarget(t, u, chooseSend)
	for range 100 {
		c.fakeClick(row)
		c.fakeClick(send)
		c.fakeKeys(codeTab)
		c.fakeKeys(codeSpace)
	}
	c.fakeKeys(codeEsc)
	c.flush()
	for range 2 {
		inLoop(t, u, func() { _ = u.conn.sync() })
	}
	inLoop(t, u, func() {
		if w := u.loop.chooser; w == nil || w.at != -1 || len(w.entries) != 3 {
			t.Fatalf("injected events moved the list: %+v", w)
		}
	})
	me.click(send) // nothing is marked yet
	me.click(row)
	until(t, u, "the mark", func() bool { return u.loop.chooser.file() == filepath.Join(folder, "a.txt") })
	c.keep("chooser")
	me.click(send)
	wantChosen(t, chosen, filepath.Join(folder, "a.txt"))
	if u.Locked() {
		t.Error("injection is still locked")
	}
}

// With the keys alone: down, into a folder, out of it, send. Enter sends nothing.
func TestChoosingWithKeys(t *testing.T) {
	s, me := desk(t)
	u := running(t, s)
	var codeDown, codeRight, codeLeft uint32
	inLoop(t, u, func() {
		for code, k := range u.conn.keys.meaning {
			switch k {
			case keyDown:
				codeDown = uint32(code)
			case keyRight:
				codeRight = uint32(code)
			case keyLeft:
				codeLeft = uint32(code)
			}
		}
	})
	folder := folderOf(t, "sub/", "sub/one.txt", "two.txt")
	chosen := choosing(t, u, folder)
	me.press(codeDown)
	me.press(codeRight)
	me.press(codeDown)
	until(t, u, "the file in the folder", func() bool { return u.loop.chooser.file() == filepath.Join(folder, "sub/one.txt") })
	me.press(codeTab)
	until(t, u, "the button", func() bool { return u.loop.chooser.p.state.focus == chooseSend })
	me.press(codeEnter)
	me.press(codeSpace)
	wantChosen(t, chosen, filepath.Join(folder, "sub/one.txt"))

	chosen = choosing(t, u, filepath.Join(folder, "sub"))
	me.press(codeLeft)
	until(t, u, "the folder above", func() bool { return u.loop.chooser.folder == folder })
	me.press(codeEsc)
	wantChosen(t, chosen, "")
}

// A list is one at a time, and goes when nobody waits for it any more.
func TestChoosingIsCalledOff(t *testing.T) {
	s, _ := desk(t)
	u := running(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := u.ChooseFile(ctx, ChooseView{Technician: "Ana", Folder: "/nowhere"})
		done <- err
	}()
	until(t, u, "the list", func() bool { return u.loop.chooser != nil && drawn(u.loop.chooser.p) })
	inLoop(t, u, func() {
		if w := u.loop.chooser; !w.problem || len(w.entries) != 0 {
			t.Error("a folder that is not there is not told")
		}
	})
	if _, err := u.ChooseFile(t.Context(), ChooseView{Folder: "/"}); err == nil {
		t.Error("a second list was opened")
	}
	cancel()
	if err := <-done; err == nil {
		t.Error("no error")
	}
	if u.Locked() {
		t.Error("injection is still locked")
	}
}
