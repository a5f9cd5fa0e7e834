package stage

import (
	"context"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// press is the events of a person's key: one that goes down with its character, so that
// a page which takes the key takes the character with it, and one that comes up. A
// character that no key has comes as from an input method, by itself.
//
// kb.Encode sends the character apart, which types it even where the key was taken.
func press(r rune) []*input.DispatchKeyEventParams {
	events := kb.Encode(r)
	if len(events) != 3 || events[0].Code == "" {
		return events
	}
	down, character, up := events[0], events[1], events[2]
	down.Text, down.UnmodifiedText = character.Text, character.UnmodifiedText
	return []*input.DispatchKeyEventParams{down, up}
}

// Key presses keys in the page one after the other, as chromedp's kb names them.
func (b *Browser) Key(ctx context.Context, keys string) error {
	return b.run(ctx, chromedp.ActionFunc(func(ctx context.Context) error {
		for _, r := range keys {
			for _, event := range press(r) {
				if err := event.Do(ctx); err != nil {
					return err
				}
			}
		}
		return nil
	}))
}
