package agent

import (
	"testing"

	"beside/protocol/wire"
)

// THREAT 18: an offer that was answered before, was overtaken on its way, or has no number
// though others had, is dropped: what the two sides agreed on last stays.
func TestAnOfferThatWasOvertakenIsDropped(t *testing.T) {
	a := begin(t)
	a.number = 2
	a.look()
	offer := a.nextOffer()
	answers := func(numbers ...uint32) (answered []uint32) {
		t.Helper()
		for _, number := range numbers {
			a.tell(&wire.FromViewer{Kind: &wire.FromViewer_Offer{Offer: &wire.Description{Sdp: offer, Number: number}}})
		}
		a.tell(&wire.FromViewer{Kind: &wire.FromViewer_SelectDisplay{SelectDisplay: &wire.SelectDisplay{}}})
		a.hear("the displays, after it", func(m *wire.FromAgent) bool {
			if isAnswer(m) {
				answered = append(answered, m.GetAnswer().GetNumber())
			}
			return m.GetDisplays() != nil
		})
		return answered
	}
	if got := answers(2, 1, 0); len(got) != 0 {
		t.Errorf("answered %v, after number 2", got)
	}
	if got := answers(3, 3, 2); len(got) != 1 || got[0] != 3 {
		t.Errorf("answered %v, want number 3 alone, once", got)
	}
}
