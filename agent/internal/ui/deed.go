package ui

import "time"

// Deed is one thing that was done in a session, for the list in plain words. It never
// holds content.
type Deed struct {
	At    time.Time
	Kind  DeedKind
	Count int           // characters, clicks, bytes of a picture
	Name  string        // of a file
	Size  int64         // of a file
	Took  time.Duration // of what has a length
}

// DeedKind is what was done.
type DeedKind uint8

// The kinds of deeds. Each is the technician's, unless it says otherwise.
const (
	ReadText DeedKind = iota + 1
	ReadPicture
	PutText
	PutPicture
	Typed
	Clicked
	SentFile
	GotFile    // from the user
	BrokenFile // not completed, either way
	Talked     // both did; Took says how long
)
