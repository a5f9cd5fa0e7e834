package agent

import (
	"bytes"
	"crypto/sha256"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"beside/agent/internal/ui"
	"beside/consent"
	"beside/protocol"
	"beside/protocol/wire"
)

const filesScope = wire.Scope_SCOPE_FILES

// home gives the user a home folder, and returns the one for downloads.
func home(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	t.Setenv("XDG_CONFIG_HOME", "")
	return filepath.Join(dir, "Downloads")
}

func fileRequest(id uint32) *wire.FileMessage {
	return &wire.FileMessage{Id: id, Kind: &wire.FileMessage_Request{Request: &wire.FileRequest{Reason: "the log"}}}
}

func fileOffer(id uint32, name string, size int) *wire.FileMessage {
	return &wire.FileMessage{Id: id, Kind: &wire.FileMessage_Offer{Offer: &wire.FileOffer{Name: name, Size: uint64(size)}}}
}

func fileChunk(id uint32, offset int, data []byte) *wire.FileMessage {
	return &wire.FileMessage{Id: id, Kind: &wire.FileMessage_Chunk{Chunk: &wire.FileChunk{Offset: uint64(offset), Data: data}}}
}

func fileEnd(id uint32, sum []byte) *wire.FileMessage {
	return &wire.FileMessage{Id: id, Kind: &wire.FileMessage_End{End: &wire.FileEnd{Sha256: sum}}}
}

func fileAccept(id uint32, offset uint64) *wire.FileMessage {
	return &wire.FileMessage{Id: id, Kind: &wire.FileMessage_Accept{Accept: &wire.FileAccept{Offset: offset}}}
}

// heard waits for the agent's next message about a transfer.
func (a *attended) heard(id uint32) *wire.FileMessage {
	a.t.Helper()
	for {
		m, err := protocol.DecodeFile(receive(a.t, "a message about a file", a.tools["files"].got))
		if err != nil {
			a.t.Fatal(err)
		}
		if m.GetId() == id {
			return m
		}
	}
}

func (a *attended) halted(id uint32, want wire.FileStop_Why) {
	a.t.Helper()
	for {
		m := a.heard(id)
		if s := m.GetStop(); s != nil {
			if s.GetWhy() != want {
				a.t.Errorf("transfer %d: %v, want %v", id, s.GetWhy(), want)
			}
			return
		}
		if m.GetReceived() != nil {
			a.t.Fatalf("transfer %d was completed", id)
		}
	}
}

// upload sends a file from an offset on, within the window, and returns what it is called.
func (a *attended) upload(id uint32, name string, data []byte) string {
	a.t.Helper()
	a.tools["files"].put(fileOffer(id, name, len(data)))
	accept := a.heard(id).GetAccept()
	if accept == nil {
		a.t.Fatalf("%q was not accepted", name)
	}
	at, acked := int(accept.GetOffset()), int(accept.GetOffset())
	for at < len(data) {
		for at < len(data) && at-acked < protocol.FileWindow {
			part := data[at:min(len(data), at+protocol.MaxPiece)]
			a.tools["files"].put(fileChunk(id, at, part))
			at += len(part)
		}
		acked = int(a.heard(id).GetProgress().GetReceived())
	}
	sum := sha256.Sum256(data)
	a.tools["files"].put(fileEnd(id, sum[:]))
	for {
		m := a.heard(id)
		if r := m.GetReceived(); r != nil {
			if !bytes.Equal(r.GetSha256(), sum[:]) {
				a.t.Errorf("confirmed another hash")
			}
			return r.GetName()
		}
		if m.GetStop() != nil {
			a.t.Fatalf("%q: %v", name, m.GetStop().GetWhy())
		}
	}
}

// download takes the file that the user chose.
func (a *attended) download(id uint32) (name string, data []byte) {
	a.t.Helper()
	offer := a.heard(id).GetOffer()
	if offer == nil {
		a.t.Fatal("nothing was offered")
	}
	a.tools["files"].put(fileAccept(id, 0))
	for {
		m := a.heard(id)
		switch kind := m.GetKind().(type) {
		case *wire.FileMessage_Chunk:
			if int(kind.Chunk.GetOffset()) != len(data) {
				a.t.Fatalf("chunk at %d, want %d", kind.Chunk.GetOffset(), len(data))
			}
			data = append(data, kind.Chunk.GetData()...)
			a.tools["files"].put(&wire.FileMessage{Id: id, Kind: &wire.FileMessage_Progress{Progress: &wire.FileProgress{Received: uint64(len(data))}}})
		case *wire.FileMessage_End:
			sum := sha256.Sum256(data)
			if len(data) != int(offer.GetSize()) || !bytes.Equal(kind.End.GetSha256(), sum[:]) {
				a.t.Errorf("%d bytes, want %d; or another hash", len(data), offer.GetSize())
			}
			a.tools["files"].put(&wire.FileMessage{Id: id, Kind: &wire.FileMessage_Received{Received: &wire.FileReceived{Name: offer.GetName(), Sha256: sum[:]}}})
			return offer.GetName(), data
		case *wire.FileMessage_Stop:
			a.t.Fatalf("stopped: %v", kind.Stop.GetWhy())
		}
	}
}

func noise(n int) []byte {
	data := make([]byte, n)
	random := rand.NewChaCha8([32]byte{1})
	_, _ = random.Read(data)
	return data
}

// wantFolder compares the names in a folder.
func wantFolder(t *testing.T, folder string, want ...string) {
	t.Helper()
	entries, _ := os.ReadDir(folder) // none is an empty one
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, want) {
		t.Errorf("in the folder: %q, want %q", got, want)
	}
}

// PROMISE A1, A2, THREAT 2: without a yes to files nothing is written, nobody is asked to
// choose, whatever else was granted, and a no is a no.
func TestNoFilesWithoutAYes(t *testing.T) {
	folder := home(t)
	a := begin(t)
	a.look("files")
	a.allow(control, consent.Control)
	a.ask(filesScope)
	a.person.answer(t, consent.Files, no)
	a.decided(filesScope, refused)
	a.tools["files"].put(fileOffer(1, "x", 3))
	a.halted(1, wire.FileStop_WHY_NOT_ALLOWED)
	a.tools["files"].put(fileChunk(2, 0, []byte("abc")))
	a.halted(2, wire.FileStop_WHY_NOT_ALLOWED)
	a.tools["files"].put(fileRequest(3))
	a.halted(3, wire.FileStop_WHY_NOT_ALLOWED)
	select {
	case <-a.person.choices:
		t.Error("the user was asked for a file")
	default:
	}
	if _, err := os.Stat(folder); err == nil {
		t.Error("the folder was made")
	}
}

// PROMISE A9, A2: files go both ways whole, replace nothing, and the receipt lists them
// with their hashes.
func TestFilesBothWays(t *testing.T) {
	folder := home(t)
	a := begin(t)
	a.look("files")
	a.allow(filesScope, consent.Files)
	if !a.bar.shows().Files {
		t.Error("the bar does not show it")
	}
	large := noise(5<<20 + 17)
	for i, c := range []struct {
		called, want string
		data         []byte
	}{
		{"driver.zip", "driver.zip", large},
		{"driver.zip", "driver (2).zip", []byte("another")},
		{"../../.ssh/authorized_keys", "authorized_keys", []byte("x")},
		{"empty", "empty", nil},
	} {
		if got := a.upload(uint32(10+i), c.called, c.data); got != c.want {
			t.Errorf("%q is called %q, want %q", c.called, got, c.want)
		}
		if got, err := os.ReadFile(filepath.Join(folder, c.want)); err != nil || !bytes.Equal(got, c.data) {
			t.Errorf("%s: %d bytes, %v", c.want, len(got), err)
		}
	}
	chosen := filepath.Join(filepath.Dir(folder), "log ü.txt")
	if err := os.WriteFile(chosen, large, 0o600); err != nil {
		t.Fatal(err)
	}
	a.tools["files"].put(fileRequest(20))
	choice := receive(t, "the list", a.person.choices)
	if choice.Reason != "the log" || choice.Technician != ana.Name {
		t.Errorf("the user reads %+v", choice.ChooseView)
	}
	choice.reply <- chosen
	if name, data := a.download(20); name != "log ü.txt" || !bytes.Equal(data, large) {
		t.Errorf("got %q, %d bytes", name, len(data))
	}
	a.tools["files"].put(fileRequest(21))
	receive(t, "the list", a.person.choices).reply <- ""
	a.halted(21, wire.FileStop_WHY_USER)

	a.person.press(t, ui.EndSession)
	a.person.awaitOver(t, "the summary", func(v ui.OverView) bool {
		return len(v.FilesGot) == 4 && slices.Equal(v.FilesGiven, []string{"log ü.txt"})
	})
	page, receipt := a.receipts(t)
	list, err := receipt.FileList()
	if err != nil || len(list) != 5 || !list[4].FromUser || !list[4].Complete || len(list[4].SHA256) != 64 || list[4].SHA256 != list[0].SHA256 {
		t.Errorf("the receipt lists %+v, %v", list, err)
	}
	if !strings.Contains(page, "driver (2).zip") || !strings.Contains(page, list[0].SHA256) {
		t.Error("the page does not list the files")
	}
	wantFolder(t, folder, "authorized_keys", "driver (2).zip", "driver.zip", "empty")
}

// THREAT 4, PROMISE E6: one press on the bar stops every transfer, removes what is not
// whole, and closes the list; the session goes on.
func TestFilesTakenBack(t *testing.T) {
	folder := home(t)
	a := begin(t)
	a.look("files")
	a.allow(filesScope, consent.Files)
	a.tools["files"].put(fileOffer(1, "half.bin", 100))
	if a.heard(1).GetAccept() == nil {
		t.Fatal("not accepted")
	}
	a.tools["files"].put(fileChunk(1, 0, make([]byte, 50)))
	a.tools["files"].put(fileRequest(2))
	receive(t, "the list", a.person.choices) // stays open
	a.person.press(t, ui.StopFiles)
	a.decided(filesScope, withdrawn)
	a.halted(1, wire.FileStop_WHY_NOT_ALLOWED)
	a.tools["files"].put(fileOffer(3, "x", 3))
	a.halted(3, wire.FileStop_WHY_NOT_ALLOWED)
	a.agentFilesRest()
	wantFolder(t, folder)
	a.allow(filesScope, consent.Files)
	if name := a.upload(4, "again", []byte("whole")); name != "again" {
		t.Errorf("called %q", name)
	}
	a.person.press(t, ui.EndSession)
	a.person.awaitOver(t, "the summary", func(v ui.OverView) bool { return slices.Equal(v.FilesGot, []string{"again"}) })
	_, receipt := a.receipts(t)
	if list, err := receipt.FileList(); err != nil || len(list) != 2 || list[0].Complete || list[0].Name != "half.bin" || !list[1].Complete {
		t.Errorf("the receipt lists %+v, %v", list, err)
	}
}

// agentFilesRest waits until the agent has cleaned up: another message is answered after.
func (a *attended) agentFilesRest() {
	a.t.Helper()
	a.ask(filesScope)
	q := receive(a.t, "the question", a.person.questions)
	q.reply <- no
	a.decided(filesScope, refused)
}

// THREAT 12, THREAT 18: what does not fit is refused or given up, and leaves nothing.
func TestFilesOutOfPlace(t *testing.T) {
	folder := home(t)
	a := begin(t)
	a.look("files")
	a.allow(filesScope, consent.Files)
	files := a.tools["files"]
	files.put(fileOffer(1, "gap", 10))
	files.put(fileChunk(1, 5, []byte("x")))
	a.halted(1, wire.FileStop_WHY_DAMAGED)
	files.put(fileOffer(2, "more", 2))
	files.put(fileChunk(2, 0, []byte("abc")))
	a.halted(2, wire.FileStop_WHY_DAMAGED)
	files.put(fileOffer(3, "hash", 3))
	files.put(fileChunk(3, 0, []byte("abc")))
	files.put(fileEnd(3, make([]byte, 32)))
	a.halted(3, wire.FileStop_WHY_DAMAGED)
	files.put(fileOffer(4, "size", 3))
	files.put(fileOffer(4, "size", 4))
	a.halted(4, wire.FileStop_WHY_DAMAGED)
	for id := range uint32(protocol.MaxTransfers) {
		files.put(fileOffer(10+id, "many", 3))
	}
	files.put(fileOffer(30, "too many", 3))
	a.halted(30, wire.FileStop_WHY_BUSY)
	for id := range uint32(protocol.MaxTransfers) {
		files.put(&wire.FileMessage{Id: 10 + id, Kind: &wire.FileMessage_Stop{Stop: &wire.FileStop{Why: wire.FileStop_WHY_TECHNICIAN}}})
	}
	if name := a.upload(40, "after", []byte("whole")); name != "after" {
		t.Errorf("called %q", name)
	}
	wantFolder(t, folder, "after")
}

// PROMISE A9: the same offer again goes on where the receiver is, both ways, and a pause
// only holds up.
func TestFilesGoOn(t *testing.T) {
	folder := home(t)
	a := begin(t)
	a.look("files")
	a.allow(filesScope, consent.Files)
	data := noise(400_000)
	files := a.tools["files"]
	files.put(fileOffer(1, "long", len(data)))
	if a.heard(1).GetAccept() == nil {
		t.Fatal("not accepted")
	}
	files.put(fileChunk(1, 0, data[:50_000]))
	files.put(fileChunk(1, 50_000, data[50_000:100_000]))
	a.person.press(t, ui.PauseSession)
	a.hear("the pause", func(m *wire.FromAgent) bool { return m.GetState().GetPaused() })
	files.put(fileChunk(1, 100_000, data[100_000:150_000]))
	a.person.press(t, ui.ResumeSession)
	files.put(fileOffer(1, "long", len(data)))
	for {
		if accept := a.heard(1).GetAccept(); accept != nil {
			if accept.GetOffset() != 150_000 {
				t.Errorf("goes on at %d", accept.GetOffset())
			}
			break
		}
	}
	if name := a.upload(1, "long", data); name != "long" {
		t.Errorf("called %q", name)
	}
	if got, err := os.ReadFile(filepath.Join(folder, "long")); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	files.put(fileRequest(2))
	receive(t, "the list", a.person.choices).reply <- filepath.Join(folder, "long")
	if a.heard(2).GetOffer() == nil {
		t.Fatal("not offered")
	}
	files.put(fileAccept(2, 390_000))
	chunk := a.heard(2).GetChunk()
	if chunk.GetOffset() != 390_000 || !bytes.Equal(chunk.GetData(), data[390_000:]) {
		t.Errorf("goes on at %d", chunk.GetOffset())
	}
	sum := sha256.Sum256(data)
	if end := a.heard(2).GetEnd(); !bytes.Equal(end.GetSha256(), sum[:]) {
		t.Error("the hash is not of the whole file")
	}
}

// PROMISE A4: everything that the technician does stands in the user's list, in plain
// words and with how much it was, and never what.
func TestTheListSaysWhatWasDone(t *testing.T) {
	home(t)
	a := begin(t)
	a.look("files", "clipboard")
	a.allow(filesScope, consent.Files)
	a.allow(clipboardScope, consent.Clipboard)
	a.allow(control, consent.Control)
	a.upload(1, "report.pdf", noise(2_000_000))
	copied(t, "the secret text")
	a.fetch(2)
	a.offerClip(3, wire.ClipboardPiece_FORMAT_TEXT, []byte("another secret"))
	for i := range uint64(4) {
		a.inject(1+i, &wire.Input{Kind: &wire.Input_Key{Key: &wire.Key{Code: "KeyQ", Key: "q", Down: i%2 == 0}}})
	}
	a.person.press(t, ui.OpenActivity)
	want := []string{
		"Seeing your screen: asked", "Seeing your screen: you said yes", "Files: you said yes",
		"Sent you the file report.pdf, 2.0\u00a0MB", "Read your clipboard: 15 characters", "Put 14 characters on your clipboard", "Pressed 2 keys",
	}
	for {
		v := receive(t, "the list", a.person.lists)
		var all []string
		for _, line := range v.Lines {
			all = append(all, line.Text)
		}
		text := strings.Join(all, "\n")
		if strings.Contains(text, "secret") {
			t.Fatalf("the list holds content: %s", text)
		}
		if !slices.ContainsFunc(want, func(w string) bool { return !slices.Contains(all, w) }) {
			return
		}
	}
}
