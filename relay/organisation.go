package relay

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"connectrpc.com/connect"

	"beside/protocol"
	"beside/protocol/wire"
	"beside/relay/internal/audit"
	"beside/relay/internal/store"
)

// maxWrapped bounds the wrapped identity: an armored age file of one key has 500 bytes.
const maxWrapped = 16 << 10

// organisationAPI is OrganisationService.
type organisationAPI struct{ r *Relay }

// GetOrganisation says what users are told of the organisation.
func (a organisationAPI) GetOrganisation(ctx context.Context, _ *connect.Request[wire.GetOrganisationRequest]) (*connect.Response[wire.GetOrganisationResponse], error) {
	org, err := a.own(ctx)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&wire.GetOrganisationResponse{Organisation: a.r.desk.describe(org)}), nil
}

func (a organisationAPI) own(ctx context.Context) (store.Organisation, error) {
	caller, _ := callerOf(ctx)
	org, err := a.r.store.Organisation(ctx, caller.OrganisationID)
	if err != nil {
		return org, a.r.internal("find organisation", err)
	}
	return org, nil
}

// UpdateOrganisation changes what users are told.
func (a organisationAPI) UpdateOrganisation(ctx context.Context, req *connect.Request[wire.UpdateOrganisationRequest]) (*connect.Response[wire.UpdateOrganisationResponse], error) {
	caller, _ := callerOf(ctx)
	m := req.Msg
	change := store.Organisation{
		Name:       protocol.Clean(m.Name, protocol.MaxName),
		Controller: protocol.Clean(m.Controller, protocol.MaxLine),
		PrivacyURL: m.PrivacyUrl, RecordingDays: int(m.RecordingDays),
	}
	switch {
	case change.Name == "":
		return nil, apiError(connect.CodeInvalidArgument, "fill in the organisation's name; users are shown it")
	case change.RecordingDays < 1 || change.RecordingDays > protocol.MaxRecordingDays:
		return nil, apiError(connect.CodeInvalidArgument,
			fmt.Sprintf("recordings are kept from 1 to %d days", protocol.MaxRecordingDays))
	case !validPrivacyURL(change.PrivacyURL):
		return nil, apiError(connect.CodeInvalidArgument, "the privacy notice's address must begin with https://")
	}
	if change.Controller == "" {
		change.Controller = change.Name
	}
	if err := a.r.store.UpdateOrganisation(ctx, caller.OrganisationID, audit.Person(caller.UserID), change); err != nil {
		return nil, a.r.internal("update organisation", err)
	}
	org, err := a.own(ctx)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&wire.UpdateOrganisationResponse{Organisation: a.r.desk.describe(org)}), nil
}

// validPrivacyURL: empty, or an address that a link may hold.
func validPrivacyURL(s string) bool {
	if s == "" {
		return true
	}
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Host != "" && len(s) <= protocol.MaxURL && protocol.Clean(s, protocol.MaxURL) == s &&
		!strings.ContainsAny(s, " \"<>")
}

// GetRecordingIdentity hands the wrapped identity to a reviewer's browser.
func (a organisationAPI) GetRecordingIdentity(ctx context.Context, _ *connect.Request[wire.GetRecordingIdentityRequest]) (*connect.Response[wire.GetRecordingIdentityResponse], error) {
	org, err := a.own(ctx)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&wire.GetRecordingIdentityResponse{
		Recipient: org.Recipient, WrappedIdentity: org.WrappedIdentity, RecoveryRecipient: org.RecoveryRecipient,
	}), nil
}

// SetRecordingIdentity stores the identity that a reviewer's browser made. Once: who
// could change it later could read every recording from then on.
func (a organisationAPI) SetRecordingIdentity(ctx context.Context, req *connect.Request[wire.SetRecordingIdentityRequest]) (*connect.Response[wire.SetRecordingIdentityResponse], error) {
	caller, _ := callerOf(ctx)
	m := req.Msg
	switch {
	case !validRecipient(m.Recipient) || !validRecipient(m.RecoveryRecipient):
		return nil, apiError(connect.CodeInvalidArgument, "both recipients must be given, each beginning with age1")
	case m.Recipient == m.RecoveryRecipient:
		return nil, apiError(connect.CodeInvalidArgument, "the recovery key must be another one than the reviewers'")
	case !wrapped(m.WrappedIdentity):
		return nil, apiError(connect.CodeInvalidArgument, "the identity must come wrapped by a passphrase, as an armored age file")
	}
	err := a.r.store.SetRecordingIdentity(ctx, caller.OrganisationID, audit.Person(caller.UserID), m.Recipient, m.WrappedIdentity, m.RecoveryRecipient)
	switch {
	case errors.Is(err, store.ErrTaken):
		return nil, apiError(connect.CodeAlreadyExists, "recording was set up already; reload the page")
	case err != nil:
		return nil, a.r.internal("set recording identity", err)
	}
	a.r.cfg.Log.Info("recording was set up", "organisation", caller.OrganisationID, "user", caller.UserID)
	return connect.NewResponse(&wire.SetRecordingIdentityResponse{}), nil
}

// validRecipient: an age recipient in lower case Bech32.
func validRecipient(s string) bool {
	if !strings.HasPrefix(s, "age1") || len(s) < 20 || len(s) > protocol.MaxRecipient {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
}

// wrapped refuses an identity in the clear: the relay must never hold one.
func wrapped(s string) bool {
	return strings.HasPrefix(s, "-----BEGIN AGE ENCRYPTED FILE-----") && len(s) <= maxWrapped &&
		!strings.Contains(strings.ToUpper(s), "AGE-SECRET-KEY")
}
