package store

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"beside/consent/checkpoint"
	"beside/relay/internal/audit"
	"beside/relay/internal/auth"
)

// Link is a one-time link: an invitation, or for an existing user a sign-in.
type Link struct {
	bun.BaseModel `bun:"table:links"`

	TokenHash      string `bun:"token_hash,pk"`
	OrganisationID string `bun:"organisation_id"`
	// UserID is set when the link signs an existing user in.
	UserID  string     `bun:"user_id"`
	Email   string     `bun:"email"`
	Name    string     `bun:"name"`
	Roles   auth.Roles `bun:"roles"`
	Created time.Time  `bun:"created"`
	Expires time.Time  `bun:"expires"`
}

// AddLink stores a link of by's making under its token's hash.
func (s *Store) AddLink(ctx context.Context, organisation, by string, l Link, token auth.Secret, life time.Duration) (Link, error) {
	l.TokenHash, l.OrganisationID, l.Email = token.Hash(), organisation, NormalEmail(l.Email)
	l.Created, l.Expires = now(), now().Add(life)
	e := checkpoint.Entry{Actor: by, Action: audit.PersonInvited, Details: map[string]string{"roles": l.Roles.String()}}
	if l.UserID != "" {
		e = checkpoint.Entry{Actor: by, Action: audit.LinkMade, Object: audit.Person(l.UserID)}
	}
	return l, s.act(ctx, organisation, func(ctx context.Context, tx bun.Tx) (checkpoint.Entry, error) {
		_, err := tx.NewInsert().Model(&l).Exec(ctx)
		return e, wrap("add link", err)
	})
}

// RemoveInvitations takes back every link of an organisation that was not used.
func (s *Store) RemoveInvitations(ctx context.Context, organisation string) error {
	_, err := s.db.NewDelete().Model((*Link)(nil)).Where("organisation_id = ?", organisation).Exec(ctx)
	return wrap("remove links", err)
}

// Link finds a link by its token. Used, expired and unknown ones are ErrNotFound.
func (s *Store) Link(ctx context.Context, token auth.Secret) (Link, error) {
	var l Link
	err := s.db.NewSelect().Model(&l).Where("token_hash = ?", token.Hash()).Where("expires > ?", now()).Scan(ctx)
	return l, found("find link", err)
}

// RedeemLink uses a link up and returns the user it signs in. For an invitation fresh
// becomes the new user, in the link's organisation and with the link's roles. A link
// whose redemption fails is not used up.
func (s *Store) RedeemLink(ctx context.Context, token auth.Secret, fresh User) (User, error) {
	var u User
	err := s.db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		var l Link
		err := tx.NewSelect().Model(&l).Where("token_hash = ?", token.Hash()).Where("expires > ?", now()).Scan(ctx)
		if err != nil {
			return found("find link", err)
		}
		res, err := tx.NewDelete().Model(&l).WherePK().Exec(ctx)
		if err = changed("use link", res, err); err != nil {
			return err
		}
		if l.UserID != "" {
			err := tx.NewSelect().Model(&u).Where("organisation_id = ?", l.OrganisationID).
				Where("id = ?", l.UserID).Scan(ctx)
			return found("find user", err)
		}
		if fresh.Email == "" || fresh.PasswordHash == "" {
			return errors.New("store: a new user needs an address and a password")
		}
		u = fresh
		u.ID, u.OrganisationID, u.Roles, u.Created = auth.NewID(), l.OrganisationID, l.Roles, now()
		u.Email = NormalEmail(u.Email)
		if _, err = tx.NewInsert().Model(&u).Exec(ctx); err != nil {
			return wrap("add user", err)
		}
		return record(ctx, tx, u.OrganisationID, checkpoint.Entry{
			Actor: audit.Person(u.ID), Action: audit.PersonJoined, Object: audit.Person(u.ID),
			Details: map[string]string{"roles": u.Roles.String()},
		})
	})
	return u, err
}
