package relay

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"beside/protocol"
	"beside/relay/internal/store"
)

// Limits of what a user says of a session.
const (
	maxRating   = 5
	maxComment  = 1000 // characters
	commentRows = 20
	maxFeedback = 16 << 10
)

// takeFeedback takes what the user chose to send of a session, with the session's upload
// token: a rating, a comment, and whether they found it suspicious (PROMISES D1).
func (r *Relay) takeFeedback(w http.ResponseWriter, req *http.Request) {
	session, err := r.store.SessionByUpload(req.Context(), bearer(req))
	switch {
	case errors.Is(err, store.ErrNotFound):
		writeError(w, http.StatusUnauthorized, "unauthenticated", "the token is not valid, or its session ended more than an hour ago")
		return
	case err != nil:
		r.fail(w, "find session", err)
		return
	}
	if wait := r.words.Take(session.ID); wait > 0 { // each is an entry in the audit log
		w.Header().Set("Retry-After", strconv.FormatInt(wholeSeconds(wait), 10))
		writeError(w, http.StatusTooManyRequests, "resource_exhausted", "this session says too much at a time; wait and try again")
		return
	}
	var said struct {
		Time     time.Time `json:"time"`
		Rating   int       `json:"rating"`
		Comment  string    `json:"comment"`
		Reported bool      `json:"reported"`
	}
	dec := json.NewDecoder(io.LimitReader(req.Body, maxFeedback))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&said); err != nil || said.Rating < 0 || said.Rating > maxRating {
		writeError(w, http.StatusBadRequest, "invalid_argument", "this is no feedback: a rating from 1 to 5, a comment, a report")
		return
	}
	comment := protocol.CleanLines(said.Comment, maxComment, commentRows)
	if err := r.store.SetFeedback(req.Context(), session.OrganisationID, session.ID, said.Rating, comment, said.Reported); err != nil {
		r.fail(w, "set feedback", err)
		return
	}
	if said.Reported {
		r.cfg.Log.Warn("a user reported a session as suspicious", "session", session.ID, "organisation", session.OrganisationID, "technician", session.TechnicianID)
	}
	w.WriteHeader(http.StatusNoContent)
}
