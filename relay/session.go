package relay

import (
	"context"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"beside/protocol/wire"
	"beside/relay/internal/auth"
)

// maxSessions is the most sessions that one list holds.
const maxSessions = 500

// sessionAPI is SessionService.
type sessionAPI struct{ r *Relay }

// ListSessions lists the latest sessions: a technician's own, and to reviewers and
// admins the organisation's.
func (a sessionAPI) ListSessions(ctx context.Context, req *connect.Request[wire.ListSessionsRequest]) (*connect.Response[wire.ListSessionsResponse], error) {
	caller, _ := callerOf(ctx)
	technician := caller.UserID
	if caller.Roles.Has(auth.Reviewer | auth.Admin) {
		technician = ""
	}
	limit := int64(req.Msg.Limit)
	if limit == 0 || limit > maxSessions {
		limit = maxSessions
	}
	list, err := a.r.store.Sessions(ctx, caller.OrganisationID, technician, limit)
	if err != nil {
		return nil, a.r.internal("list sessions", err)
	}
	resp := &wire.ListSessionsResponse{}
	for _, s := range list {
		row := &wire.SessionSummary{
			Id: s.ID, TechnicianName: s.TechnicianName, Started: timestamppb.New(s.Started), RecordingId: s.RecordingID,
		}
		if !s.Ended.IsZero() {
			row.Ended = timestamppb.New(s.Ended.Time)
		}
		if !s.RecordingDeleted.IsZero() {
			row.RecordingDeleted = timestamppb.New(s.RecordingDeleted.Time)
		}
		// What a user thought of a technician is for those who answer for the technician:
		// nobody need fear the one they reported.
		if technician == "" {
			row.Rating, row.Comment, row.Reported = uint32(s.Rating), s.Comment, s.Reported
		}
		resp.Sessions = append(resp.Sessions, row)
	}
	return connect.NewResponse(resp), nil
}
