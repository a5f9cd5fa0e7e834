package agent

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"beside/agent/internal/ui"
	"beside/consent"
)

// eraseTime bounds how long erasing may take.
const eraseTime = 20 * time.Second

// erase takes everything that was recorded in the session back: what waits on this
// machine, and what the relay has. PROMISE E6.
func (u *uploads) erase(ctx context.Context) error {
	u.mu.Lock()
	list := u.list
	u.mu.Unlock()
	for _, d := range list {
		d.erased.Store(true)
		d.stop()
	}
	var errs []error
	for _, d := range list {
		select {
		case <-d.over:
			errs = append(errs, u.eraseStored(ctx, d))
		case <-ctx.Done():
			errs = append(errs, ctx.Err())
		}
	}
	return errors.Join(errs...)
}

// eraseStored has the relay delete it, key first.
func (u *uploads) eraseStored(ctx context.Context, d *delivery) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodDelete, d.label.URL, nil)
	if err != nil {
		return fmt.Errorf("agent: erase: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+d.label.Token)
	client := *u.client
	// The token goes to the relay alone.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("agent: erase: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusNoContent {
		return fmt.Errorf("agent: erase: %s", resp.Status)
	}
	return nil
}

// erasing is the user's wish, in the last window, that nothing of the recording be kept.
type erasing struct {
	agent   *Agent
	outcome outcome
	view    *ui.OverView
	after   *consent.Afterwards // what the receipt says
	gone    chan error
	done    sync.WaitGroup
}

// begin erases beside the window. It goes on when the window is closed meanwhile: see wait.
func (e *erasing) begin() {
	if e.view.Erasure == ui.ErasingNow || e.view.Erasure == ui.Erased {
		return
	}
	e.view.Erasure = ui.ErasingNow
	e.view.Delivery = ui.NotSent // nothing is sent any more, and closing waits for nothing
	e.agent.windows.ShowOver(*e.view)
	e.done.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), eraseTime)
		defer cancel()
		e.gone <- e.agent.uploads.erase(ctx)
	})
}

// ended notes how it went, and in the receipt that it was done.
func (e *erasing) ended(err error) {
	if err != nil {
		e.agent.log.Error("recording not erased", "err", err)
		e.view.Erasure = ui.NotErased
		return
	}
	e.view.Erasure, e.after.Erased = ui.Erased, time.Now().UTC()
	if e.outcome.keep == nil {
		return
	}
	if err := e.outcome.keep(*e.after); err != nil {
		e.agent.log.Error("that the recording was erased is not in the receipt", "err", err)
	}
}

// wait lets an erasing that the user did not wait for come to its end.
func (e *erasing) wait() {
	e.done.Wait()
	select {
	case err := <-e.gone:
		e.ended(err)
	default:
	}
}
