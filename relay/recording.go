package relay

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"beside/protocol"
	"beside/protocol/wire"
	"beside/relay/internal/blob"
	"beside/relay/internal/store"
)

// recordingAPI is RecordingService.
type recordingAPI struct{ r *Relay }

// ListRecordings lists the organisation's recordings.
func (a recordingAPI) ListRecordings(ctx context.Context, _ *connect.Request[wire.ListRecordingsRequest]) (*connect.Response[wire.ListRecordingsResponse], error) {
	caller, _ := callerOf(ctx)
	list, err := a.r.store.Recordings(ctx, caller.OrganisationID)
	if err != nil {
		return nil, a.r.internal("list recordings", err)
	}
	resp := &wire.ListRecordingsResponse{}
	for _, rec := range list {
		resp.Recordings = append(resp.Recordings, wireRecording(rec))
	}
	return connect.NewResponse(resp), nil
}

func wireRecording(r store.Recording) *wire.RecordingSummary {
	return &wire.RecordingSummary{
		Id: r.ID, SessionId: r.SessionID, TechnicianName: r.TechnicianName, Started: timestamppb.New(r.Started),
		Bytes: uint64(r.Bytes), Segments: uint32(r.Segments), Complete: r.Complete, KeepUntil: timestamppb.New(r.KeepUntil),
	}
}

// OpenRecording lets a reviewer fetch the objects of a recording for an hour, after
// they said why. Who, when and why is kept.
func (a recordingAPI) OpenRecording(ctx context.Context, req *connect.Request[wire.OpenRecordingRequest]) (*connect.Response[wire.OpenRecordingResponse], error) {
	caller, _ := callerOf(ctx)
	reason := protocol.Clean(req.Msg.Reason, protocol.MaxReason)
	if reason == "" {
		return nil, apiError(connect.CodeInvalidArgument, "say why you open this recording; the person recorded can see it")
	}
	rec, err := a.r.store.Recording(ctx, caller.OrganisationID, req.Msg.Id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, apiError(connect.CodeNotFound, errGone)
	case err != nil:
		return nil, a.r.internal("find recording", err)
	}
	objects, err := a.r.store.Objects(ctx, caller.OrganisationID, rec.ID)
	if err != nil {
		return nil, a.r.internal("list objects", err)
	}
	ticket := protocol.Clean(req.Msg.Ticket, protocol.MaxTicket)
	if err := a.r.store.OpenRecording(ctx, caller.OrganisationID, rec.ID, caller, reason, ticket); err != nil {
		return nil, a.r.internal("log opening", err)
	}
	resp := &wire.OpenRecordingResponse{Recording: wireRecording(rec)}
	for _, o := range objects {
		resp.Objects = append(resp.Objects, o.Name)
	}
	return connect.NewResponse(resp), nil
}

// serveObject hands one sealed object to a reviewer who opened its recording within
// the last hour.
func (r *Relay) serveObject(w http.ResponseWriter, req *http.Request) {
	caller, _ := callerOf(req.Context())
	id, name := req.PathValue("id"), req.PathValue("object")
	object, err := r.keptObject(req.Context(), caller.OrganisationID, id, name)
	switch {
	case errors.Is(err, store.ErrNotFound):
		writeError(w, http.StatusNotFound, "not_found", errGone)
		return
	case err != nil:
		r.fail(w, "find object", err)
		return
	}
	opened, err := r.store.HasOpened(req.Context(), caller.OrganisationID, id, caller.UserID)
	switch {
	case err != nil:
		r.fail(w, "look for opening", err)
	case !opened:
		writeError(w, http.StatusForbidden, "permission_denied", "open the recording first and say why")
	default:
		r.sendObject(w, req, object)
	}
}

// keptObject finds an object of a recording whose day has not come.
func (r *Relay) keptObject(ctx context.Context, organisation, recording, name string) (store.Object, error) {
	if _, err := r.store.Recording(ctx, organisation, recording); err != nil {
		return store.Object{}, err
	}
	return r.store.Object(ctx, organisation, recording, name)
}

func (r *Relay) sendObject(w http.ResponseWriter, req *http.Request, o store.Object) {
	body, err := r.blobs.Get(req.Context(), blob.Key{Organisation: o.OrganisationID, Recording: o.RecordingID, Object: o.Name})
	if err != nil {
		r.fail(w, "read object", err)
		return
	}
	defer body.Close()
	// Not every connection can set deadlines; the server's own then holds.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(transferTimeout))
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", "attachment")
	h.Set("Content-Length", strconv.FormatInt(o.Bytes, 10))
	h.Set("ETag", strconv.Quote(o.SHA256))
	if _, err := io.Copy(w, body); err != nil && req.Context().Err() == nil {
		r.cfg.Log.Warn("send object", "err", err)
	}
}
