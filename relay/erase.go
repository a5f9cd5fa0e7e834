package relay

import (
	"errors"
	"net/http"

	"beside/relay/internal/store"
)

// erase deletes for good a recording whose user wants it erased, right after the session
// and with its upload token (PROMISE E6). That nothing is stored is fine; another
// session's recording is nothing to it.
func (r *Relay) erase(w http.ResponseWriter, req *http.Request) {
	session, ok := r.uploader(w, req)
	if !ok {
		return
	}
	rec, err := r.store.Recording(req.Context(), session.OrganisationID, req.PathValue("id"))
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && rec.SessionID != session.ID:
		w.WriteHeader(http.StatusNoContent)
		return
	case err != nil:
		r.fail(w, "find recording", err)
		return
	}
	if err := r.deleteForGood(req.Context(), rec, store.UserErasedIt); err != nil {
		r.fail(w, "erase recording", err)
		return
	}
	r.cfg.Log.Info("a user had their recording erased", "session", session.ID, "recording", rec.ID)
	w.WriteHeader(http.StatusNoContent)
}
