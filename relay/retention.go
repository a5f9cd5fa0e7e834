package relay

import (
	"context"
	"errors"
	"fmt"

	"beside/relay/internal/blob"
	"beside/relay/internal/store"
)

// keyObject is the object of a recording that holds its key, sealed to the reviewers.
const keyObject = "key.age"

// deleteDue deletes for good every recording whose day has come. One that cannot be
// deleted now does not keep the others; it is tried again at the next sweep.
func (r *Relay) deleteDue(ctx context.Context) error {
	due, err := r.store.DueRecordings(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, rec := range due {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := r.deleteForGood(ctx, rec, store.DayHasCome); err != nil {
			errs = append(errs, fmt.Errorf("delete recording %s: %w", rec.ID, err))
		}
	}
	return errors.Join(errs...)
}

// deleteForGood shreds a recording: its key first, without which nobody opens what is
// left should the rest fail, then its objects, then what is known of it.
func (r *Relay) deleteForGood(ctx context.Context, rec store.Recording, why store.Destruction) error {
	r.adding.Lock() // no object arrives meanwhile
	defer r.adding.Unlock()
	if err := r.blobs.Delete(ctx, blob.Key{Organisation: rec.OrganisationID, Recording: rec.ID, Object: keyObject}); err != nil {
		return err
	}
	if err := r.blobs.DeleteRecording(ctx, rec.OrganisationID, rec.ID); err != nil {
		return err
	}
	if err := r.store.ForgetRecording(ctx, rec, why); err != nil {
		return err
	}
	r.cfg.Log.Info("recording deleted for good", "organisation", rec.OrganisationID, "recording", rec.ID,
		"session", rec.SessionID, "kept_until", rec.KeepUntil)
	return nil
}
