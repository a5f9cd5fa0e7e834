package encode

import (
	"fmt"
	"image"
	"math"
	"testing"
	"time"

	"beside/agent/internal/encode/decodetest"
	"beside/agent/internal/filmtest"
)

// projector shows a film to an encoder, 30 pictures a second, and looks what comes out.
type projector struct {
	width, height int
	pictures      [][]byte
	encoder       *VP9
	decoder       *decodetest.Decoder
	at            time.Time
	shown         int
}

func newProjector(t testing.TB, film filmtest.Film, width, height, pictures int, cfg Config) *projector {
	t.Helper()
	cfg.Width, cfg.Height = width, height
	return &projector{
		width: width, height: height, pictures: film.Pictures(width, height, pictures),
		encoder: newVP9(t, cfg), decoder: newDecoder(t), at: time.Now(),
	}
}

// next encodes the film's next picture.
func (p *projector) next(t testing.TB) []byte {
	t.Helper()
	p.at = p.at.Add(time.Second / 30)
	whole := [1]image.Rectangle{image.Rect(0, 0, p.width, p.height)}
	data, _, err := p.encoder.Encode(Picture{Pix: p.pictures[p.shown%len(p.pictures)], Stride: 4 * p.width, Damage: whole[:], At: p.at}, false)
	if err != nil {
		t.Fatal(err)
	}
	p.shown++
	return data
}

// quality is how near what a viewer sees comes to the picture that was encoded last, in dB.
func (p *projector) quality(t testing.TB, data []byte) float64 {
	t.Helper()
	seen, err := p.decoder.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return decodetest.PSNR(p.pictures[(p.shown-1)%len(p.pictures)], seen.Pix, 4*p.width, image.Rect(0, 0, p.width, p.height))
}

// Each film, as it is shown in a window. CPU is of the whole process, all threads.
func BenchmarkFilm(b *testing.B) {
	const pictures = 48
	for _, film := range filmtest.All() {
		b.Run(film.Name, func(b *testing.B) {
			p := newProjector(b, film, 1280, 720, pictures, Config{Film: true, Kilobits: 3500})
			bits, cpu, took, decibels, worst, n := 0, int64(0), time.Duration(0), 0.0, math.Inf(1), 0
			for range 30 { // until rate control has settled
				p.quality(b, p.next(b))
			}
			for b.Loop() {
				cpuBefore, began := cpuTime(b), time.Now()
				data := p.next(b)
				cpu, took, bits = cpu+cpuTime(b)-cpuBefore, took+time.Since(began), bits+8*len(data)
				quality := p.quality(b, data)
				decibels, worst, n = decibels+quality, min(worst, quality), n+1
			}
			b.ReportMetric(0, "ns/op") // of which decoding is the most
			b.ReportMetric(float64(cpu)/1e6/float64(n), "cpu-ms/picture")
			b.ReportMetric(float64(took.Microseconds())/1e3/float64(n), "ms/picture")
			b.ReportMetric(float64(bits)*30/1000/float64(n), "kbit/s")
			b.ReportMetric(decibels/float64(n), "dB")
			b.ReportMetric(worst, "worst-dB")
		})
	}
}

// The settings for film hold the rate that a link demands, and are good enough for each
// of the films where there is room.
func TestFilmAtItsRate(t *testing.T) {
	for _, want := range []struct{ kilobits, decibels int }{{600, 31}, {40, 20}} {
		for _, film := range filmtest.All() {
			t.Run(fmt.Sprint(film.Name, " at ", want.kilobits), func(t *testing.T) {
				t.Parallel()
				p := newProjector(t, film, 320, 180, 16, Config{Film: true, Kilobits: want.kilobits})
				bits := 0
				for n := range 40 {
					data := p.next(t)
					if n >= 16 { // until rate control has settled
						bits += 8 * len(data)
					}
					if got := p.quality(t, data); n >= 16 && got < float64(want.decibels) {
						t.Errorf("picture %d: got %.1f dB, want %d", n, got, want.decibels)
					}
				}
				if got := bits * 30 / 24 / 1000; got > want.kilobits*6/5 {
					t.Errorf("got %d kbit/s, want %d", got, want.kilobits)
				}
			})
		}
	}
}

// A film's first picture is no more than a few that follow it, whatever the rate.
func TestFilmBeginsSmall(t *testing.T) {
	film := filmtest.All()[0]
	for _, kilobits := range []int{400, 3500} {
		p := newProjector(t, film, 1280, 720, 1, Config{Film: true, Kilobits: kilobits})
		if took := 8 * len(p.next(t)) / kilobits; took > 170 {
			t.Errorf("the first picture takes %d kbit/s %d ms", kilobits, took)
		}
	}
}

// Pictures that were left out leave nothing to those that come: else one that waited for
// the network would be larger and have the next wait for longer.
func TestFilmThatComesSeldomIsNotLarger(t *testing.T) {
	const kilobits = 400
	p := newProjector(t, filmtest.All()[0], 480, 272, 24, Config{Film: true, Kilobits: kilobits})
	largest := 0
	for n := range 48 {
		if data := p.next(t); n >= 24 {
			p.at = p.at.Add(time.Second) // with the next one's
			largest = max(largest, len(data))
		}
	}
	if took := 8 * largest / kilobits; took > 150 {
		t.Errorf("a picture after a second takes the link %d ms", took)
	}
}
