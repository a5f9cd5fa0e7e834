package screen

import (
	"encoding/binary"
	"fmt"
	"image"
)

// header is what every update begins with.
type header struct {
	flags         byte
	serial        uint32
	rtp           uint32
	width, height int
	length        int // of the unpacked body
}

func (h header) append(to []byte) []byte {
	to = append(to, Version, h.flags)
	to = binary.LittleEndian.AppendUint32(to, h.serial)
	to = binary.LittleEndian.AppendUint32(to, h.rtp)
	to = binary.LittleEndian.AppendUint16(to, uint16(h.width))
	to = binary.LittleEndian.AppendUint16(to, uint16(h.height))
	return binary.LittleEndian.AppendUint32(to, uint32(h.length))
}

// parseHeader reads the header of an update and checks it and the length of what follows.
func parseHeader(update []byte) (h header, body []byte, err error) {
	if len(update) < headerSize {
		return h, nil, fmt.Errorf("%w: %d bytes", ErrFormat, len(update))
	}
	if update[0] != Version {
		return h, nil, fmt.Errorf("%w: version %d", ErrFormat, update[0])
	}
	h = header{
		flags:  update[1],
		serial: binary.LittleEndian.Uint32(update[2:]),
		rtp:    binary.LittleEndian.Uint32(update[6:]),
		width:  int(binary.LittleEndian.Uint16(update[10:])),
		height: int(binary.LittleEndian.Uint16(update[12:])),
	}
	body = update[headerSize:]
	length := binary.LittleEndian.Uint32(update[14:])
	switch {
	case h.flags&^(flagRefresh|flagZstd|flagMore) != 0:
		return h, nil, fmt.Errorf("%w: flags %#x", ErrFormat, h.flags)
	case !fits(h.width, h.height):
		return h, nil, fmt.Errorf("%w: %d x %d", ErrFormat, h.width, h.height)
	case length > MaxBody || len(body) > MaxBody:
		return h, nil, fmt.Errorf("%w: body of %d bytes", ErrFormat, max(int(length), len(body)))
	case h.flags&flagZstd == 0 && int(length) != len(body):
		return h, nil, fmt.Errorf("%w: body of %d bytes, announced %d", ErrFormat, len(body), length)
	}
	h.length = int(length)
	return h, body, nil
}

// appendOp appends the beginning of an operation on r.
func appendOp(to []byte, op byte, r image.Rectangle) []byte {
	to = append(to, op)
	to = binary.LittleEndian.AppendUint16(to, uint16(r.Min.X))
	to = binary.LittleEndian.AppendUint16(to, uint16(r.Min.Y))
	to = binary.LittleEndian.AppendUint16(to, uint16(r.Dx()))
	return binary.LittleEndian.AppendUint16(to, uint16(r.Dy()))
}

// appendVideo appends a hole for the video, whose frame has its corner at at.
func appendVideo(to []byte, r image.Rectangle, at image.Point) []byte {
	to = appendOp(to, opVideo, r)
	to = binary.LittleEndian.AppendUint16(to, uint16(at.X))
	return binary.LittleEndian.AppendUint16(to, uint16(at.Y))
}

// appendCopy appends a copy whose target is r and whose source begins at from.
func appendCopy(to []byte, r image.Rectangle, from image.Point) []byte {
	to = appendOp(to, opCopy, r)
	to = binary.LittleEndian.AppendUint16(to, uint16(from.X))
	return binary.LittleEndian.AppendUint16(to, uint16(from.Y))
}
