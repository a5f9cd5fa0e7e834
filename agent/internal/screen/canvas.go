package screen

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
)

// canvas is a picture with holes, through which the video is seen.
type canvas struct {
	pix     *image.NRGBA
	pending []hole
	seen    bool   // a video frame was shown
	latest  uint32 // its RTP timestamp
	videoAt image.Point
}

// hole is a rectangle that becomes transparent with a video frame.
type hole struct {
	image.Rectangle
	rtp uint32
}

// clear makes the canvas transparent, and of this size.
func (c *canvas) clear(width, height int) {
	c.pending = c.pending[:0]
	r := image.Rect(0, 0, width, height)
	if c.pix == nil || c.pix.Rect != r {
		c.pix = image.NewNRGBA(r)
		return
	}
	clear(c.pix.Pix)
}

// take makes the canvas the same as another.
func (c *canvas) take(from *canvas) {
	if c.pix == nil || c.pix.Rect != from.pix.Rect {
		c.pix = image.NewNRGBA(from.pix.Rect)
	}
	copy(c.pix.Pix, from.pix.Pix)
	c.pending = append(c.pending[:0], from.pending...)
	c.videoAt = from.videoAt
}

// frame hears of the video frame that is seen now.
func (c *canvas) frame(rtp uint32) {
	c.seen, c.latest = true, rtp
	c.settle()
}

// settle opens the holes whose video frame is seen. RTP timestamps wrap around.
func (c *canvas) settle() {
	waiting := c.pending[:0]
	for _, h := range c.pending {
		if !c.seen || int32(c.latest-h.rtp) < 0 {
			waiting = append(waiting, h)
			continue
		}
		for y := h.Min.Y; y < h.Max.Y; y++ {
			clear(c.row(h.Rectangle, y))
		}
	}
	c.pending = waiting
}

// row is the part of line y that lies in r.
func (c *canvas) row(r image.Rectangle, y int) []byte {
	return c.pix.Pix[c.pix.PixOffset(r.Min.X, y):c.pix.PixOffset(r.Max.X, y)]
}

// run carries the operations of a body out, up to the first that breaks a rule.
func (c *canvas) run(body []byte, rtp uint32) error {
	for len(body) > 0 {
		if len(body) < opSize {
			return fmt.Errorf("%w: operation cut off", ErrFormat)
		}
		op, r := body[0], rectangle(body[1:])
		if r.Empty() || !r.In(c.pix.Rect) {
			return fmt.Errorf("%w: operation %d on %v", ErrFormat, op, r)
		}
		used, err := c.carryOut(op, r, body[opSize:], rtp)
		if err != nil {
			return fmt.Errorf("%w: operation %d on %v: %w", ErrFormat, op, r, err)
		}
		body = body[opSize+used:]
	}
	return nil
}

func rectangle(b []byte) image.Rectangle {
	at := image.Pt(int(binary.LittleEndian.Uint16(b)), int(binary.LittleEndian.Uint16(b[2:])))
	size := image.Pt(int(binary.LittleEndian.Uint16(b[4:])), int(binary.LittleEndian.Uint16(b[6:])))
	return image.Rectangle{Min: at, Max: at.Add(size)}
}

// carryOut does one operation and returns how many bytes it needed.
func (c *canvas) carryOut(op byte, r image.Rectangle, data []byte, rtp uint32) (int, error) {
	switch op {
	case opCopy:
		return c.copy(r, data)
	case opFill:
		return c.fill(r, data)
	case opPalette:
		return c.palette(r, data)
	case opRaw:
		return c.raw(r, data)
	case opVideo:
		return c.video(r, data, rtp)
	}
	return 0, errors.New("unknown")
}

var (
	errShort = errors.New("data cut off")
	errHoles = errors.New("too many parts wait for video")
)

func (c *canvas) copy(r image.Rectangle, data []byte) (int, error) {
	if len(data) < 4 {
		return 0, errShort
	}
	from := image.Pt(int(binary.LittleEndian.Uint16(data)), int(binary.LittleEndian.Uint16(data[2:])))
	source := r.Sub(r.Min).Add(from)
	if !source.In(c.pix.Rect) {
		return 0, fmt.Errorf("source %v is outside", source)
	}
	if !c.opaque(source) {
		return 0, fmt.Errorf("source %v is not opaque", source)
	}
	for i := range r.Dy() {
		if source.Min.Y < r.Min.Y { // the other way round, so that what overlaps is read first
			i = r.Dy() - 1 - i
		}
		copy(c.row(r, r.Min.Y+i), c.row(source, source.Min.Y+i))
	}
	return 4, c.painted(r)
}

// opaque reports whether every pixel of r is there to stay.
func (c *canvas) opaque(r image.Rectangle) bool {
	for _, h := range c.pending {
		if h.Overlaps(r) {
			return false
		}
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := c.row(r, y)
		for i := 3; i < len(row); i += 4 {
			if row[i] == 0 {
				return false
			}
		}
	}
	return true
}

func (c *canvas) fill(r image.Rectangle, data []byte) (int, error) {
	if len(data) < 3 {
		return 0, errShort
	}
	first := c.row(r, r.Min.Y)
	for i := 0; i < len(first); i += 4 {
		first[i], first[i+1], first[i+2], first[i+3] = data[0], data[1], data[2], 255
	}
	for y := r.Min.Y + 1; y < r.Max.Y; y++ {
		copy(c.row(r, y), first)
	}
	return 3, c.painted(r)
}

func (c *canvas) palette(r image.Rectangle, data []byte) (int, error) {
	if len(data) < 1 {
		return 0, errShort
	}
	n := int(data[0]) + 1
	bits := indexBits(n)
	line := (r.Dx()*bits + 7) / 8
	size := 1 + 3*n + line*r.Dy()
	if len(data) < size {
		return 0, errShort
	}
	colours, rows := data[1:1+3*n], data[1+3*n:size]
	for y := range r.Dy() {
		indexes, row := rows[y*line:], c.row(r, r.Min.Y+y)
		for x := range r.Dx() {
			index := int(indexes[x*bits/8]) >> (8 - bits - x*bits%8) & (1<<bits - 1)
			if index >= n {
				return 0, fmt.Errorf("index %d of %d colours", index, n)
			}
			copy(row[4*x:], colours[3*index:3*index+3])
			row[4*x+3] = 255
		}
	}
	return size, c.painted(r)
}

func (c *canvas) raw(r image.Rectangle, data []byte) (int, error) {
	size := 1 + 3*area(r)
	if len(data) < size {
		return 0, errShort
	}
	filter, values := data[0], bytes.NewReader(data[1:size])
	if filter > filterUp {
		return 0, fmt.Errorf("filter %d", filter)
	}
	var zero, value [4]byte
	above := make([]byte, 4*r.Dx())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row, left := c.row(r, y), zero[:]
		for x := 0; x < len(row); x += 4 {
			_, _ = values.Read(value[:3])
			before := zero[:]
			switch filter {
			case filterLeft:
				before = left
			case filterUp:
				before = above[x:]
			}
			p := row[x : x+4]
			p[0], p[1], p[2], p[3] = value[0]+before[0], value[1]+before[1], value[2]+before[2], 255
			left = p
		}
		above = row
	}
	return size, c.painted(r)
}

// video lets r become transparent with the frame of rtp.
func (c *canvas) video(r image.Rectangle, data []byte, rtp uint32) (int, error) {
	if len(data) < 4 {
		return 0, errShort
	}
	c.videoAt = image.Pt(int(binary.LittleEndian.Uint16(data)), int(binary.LittleEndian.Uint16(data[2:])))
	if err := c.painted(r); err != nil { // an earlier frame's hole gives way to this one
		return 0, err
	}
	c.pending = append(c.pending, hole{r, rtp})
	return 4, nil
}

// maxHoles bounds what waiting for video can cost. The coder has a handful.
const maxHoles = 1024

// painted calls off what waits for video in r.
func (c *canvas) painted(r image.Rectangle) error {
	for i := 0; i < len(c.pending); {
		h := c.pending[i]
		part := h.Intersect(r)
		if part.Empty() {
			i++
			continue
		}
		c.pending[i] = c.pending[len(c.pending)-1]
		c.pending = c.pending[:len(c.pending)-1]
		for _, rest := range around(h.Rectangle, part) {
			c.pending = append(c.pending, hole{rest, h.rtp})
		}
	}
	if len(c.pending) >= maxHoles {
		return errHoles
	}
	return nil
}

// around is what r is without part, which lies inside: above, below, left and right of it.
func around(r, part image.Rectangle) []image.Rectangle {
	all := [4]image.Rectangle{
		image.Rect(r.Min.X, r.Min.Y, r.Max.X, part.Min.Y),
		image.Rect(r.Min.X, part.Max.Y, r.Max.X, r.Max.Y),
		image.Rect(r.Min.X, part.Min.Y, part.Min.X, part.Max.Y),
		image.Rect(part.Max.X, part.Min.Y, r.Max.X, part.Max.Y),
	}
	rest := all[:0]
	for _, a := range all {
		if !a.Empty() {
			rest = append(rest, a)
		}
	}
	return rest
}
