package audio

// libopus is named by file, so that it is linked statically however the rest is.

// #cgo CFLAGS: -O2 -std=c11 -Wall -Wextra
// #cgo linux LDFLAGS: -l:libopus.a -lm
// #include "opus.h"
import "C"

import (
	"errors"
	"fmt"
	"unsafe"
)

// How speech is encoded: one channel at 48 kHz in frames of 20 ms. Every packet also
// holds a rougher copy of the one before (FEC), and silence is not sent at all (DTX).
const (
	sampleRate  = 48_000
	frameLength = sampleRate / 50 // samples
	bitRate     = 28_000          // wide-band speech with its copies
	lossPercent = 10              // how much loss the copies are made for
	complexity  = 5               // of 10: half of the CPU for what few hear
	// longestPacket is what one RTP packet may last: 120 ms, RFC 6716, 2.1.4.
	longestPacket = sampleRate / 1000 * 120
	// maxPacket bounds an encoded frame, RFC 6716, 3.4.
	maxPacket = 1275
)

var errOpus = errors.New("audio: opus")

func opusError(code C.int) error {
	return fmt.Errorf("%w: %s", errOpus, C.GoString(C.opus_strerror(code)))
}

// encoder is one direction of a call. Its state lies in Go's memory and needs no
// freeing. Not safe for concurrent use.
type encoder struct {
	state []byte
	out   [maxPacket]byte
}

func newEncoder() (*encoder, error) {
	e := &encoder{state: make([]byte, C.opus_encoder_get_size(1))}
	if code := C.beside_opus_encoder(e.c(), sampleRate, bitRate, lossPercent, complexity); code != C.OPUS_OK {
		return nil, opusError(code)
	}
	return e, nil
}

func (e *encoder) c() *C.OpusEncoder { return (*C.OpusEncoder)(unsafe.Pointer(&e.state[0])) }

// encode encodes one frame of frameLength samples. The packet is valid until the next
// call; it is empty while there is silence that need not be sent.
func (e *encoder) encode(frame *[frameLength]int16) ([]byte, error) {
	n := C.opus_encode(e.c(), (*C.opus_int16)(unsafe.Pointer(&frame[0])), frameLength,
		(*C.uchar)(unsafe.Pointer(&e.out[0])), maxPacket)
	switch {
	case n < 0:
		return nil, opusError(n)
	case n <= 2:
		return nil, nil // opus_encode says so of DTX
	}
	return e.out[:n], nil
}

// decoder is the other direction. Not safe for concurrent use.
type decoder struct {
	state []byte
	out   [longestPacket]int16
}

func newDecoder() (*decoder, error) {
	d := &decoder{state: make([]byte, C.opus_decoder_get_size(1))}
	if code := C.opus_decoder_init((*C.OpusDecoder)(unsafe.Pointer(&d.state[0])), sampleRate, 1); code != C.OPUS_OK {
		return nil, opusError(code)
	}
	return d, nil
}

// decode returns what a packet says, valid until the next call.
func (d *decoder) decode(packet []byte) ([]int16, error) {
	if len(packet) == 0 {
		return nil, errOpus
	}
	return d.run(packet, longestPacket, 0)
}

// recover returns the frame before packet, from the copy that packet holds.
func (d *decoder) recover(packet []byte) ([]int16, error) { return d.run(packet, frameLength, 1) }

// conceal makes up a frame that nothing is known of.
func (d *decoder) conceal() ([]int16, error) { return d.run(nil, frameLength, 0) }

func (d *decoder) run(packet []byte, room, fec C.int) ([]int16, error) {
	var data *C.uchar
	if len(packet) > 0 {
		data = (*C.uchar)(unsafe.Pointer(&packet[0]))
	}
	n := C.opus_decode((*C.OpusDecoder)(unsafe.Pointer(&d.state[0])), data, C.opus_int32(len(packet)),
		(*C.opus_int16)(unsafe.Pointer(&d.out[0])), room, fec)
	if n < 0 {
		return nil, opusError(n)
	}
	return d.out[:n], nil
}
