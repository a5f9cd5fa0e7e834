package recording

import (
	"errors"
	"fmt"
	"io"

	"github.com/Eyevinn/mp4ff/mp4"
)

// maxExportSamples bounds the index of an export: 5 pictures a second for 28 hours.
const maxExportSamples = 500_000

// Export writes the recording as one plain MP4: the index first, so that players can
// seek at once, every segment a chunk, one sample entry for each size of picture. It
// reads each segment twice, so that memory stays small.
func (r *Reader) Export(w io.Writer) error {
	if len(r.segments) == 0 {
		return errors.New("recording: nothing to export: it has no pictures")
	}
	var x exportIndex
	for n := 1; n <= r.Segments(); n++ {
		form, samples, err := r.samples(n)
		if err != nil {
			return err
		}
		if err := x.add(*form, samples); err != nil {
			return err
		}
	}
	if err := x.writeHead(w); err != nil {
		return err
	}
	for n := 1; n <= r.Segments(); n++ {
		_, samples, err := r.samples(n)
		if err != nil {
			return err
		}
		for _, s := range samples {
			if _, err := w.Write(s.data); err != nil {
				return fmt.Errorf("recording: export: %w", err)
			}
		}
	}
	return nil
}

// samples opens segment n and compares it with what the manifest says of it.
func (r *Reader) samples(n int) (*picture, []sample, error) {
	plain, err := r.Segment(n)
	if err != nil {
		return nil, nil, err
	}
	form, samples, err := parseSegment(plain)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", SegmentName(n), err)
	}
	info, last := r.segments[n-1].Segment, samples[len(samples)-1]
	if samples[0].at != info.StartMS || last.at+last.dur != info.StartMS+info.DurationMS ||
		len(samples) != info.Frames || form.width != info.Width || form.height != info.Height {
		return nil, nil, fmt.Errorf("%w: %s is not as described", ErrTampered, SegmentName(n))
	}
	return form, samples, nil
}

// exportIndex gathers what a moov needs.
type exportIndex struct {
	forms    []picture
	stts     mp4.SttsBox
	stsz     mp4.StszBox
	stss     mp4.StssBox
	chunks   []exportChunk
	duration uint64
}

type exportChunk struct {
	form  int // from 1
	count uint32
	bytes uint64
}

func (x *exportIndex) add(form picture, samples []sample) error {
	if int(x.stsz.SampleNumber)+len(samples) > maxExportSamples {
		return fmt.Errorf("recording: export: more than %d pictures", maxExportSamples)
	}
	chunk := exportChunk{form: x.formIndex(form), count: uint32(len(samples))}
	for _, s := range samples {
		x.stsz.SampleNumber++
		x.stsz.SampleSize = append(x.stsz.SampleSize, uint32(len(s.data)))
		if s.key {
			x.stss.SampleNumber = append(x.stss.SampleNumber, x.stsz.SampleNumber)
		}
		x.addDuration(uint32(s.dur))
		x.duration += uint64(s.dur)
		chunk.bytes += uint64(len(s.data))
	}
	x.chunks = append(x.chunks, chunk)
	return nil
}

func (x *exportIndex) addDuration(dur uint32) {
	if n := len(x.stts.SampleTimeDelta); n > 0 && x.stts.SampleTimeDelta[n-1] == dur {
		x.stts.SampleCount[n-1]++
		return
	}
	x.stts.SampleTimeDelta = append(x.stts.SampleTimeDelta, dur)
	x.stts.SampleCount = append(x.stts.SampleCount, 1)
}

func (x *exportIndex) formIndex(form picture) int {
	for i, f := range x.forms {
		if sameForm(f, form) {
			return i + 1
		}
	}
	x.forms = append(x.forms, form)
	return len(x.forms)
}

// writeHead writes ftyp, moov and the head of mdat. Offsets are 64 bits wide, so the
// moov's size is known before they are.
func (x *exportIndex) writeHead(w io.Writer) error {
	init := newInit(x.forms, false)
	moov := init.Moov
	moov.Mvhd.Duration, moov.Trak.Tkhd.Duration = x.duration, x.duration
	mdhd := moov.Trak.Mdia.Mdhd
	mdhd.Duration = x.duration
	if x.duration >= 1<<32 {
		moov.Mvhd.Version, moov.Trak.Tkhd.Version, mdhd.Version = 1, 1, 1
	}
	stsc, offsets, err := x.chunkTables()
	if err != nil {
		return err
	}
	replaceTables(moov.Trak.Mdia.Minf.Stbl, &x.stts, &x.stss, stsc, &x.stsz, offsets)
	var total uint64
	for _, c := range x.chunks {
		total += c.bytes
	}
	mdat := &mp4.MdatBox{LargeSize: true}
	mdat.SetLazyDataSize(total)
	pos := init.Size() + mdat.HeaderSize()
	for i, c := range x.chunks {
		offsets.ChunkOffset[i] = pos
		pos += c.bytes
	}
	if err := init.Encode(w); err != nil {
		return fmt.Errorf("recording: export: %w", err)
	}
	if err := mp4.EncodeHeaderWithSize("mdat", mdat.Size(), true, w); err != nil {
		return fmt.Errorf("recording: export: %w", err)
	}
	return nil
}

func (x *exportIndex) chunkTables() (*mp4.StscBox, *mp4.Co64Box, error) {
	stsc := &mp4.StscBox{}
	for i, c := range x.chunks {
		if err := stsc.AddEntry(uint32(i+1), c.count, uint32(c.form)); err != nil {
			return nil, nil, fmt.Errorf("recording: export: %w", err)
		}
	}
	return stsc, &mp4.Co64Box{ChunkOffset: make([]uint64, len(x.chunks))}, nil
}

// replaceTables puts filled tables in the place of the empty ones after stsd.
func replaceTables(stbl *mp4.StblBox, tables ...mp4.Box) {
	stsd := stbl.Stsd
	*stbl = mp4.StblBox{}
	stbl.AddChild(stsd)
	for _, t := range tables {
		stbl.AddChild(t)
	}
}
