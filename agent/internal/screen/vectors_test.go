package screen

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/updates.json anew")

// vectors are read by the viewer's tests as well. In every scene the decoder begins
// empty; in each step it takes the messages, then hears of the video frame that is shown,
// and then has the picture of the hash: SHA-256 over the rows of R, G, B, A, all four 0
// where the canvas is transparent.
type vectors struct {
	Scenes  []vectorScene   `json:"scenes"`
	Refused []vectorRefusal `json:"refused"`
}

type vectorScene struct {
	Name  string       `json:"name"`
	Steps []vectorStep `json:"steps"`
}

type vectorStep struct {
	Messages [][]byte `json:"messages,omitempty"` // base64
	Shown    *uint32  `json:"shown,omitempty"`    // the video frame's RTP timestamp
	Serial   uint32   `json:"serial"`             // of the last update drawn or kept
	Width    int      `json:"width"`
	Height   int      `json:"height"`
	SHA256   string   `json:"sha256"`
	Video    *[2]int  `json:"video,omitempty"` // where its corner lies, once an update told
}

// vectorRefusal is taken up to Before, and refused with the last message of Messages.
type vectorRefusal struct {
	Name     string   `json:"name"`
	Before   [][]byte `json:"before,omitempty"`
	Messages [][]byte `json:"messages"`
}

// vectorWriter plays updates to a decoder and notes what it shows.
type vectorWriter struct {
	t      *testing.T
	viewer *viewer
	scene  vectorScene
	serial uint32
	pad    int  // messages are lengthened by so much
	told   bool // an update let the video be seen
}

func newVectorWriter(t *testing.T, name string) *vectorWriter {
	return &vectorWriter{t: t, viewer: newViewer(t), scene: vectorScene{Name: name}}
}

func (w *vectorWriter) step(updates [][]byte, shown ...uint32) {
	w.t.Helper()
	w.viewer.pad = w.pad
	w.viewer.receive(w.t, updates)
	s := vectorStep{Messages: w.viewer.messages, Serial: w.viewer.Serial()}
	for _, rtp := range shown {
		w.viewer.Shown(rtp)
		s.Shown = &rtp
	}
	s.Width, s.Height, s.SHA256 = w.viewer.hash()
	if at := w.viewer.VideoAt(); w.told {
		s.Video = &[2]int{at.X, at.Y}
	}
	w.scene.Steps = append(w.scene.Steps, s)
}

func (v *viewer) hash() (width, height int, sum string) {
	p := v.Picture()
	if p == nil {
		return 0, 0, ""
	}
	h := sha256.Sum256(p.Pix)
	return p.Rect.Dx(), p.Rect.Dy(), hex.EncodeToString(h[:])
}

// update makes an update of this body, packed as asked.
func (w *vectorWriter) update(flags byte, rtp uint32, size image.Point, body []byte) []byte {
	w.serial++
	return buildUpdate(w.t, header{flags: flags, serial: w.serial, rtp: rtp, width: size.X, height: size.Y, length: len(body)}, body)
}

func buildUpdate(t testing.TB, h header, body []byte) []byte {
	t.Helper()
	u := h.append(nil)
	if h.flags&flagZstd == 0 {
		return append(u, body...)
	}
	c, err := NewCoder(1, 1)
	if err != nil {
		t.Fatal(err)
	}
	return c.zstd.EncodeAll(body, u)
}

// padded lengthens a message with n bytes that are no part of it.
func padded(message []byte, n int) []byte {
	m := append(bytes.Clone(message), make([]byte, n-2)...)
	m[0] |= piecePadded
	return binary.LittleEndian.AppendUint16(m, uint16(n))
}

func filled(r image.Rectangle, r8, g8, b8 byte) []byte {
	return append(appendOp(nil, opFill, r), r8, g8, b8)
}

// paletteOp draws n colours in an order that uses all of them.
func paletteOp(r image.Rectangle, n int) []byte {
	b := append(appendOp(nil, opPalette, r), byte(n-1))
	for i := range n {
		b = append(b, byte(i*7), byte(255-i), byte(i*i))
	}
	indexes := make([]byte, r.Dx())
	for y := range r.Dy() {
		for x := range indexes {
			indexes[x] = byte((x + y*r.Dx()) % n)
		}
		b = appendIndexes(b, indexes, indexBits(n))
	}
	return b
}

func rawOp(r image.Rectangle, filter byte, seed uint64) []byte {
	rnd := rand.New(rand.NewPCG(seed, 3))
	b := append(appendOp(nil, opRaw, r), filter)
	for range 3 * area(r) {
		b = append(b, byte(rnd.IntN(256)))
	}
	return b
}

// operations draws by hand what the coder may or may not choose.
func operations(t *testing.T) vectorScene {
	w := newVectorWriter(t, "operations")
	size := image.Pt(70, 50)
	whole := image.Rectangle{Max: size}
	one := func(flags byte, rtp uint32, ops ...[]byte) [][]byte {
		return [][]byte{w.update(flags, rtp, size, bytes.Join(ops, nil))}
	}
	w.step(one(flagRefresh, 1000))
	w.step(one(0, 1000, filled(whole, 10, 20, 30), filled(image.Rect(69, 49, 70, 50), 255, 0, 1)))
	for i, n := range []int{1, 2, 3, 4, 5, 15, 16, 17, 100, 256} {
		w.step(one(flagZstd, 1000, paletteOp(image.Rect(3+i, i, 3+i+33, i+11), n)))
	}
	for filter := range byte(filterUp + 1) {
		at := 20 * int(filter)
		w.step(one(0, 1000, rawOp(image.Rect(at, 25, at+19, 42), filter, uint64(filter))))
	}
	for _, by := range []image.Point{{0, -3}, {0, 3}, {-5, 0}, {5, 0}, {7, 5}, {-7, 5}, {7, -5}, {-1, -1}} {
		target := image.Rect(10, 10, 60, 40)
		w.step(one(0, 1000, appendCopy(nil, target, target.Min.Sub(by))))
	}
	w.step(one(0, 1000, appendCopy(nil, image.Rect(0, 0, 9, 9), image.Pt(50, 30)), appendCopy(nil, image.Rect(4, 4, 13, 13), image.Pt(0, 0))))
	w.step([][]byte{ // three that are drawn together
		w.update(flagMore, 1000, size, filled(image.Rect(0, 0, 20, 20), 1, 2, 3)),
		w.update(flagMore|flagZstd, 1000, size, paletteOp(image.Rect(5, 5, 40, 30), 30)),
		w.update(0, 1000, size, appendCopy(nil, image.Rect(40, 0, 60, 20), image.Pt(0, 0))),
	})
	w.step([][]byte{w.update(flagMore, 1000, size, filled(whole, 200, 200, 200))}) // not seen yet
	w.step(one(0, 1000))
	size = image.Pt(33, 17)
	w.step(one(flagRefresh, 1000, filled(image.Rect(1, 1, 32, 16), 90, 91, 92))) // the rest is transparent
	return w.scene
}

// film hands rectangles to the video and back.
func film(t *testing.T) vectorScene {
	w := newVectorWriter(t, "film")
	size := image.Pt(64, 48)
	one := func(rtp uint32, ops ...[]byte) [][]byte {
		return [][]byte{w.update(0, rtp, size, bytes.Join(ops, nil))}
	}
	at := image.Pt(0, 0)
	video := func(r image.Rectangle) []byte { w.told = true; return appendVideo(nil, r, at) }
	w.step([][]byte{w.update(flagRefresh, 0, size, filled(image.Rectangle{Max: size}, 1, 100, 200))})
	w.step(one(5000, video(image.Rect(16, 16, 48, 32)))) // no video frame yet: still there
	w.step(nil, 4999)
	w.step(nil, 5000)
	w.step(one(5000, video(image.Rect(0, 0, 16, 16))))           // shown already: at once
	w.step(one(4000, filled(image.Rect(0, 0, 20, 20), 9, 9, 9))) // lossless again
	w.step(one(6000, video(image.Rect(0, 0, 64, 16)), filled(image.Rect(8, 4, 24, 12), 7, 7, 7)))
	w.step(one(6100, filled(image.Rect(40, 0, 70-6, 8), 3, 4, 5))) // calls a part of it off
	w.step(nil, 6050)
	w.step(one(7000, video(image.Rect(40, 0, 64, 8))))
	w.step(nil, 7001)
	at = image.Pt(3, 25)
	w.step(nil, 1<<31) // a long time later
	w.step(one(1<<32-10, video(image.Rect(0, 32, 64, 48))))
	w.step(nil, 1<<32-11)
	w.step(nil, 5) // wrapped around
	w.step([][]byte{w.update(flagMore, 2000, size, video(image.Rect(0, 24, 10, 30))), w.update(0, 2000, size, nil)}, 2000)
	w.step([][]byte{w.update(flagRefresh, 9000, size, filled(image.Rect(0, 0, 32, 48), 50, 60, 70))})
	return w.scene
}

// desktop is what the coder makes of things that screens do.
func desktop(t *testing.T) vectorScene {
	w := newVectorWriter(t, "desktop")
	d := newDesk(251, 163, 99)
	coder, err := NewCoder(251, 163)
	if err != nil {
		t.Fatal(err)
	}
	rtp := uint32(90_000)
	var (
		veil    []image.Rectangle
		videoAt image.Point
	)
	step := func() {
		p := d.picture()
		p.RTP, p.Film, p.VideoAt = rtp, veil, videoAt
		w.told = w.told || veil != nil
		updates, err := coder.Update(p)
		if err != nil {
			t.Fatal(err)
		}
		w.step(updates, rtp)
		w.viewer.mustShow(t, d, veil)
		rtp += 1500
	}
	d.fill(d.bounds, 0x2a4d69)
	d.text(image.Rect(10, 10, 200, 140), 0x202020, 0xfdfdf0)
	step()
	w.pad = 2
	for range 3 { // typing
		d.text(image.Rect(50, 90, 58, 106), 0x202020, 0xfdfdf0)
		step()
		w.pad *= 10
	}
	w.pad = 0
	for _, by := range []int{-16, -48, 16, -3} { // scrolling
		d.shift(image.Rect(10, 10, 200, 140), image.Pt(0, by))
		d.text(image.Rect(10, 140+min(by, 0), 200, 140), 0x202020, 0xfdfdf0)
		step()
	}
	window := image.Rect(60, 40, 180, 120)
	d.text(window, 0xffffff, 0x103050)
	step()
	for _, by := range []image.Point{{7, 5}, {-9, 3}, {4, -6}, {-11, -13}} { // dragging
		d.shift(window, by)
		d.fill(image.Rect(window.Min.X, window.Min.Y, window.Max.X, window.Min.Y+max(by.Y, 0)), 0x2a4d69)
		window = window.Add(by)
		step()
	}
	d.photo(image.Rect(0, 0, 90, 70))
	step()
	d.noise(image.Rect(30, 0, 230, 160), 0) // more than a message
	step()
	veil = []image.Rectangle{image.Rect(96, 32, 208, 112)}
	step()
	d.noise(veil[0], 0)
	d.fill(image.Rect(0, 0, 40, 40), 0x00ff00)
	step()
	veil = []image.Rectangle{image.Rect(160, 32, 240, 112), image.Rect(96, 48, 160, 96)}
	step()
	videoAt = image.Pt(96, 32)
	step()
	coder.Invalidate()
	step()
	veil = nil
	d.text(image.Rect(96, 32, 240, 112), 0, 0xffffff)
	step()
	coder.Invalidate()
	step()
	return w.scene
}

func makeVectors(t *testing.T) vectors {
	return vectors{Scenes: []vectorScene{operations(t), film(t), desktop(t)}, Refused: refusals(t)}
}

const vectorFile = "testdata/updates.json"

// The file is what this coder makes, so that the viewer is tested against the same.
func TestVectorsAreUpToDate(t *testing.T) {
	var made bytes.Buffer
	e := json.NewEncoder(&made)
	e.SetIndent("", " ")
	if err := e.Encode(makeVectors(t)); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(filepath.FromSlash(vectorFile), made.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	there, err := os.ReadFile(filepath.FromSlash(vectorFile))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(there, made.Bytes()) {
		t.Error("the vectors differ; if they should, run: go test ./agent/internal/screen -run Vectors -update")
	}
}

func readVectors(t testing.TB) vectors {
	t.Helper()
	data, err := os.ReadFile(filepath.FromSlash(vectorFile))
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// The decoder does what the file says, and shows nothing of what it refuses.
func TestVectors(t *testing.T) {
	v := readVectors(t)
	for _, scene := range v.Scenes {
		t.Run(scene.Name, func(t *testing.T) { playScene(t, scene) })
	}
	for _, r := range v.Refused {
		t.Run(r.Name, func(t *testing.T) { playRefusal(t, r) })
	}
	if len(v.Scenes) < 3 || len(v.Refused) < 20 {
		t.Errorf("%d scenes, %d refusals", len(v.Scenes), len(v.Refused))
	}
}

func playScene(t *testing.T, scene vectorScene) {
	viewer := newViewer(t)
	for i, s := range scene.Steps {
		for _, m := range s.Messages {
			if _, err := viewer.Message(m); err != nil {
				t.Fatalf("step %d: %v", i, err)
			}
		}
		if s.Shown != nil {
			viewer.Shown(*s.Shown)
		}
		width, height, sum := viewer.hash()
		if width != s.Width || height != s.Height || sum != s.SHA256 || viewer.Serial() != s.Serial {
			t.Fatalf("step %d: serial %d, %d x %d, %s; want %d, %d x %d, %s",
				i, viewer.Serial(), width, height, sum, s.Serial, s.Width, s.Height, s.SHA256)
		}
		if at := viewer.VideoAt(); s.Video != nil && at != image.Pt(s.Video[0], s.Video[1]) {
			t.Fatalf("step %d: video at %v, want %v", i, at, *s.Video)
		}
	}
}

func playRefusal(t *testing.T, r vectorRefusal) {
	viewer := newViewer(t)
	for _, m := range r.Before {
		if _, err := viewer.Message(m); err != nil {
			t.Fatalf("before: %v", err)
		}
	}
	_, _, before := viewer.hash()
	for i, m := range r.Messages {
		_, err := viewer.Message(m)
		if last := i == len(r.Messages)-1; (err != nil) != last {
			t.Fatalf("message %d of %d: %v", i+1, len(r.Messages), err)
		}
	}
	if _, _, after := viewer.hash(); after != before {
		t.Error("something of it is seen")
	}
	if p := viewer.Picture(); p != nil {
		next := header{serial: viewer.Serial() + 1, width: p.Rect.Dx(), height: p.Rect.Dy()}
		if _, err := viewer.Message(piece(buildUpdate(t, next, nil))); !errors.Is(err, ErrLost) {
			t.Errorf("got %v, want %v", err, ErrLost)
		}
	}
	if _, err := viewer.Message(piece(buildUpdate(t, header{flags: flagRefresh, width: 8, height: 8, serial: 2}, nil))); err != nil {
		t.Errorf("a refresh afterwards: %v", err)
	}
}

// piece is a whole update in one message.
func piece(update []byte) []byte { return append([]byte{pieceFirst | pieceLast}, update...) }
