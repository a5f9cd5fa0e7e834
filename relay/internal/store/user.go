package store

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"beside/consent/checkpoint"
	"beside/relay/internal/audit"
	"beside/relay/internal/auth"
)

// User is a person of an organisation's staff.
type User struct {
	bun.BaseModel `bun:"table:users"`

	ID             string     `bun:"id,pk"`
	OrganisationID string     `bun:"organisation_id"`
	Email          string     `bun:"email"`
	Name           string     `bun:"name"`
	PasswordHash   string     `bun:"password_hash"`
	Roles          auth.Roles `bun:"roles"`
	Created        time.Time  `bun:"created"`
}

// NormalEmail is an address as it is stored and compared.
func NormalEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// maxSameEmail bounds how many organisations' passwords one sign-in is checked against.
const maxSameEmail = 4

// UsersByEmail returns the accounts with an address, over all organisations, oldest
// first. Only sign-in asks this.
func (s *Store) UsersByEmail(ctx context.Context, email string) ([]User, error) {
	var users []User
	err := s.db.NewSelect().Model(&users).Where("email = ?", NormalEmail(email)).
		OrderExpr("created, id").Limit(maxSameEmail).Scan(ctx)
	return users, wrap("find users", err)
}

// UserByEmail finds a user of an organisation by address.
func (s *Store) UserByEmail(ctx context.Context, organisation, email string) (User, error) {
	var u User
	err := s.db.NewSelect().Model(&u).Where("organisation_id = ?", organisation).
		Where("email = ?", NormalEmail(email)).Scan(ctx)
	return u, found("find user", err)
}

// User finds a user of an organisation.
func (s *Store) User(ctx context.Context, organisation, id string) (User, error) {
	var u User
	err := s.db.NewSelect().Model(&u).Where("organisation_id = ?", organisation).Where("id = ?", id).Scan(ctx)
	return u, found("find user", err)
}

// FirstAdmin finds the oldest admin of an organisation.
func (s *Store) FirstAdmin(ctx context.Context, organisation string) (User, error) {
	var u User
	err := s.db.NewSelect().Model(&u).Where("organisation_id = ?", organisation).
		Where("roles & ? != 0", auth.Admin).OrderExpr("created, id").Limit(1).Scan(ctx)
	return u, found("find admin", err)
}

// People lists the users of an organisation by name.
func (s *Store) People(ctx context.Context, organisation string) ([]User, error) {
	var users []User
	err := s.db.NewSelect().Model(&users).Where("organisation_id = ?", organisation).OrderExpr("name, id").Scan(ctx)
	return users, wrap("list people", err)
}

// AnyUser reports whether an organisation has a user at all.
func (s *Store) AnyUser(ctx context.Context, organisation string) (bool, error) {
	ok, err := s.db.NewSelect().Model((*User)(nil)).Where("organisation_id = ?", organisation).Exists(ctx)
	return ok, wrap("look for users", err)
}

// SetRoles changes a user's roles. ErrLastAdmin when nobody could manage the
// organisation afterwards.
func (s *Store) SetRoles(ctx context.Context, organisation, by, id string, roles auth.Roles) (User, error) {
	var u User
	e := checkpoint.Entry{
		Actor: by, Action: audit.PersonRoles, Object: audit.Person(id), Details: map[string]string{"roles": roles.String()},
	}
	err := s.act(ctx, organisation, func(ctx context.Context, tx bun.Tx) (checkpoint.Entry, error) {
		if !roles.Has(auth.Admin) {
			if err := anotherAdmin(ctx, tx, organisation, id); err != nil {
				return e, err
			}
		}
		res, err := tx.NewUpdate().Model((*User)(nil)).Set("roles = ?", roles).
			Where("organisation_id = ?", organisation).Where("id = ?", id).Exec(ctx)
		if err = changed("set roles", res, err); err != nil {
			return e, err
		}
		err = tx.NewSelect().Model(&u).Where("organisation_id = ?", organisation).Where("id = ?", id).Scan(ctx)
		return e, found("find user", err)
	})
	return u, err
}

// RemoveUser removes a user, and with them their sign-ins, tokens and links.
func (s *Store) RemoveUser(ctx context.Context, organisation, by, id string) error {
	e := checkpoint.Entry{Actor: by, Action: audit.PersonRemoved, Object: audit.Person(id)}
	return s.act(ctx, organisation, func(ctx context.Context, tx bun.Tx) (checkpoint.Entry, error) {
		if err := anotherAdmin(ctx, tx, organisation, id); err != nil {
			return e, err
		}
		for _, model := range []any{(*SignIn)(nil), (*Link)(nil)} {
			if _, err := tx.NewDelete().Model(model).Where("organisation_id = ?", organisation).
				Where("user_id = ?", id).Exec(ctx); err != nil {
				return e, wrap("remove user's tokens", err)
			}
		}
		res, err := tx.NewDelete().Model((*User)(nil)).Where("organisation_id = ?", organisation).
			Where("id = ?", id).Exec(ctx)
		return e, changed("remove user", res, err)
	})
}

// anotherAdmin is nil when the organisation has an admin other than the user, or the
// user is none.
func anotherAdmin(ctx context.Context, tx bun.Tx, organisation, id string) error {
	var admins []User
	err := tx.NewSelect().Model(&admins).Column("id").Where("organisation_id = ?", organisation).
		Where("roles & ? != 0", auth.Admin).Scan(ctx)
	if err != nil {
		return wrap("count admins", err)
	}
	if len(admins) == 1 && admins[0].ID == id {
		return ErrLastAdmin
	}
	return nil
}
