package screen

import (
	"bytes"
	"encoding/binary"
	"image"
	"testing"
)

// refusals are updates that break one rule each, after a good one of 32 by 24 pixels
// whose right half is transparent.
func refusals(t *testing.T) []vectorRefusal {
	size := image.Pt(32, 24)
	base := header{flags: flagRefresh, serial: 1, width: size.X, height: size.Y}
	good := filled(image.Rect(0, 0, 16, 24), 100, 110, 120)
	base.length = len(good)
	before := [][]byte{piece(buildUpdate(t, base, good))}
	next := header{serial: 2, width: size.X, height: size.Y}

	var all []vectorRefusal
	message := func(name string, messages ...[]byte) {
		all = append(all, vectorRefusal{Name: name, Before: before, Messages: messages})
	}
	with := func(name string, change func(h *header, body []byte) []byte) {
		h, body := next, filled(image.Rect(1, 1, 5, 5), 1, 2, 3)
		h.length = len(body)
		body = change(&h, body)
		message(name, piece(buildUpdate(t, h, body)))
	}
	body := func(name string, ops ...[]byte) {
		with(name, func(h *header, _ []byte) []byte {
			b := bytes.Join(ops, nil)
			h.length = len(b)
			return b
		})
	}
	refuseHeaders(t, with, message)
	refuseOperations(body)
	refusePacking(t, next, message)
	refusePieces(t, next, message)
	first := next
	all = append(all, vectorRefusal{Name: "no refresh at the beginning", Messages: [][]byte{piece(buildUpdate(t, first, nil))}})
	return all
}

func refuseHeaders(t *testing.T, with func(string, func(*header, []byte) []byte), message func(string, ...[]byte)) {
	with("serial left out", func(h *header, b []byte) []byte { h.serial = 3; return b })
	with("serial again", func(h *header, b []byte) []byte { h.serial = 1; return b })
	with("unknown flag", func(h *header, b []byte) []byte { h.flags = 8; return b })
	with("another size without a refresh", func(h *header, b []byte) []byte { h.width = 31; return b })
	with("no width", func(h *header, b []byte) []byte { h.flags, h.width = flagRefresh, 0; return b })
	with("no height", func(h *header, b []byte) []byte { h.flags, h.height = flagRefresh, 0; return b })
	with("a side too long", func(h *header, b []byte) []byte { h.flags, h.width, h.height = flagRefresh, MaxSide+1, 1; return b })
	with("body longer than announced", func(h *header, b []byte) []byte { h.length--; return b })
	with("body shorter than announced", func(h *header, b []byte) []byte { h.length++; return b })
	with("body too long", func(h *header, b []byte) []byte { h.flags, h.length = flagZstd, MaxBody+1; return b })
	u := buildUpdate(t, header{serial: 2, width: 32, height: 24}, nil)
	u[0] = 2
	message("version 2", piece(u))
	message("header cut off", piece(buildUpdate(t, header{serial: 2, width: 32, height: 24}, nil)[:headerSize-1]))
}

func refuseOperations(body func(string, ...[]byte)) {
	r := image.Rect(1, 1, 5, 5)
	good := filled(r, 255, 255, 255)
	body("operation 0", good, appendOp(nil, 0, r))
	body("operation 6", good, appendOp(nil, 6, r))
	body("operation cut off", good, filled(r, 0, 0, 0)[:opSize-1])
	body("video cut off", good, appendVideo(nil, r, r.Min)[:opSize+3])
	body("no columns", good, appendVideo(nil, image.Rect(4, 4, 4, 8), image.Point{}))
	body("no rows", good, appendVideo(nil, image.Rect(4, 4, 8, 4), image.Point{}))
	body("beyond the right", good, filled(image.Rect(31, 0, 33, 1), 0, 0, 0))
	body("beyond the bottom", good, filled(image.Rect(0, 23, 1, 25), 0, 0, 0))
	body("a side that overflows", good, filled(image.Rect(1, 0, 1+65535, 1), 0, 0, 0))
	body("video beyond the bottom", good, appendVideo(nil, image.Rect(0, 20, 8, 25), image.Point{}))
	body("fill cut off", good, filled(r, 0, 0, 0)[:opSize+2])
	body("copy cut off", good, appendCopy(nil, r, image.Pt(0, 0))[:opSize+3])
	body("copy from beyond the right", good, appendCopy(nil, image.Rect(0, 0, 8, 8), image.Pt(25, 0)))
	body("copy from beyond the bottom", good, appendCopy(nil, image.Rect(0, 0, 8, 8), image.Pt(0, 17)))
	body("copy from transparent", good, appendCopy(nil, image.Rect(0, 0, 8, 8), image.Pt(20, 4)))
	body("copy from partly transparent", good, appendCopy(nil, image.Rect(0, 0, 8, 8), image.Pt(9, 4)))
	body("palette without colours", good, appendOp(nil, opPalette, r))
	body("palette cut off", good, paletteOp(r, 9)[:opSize+20])
	body("indexes cut off", good, trim(paletteOp(r, 9)))
	p := paletteOp(r, 9)
	p[len(p)-1] = 0x9f
	body("index beyond the palette", good, p)
	three := paletteOp(r, 3)
	three[len(three)-1] = 3
	body("index 3 of 3 colours", good, three)
	body("raw without filter", good, appendOp(nil, opRaw, r))
	body("raw cut off", good, trim(rawOp(r, filterLeft, 1)))
	body("filter 3", good, rawOp(r, 3, 1))
	body("a byte too many", good, []byte{opFill})
}

func refusePacking(t *testing.T, next header, message func(string, ...[]byte)) {
	next.flags = flagZstd
	body := bytes.Repeat(filled(image.Rect(1, 1, 5, 5), 1, 2, 3), 40)
	packed := func(length int, change func([]byte) []byte) []byte {
		h := next
		h.length = length
		u := buildUpdate(t, h, body)
		return piece(append(u[:headerSize:headerSize], change(u[headerSize:])...))
	}
	keep := func(b []byte) []byte { return b }
	message("frame longer than announced", packed(len(body)-12, keep))
	message("frame shorter than announced", packed(len(body)+12, keep))
	long := bytes.Repeat(filled(image.Rect(1, 1, 5, 5), 1, 2, 3), MaxBody/12+1)
	h := next
	h.length = len(long)
	message("a body of more than 8 MiB", piece(buildUpdate(t, h, long)))
	message("frame cut off", packed(len(body), trim))
	message("not a frame", packed(len(body), func(b []byte) []byte { return append([]byte{1}, b[1:]...) }))
	message("two frames", packed(2*len(body), func(b []byte) []byte { return append(b[:len(b):len(b)], b...) }))
	message("something after the frame", packed(len(body), func(b []byte) []byte { return append(b[:len(b):len(b)], 0) }))
	message("skippable frame", packed(0, func([]byte) []byte { return []byte{0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0} }))
	message("window of 16 MiB", packed(len(body), func([]byte) []byte {
		// Magic, no content size, window descriptor 2^(10+14), one raw block of one byte.
		return []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 14 << 3, 0x09, 0x00, 0x00, 0x07}
	}))
	message("a bomb", packed(len(body), func([]byte) []byte {
		// Blocks of one byte repeated 128 KiB times, 64 of them: far more than announced.
		frame := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 13 << 3}
		for range 64 {
			frame = append(frame, 0x02, 0x00, 0x10, 0x00)
		}
		return append(frame, 0x03, 0x00, 0x10, 0x00)
	}))
}

func refusePieces(t *testing.T, next header, message func(string, ...[]byte)) {
	good := filled(image.Rect(1, 1, 5, 5), 1, 2, 3)
	next.length = len(good)
	u := buildUpdate(t, next, good)
	first := func(b []byte) []byte { return append([]byte{pieceFirst}, b...) }
	rest := func(flags byte, b []byte) []byte { return append([]byte{flags}, b...) }
	message("unknown piece flag", rest(8|pieceFirst|pieceLast, u))
	message("no padding", padTo(piece(u), 0))
	message("padding of one byte", padTo(piece(u), 1))
	message("more padding than message", padTo(piece(u), len(u)+1))
	message("padding without its length", rest(pieceFirst|piecePadded, []byte{1}))
	message("piece without a beginning", rest(pieceLast, u))
	message("a beginning inside", first(u[:9]), first(u))
	message("message too long", rest(pieceFirst|pieceLast, make([]byte, MaxPiece+1)))
}

// padTo says that n bytes at the end of a message are padding.
func padTo(message []byte, n int) []byte {
	message[0] |= piecePadded
	binary.LittleEndian.PutUint16(message[len(message)-2:], uint16(n))
	return message
}

func trim(b []byte) []byte { return b[: len(b)-1 : len(b)-1] }
