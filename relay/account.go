package relay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/mail"
	"strings"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"beside/protocol"
	"beside/protocol/wire"
	"beside/relay/internal/auth"
	"beside/relay/internal/bus"
	"beside/relay/internal/ratelimit"
	"beside/relay/internal/store"
)

// signInLife is how long a browser stays signed in: a working day.
const signInLife = 12 * time.Hour

// signInLimits hold off guessing of passwords and links.
type signInLimits struct {
	account *ratelimit.Backoff
	address *ratelimit.Limiter
	link    *ratelimit.Limiter
}

// After 5 wrong passwords an account waits 10 s, then twice that, up to 15 minutes. An
// address has 30 tries at once and one more every 10 s.
func newSignInLimits() signInLimits {
	return signInLimits{
		account: ratelimit.NewBackoff(5, 10*time.Second, 15*time.Minute),
		address: ratelimit.New(30, 10*time.Second),
		link:    ratelimit.New(60, 5*time.Second),
	}
}

// Answers that several procedures give.
var (
	errGone    = "that does not exist, or not in your organisation; reload the page"
	errBadLink = "this link was used, has expired or was never valid; ask for a new one"
)

func apiError(code connect.Code, text string) error { return connect.NewError(code, errors.New(text)) }

// internal logs err and gives the client the one answer for it.
func (r *Relay) internal(what string, err error) error {
	if errors.Is(err, context.Canceled) {
		return connect.NewError(connect.CodeCanceled, err)
	}
	r.cfg.Log.Error(what, "err", err)
	return apiError(connect.CodeInternal, "the relay could not do this; try again in a moment")
}

func waitError(wait time.Duration) error {
	s := wholeSeconds(wait)
	err := connect.NewError(connect.CodeResourceExhausted, fmt.Errorf("too many tries; wait %d seconds and try again", s))
	err.Meta().Set("Retry-After", fmt.Sprint(s))
	return err
}

// accountAPI is AccountService.
type accountAPI struct{ r *Relay }

// SignIn signs a browser in with address and password.
func (a accountAPI) SignIn(ctx context.Context, req *connect.Request[wire.SignInRequest]) (*connect.Response[wire.SignInResponse], error) {
	email := store.NormalEmail(req.Msg.Email)
	if len(email) > protocol.MaxLine {
		return nil, apiError(connect.CodeInvalidArgument, "the address is too long")
	}
	if wait := a.r.admitSignIn(email, addressOf(ctx)); wait > 0 {
		a.r.met.signIns.WithLabelValues("limited").Inc()
		return nil, waitError(wait)
	}
	users, err := a.r.store.UsersByEmail(ctx, email)
	if err != nil {
		return nil, a.r.internal("find users", err)
	}
	user, ok := a.r.checkPassword(users, auth.SecretOf(req.Msg.Password))
	if !ok {
		a.r.met.signIns.WithLabelValues("wrong").Inc()
		return nil, apiError(connect.CodeUnauthenticated, "address or password is wrong; try again, or ask an admin for a new link")
	}
	a.r.signIns.account.Success(email)
	a.r.met.signIns.WithLabelValues("ok").Inc()
	resp := connect.NewResponse(&wire.SignInResponse{User: wireUser(user)})
	return resp, a.r.signIn(ctx, user, resp.Header())
}

// admitSignIn counts one try.
func (r *Relay) admitSignIn(email, address string) time.Duration {
	if wait := r.signIns.address.Take(address); wait > 0 {
		return wait
	}
	return r.signIns.account.Try(email)
}

// checkPassword finds the account the password belongs to. Without any account it
// takes as long as with one.
func (r *Relay) checkPassword(users []store.User, password auth.Secret) (store.User, bool) {
	if len(users) == 0 {
		r.hasher.Check("", password)
	}
	for _, u := range users {
		if r.hasher.Check(u.PasswordHash, password) {
			return u, true
		}
	}
	return store.User{}, false
}

// signIn stores a fresh token and sets it as the browser's cookie, which ends with the
// browser.
func (r *Relay) signIn(ctx context.Context, u store.User, h http.Header) error {
	token := auth.NewSecret("bsc_")
	if err := r.store.AddSignIn(ctx, u, store.Browser, "", token, signInLife); err != nil {
		return r.internal("add sign-in", err)
	}
	setCookie(h, token.Reveal(), 0)
	return nil
}

func setCookie(h http.Header, value string, maxAge int) {
	h.Add("Set-Cookie", (&http.Cookie{
		Name: cookieName, Value: value, Path: "/", MaxAge: maxAge,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	}).String())
}

// SignOut forgets the browser's token.
func (a accountAPI) SignOut(ctx context.Context, req *connect.Request[wire.SignOutRequest]) (*connect.Response[wire.SignOutResponse], error) {
	if token := cookieOf(req.Header()); !token.Empty() {
		if err := a.r.store.RemoveSignIn(ctx, token); err != nil {
			return nil, a.r.internal("remove sign-in", err)
		}
	}
	resp := connect.NewResponse(&wire.SignOutResponse{})
	setCookie(resp.Header(), "", -1)
	return resp, nil
}

// WhoAmI says who is signed in.
func (a accountAPI) WhoAmI(ctx context.Context, _ *connect.Request[wire.WhoAmIRequest]) (*connect.Response[wire.WhoAmIResponse], error) {
	caller, _ := callerOf(ctx)
	org, err := a.r.store.Organisation(ctx, caller.OrganisationID)
	if err != nil {
		return nil, a.r.internal("find organisation", err)
	}
	return connect.NewResponse(&wire.WhoAmIResponse{
		User: wireCaller(caller), Organisation: a.r.desk.describe(org), Version: a.r.cfg.Version,
	}), nil
}

// InspectLink says what a link is for.
func (a accountAPI) InspectLink(ctx context.Context, req *connect.Request[wire.InspectLinkRequest]) (*connect.Response[wire.InspectLinkResponse], error) {
	link, err := a.r.findLink(ctx, req.Msg.Token)
	if err != nil {
		return nil, err
	}
	org, err := a.r.store.Organisation(ctx, link.OrganisationID)
	if err != nil {
		return nil, a.r.internal("find organisation", err)
	}
	return connect.NewResponse(&wire.InspectLinkResponse{
		OrganisationName: org.Name, Name: link.Name, Email: link.Email, Roles: wireRoles(link.Roles),
		Expires: timestamppb.New(link.Expires), SignsInDirectly: link.UserID != "",
	}), nil
}

func (r *Relay) findLink(ctx context.Context, token string) (store.Link, error) {
	if wait := r.signIns.link.Take(addressOf(ctx)); wait > 0 {
		return store.Link{}, waitError(wait)
	}
	link, err := r.store.Link(ctx, auth.SecretOf(token))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return link, apiError(connect.CodeNotFound, errBadLink)
	case err != nil:
		return link, r.internal("find link", err)
	}
	return link, nil
}

// RedeemLink uses a link up: it makes the new user, or takes the existing one, and
// signs in.
func (a accountAPI) RedeemLink(ctx context.Context, req *connect.Request[wire.RedeemLinkRequest]) (*connect.Response[wire.RedeemLinkResponse], error) {
	link, err := a.r.findLink(ctx, req.Msg.Token)
	if err != nil {
		return nil, err
	}
	var fresh store.User
	if link.UserID == "" {
		if fresh, err = a.r.newUser(link, req.Msg); err != nil {
			return nil, err
		}
	}
	user, err := a.r.store.RedeemLink(ctx, auth.SecretOf(req.Msg.Token), fresh)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, apiError(connect.CodeNotFound, errBadLink)
	case errors.Is(err, store.ErrTaken):
		return nil, apiError(connect.CodeAlreadyExists, "there is an account with this address already; sign in with its password")
	case err != nil:
		return nil, a.r.internal("redeem link", err)
	}
	resp := connect.NewResponse(&wire.RedeemLinkResponse{User: wireUser(user)})
	return resp, a.r.signIn(ctx, user, resp.Header())
}

// newUser checks what an invited person filled in. An address that the link names
// stays.
func (r *Relay) newUser(link store.Link, m *wire.RedeemLinkRequest) (store.User, error) {
	name := protocol.Clean(m.Name, protocol.MaxName)
	if name == "" {
		name = link.Name
	}
	email := link.Email
	if email == "" {
		email = store.NormalEmail(m.Email)
	}
	if name == "" {
		return store.User{}, apiError(connect.CodeInvalidArgument, "fill in your name; it is what users are shown")
	}
	if !validEmail(email) {
		return store.User{}, apiError(connect.CodeInvalidArgument, "fill in your e-mail address; you sign in with it")
	}
	hash, err := r.hasher.Hash(auth.SecretOf(m.Password))
	if err != nil {
		return store.User{}, apiError(connect.CodeInvalidArgument,
			fmt.Sprintf("choose a password of %d characters or more", auth.MinPassword))
	}
	return store.User{Name: name, Email: email, PasswordHash: hash}, nil
}

func validEmail(email string) bool {
	a, err := mail.ParseAddress(email)
	return err == nil && a.Address == email && len(email) <= protocol.MaxLine && !strings.ContainsAny(email, "<>\"")
}

// The roles as the wire has them.
func wireRoles(r auth.Roles) []wire.UserRole {
	var list []wire.UserRole
	for _, p := range rolePairs() {
		if r.Has(p.own) {
			list = append(list, p.wire)
		}
	}
	return list
}

// ownRoles refuses an empty set and roles that do not exist.
func ownRoles(list []wire.UserRole) (auth.Roles, error) {
	var roles auth.Roles
next:
	for _, w := range list {
		for _, p := range rolePairs() {
			if p.wire == w {
				roles |= p.own
				continue next
			}
		}
		return 0, apiError(connect.CodeInvalidArgument, "there is no such role; reload the page")
	}
	if roles == 0 {
		return 0, apiError(connect.CodeInvalidArgument, "choose at least one role")
	}
	return roles, nil
}

type rolePair struct {
	own  auth.Roles
	wire wire.UserRole
}

func rolePairs() []rolePair {
	return []rolePair{
		{auth.Technician, wire.UserRole_USER_ROLE_TECHNICIAN},
		{auth.Reviewer, wire.UserRole_USER_ROLE_REVIEWER},
		{auth.Admin, wire.UserRole_USER_ROLE_ADMIN},
	}
}

func wireUser(u store.User) *wire.User { return wireCaller(u.Caller()) }

func wireCaller(c auth.Caller) *wire.User {
	return &wire.User{Id: c.UserID, Name: c.Name, Email: c.Email, Roles: wireRoles(c.Roles), Created: timestamppb.New(c.Created)}
}

// rightsChanged tells a user's connections to look at their rights again.
func (r *Relay) rightsChanged(organisation, user string) {
	if err := r.bus.Publish(bus.Of(organisation).User(user), bus.Message{Kind: "rights"}); err != nil {
		r.cfg.Log.Error("tell connections of changed rights", "err", err)
	}
}
