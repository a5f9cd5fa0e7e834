package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"beside/consent/checkpoint"
	"beside/relay/internal/audit"
	"beside/relay/internal/auth"
)

// Kind is what a stored token is for.
type Kind string

// The kinds of tokens a user has.
const (
	Browser Kind = "browser" // the cookie of a signed-in browser
	API     Kind = "api"     // a bst_… token of a program
)

// SignIn is a user's cookie or API token, by its hash.
type SignIn struct {
	bun.BaseModel `bun:"table:sign_ins"`

	TokenHash      string    `bun:"token_hash,pk"`
	OrganisationID string    `bun:"organisation_id"`
	UserID         string    `bun:"user_id"`
	Kind           Kind      `bun:"kind"`
	Label          string    `bun:"label"`
	Created        time.Time `bun:"created"`
	Expires        time.Time `bun:"expires"`
}

// AddSignIn stores a token for a user, valid for life.
func (s *Store) AddSignIn(ctx context.Context, u User, kind Kind, label string, token auth.Secret, life time.Duration) error {
	row := SignIn{
		TokenHash: token.Hash(), OrganisationID: u.OrganisationID, UserID: u.ID,
		Kind: kind, Label: label, Created: now(), Expires: now().Add(life),
	}
	e := checkpoint.Entry{Actor: audit.Person(u.ID), Action: audit.SignedIn}
	if kind == API { // only the operator makes these
		e = checkpoint.Entry{Actor: audit.Operator, Action: audit.TokenMade, Object: audit.Person(u.ID)}
	}
	return s.act(ctx, u.OrganisationID, func(ctx context.Context, tx bun.Tx) (checkpoint.Entry, error) {
		_, err := tx.NewInsert().Model(&row).Exec(ctx)
		return e, wrap("add sign-in", err)
	})
}

// CallerByToken finds the user a token of a kind stands for, with the roles of this
// moment.
func (s *Store) CallerByToken(ctx context.Context, kind Kind, token auth.Secret) (auth.Caller, error) {
	var u User
	err := s.db.NewSelect().Model(&u).
		Join("JOIN sign_ins ON sign_ins.user_id = \"user\".id AND sign_ins.organisation_id = \"user\".organisation_id").
		Where("sign_ins.token_hash = ?", token.Hash()).Where("sign_ins.kind = ?", kind).
		Where("sign_ins.expires > ?", now()).Scan(ctx)
	if err != nil {
		return auth.Caller{}, found("find sign-in", err)
	}
	return u.Caller(), nil
}

// Caller is the user as the one who calls.
func (u User) Caller() auth.Caller {
	return auth.Caller{
		OrganisationID: u.OrganisationID, UserID: u.ID, Name: u.Name,
		Email: u.Email, Roles: u.Roles, Created: u.Created,
	}
}

// RemoveSignIn forgets a token.
func (s *Store) RemoveSignIn(ctx context.Context, token auth.Secret) error {
	_, err := s.db.NewDelete().Model((*SignIn)(nil)).Where("token_hash = ?", token.Hash()).Exec(ctx)
	return wrap("remove sign-in", err)
}

// RemoveExpired forgets the tokens and links whose time is over.
func (s *Store) RemoveExpired(ctx context.Context) error {
	for _, model := range []any{(*SignIn)(nil), (*Link)(nil)} {
		if _, err := s.db.NewDelete().Model(model).Where("expires <= ?", now()).Exec(ctx); err != nil {
			return wrap("remove expired", err)
		}
	}
	return nil
}
