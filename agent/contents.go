package agent

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// This file makes messages of contents long enough: what of the user's clipboard and files
// travels, and the pointer's shape. The socket tells what needs the grant from upkeep by its
// length (largestUpkeep), and the connection repeats what was lost, also after the user has
// paused or ended: a short text must not pass for a goodbye.

// paddingField is the number of the field "padding" in every message of contents
// (session.proto). The other side leaves it out.
const paddingField protowire.Number = 15

// largestContents is how many bytes of contents one message carries: with what is round
// them they fill as many fragments as a message of a screen update, so that only the last
// message of many is ever padded. It is less than protocol.MaxPiece.
const largestContents = largestPiece - 100

// marshalContents encodes a message of contents, padded where its last fragment would be
// short.
func marshalContents(m proto.Message) ([]byte, error) {
	data, err := proto.Marshal(m)
	if err != nil {
		return nil, err
	}
	lacks := paddingFor(len(data))
	if lacks == 0 {
		return data, nil
	}
	const head = 2 // bytes of the tag and of a short length; one more, of a longer one, does no harm
	return protowire.AppendBytes(protowire.AppendTag(data, paddingField, protowire.BytesType), make([]byte, lacks-head)), nil
}
