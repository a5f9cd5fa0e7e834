package bus

import "strings"

// Subject is where a message goes. It always begins with an organisation.
//
//	o.<organisation>.code.<digits>      the room that shows this code
//	o.<organisation>.room.<id>          a room: both ends of a session meet there
//	o.<organisation>.conn.<id>          one WebSocket connection
//	o.<organisation>.user.<id>          a user's rights have changed
type Subject struct{ name string }

// Organisation makes the subjects of one organisation.
type Organisation struct{ id string }

// Of returns the subjects of the organisation with this id.
func Of(organisationID string) Organisation { return Organisation{token(organisationID)} }

// Code is the subject of a locator's digits.
func (o Organisation) Code(digits string) Subject { return o.subject("code", digits) }

// Room is the subject of a room.
func (o Organisation) Room(id string) Subject { return o.subject("room", id) }

// Conn is the subject of one connection.
func (o Organisation) Conn(id string) Subject { return o.subject("conn", id) }

// User is the subject of changes to one user.
func (o Organisation) User(id string) Subject { return o.subject("user", id) }

func (o Organisation) subject(kind, id string) Subject {
	return Subject{"o." + o.id + "." + kind + "." + token(id)}
}

// token makes s one token of a subject: what could be a wildcard, a separator or
// nothing at all becomes "-", on which nobody listens.
func token(s string) string {
	if s == "" || len(s) > 64 || strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z')
	}) {
		return "-"
	}
	return s
}
