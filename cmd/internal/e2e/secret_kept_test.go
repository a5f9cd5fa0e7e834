package e2e

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"beside/agent/desktop"
	"beside/cmd/internal/stage"
	"beside/recording"
)

// typedTokens is how many secrets the technician types.
const typedTokens = 1000

// haystack is everything that may hold no secret: what it is called, and its bytes.
type haystack map[string][]byte

// addFolder takes every file of a folder in.
func (h haystack) addFolder(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		h[path] = content
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// find returns where a secret stands, written plainly or in a usual encoding.
func (h haystack) find(secret []byte) (where []string) {
	forms := map[string][]byte{"plain": secret, "hex": []byte(hex.EncodeToString(secret))}
	if !bytes.ContainsFunc(secret, func(r rune) bool { return r > 0x7e }) {
		var wide []byte
		for _, unit := range utf16.Encode([]rune(string(secret))) {
			wide = append(wide, byte(unit), byte(unit>>8))
		}
		forms["UTF-16"] = wide
	}
	if whole := len(secret) / 3 * 3; whole >= 6 {
		forms["base64"] = []byte(base64.RawStdEncoding.EncodeToString(secret[:whole]))
	}
	for place, content := range h {
		for form, b := range forms {
			if bytes.Contains(content, b) {
				where = append(where, place+" ("+form+")")
			}
		}
	}
	return where
}

// expectNone makes sure that a secret is nowhere.
func (h haystack) expectNone(t *testing.T, what string, secret []byte) {
	t.Helper()
	if len(secret) < 6 {
		t.Fatalf("%s: %d bytes are too few to look for", what, len(secret))
	}
	if where := h.find(secret); len(where) > 0 {
		t.Errorf("%s is in %q", what, where)
	}
}

// telling cuts bytes into pieces of which each could only come from there: it leaves
// out those with little in them, as of an area in one colour.
func telling(content []byte, size, every int) (pieces [][]byte) {
	for at := 0; at+size <= len(content); at += every {
		piece, kinds := content[at:at+size], map[byte]bool{}
		for _, b := range piece {
			kinds[b] = true
		}
		if len(kinds) >= size/4 {
			pieces = append(pieces, piece)
		}
	}
	return pieces
}

// tokens makes secrets that stand nowhere by chance.
func tokens(count int) (all []string) {
	const letters = "abcdefghjkmnpqrstuvwxyz23456789"
	for range count {
		b := make([]byte, 10)
		rand.Read(b) // never fails, see crypto/rand
		for i := range b {
			b[i] = letters[int(b[i])%len(letters)]
		}
		all = append(all, string(b))
	}
	return all
}

// PROMISE A12, THREAT 16, THREAT 17, THREAT 22: after a recorded session in which much
// was seen and typed, nothing of it, and no key, is in what the relay keeps, in a log,
// in the metrics, in the agent's spool, or in the events of the recording.
func TestNothingSecretIsKept(t *testing.T) {
	s, log := newTown(t, stage.Options{})
	s.must(s.page.SetUpRecording(s.ctx))
	s.startAgent()
	seen := "the meter reads " + tokens(1)[0]
	letter := filepath.Join(s.Desktop.Home(), "letter.txt")
	s.must(os.WriteFile(letter, []byte(strings.Repeat(seen+"\n", 60)), 0o600))
	editor, err := s.Desktop.Run(desktop.Mousepad(letter))
	s.must(err)
	t.Cleanup(editor.Stop)
	s.view()
	s.control()
	s.record()
	secrets := s.typeSecrets()
	picture, err := s.Desktop.Picture()
	s.must(err)
	s.must(until(s.ctx, func() bool { return len(s.stored("segment-*.age")) > 0 }))
	_, err = s.EndSession(s.ctx)
	s.must(err)
	s.over("The user ended the session")
	var folder string
	for _, folder = range s.recordings(1) {
	}

	kept := haystack{"metrics": s.metrics()}
	kept.addFolder(t, s.RelayData())
	kept.addFolder(t, filepath.Join(s.Dir, "agent"))
	s.must(s.CloseAgent(s.ctx))
	s.Relay.Stop()
	kept.addFolder(t, s.RelayData()) // the database again, put away
	kept["logs"] = withoutConsole(log.all(), s.Link())
	for _, there := range []string{stage.TechnicianName, stage.Email} { // or one looks in the wrong place
		if where := kept.find([]byte(there)); len(where) == 0 {
			t.Errorf("%q is nowhere: the search finds nothing", there)
		}
	}

	track, film, inner := s.opened(folder)
	for i, token := range secrets {
		kept.expectNone(t, fmt.Sprintf("typed token %d", i), []byte(token))
	}
	for i, token := range secrets { // in the opened recording too, and in the receipt
		haystack{"events": track, "receipt": s.receiptBytes()}.expectNone(t, fmt.Sprintf("typed token %d", i), []byte(token))
	}
	code := strings.ReplaceAll(s.code, " ", "")
	for what, secret := range map[string]string{
		"the code": code, "the code in groups": s.code, "what follows the locator": code[5:],
		"the text on the screen": seen, "a password": stage.Password, "a passphrase": stage.Passphrase,
		"an age identity": "AGE-SECRET-KEY", "the recovery key": s.page.Recovery, "the recording's key": inner,
		"the one-time link": s.Link()[strings.Index(s.Link(), "#")+1:],
	} {
		kept.expectNone(t, what, []byte(secret))
	}
	expectNoPictures(t, kept, film, picture)
}

// expectNoPictures looks for what the recording holds, as it was compressed, and for
// the screen's own pixels in both orders of colours.
func expectNoPictures(t *testing.T, kept haystack, film []byte, picture *image.RGBA) {
	t.Helper()
	swapped := bytes.Clone(picture.Pix)
	for i := 0; i+3 < len(swapped); i += 4 {
		swapped[i], swapped[i+2], swapped[i+3] = swapped[i+2], swapped[i], 0
	}
	for what, content := range map[string]struct {
		bytes []byte
		every int
	}{"the recording, opened": {film, 512}, "the screen, RGBA": {picture.Pix, 128}, "the screen, BGRX": {swapped, 128}} {
		pieces := telling(content.bytes, 32, content.every)
		if len(pieces) < 20 {
			t.Errorf("%s: only %d pieces to look for", what, len(pieces))
		}
		for i := 0; i < len(pieces); i += 1 + len(pieces)/400 {
			piece := pieces[i]
			if where := kept.find(piece); len(where) > 0 {
				t.Fatalf("%s is in %q", what, where)
			}
		}
	}
}

// typeSecrets lets the technician type into the user's window, key by key and as an
// input method does, and waits until all has arrived there.
func (s *scene) typeSecrets() []string {
	s.t.Helper()
	const byKey = 20
	secrets := tokens(typedTokens)
	target := s.target(image.Rect(200, 300, 600, 500))
	s.must(s.Rested(s.ctx, s.page)) // the user has just answered
	s.must(s.page.ClickOn(s.ctx, 400, 400))
	s.must(target.Wait(s.ctx, func(e []desktop.Event) bool { return len(e) > 0 }))
	for i, secret := range secrets {
		if i < byKey {
			s.must(s.page.TypeText(s.ctx, secret))
			continue
		}
		s.must(chromedp.Run(s.page.Context(), input.InsertText(secret)))
	}
	want := strings.Join(secrets, "")
	s.must(target.WaitText(s.ctx, want))
	return secrets
}

// metrics is what the relay tells of itself.
func (s *scene) metrics() []byte {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.ctx, http.MethodGet, s.URL+"/metrics", nil)
	s.must(err)
	resp, err := http.DefaultClient.Do(req)
	s.must(err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	s.must(err)
	if !bytes.Contains(text, []byte("beside_")) {
		s.t.Errorf("the metrics are %q", text)
	}
	return text
}

// withoutConsole is the log without the two lines that people are meant to read: the
// code on the user's terminal and the first link on the relay's console.
func withoutConsole(log []byte, link string) []byte {
	lines := slices.DeleteFunc(bytes.Split(log, []byte("\n")), func(line []byte) bool {
		return bytes.Contains(line, []byte("Read this number to the person helping you:")) ||
			bytes.HasSuffix(bytes.TrimSpace(line), []byte(link))
	})
	return bytes.Join(lines, []byte("\n"))
}

// opened opens the recording as the organisation can: its events, its pictures, and
// the secret of its own key.
func (s *scene) opened(folder string) (events, film []byte, inner string) {
	s.t.Helper()
	identity, err := recording.ParseIdentity(s.page.Recovery)
	s.must(err)
	dir, err := recording.OpenDir(folder)
	s.must(err)
	defer dir.Close()
	r, err := recording.Open(dir, identity, recording.Expect{})
	s.must(err)
	track, err := r.Events()
	s.must(err)
	events, err = json.Marshal(track)
	s.must(err)
	for n := range r.Segments() {
		segment, err := r.Segment(n + 1)
		s.must(err)
		film = append(film, segment...)
	}
	recovery := s.write("recovery.txt", s.page.Recovery+"\n")
	inner = strings.TrimSpace(s.stock("age", "--decrypt", "-i", recovery, filepath.Join(folder, "key.age")))
	if !strings.HasPrefix(inner, "AGE-SECRET-KEY-") {
		s.t.Fatal("key.age holds no age identity")
	}
	return events, film, inner
}

// receiptBytes are the user's receipts as they are on the disk.
func (s *scene) receiptBytes() (all []byte) {
	s.t.Helper()
	receipts := haystack{}
	receipts.addFolder(s.t, s.Receipts())
	for _, content := range receipts {
		all = append(all, content...)
	}
	return all
}
