package agent

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/proto"

	"beside/consent"
	"beside/protocol"
	"beside/protocol/wire"
)

// THREAT 4: however long a text, a name or a piece of a file is, no fragment of its message
// is as short as upkeep, and it comes out whole within what the viewer takes.
func TestNoFragmentOfContentsIsShort(t *testing.T) {
	all := make([]byte, largestContents)
	for length := 1; length <= largestContents; length++ {
		if length > 3*fragment && length < largestContents-3*fragment {
			continue // it goes on as it began
		}
		m := &wire.ClipboardMessage{Id: 1 << 30, Kind: &wire.ClipboardMessage_Piece{Piece: &wire.ClipboardPiece{
			Format: wire.ClipboardPiece_FORMAT_TEXT, Size: protocol.MaxClipboardText, Data: all[:length],
		}}}
		data, err := marshalContents(m)
		if err != nil {
			t.Fatal(err)
		}
		wantLong(t, data)
		got, err := protocol.DecodeClipboard(data)
		if err != nil {
			t.Fatalf("%d bytes: %v", length, err)
		}
		if len(got.GetPiece().GetData()) != length {
			t.Fatalf("%d bytes came out as %d", length, len(got.GetPiece().GetData()))
		}
		if plain := proto.Size(m); length == largestContents && len(data) != plain {
			t.Errorf("the largest piece is padded, from %d bytes to %d", plain, len(data))
		}
	}
}

// wantLong wants no fragment of a message to be as short as upkeep.
func wantLong(t *testing.T, message []byte) {
	t.Helper()
	for _, size := range []int{fragment, fragment - 4} {
		for rest := len(message); rest > 0; rest -= size {
			if min(rest, size) < leastPiece {
				t.Fatalf("a message of %d bytes ends with a fragment of %d", len(message), min(rest, size))
			}
		}
	}
}

// THREAT 4: what is of the user's clipboard and files, and the pointer's shape, is long enough
// for the socket to hold it back once the user has paused or ended; what only says how
// something went is not.
func TestContentsNeedTheGrantAtTheSocket(t *testing.T) {
	home(t)
	a := begin(t)
	a.look("clipboard", "files")
	a.allow(clipboardScope, consent.Clipboard)
	copied(t, "a PIN")
	a.tools["clipboard"].put(&wire.ClipboardMessage{Id: 1, Kind: &wire.ClipboardMessage_Fetch{Fetch: &wire.ClipboardFetch{}}})
	piece := receive(t, "the clipboard", a.tools["clipboard"].got)
	if m, err := protocol.DecodeClipboard(piece); err != nil || !bytes.Equal(m.GetPiece().GetData(), []byte("a PIN")) {
		t.Fatalf("fetched %v, %v", m, err)
	}
	wantLong(t, piece)

	chosen := filepath.Join(t.TempDir(), "short.txt")
	if err := os.WriteFile(chosen, []byte("4711"), 0o600); err != nil {
		t.Fatal(err)
	}
	a.allow(filesScope, consent.Files)
	a.tools["files"].put(fileRequest(1))
	receive(t, "the list", a.person.choices).reply <- chosen
	for _, what := range []string{"the name", "the bytes", "the hash"} {
		message := receive(t, what, a.tools["files"].got)
		m, err := protocol.DecodeFile(message)
		if err != nil {
			t.Fatal(err)
		}
		if m.GetStop() != nil {
			t.Fatalf("%s: stopped, %v", what, m.GetStop().GetWhy())
		}
		if m.GetOffer() != nil {
			a.tools["files"].put(fileAccept(1, 0))
		}
		wantLong(t, message)
	}
}

// THREAT 4: the smallest of shapes is held back like the others.
func TestThePointersShapeIsLong(t *testing.T) {
	data, err := encodeCursor(&wire.Cursor{X: 1, ShapeSerial: 1, Shape: &wire.CursorShape{Serial: 1, Width: 1, Height: 1, Rgba: make([]byte, 4)}})
	if err != nil {
		t.Fatal(err)
	}
	wantLong(t, data)
	if _, err := protocol.DecodeCursor(data); err != nil {
		t.Error(err)
	}
}
