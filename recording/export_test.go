package recording

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// twoSizes is real video whose size changes in the middle, 30 + 30 pictures.
func twoSizes(t testing.TB) []Frame {
	t.Helper()
	small, large := video(t, 320, 180, 30, 15), video(t, 640, 360, 30, 15)
	for i := range large {
		large[i].At = large[i].At.Add(6 * time.Second)
	}
	return append(small, large...)
}

// PROMISE E2, A12: stock age and ffprobe open a recording, piece after piece.
func TestStockToolsOpenIt(t *testing.T) {
	who, store, dir := newReviewer(t), newMemory(), t.TempDir()
	record(t, testOptions(store, newReviewer(t).recipient, who.recipient), video(t, 320, 180, 40, 15),
		Event{At: began, Kind: KindGranted, Scope: "record", By: "user"})
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	reviewerFile := write("reviewer.txt", []byte(who.secret+"\n"))
	own := write("recording.key", []byte(run(t, store.objects[KeyName], "age", "-d", "-i", reviewerFile)))
	var whole bytes.Buffer
	for _, name := range store.names() {
		if strings.HasPrefix(name, "segment-") {
			whole.WriteString(run(t, store.objects[name], "age", "-d", "-i", own))
		}
	}
	file := write("session.mp4", whole.Bytes())
	if got := probe(t, file); got.frames != 40 || got.width != 320 || got.codec != "vp9" {
		t.Errorf("ffprobe: %+v", got)
	}
	packed := run(t, store.objects[EventsName(1)], "age", "-d", "-i", own)
	events, err := decodeEvents([]byte(packed))
	if err != nil || len(events) != 1 || events[0].Kind != KindGranted {
		t.Errorf("events: %v, %v", events, err)
	}
}

type probed struct {
	codec         string
	width, frames int
	seconds       float64
}

// probe decodes a file whole and counts.
func probe(t testing.TB, file string) probed {
	t.Helper()
	var out struct {
		Streams []struct {
			Codec  string `json:"codec_name"`
			Width  int    `json:"width"`
			Frames string `json:"nb_read_frames"`
		} `json:"streams"`
		Format struct {
			Duration string `json:"duration"`
		} `json:"format"`
	}
	text := run(t, nil, "ffprobe", "-v", "error", "-count_frames", "-of", "json",
		"-show_entries", "stream=codec_name,width,nb_read_frames:format=duration", file)
	if err := json.Unmarshal([]byte(text), &out); err != nil || len(out.Streams) != 1 {
		t.Fatalf("ffprobe: %v: %s", err, text)
	}
	frames, err := strconv.Atoi(out.Streams[0].Frames)
	if err != nil {
		t.Fatal(err)
	}
	seconds, err := strconv.ParseFloat(out.Format.Duration, 64)
	if err != nil {
		t.Fatal(err)
	}
	return probed{out.Streams[0].Codec, out.Streams[0].Width, frames, seconds}
}

func export(t testing.TB, store Source, who reviewer) string {
	t.Helper()
	r, err := Open(store, who.identity, Expect{Recording: testID})
	if err != nil {
		t.Fatal(err)
	}
	return exported(t, r)
}

// exported is the file that a recording is exported to.
func exported(t testing.TB, r *Reader) string {
	t.Helper()
	var out bytes.Buffer
	if err := r.Export(&out); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "out.mp4")
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// PROMISE E9: one plain MP4 that decodes whole, without a word of complaint, and
// seeks, also across a change of size.
func TestExport(t *testing.T) {
	who, store := newReviewer(t), newMemory()
	frames := twoSizes(t)
	opts := testOptions(store, who.recipient)
	opts.Now = func() time.Time { return began.Add(12 * time.Second) }
	record(t, opts, frames)
	if got := store.names(); !slices.Contains(got, SegmentName(4)) || slices.Contains(got, SegmentName(5)) {
		t.Fatalf("segments: %v", got)
	}
	file := export(t, store, who)
	if got, want := probe(t, file), (probed{"vp9", 320, 60, 12}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	run(t, nil, "ffmpeg", "-v", "error", "-xerror", "-i", file, "-vsync", "0", "-f", "null", "-")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if moov, mdat := bytes.Index(data, []byte("moov")), bytes.Index(data, []byte("mdat")); moov < 0 || moov > mdat {
		t.Error("the index does not stand in front")
	}
	for _, at := range []float64{0, 3, 7.4, 11.8} {
		if want, got := picturesAt(t, frames, at), seek(t, file, at); got != want {
			t.Errorf("seeking to %v s shows another picture than playing to it", at)
		}
	}
}

// seek is the hash of the picture that ffmpeg shows after seeking.
func seek(t testing.TB, file string, at float64) string {
	t.Helper()
	return lastField(run(t, nil, "ffmpeg", "-v", "error", "-ss", fmt.Sprint(at), "-i", file,
		"-frames:v", "1", "-vf", "scale=320:180:flags=neighbor,format=yuv420p", "-f", "framemd5", "-"))
}

// picturesAt decodes the frames themselves, without any MP4, up to the one at a time.
func picturesAt(t testing.TB, frames []Frame, at float64) string {
	t.Helper()
	n := int(at*5 + 0.5)
	from := 0
	if n >= 30 {
		from = 30 // the second size begins with a key frame
	}
	var ivf bytes.Buffer
	ivf.WriteString("DKIF\x00\x00\x20\x00VP90")
	for _, v := range []uint32{320 | 180<<16, 5, 1, 0, 0} {
		ivf.Write([]byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)})
	}
	for i, f := range frames[from : n+1] {
		size := len(f.Data)
		ivf.Write([]byte{byte(size), byte(size >> 8), byte(size >> 16), 0, byte(i), 0, 0, 0, 0, 0, 0, 0})
		ivf.Write(f.Data)
	}
	return lastField(run(t, ivf.Bytes(), "ffmpeg", "-v", "error", "-f", "ivf", "-i", "-",
		"-vf", "scale=320:180:flags=neighbor,format=yuv420p", "-f", "framemd5", "-"))
}

func lastField(text string) string {
	fields := strings.Fields(text)
	return fields[len(fields)-1]
}

// A recording that was cut off is exported as far as it goes.
func TestExportUnfinished(t *testing.T) {
	who, store := newReviewer(t), newMemory()
	record(t, testOptions(store, who.recipient), twoSizes(t))
	delete(store.objects, ManifestName)
	delete(store.objects, SegmentName(4))
	r, err := OpenUnfinished(store, store.names(), who.identity, testID)
	if err != nil {
		t.Fatal(err)
	}
	if got := probe(t, exported(t, r)); got.frames != 45 {
		t.Errorf("got %+v, want 45 frames", got)
	}
}

func TestWrappedIdentity(t *testing.T) {
	who := newReviewer(t)
	wrapped := wrap(t, who.secret, "correct horse battery")
	if !IsArmored(wrapped) {
		t.Fatal("not armored")
	}
	id, err := UnwrapIdentity(wrapped, "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	store := newMemory()
	record(t, testOptions(store, who.recipient), []Frame{synthetic(began, true, 64, 64, 10)})
	if _, err := Open(store, id, Expect{}); err != nil {
		t.Error(err)
	}
	if _, err := UnwrapIdentity(wrapped, "wrong horse battery"); err == nil {
		t.Error("the wrong passphrase opened it")
	}
}
