package relay

import (
	"context"
	"errors"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"beside/protocol"
	"beside/protocol/wire"
	"beside/relay/internal/audit"
	"beside/relay/internal/auth"
	"beside/relay/internal/store"
)

// inviteLife is how long an invitation can be used.
const inviteLife = 72 * time.Hour

// peopleAPI is PeopleService.
type peopleAPI struct{ r *Relay }

// ListPeople lists the organisation's users.
func (a peopleAPI) ListPeople(ctx context.Context, _ *connect.Request[wire.ListPeopleRequest]) (*connect.Response[wire.ListPeopleResponse], error) {
	caller, _ := callerOf(ctx)
	people, err := a.r.store.People(ctx, caller.OrganisationID)
	if err != nil {
		return nil, a.r.internal("list people", err)
	}
	resp := &wire.ListPeopleResponse{}
	for _, u := range people {
		resp.People = append(resp.People, wireUser(u))
	}
	return connect.NewResponse(resp), nil
}

// InvitePerson makes a one-time link for a new person.
func (a peopleAPI) InvitePerson(ctx context.Context, req *connect.Request[wire.InvitePersonRequest]) (*connect.Response[wire.InvitePersonResponse], error) {
	caller, _ := callerOf(ctx)
	roles, err := ownRoles(req.Msg.Roles)
	if err != nil {
		return nil, err
	}
	email := store.NormalEmail(req.Msg.Email)
	if !validEmail(email) {
		return nil, apiError(connect.CodeInvalidArgument, "fill in the person's e-mail address")
	}
	_, err = a.r.store.UserByEmail(ctx, caller.OrganisationID, email)
	switch {
	case err == nil:
		return nil, apiError(connect.CodeAlreadyExists, "this person is on your list already")
	case !errors.Is(err, store.ErrNotFound):
		return nil, a.r.internal("find user", err)
	}
	token := auth.NewSecret("")
	link, err := a.r.store.AddLink(ctx, caller.OrganisationID, audit.Person(caller.UserID), store.Link{
		Email: email, Name: protocol.Clean(req.Msg.Name, protocol.MaxName), Roles: roles,
	}, token, inviteLife)
	if err != nil {
		return nil, a.r.internal("add link", err)
	}
	return connect.NewResponse(&wire.InvitePersonResponse{
		Link: linkPath(token), Expires: timestamppb.New(link.Expires),
	}), nil
}

// linkPath is the part of a link behind the relay's address. The token is in the
// fragment, which browsers keep to themselves.
func linkPath(token auth.Secret) string { return "/link#" + token.Reveal() }

// SetRoles changes a person's roles, from this moment on.
func (a peopleAPI) SetRoles(ctx context.Context, req *connect.Request[wire.SetRolesRequest]) (*connect.Response[wire.SetRolesResponse], error) {
	caller, _ := callerOf(ctx)
	roles, err := ownRoles(req.Msg.Roles)
	if err != nil {
		return nil, err
	}
	user, err := a.r.store.SetRoles(ctx, caller.OrganisationID, audit.Person(caller.UserID), req.Msg.UserId, roles)
	if err != nil {
		return nil, a.changeError(err)
	}
	a.r.rightsChanged(caller.OrganisationID, req.Msg.UserId)
	return connect.NewResponse(&wire.SetRolesResponse{User: wireUser(user)}), nil
}

// RemovePerson removes a person with their sign-ins and tokens, from this moment on.
func (a peopleAPI) RemovePerson(ctx context.Context, req *connect.Request[wire.RemovePersonRequest]) (*connect.Response[wire.RemovePersonResponse], error) {
	caller, _ := callerOf(ctx)
	if err := a.r.store.RemoveUser(ctx, caller.OrganisationID, audit.Person(caller.UserID), req.Msg.UserId); err != nil {
		return nil, a.changeError(err)
	}
	a.r.rightsChanged(caller.OrganisationID, req.Msg.UserId)
	return connect.NewResponse(&wire.RemovePersonResponse{}), nil
}

func (a peopleAPI) changeError(err error) error {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return apiError(connect.CodeNotFound, errGone)
	case errors.Is(err, store.ErrLastAdmin):
		return apiError(connect.CodeFailedPrecondition, "this is the last admin; make someone else an admin first")
	}
	return a.r.internal("change person", err)
}
