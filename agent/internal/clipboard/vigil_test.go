//go:build linux

package clipboard

import (
	"errors"
	"testing"

	"github.com/jezek/xgb/xproto"

	"beside/consent/consenttest"
)

// vigilant is a board that knows of secrets.
func vigilant(t *testing.T, display string) (*Board, *Vigil) {
	t.Helper()
	v, err := KeepVigil(display)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	grant, _ := consenttest.NewClipboard(t)
	b, err := Open(grant, Options{Display: display, Vigil: v})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b, v
}

// ended ends the typing and waits until the server has told what was done meanwhile.
func ended(t *testing.T, v *Vigil) {
	t.Helper()
	v.Ended()
	waitFor(t, "the end of the typing", func() bool {
		v.mu.Lock()
		defer v.mu.Unlock()
		return !v.typing
	})
}

// heard waits until the server has told all that was done so far.
func heard(t *testing.T, v *Vigil) {
	t.Helper()
	if _, err := xproto.GetInputFocus(v.conn).Reply(); err != nil {
		t.Fatal(err)
	}
}

func wantSecret(t *testing.T, b *Board, when string) {
	t.Helper()
	if c, err := b.Read(t.Context()); !errors.Is(err, ErrSecret) {
		t.Errorf("%s: read %q, %v; want ErrSecret", when, c.Text, err)
	}
}

// PROMISE A8: what the user copies while they type a secret is never read, neither then nor
// afterwards, until they copy something anew; what they copied before is none.
func TestCopiedWhileASecretIsTyped(t *testing.T) {
	screen := display(t)
	b, v := vigilant(t, screen)
	user, _ := board(t, screen)
	put(t, user, Content{Text: "before"})
	heard(t, v)
	v.Began()
	wantSecret(t, b, "while it is typed") // whatever it is
	ended(t, v)
	if got := read(t, b); got.Text != "before" {
		t.Errorf("what was copied before: %q", got.Text)
	}
	v.Began()
	put(t, user, Content{Text: "hunter2"})
	wantSecret(t, b, "while it is typed")
	v.Ended() // at once, with the copying still on its way
	wantSecret(t, b, "in the moment after")
	ended(t, v)
	wantSecret(t, b, "afterwards")
	if got := read(t, user); got.Text != "hunter2" {
		t.Errorf("the user themselves pastes %q", got.Text)
	}
	v.Began()
	ended(t, v)
	wantSecret(t, b, "after another secret")

	wantOpen(t, b, user)
}

// wantOpen has somebody copy anew, and b see it.
func wantOpen(t *testing.T, b, from *Board) {
	t.Helper()
	put(t, from, Content{Text: "after"})
	waitFor(t, "what was copied anew", func() bool {
		c, err := b.Read(t.Context())
		return err == nil && c.Text == "after"
	})
}

// awaitLeft waits until nobody holds the secret, or somebody does again.
func awaitLeft(t *testing.T, v *Vigil, left bool) {
	t.Helper()
	waitFor(t, "the secret's next holder", func() bool {
		v.mu.Lock()
		defer v.mu.Unlock()
		return v.left == left
	})
}

// PROMISE A8: a clipboard manager that keeps what a program held when it went away keeps
// its secret too; and so does a program that copies the same again meanwhile.
func TestASecretIsInherited(t *testing.T) {
	screen := display(t)
	b, v := vigilant(t, screen)
	vault, _ := board(t, screen)
	manager, _ := board(t, screen)
	v.Began()
	put(t, vault, Content{Text: "hunter2"})
	ended(t, v)
	vault.Close()
	awaitLeft(t, v, true)
	put(t, manager, Content{Text: "hunter2"})
	awaitLeft(t, v, false)
	wantSecret(t, b, "kept by a manager")
	v.mu.Lock()
	v.left, v.at = true, v.at-2*heritage // long ago
	v.mu.Unlock()
	wantOpen(t, b, manager)
}

// Nothing made up by another program makes a secret less of one.
func TestForgedNewsOfTheClipboard(t *testing.T) {
	screen := display(t)
	b, v := vigilant(t, screen)
	user, _ := board(t, screen)
	v.Began()
	put(t, user, Content{Text: "hunter2"})
	ended(t, v)
	forged := make([]byte, 32)
	forged[0] = v.event | 0x80 // as SendEvent marks it
	copy(forged[12:], []byte{byte(v.clipboard), byte(v.clipboard >> 8), byte(v.clipboard >> 16), byte(v.clipboard >> 24)})
	forged[8] = 1
	v.told(forged)
	wantSecret(t, b, "after forged news")
}

// Where nobody tells who copies, and when, nothing is read any more once a secret was
// typed. PROMISE A8.
func TestABlindVigil(t *testing.T) {
	screen := display(t)
	b, v := vigilant(t, screen)
	user, _ := board(t, screen)
	put(t, user, Content{Text: "before"})
	heard(t, v)
	v.Began()
	ended(t, v)
	if got := read(t, b); got.Text != "before" {
		t.Errorf("got %q", got.Text)
	}
	v.conn.Close()
	<-v.drained
	wantSecret(t, b, "when the server tells nothing")
	none := new(Vigil)
	none.Close()
	if none.Secret() {
		t.Error("secret before anything was typed")
	}
	none.Began()
	none.Ended()
	if !none.Secret() {
		t.Error("what nobody watched is read")
	}
}
