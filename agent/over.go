package agent

import (
	"context"
	"log/slog"
	"time"

	"beside/agent/internal/ui"
	"beside/consent"
	"beside/protocol/wire"
)

// showOver shows the summary until the user closes it. What is left of a recording is
// still being sent meanwhile: the window says so, and when the user closes it before
// that is done, it stays a little longer, with words, or for as short as they like.
func (a *Agent) showOver(ctx context.Context, o outcome) error {
	view := o.view(a.windows.Texts())
	var settled <-chan struct{}
	if len(o.recordings) > 0 {
		settled = a.uploads.settled()
		view.Delivery = ui.Sending
	}
	a.windows.ShowOver(view)
	after := &consent.Afterwards{}
	if o.said.Reported {
		after.Said = &o.said
	}
	said := &saying{agent: a, outcome: o, view: &view, said: o.said, after: after, sent: make(chan error, 1)}
	defer said.done.Wait()
	wipe := &erasing{agent: a, outcome: o, view: &view, after: after, gone: make(chan error, 1)}
	defer wipe.wait()
	var late <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return errClosed
		case <-settled:
			arrived := a.uploads.arrived()
			if arrived && view.Delivery == ui.Finishing {
				return errClosed
			}
			settled, late = nil, nil
			view.Delivery = ui.Sent
			if !arrived {
				view.Delivery = ui.NotSent
			}
			a.windows.ShowOver(view)
		case <-late:
			return errClosed
		case action := <-a.windows.Actions():
			switch action {
			case ui.CloseOver, ui.Quit:
				if view.Delivery != ui.Sending {
					return errClosed
				}
				view.Delivery = ui.Finishing
				late = time.After(lastUploads)
				a.windows.ShowOver(view)
			case ui.EraseRecording:
				wipe.begin()
			case ui.OpenReceipt:
				openFile(o.receiptPath, a.log)
			default:
				said.act(ctx, action)
			}
		case err := <-wipe.gone:
			wipe.ended(err)
			a.windows.ShowOver(view)
		case err := <-said.sent:
			said.arrived(err)
		case e := <-a.link.events:
			o.relayEnded(e.frame.GetAudit(), *after, a.log)
		}
	}
}

// relayEnded notes in the receipt that the relay's audit log has the session's end. m is
// nil for everything else that the relay says.
func (o outcome) relayEnded(m *wire.AuditProof, after consent.Afterwards, log *slog.Logger) {
	if m == nil || o.heard == nil || !o.heard(m) {
		return
	}
	if err := o.keep(after); err != nil {
		log.Error("the end in the relay's audit log is not in the receipt", "err", err)
	}
}
