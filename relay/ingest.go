package relay

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"beside/relay/internal/blob"
	"beside/relay/internal/store"
)

// Quotas of one recording: 40,000 segments of 2 s are 22 hours.
const (
	maxObjects        = 100_000
	maxRecordingBytes = 32 << 30
)

// A session may upload 64 MiB at once, for what a broken line held up, and 4 MiB a
// second, which is ten times what a busy screen makes.
const (
	flowUnit  = 64 << 10
	flowBurst = 64 << 20 / flowUnit
	flowEvery = time.Second * flowUnit / (4 << 20)
)

// ageHeader begins every age file. What is not encrypted is not stored.
const ageHeader = "age-encryption.org/v1\n"

// nameRules say which names uploads may use.
type nameRules struct{ id, object *regexp.Regexp }

func newNameRules() nameRules {
	return nameRules{
		id:     regexp.MustCompile(`^[0-9a-f]{32}$`),
		object: regexp.MustCompile(`^(key\.age|manifest\.jws|(events|segment)-[0-9]{6}\.age)$`),
	}
}

// ingest takes one object of a recording from an agent. The same bytes again are fine,
// other bytes under the same name are not.
func (r *Relay) ingest(w http.ResponseWriter, req *http.Request) {
	id, name := req.PathValue("id"), req.PathValue("object")
	session, ok := r.uploader(w, req)
	if !ok {
		return
	}
	if !r.names.id.MatchString(id) || !r.names.object.MatchString(name) {
		writeError(w, http.StatusBadRequest, "invalid_argument", "this is not a name of a recording's object")
		return
	}
	release, ok := r.admitUpload(w, req, session.ID)
	if !ok {
		return
	}
	defer release()
	data, ok := r.receive(w, req)
	if !ok {
		return
	}
	if name != store.Manifest && !bytes.HasPrefix(data, []byte(ageHeader)) {
		writeError(w, http.StatusBadRequest, "invalid_argument", "the object is not encrypted with age; nothing else is stored")
		return
	}
	r.answerUpload(w, r.keep(req.Context(), session, id, name, data))
}

// uploader is the session whose upload token a request bears. Without one it answers.
func (r *Relay) uploader(w http.ResponseWriter, req *http.Request) (session store.Session, ok bool) {
	session, err := r.store.SessionByUpload(req.Context(), bearer(req))
	switch {
	case errors.Is(err, store.ErrNotFound):
		writeError(w, http.StatusUnauthorized, "unauthenticated", "the upload token is not valid, or its session ended more than an hour ago")
		return session, false
	case err != nil:
		r.fail(w, "find session", err)
		return session, false
	}
	return session, true
}

// admitUpload lets a session have few uploads at a time, and so many bytes a second. An
// agent that is told to wait tries again.
func (r *Relay) admitUpload(w http.ResponseWriter, req *http.Request, session string) (release func(), ok bool) {
	switch {
	case req.ContentLength < 0:
		writeError(w, http.StatusLengthRequired, "invalid_argument", "send the object with its Content-Length")
		return nil, false
	case req.ContentLength > maxUpload:
		writeError(w, http.StatusRequestEntityTooLarge, "invalid_argument", "an object has at most 8 MiB")
		return nil, false
	}
	units := int(req.ContentLength+flowUnit-1) / flowUnit
	wait := r.flow.TakeN(session, units)
	if wait == 0 {
		if release, ok = r.uploads.enter(session); ok {
			return release, true
		}
		r.flow.ReturnN(session, units)
		wait = time.Second
	}
	w.Header().Set("Retry-After", strconv.FormatInt(wholeSeconds(wait), 10))
	writeError(w, http.StatusTooManyRequests, "resource_exhausted", "this session uploads too much at a time; wait and try again")
	return nil, false
}

// receive reads the body.
func (r *Relay) receive(w http.ResponseWriter, req *http.Request) ([]byte, bool) {
	// Not every connection can set deadlines; the server's own then holds.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(transferTimeout))
	data := make([]byte, req.ContentLength)
	if _, err := io.ReadFull(req.Body, data); err != nil {
		writeError(w, http.StatusBadRequest, "invalid_argument", "the object came incomplete; send it again")
		return nil, false
	}
	return data, true
}

// Errors of keep.
var (
	errDiffers = errors.New("ingest: another object has this name")
	errQuota   = errors.New("ingest: the recording is too large")
)

// keep stores an object, blob first: a row in the database means that it is whole.
func (r *Relay) keep(ctx context.Context, session store.Session, id, name string, data []byte) error {
	org, err := r.store.Organisation(ctx, session.OrganisationID)
	if err != nil {
		return err
	}
	if _, err := r.store.UploadRecording(ctx, session, id, org.RecordingDays); err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	fresh := store.Object{
		OrganisationID: org.ID, RecordingID: id, Name: name, SHA256: hex.EncodeToString(sum[:]), Bytes: int64(len(data)),
	}
	if known, err := r.sameObject(ctx, fresh); known || err != nil {
		return err
	}
	if objects, size, err := r.store.Usage(ctx, org.ID, id); err != nil {
		return err
	} else if objects >= maxObjects || size+fresh.Bytes > maxRecordingBytes {
		return errQuota
	}
	return r.add(ctx, fresh, data)
}

// add writes blob and row. The name is held meanwhile, so that two uploads of one name
// cannot leave the bytes of one under the hash of the other; and what was deleted for good
// while this object was on its way stays deleted.
func (r *Relay) add(ctx context.Context, o store.Object, data []byte) error {
	r.adding.Lock()
	defer r.adding.Unlock()
	if known, err := r.sameObject(ctx, o); known || err != nil {
		return err
	}
	if kept, err := r.store.Kept(ctx, o.OrganisationID, o.RecordingID); err != nil {
		return err
	} else if !kept {
		return store.ErrExpired
	}
	if complete, err := r.store.Complete(ctx, o.OrganisationID, o.RecordingID); err != nil {
		return err
	} else if complete {
		return store.ErrComplete
	}
	key := blob.Key{Organisation: o.OrganisationID, Recording: o.RecordingID, Object: o.Name}
	if err := r.blobs.Put(ctx, key, data); err != nil {
		return err
	}
	if err := r.store.AddObject(ctx, o); err != nil {
		return err
	}
	r.met.uploads.Inc()
	r.met.uploaded.Add(float64(len(data)))
	return nil
}

// sameObject reports whether the very object is there; errDiffers when another is.
func (r *Relay) sameObject(ctx context.Context, o store.Object) (bool, error) {
	have, err := r.store.Object(ctx, o.OrganisationID, o.RecordingID, o.Name)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return false, nil
	case err != nil:
		return false, err
	case have.SHA256 != o.SHA256:
		return false, errDiffers
	}
	return true, nil
}

func (r *Relay) answerUpload(w http.ResponseWriter, err error) {
	switch {
	case err == nil:
		w.WriteHeader(http.StatusNoContent)
	case errors.Is(err, errDiffers), errors.Is(err, store.ErrTaken):
		writeError(w, http.StatusConflict, "already_exists", "another object has this name; objects are never replaced")
	case errors.Is(err, store.ErrComplete):
		writeError(w, http.StatusConflict, "failed_precondition", "the recording has its manifest; nothing can be added")
	case errors.Is(err, store.ErrExpired):
		writeError(w, http.StatusGone, "failed_precondition", "the recording is not kept any longer")
	case errors.Is(err, store.ErrOtherSession):
		writeError(w, http.StatusForbidden, "permission_denied", "this recording belongs to another session")
	case errors.Is(err, errQuota), errors.Is(err, store.ErrTooMany):
		writeError(w, http.StatusInsufficientStorage, "resource_exhausted", "the recording is as large as recordings may be")
	default:
		r.fail(w, "keep object", err)
	}
}
