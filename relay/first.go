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

// firstLinkLife is how long the link on the console can be used; a restart prints
// another.
const firstLinkLife = 24 * time.Hour

// signInLinkLife is how long a link for an existing person can be used.
const signInLinkLife = 15 * time.Minute

// firstPerson makes the first organisation when there is none, and as long as nobody
// is in it prints a one-time link for its first person on the console. No web page can
// do this.
func (r *Relay) firstPerson(ctx context.Context) error {
	org, err := r.store.OrganisationByShortName(ctx, "")
	if errors.Is(err, store.ErrNotFound) {
		name := protocol.Clean(r.cfg.Organisation, protocol.MaxName)
		org, err = r.store.AddOrganisation(ctx, audit.Relay, shortName(name), name)
	}
	if err != nil {
		return err
	}
	if r.cfg.Processor == "" {
		r.cfg.Processor = org.Name
	}
	any, err := r.store.AnyUser(ctx, org.ID)
	if any || err != nil {
		return err
	}
	if err := r.store.RemoveInvitations(ctx, org.ID); err != nil {
		return err
	}
	token := auth.NewSecret("")
	if _, err := r.store.AddLink(ctx, org.ID, audit.Relay, store.Link{Roles: r.cfg.FirstRoles}, token, firstLinkLife); err != nil {
		return err
	}
	_, err = fmt.Fprintf(r.cfg.Console, "Nobody has an account yet. Open this one-time link within 24 hours to make the first:\n\n  %s%s\n\n",
		r.url, linkPath(token))
	return err
}

// shortName makes the name agents know an organisation by: lower case letters, digits
// and single hyphens.
func shortName(name string) string {
	var b strings.Builder
	gap := false
	for _, c := range strings.ToLower(name) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			gap = b.Len() > 0
			continue
		}
		if b.Len() >= 40 {
			break
		}
		if gap {
			b.WriteByte('-')
			gap = false
		}
		b.WriteRune(c)
	}
	if b.Len() == 0 {
		return "main"
	}
	return b.String()
}
