package agent

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pion/sdp/v3"

	"beside/protocol"
)

// offered is what a description of the viewer's has open: the ids of its media lines,
// empty for a line that there is none of.
type offered struct {
	picture, voice string
	fullChroma     bool     // it can show the picture in full colour
	ufrag          string   // another one than before is an ICE restart
	candidates     []string // that it names itself
}

// readOffer reads what matters of an offer, and refuses one with more than the data
// channels, one picture for the viewer to receive and one line for voice both ways, or
// with another certificate than the one that the handshake bound.
func readOffer(description string, bound [32]byte) (offered, error) {
	var o offered
	if len(description) > protocol.MaxSDP {
		return o, errors.New("agent: session description: too large")
	}
	var parsed sdp.SessionDescription
	if err := parsed.UnmarshalString(description); err != nil {
		return o, fmt.Errorf("agent: session description: %w", err)
	}
	if err := checkFingerprint(&parsed, bound); err != nil {
		return o, err
	}
	if len(parsed.MediaDescriptions) > protocol.MaxMediaLines {
		return o, errors.New("agent: session description: too many lines")
	}
	o.readPaths(&parsed)
	channels := 0
	for _, m := range parsed.MediaDescriptions {
		kind := m.MediaName.Media
		if isClosed(m) && kind != "application" {
			continue
		}
		switch {
		case kind == "application" && channels == 0:
			channels++
		case kind == "video" && o.picture == "" && has(m, "recvonly"):
			o.picture = idOf(m)
		case kind == "audio" && o.voice == "" && has(m, "sendrecv"):
			o.voice = idOf(m)
		default:
			return offered{}, errors.New("agent: session description: an unexpected line")
		}
	}
	o.fullChroma = o.picture != "" && strings.Contains(description, fullChromaFmtp)
	return o, nil
}

// readPaths reads what an offer says of the way to the viewer: the ufrag where the library
// reads it, for the whole description or in the line that all others go with, and every
// candidate.
func (o *offered) readPaths(description *sdp.SessionDescription) {
	o.ufrag, _ = description.Attribute("ice-ufrag")
	group, _ := description.Attribute("group")
	first, found := strings.CutPrefix(group, "BUNDLE ")
	first, _, _ = strings.Cut(first, " ")
	for n, m := range description.MediaDescriptions {
		if o.ufrag == "" && (found && idOf(m) == first || !found && n == 0) {
			o.ufrag, _ = m.Attribute("ice-ufrag")
		}
		for _, a := range m.Attributes {
			if a.IsICECandidate() {
				o.candidates = append(o.candidates, a.Value)
			}
		}
	}
}

// isClosed reports whether a line is rejected or carries nothing either way. One that may
// only go together with others has port 0 as well, RFC 8843, 6.
func isClosed(m *sdp.MediaDescription) bool {
	return m.MediaName.Port.Value == 0 && !has(m, "bundle-only") || has(m, "inactive")
}

func has(m *sdp.MediaDescription, attribute string) bool {
	_, ok := m.Attribute(attribute)
	return ok
}

func idOf(m *sdp.MediaDescription) string {
	id, _ := m.Attribute("mid")
	return id
}

// checkFingerprint refuses a description whose certificate is not the one that the
// handshake bound, or that names more than one.
func checkFingerprint(description *sdp.SessionDescription, bound [32]byte) error {
	attributes := slices.Clone(description.Attributes)
	for _, m := range description.MediaDescriptions {
		attributes = append(attributes, m.Attributes...)
	}
	found := false
	for _, a := range attributes {
		if a.Key != "fingerprint" {
			continue
		}
		algorithm, value, _ := strings.Cut(a.Value, " ")
		var named [32]byte
		if !strings.EqualFold(algorithm, "sha-256") || parseFingerprint(value, &named) != nil || named != bound {
			return errors.New("agent: the viewer's certificate is not the one that was agreed")
		}
		found = true
	}
	if !found {
		return errors.New("agent: the viewer's description names no certificate")
	}
	return nil
}
