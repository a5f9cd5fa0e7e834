package screen

import "iter"

// Pieces cuts an update into the messages of the channel: a byte of flags and at most
// MaxPiece of it. Messages are built in buffer, which is taken when it is long enough
// (MaxPiece+1 always is); each is valid until the next.
func Pieces(update, buffer []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if need := 1 + min(len(update), MaxPiece); cap(buffer) < need {
			buffer = make([]byte, need)
		}
		flags := byte(pieceFirst)
		for {
			piece := update[:min(len(update), MaxPiece)]
			update = update[len(piece):]
			if len(update) == 0 {
				flags |= pieceLast
			}
			message := append(append(buffer[:0], flags), piece...)
			if !yield(message) || len(update) == 0 {
				return
			}
			flags = 0
		}
	}
}
