package page

import (
	"time"

	"beside/agent/internal/ui"
)

// State is what the windows show, as they were told it.
type State struct {
	Start    *ui.StartView // while there is a number
	Bar      *ui.BarView   // while there is a session
	Asked    ui.Asked      // while there is a question
	Here     *ui.HereView  // while somebody is asked whether they are there
	Activity ui.ActivityView
	Chat     *ui.ChatView   // while both can write
	Talk     ui.Talk        // what is written goes to it
	Choosing *ui.ChooseView // while the user chooses a file
	Over     *ui.OverView   // after the session
}

// View is the whole page in the words of one language. The script draws it, and has no
// words of its own.
type View struct {
	Lang    string `json:"lang"`
	Heading string `json:"heading"`
	// Status is read out when it changes; Alert at once, whatever is being read.
	Status   string    `json:"status"`
	Alert    string    `json:"alert"`
	Space    string    `json:"space"` // {verb}: said when Enter was pressed on what wants the space bar
	Sections []Section `json:"sections"`
}

// Section is a part of the page. What keeps its ID stays where it is, with the focus.
type Section struct {
	ID      string `json:"id"`
	Heading string `json:"heading,omitempty"`
	// Role is "question", whose first button takes the focus; "log", whose new lines are
	// read out; or none.
	Role    string   `json:"role,omitempty"`
	Nonce   string   `json:"nonce,omitempty"` // of a question
	Blocks  []Block  `json:"blocks,omitempty"`
	Buttons []Button `json:"buttons,omitempty"`
	Hints   []string `json:"hints,omitempty"` // after the buttons
	Write   *Write   `json:"write,omitempty"`
}

// Write is a field to write in: its label, and the words of the buttons.
type Write struct {
	To     string `json:"to"` // where it goes: "say" or "comment"
	Label  string `json:"label"`
	Send   string `json:"send"`
	Anyway string `json:"anyway,omitempty"`
	Dont   string `json:"dont,omitempty"`
	Most   int    `json:"most"` // characters
	Off    bool   `json:"off,omitempty"`
	// Stays: what was sent stays in the field, to be changed.
	Stays bool `json:"stays,omitempty"`
}

// Ask is what the page asks before a press that cannot be taken back.
type Ask struct {
	Text string `json:"text"`
	Yes  string `json:"yes"`
	No   string `json:"no"`
}

// Block is one thing to read.
type Block struct {
	// Kind is "p", "list", "rows", "quote", "code" or "clock".
	Kind  string      `json:"kind"`
	Text  string      `json:"text,omitempty"` // of a clock with {time} in it
	Lines []string    `json:"lines,omitempty"`
	Rows  [][2]string `json:"rows,omitempty"`
	// Ms is the clock's time in milliseconds at the moment of sending; Down: it runs out.
	Ms   int64 `json:"ms,omitempty"`
	Down bool  `json:"down,omitempty"`
	Warn bool  `json:"warn,omitempty"`
}

// Button is something to press.
type Button struct {
	Press string `json:"press"` // of replies or acts
	Text  string `json:"text"`
	Look  string `json:"look,omitempty"` // "primary", "danger" or none
	// Ms is how long it is until a press counts, in milliseconds; -1 is not for now.
	Ms int64 `json:"ms,omitempty"`
	// Space: the Enter key does not press it.
	Space bool `json:"space,omitempty"`
	// Ask is asked first; nil is nothing. Space is about its yes then.
	Ask *Ask `json:"ask,omitempty"`
}

func paragraph(text string) Block            { return Block{Kind: "p", Text: text} }
func warning(text string) Block              { return Block{Kind: "p", Text: text, Warn: true} }
func list(lines []string) Block              { return Block{Kind: "list", Lines: lines} }
func button(press, text, look string) Button { return Button{Press: press, Text: text, Look: look} }

// countdown is a clock that runs out at until.
func countdown(text string, until, now time.Time) Block {
	return Block{Kind: "clock", Text: text, Ms: max(until.Sub(now), 0).Milliseconds(), Down: true}
}

// within is how long it is until at, as a Button says it.
func within(at, now time.Time) int64 {
	if at.IsZero() {
		return -1
	}
	return max(at.Sub(now), 0).Milliseconds()
}
