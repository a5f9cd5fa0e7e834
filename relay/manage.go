package relay

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"beside/protocol"
	"beside/relay/internal/audit"
	"beside/relay/internal/auth"
	"beside/relay/internal/store"
)

// Manager does what the operator may do on the relay's own machine, on the data
// folder, while the relay serves or not.
type Manager struct{ store *store.Store }

// ErrNobody means that there is no such person or organisation.
var ErrNobody = errors.New("there is no such person or organisation here")

// OpenManager opens the data folder.
func OpenManager(ctx context.Context, dir string) (*Manager, error) {
	if dir == "" {
		return nil, refuse("no data folder is named; set --data")
	}
	if _, err := openDir(dir); err != nil {
		return nil, err
	}
	s, err := openStore(ctx, dir)
	if err != nil {
		return nil, err
	}
	return &Manager{store: s}, nil
}

// Close closes the data folder.
func (m *Manager) Close() error { return m.store.Close() }

// Person names whom a link or token is for.
type Person struct {
	// Organisation is its short name; empty means the first.
	Organisation string
	// Email finds the person. For Link, empty means the oldest admin.
	Email string
	// Name and Roles are for a new person. Zero roles mean a technician.
	Name  string
	Roles Roles
}

// Link makes a one-time link, as the path and fragment behind the relay's address. An
// existing person is signed in by it, a new one makes an account. It returns when the
// link expires.
func (m *Manager) Link(ctx context.Context, p Person) (string, time.Time, error) {
	org, err := m.organisation(ctx, p.Organisation)
	if err != nil {
		return "", time.Time{}, err
	}
	link, life := store.Link{Email: p.Email, Name: protocol.Clean(p.Name, protocol.MaxName), Roles: p.Roles}, inviteLife
	user, err := m.find(ctx, org.ID, p.Email)
	switch {
	case err == nil:
		link.UserID, link.Email, link.Name, link.Roles = user.ID, user.Email, user.Name, user.Roles
		life = signInLinkLife
	case !errors.Is(err, store.ErrNotFound):
		return "", time.Time{}, err
	case p.Email == "":
		link.Roles = auth.All // nobody is here yet
	case !validEmail(store.NormalEmail(p.Email)):
		return "", time.Time{}, refuse("--email %q is not an e-mail address", p.Email)
	case p.Roles == 0:
		link.Roles = auth.Technician
	}
	token := auth.NewSecret("")
	link, err = m.store.AddLink(ctx, org.ID, audit.Operator, link, token, life)
	return linkPath(token), link.Expires, err
}

func (m *Manager) organisation(ctx context.Context, shortName string) (store.Organisation, error) {
	org, err := m.store.OrganisationByShortName(ctx, shortName)
	if errors.Is(err, store.ErrNotFound) {
		return org, fmt.Errorf("%w: organisation %q", ErrNobody, shortName)
	}
	return org, err
}

func (m *Manager) find(ctx context.Context, org, email string) (store.User, error) {
	if email == "" {
		return m.store.FirstAdmin(ctx, org)
	}
	return m.store.UserByEmail(ctx, org, email)
}

// tokenPrefix begins every API token, so that scanners find one that leaked.
const tokenPrefix = "bst_"

// Token makes an API token for a person, valid for life. It is shown once: the store
// keeps its hash.
func (m *Manager) Token(ctx context.Context, p Person, label string, life time.Duration) (auth.Secret, error) {
	org, err := m.organisation(ctx, p.Organisation)
	if err != nil {
		return auth.Secret{}, err
	}
	user, err := m.find(ctx, org.ID, p.Email)
	if errors.Is(err, store.ErrNotFound) {
		return auth.Secret{}, fmt.Errorf("%w: %q", ErrNobody, p.Email)
	}
	if err != nil {
		return auth.Secret{}, err
	}
	token := auth.NewSecret(tokenPrefix)
	return token, m.store.AddSignIn(ctx, user, store.API, label, token, life)
}

// AddOrganisation makes another organisation on the relay and returns its short name.
func (m *Manager) AddOrganisation(ctx context.Context, name string) (string, error) {
	name = protocol.Clean(name, protocol.MaxName)
	if name == "" {
		return "", refuse("--name is empty; name the organisation")
	}
	org, err := m.store.AddOrganisation(ctx, audit.Operator, shortName(name), name)
	if errors.Is(err, store.ErrTaken) {
		return "", refuse("there is an organisation called %q already", shortName(name))
	}
	return org.ShortName, err
}

// Verify stores whether the operator has made sure that an organisation is who it says
// it is; users are shown it with every question. No page of the web application can. It
// returns the names that were verified: who renames the organisation loses it.
func (m *Manager) Verify(ctx context.Context, shortName string, verified bool) (name, controller string, err error) {
	if shortName == "" {
		return "", "", refuse("name the organisation by its short name, such as acme-it-support")
	}
	org, err := m.organisation(ctx, shortName)
	if err != nil {
		return "", "", err
	}
	return org.Name, org.Controller, m.store.SetVerified(ctx, org.ID, audit.Operator, verified)
}

// ParseRoles reads "technician,reviewer,admin".
func ParseRoles(text string) (Roles, error) {
	var roles Roles
	for word := range strings.SplitSeq(text, ",") {
		switch strings.TrimSpace(word) {
		case "technician":
			roles |= auth.Technician
		case "reviewer":
			roles |= auth.Reviewer
		case "admin":
			roles |= auth.Admin
		default:
			return 0, refuse("there is no role %q; roles are technician, reviewer and admin", word)
		}
	}
	return roles, nil
}
