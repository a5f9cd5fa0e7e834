package recording

import (
	"bytes"
	"fmt"

	"github.com/Eyevinn/mp4ff/mp4"
)

// timescale of the media track: one unit is a millisecond.
const timescale = 1000

// sample is one frame with its place in time.
type sample struct {
	at   int64 // ms since the recording's start
	dur  int64 // ms; set when the next one is known
	key  bool
	data []byte
}

// openSegment gathers the frames of one segment. Times never go back: a frame is at
// least 1 ms after the one before.
type openSegment struct {
	number  int // from 1
	first   picture
	init    bool // begins with its own ftyp and moov
	samples []sample
	bytes   int
}

func (s *openSegment) start() int64 { return s.samples[0].at }

func (s *openSegment) add(at int64, key bool, data []byte) {
	if n := len(s.samples); n > 0 {
		s.samples[n-1].dur = at - s.samples[n-1].at
	}
	s.samples = append(s.samples, sample{at: at, key: key, data: bytes.Clone(data)})
	s.bytes += len(data)
}

// finish gives the last frame its duration.
func (s *openSegment) finish(end int64) {
	last := &s.samples[len(s.samples)-1]
	last.dur = max(end-last.at, 1)
}

func (s *openSegment) info(initBytes int) *Segment {
	last := s.samples[len(s.samples)-1]
	return &Segment{
		StartMS:    s.start(),
		DurationMS: last.at + last.dur - s.start(),
		Frames:     len(s.samples),
		Width:      s.first.width,
		Height:     s.first.height,
		Codec:      codecString(s.first),
		InitBytes:  initBytes,
	}
}

// encode makes the plain segment: an init segment when the picture's form is new,
// then one movie fragment.
func (s *openSegment) encode() (plain []byte, initBytes int, err error) {
	var out bytes.Buffer
	if s.init {
		if err := newInit([]picture{s.first}, true).Encode(&out); err != nil {
			return nil, 0, fmt.Errorf("recording: encode init segment: %w", err)
		}
		initBytes = out.Len()
	}
	frag, err := mp4.CreateFragment(uint32(s.number), 1)
	if err != nil {
		return nil, 0, fmt.Errorf("recording: make fragment: %w", err)
	}
	for _, f := range s.samples {
		flags := mp4.NonSyncSampleFlags | mp4.SampleDependsOn1
		if f.key {
			flags = mp4.SyncSampleFlags
		}
		frag.AddFullSample(mp4.FullSample{
			Sample:     mp4.NewSample(flags, uint32(f.dur), uint32(len(f.data)), 0),
			DecodeTime: uint64(f.at),
			Data:       f.data,
		})
	}
	if err := frag.Encode(&out); err != nil {
		return nil, 0, fmt.Errorf("recording: encode fragment: %w", err)
	}
	return out.Bytes(), initBytes, nil
}

// newInit makes ftyp and moov for pictures of the given forms, one sample entry each.
func newInit(forms []picture, fragmented bool) *mp4.InitSegment {
	init := mp4.CreateEmptyInit()
	init.Moov.Mvhd.Timescale = timescale
	trak := init.AddEmptyTrack(timescale, "video", "und")
	stsd := trak.Mdia.Minf.Stbl.Stsd
	width, height := 0, 0
	for _, p := range forms {
		primaries, transfer, matrix := colour(p.space)
		vpcc := &mp4.VppCBox{
			Version: 1, Level: level(p.width, p.height), BitDepth: 8, ChromaSubsampling: 1,
			ColourPrimaries: primaries, TransferCharacteristics: transfer, MatrixCoefficients: matrix,
		}
		if p.fullRange {
			vpcc.VideoFullRangeFlag = 1
		}
		entry := mp4.CreateVisualSampleEntryBox("vp09", uint16(p.width), uint16(p.height), vpcc)
		entry.CompressorName = "Beside"
		stsd.AddChild(entry)
		width, height = max(width, p.width), max(height, p.height)
	}
	// 16.16 fixed point; the sizes themselves are 16 bits.
	trak.Tkhd.Width, trak.Tkhd.Height = mp4.Fixed32(width<<16), mp4.Fixed32(height<<16)
	if !fragmented {
		dropMvex(init.Moov)
	}
	return init
}

// dropMvex turns the moov of a fragmented file into one of a plain file.
func dropMvex(moov *mp4.MoovBox) {
	kept := moov.Children[:0]
	for _, c := range moov.Children {
		if c.Type() != "mvex" {
			kept = append(kept, c)
		}
	}
	moov.Children, moov.Mvex = kept, nil
}

// parseSegment reads a plain segment back: the form of its pictures if it begins
// with an init segment, its samples (with data inside plain), and the init's length.
func parseSegment(plain []byte) (form *picture, samples []sample, err error) {
	if len(plain) > maxPlain {
		return nil, nil, fmt.Errorf("%w: segment of %d bytes", ErrTampered, len(plain))
	}
	moof, body, err := findFragment(plain)
	if err != nil {
		return nil, nil, err
	}
	if len(moof.Trafs) != 1 || moof.Traf.Tfdt == nil || len(moof.Traf.Truns) != 1 {
		return nil, nil, fmt.Errorf("%w: segment is not one track fragment", ErrTampered)
	}
	at := int64(moof.Traf.Tfdt.BaseMediaDecodeTime() & (1<<62 - 1))
	for _, s := range moof.Traf.Trun.Samples {
		if int64(s.Size) > int64(len(body)) {
			return nil, nil, fmt.Errorf("%w: segment is shorter than its index", ErrTampered)
		}
		samples = append(samples, sample{
			at: at, dur: int64(s.Dur), key: s.Flags&mp4.NonSyncSampleFlags == 0, data: body[:s.Size],
		})
		at, body = at+int64(s.Dur), body[s.Size:]
	}
	if len(samples) == 0 || !samples[0].key {
		return nil, nil, fmt.Errorf("%w: segment does not begin with a key frame", ErrTampered)
	}
	p, err := parsePicture(samples[0].data)
	if err != nil || !p.key {
		return nil, nil, fmt.Errorf("%w: segment does not begin with a key frame", ErrTampered)
	}
	return &p, samples, nil
}

// findFragment walks the top-level boxes to the one moof and the payload of the
// mdat after it.
func findFragment(plain []byte) (*mp4.MoofBox, []byte, error) {
	bad := func(what string) error { return fmt.Errorf("%w: segment %s", ErrTampered, what) }
	var moof *mp4.MoofBox
	for pos := 0; pos < len(plain); {
		kind, size, ok := boxAt(plain[pos:])
		if !ok {
			return nil, nil, bad("has a broken box")
		}
		whole := plain[pos : pos+size]
		switch kind {
		case "moof":
			box, err := mp4.DecodeBox(0, bytes.NewReader(whole))
			m, isMoof := box.(*mp4.MoofBox)
			if err != nil || !isMoof || moof != nil || m.Traf == nil {
				return nil, nil, bad("has a broken index")
			}
			moof = m
		case "mdat":
			if moof == nil {
				return nil, nil, bad("has pictures before its index")
			}
			return moof, whole[8:], nil
		}
		pos += size
	}
	return nil, nil, bad("has no pictures")
}

// boxAt reads the header of the box that data starts with. Large sizes never occur
// in objects of at most 8 MiB.
func boxAt(data []byte) (kind string, size int, ok bool) {
	if len(data) < 8 {
		return "", 0, false
	}
	size = int(data[0])<<24 | int(data[1])<<16 | int(data[2])<<8 | int(data[3])
	return string(data[4:8]), size, size >= 8 && size <= len(data)
}
