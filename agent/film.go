package agent

import (
	"errors"
	"image"
	"time"

	"beside/agent/internal/capture"
	"beside/agent/internal/encode"
	"beside/consent"
)

// film encodes one rectangle of the screen and sends it on the video track: the part
// that moves, or the whole screen for a viewer that paints no screen updates.
type film struct {
	*picture
	box        image.Rectangle // of the screen
	fullChroma bool
	exactLater bool  // updates make it exact when it is still
	most       int64 // kilobits a second for the box; zero is whatever the network carries

	// guess is what the network carries, in kilobits a second, as far as the updates
	// know; zero is unknown.
	guess int64

	encoder  *encode.VP9
	kilobits int64 // what the encoder was told
	damage   []image.Rectangle

	unshot []image.Rectangle // what changed since the last picture that was sent
}

// place makes ready for a rectangle of the screen. Another one begins with a key frame.
func (f *film) place(box image.Rectangle) error {
	if f.encoder != nil && box == f.box {
		return f.follow()
	}
	f.close()
	f.box = box
	f.kilobits = f.rate()
	encoder, err := encode.New(encode.Config{
		Width: box.Dx(), Height: box.Dy(), Kilobits: int(f.kilobits), FullChroma: f.fullChroma, Film: f.exactLater,
	})
	if err != nil {
		return err
	}
	f.encoder = encoder
	return nil
}

// follow gives the encoder what the network carries now.
func (f *film) follow() error {
	k := f.rate()
	if k == f.kilobits {
		return nil
	}
	f.kilobits = k
	return f.encoder.SetKilobits(int(k))
}

// rate is what the encoder may use.
func (f *film) rate() int64 {
	k := f.network()
	if f.most > 0 {
		k = min(k, f.most)
	}
	return k
}

// network is what the network carries, in kilobits a second. The estimate begins with a
// guess of its own and rises from there by and by, whatever is sent, until there was too
// much: till then what the updates know counts, and rises as the estimate does.
func (f *film) network() int64 {
	k := f.picture.kilobits.Load()
	if f.guess == 0 || f.measured.Load() {
		return k
	}
	return max(min(k, f.guess*k/firstKilobits), lowestRate/1000)
}

// outlets is how fast packets may leave, in kilobits a second: as network, but the first
// guess of the estimate holds nothing back where the updates know better.
func (f *film) outlets() int64 {
	if f.guess == 0 || f.measured.Load() {
		return f.network()
	}
	return max(f.guess*f.picture.kilobits.Load()/firstKilobits, lowestRate/1000)
}

// filmRate is what film of that size is worth, in kilobits a second: more is not seen
// while it moves, and when it is over the updates make it exact.
func filmRate(size image.Point) int64 {
	const full, fullArea, least = 3_500, 1280 * 720, 800
	return max(full*int64(size.X*size.Y)/fullArea, least)
}

// show sends what changed inside the box, with what was left out before; or leaves it
// out, while the network has enough to carry.
func (f *film) show(frame *capture.Frame, damage []image.Rectangle) error {
	f.unshot = append(f.unshot, damage...)
	if len(f.unshot) > mostOwed {
		f.unshot = append(f.unshot[:0], bounding(f.unshot))
	}
	if !f.mayShow() {
		return nil
	}
	return f.emit(encode.Picture{Pix: f.crop(frame), Stride: frame.Stride, Damage: f.inBox(), At: frame.At})
}

// mayShow reports whether the network is ready for another picture: what the encoder
// cannot make smaller must come less often.
func (f *film) mayShow() bool {
	return !f.peer.video.outlet.full() && !f.peer.flight.full(time.Now())
}

// refine sends what was shown once more, finer, with what was left out.
func (f *film) refine(frame *capture.Frame) error {
	return f.emit(encode.Picture{Pix: f.crop(frame), Stride: frame.Stride, Damage: f.inBox(), Refine: true, At: time.Now()})
}

// inBox takes what is to be shown, in the box's own pixels.
func (f *film) inBox() []image.Rectangle {
	f.damage = f.damage[:0]
	for _, r := range f.unshot {
		if r = r.Intersect(f.box); !r.Empty() {
			f.damage = append(f.damage, r.Sub(f.box.Min))
		}
	}
	f.unshot = f.unshot[:0]
	return f.damage
}

// crop is the frame's pixels from the box's upper left corner on.
func (f *film) crop(frame *capture.Frame) []byte {
	return frame.Pix[f.box.Min.Y*frame.Stride+4*f.box.Min.X:]
}

// emit encodes and sends one picture, as a key frame when the viewer needs one.
func (f *film) emit(picture encode.Picture) error {
	forced := f.forceKey.Swap(false)
	data, _, err := f.encoder.Encode(picture, forced)
	if err != nil || len(data) == 0 {
		return err
	}
	f.peer.video.outlet.follow(f.outlets())
	f.wishes.sent(time.Now(), !forced && !picture.Refine)
	err = f.peer.video.send(data, picture.At)
	if errors.Is(err, consent.ErrPaused) {
		f.forceKey.Store(true) // the viewer missed this one
		return nil
	}
	return err
}

func (f *film) close() {
	f.unshot = f.unshot[:0]
	if f.encoder != nil {
		f.encoder.Close()
		f.encoder = nil
	}
}
