package catalogue

// Texts is everything in one language. {names} in a text are placeholders for Fill.
type Texts struct {
	Tag string `json:"-"` // BCP 47

	Dates    Dates
	Units    Units
	Scopes   Scopes
	Party    Party
	Start    Start
	Lobby    Lobby
	Question Question
	Bar      Bar
	Here     Here
	Page     Page
	Show     Show
	Chooser  Chooser
	Activity Activity
	Chat     Chat
	Over     Over
	Receipt  Receipt
	Trouble  Trouble
	Check    Check
}

// Dates says how days and times are written.
type Dates struct {
	Months    []string // twelve, January first
	Day       string   // {day} {month} {year}
	DayTime   string   // {date} {time}
	MonthYear string   // {month} {year}
}

// Units are spans of time, numbers and sizes.
type Units struct {
	UnderMinute  string
	MinutesShort string // {n}
	HoursShort   string // {h} {m}: m is two digits
	UnderSecond  string
	Seconds      Plural
	Minutes      Plural
	Hours        Plural
	Between      string   // what stands between "2 hours" and "5 minutes"
	List         string   // what stands between the names of a list
	Named        string   // {name} {value}
	Decimal      string   // {n} {tenths}
	Thousands    string   // {n} {rest}: rest is three digits
	Sizes        []string // five, bytes first, each a thousand of the one before: {n}
}

// Scopes are what can be allowed, as a list names them.
type Scopes struct{ View, Control, Record, Clipboard, Files, Voice string }

// Party is what is said about who asks, and who is answerable.
type Party struct {
	Verified, NotVerified                     string
	AccountToday, AccountYesterday            string
	AccountDays                               Plural
	AccountSince                              string // {month}
	Controller, Processor, Region, PrivacyURL string // labels
}

// Start is the window with the number.
type Start struct {
	Subtitle           string
	ReadNumber         string
	NumberSoon         string // stands in its place while there is no number
	Connecting         string
	NoNumber           string
	ValidFor           string // {time}
	NumberOver         string
	NewNumber          string
	OnlyTo             string
	Can1, Can2, Cannot string
	Privacy, Back      string
	Language, Display  string // headings of the options
	BigText            string
	Known              Plural
	Forget             string
	HighContrast       string
	Reader             string
	// ReaderHint leads to the page for a screen reader; ReaderOn stands there once it was chosen.
	ReaderHint, ReaderOn string
	// LinkTitle and the rest stand where no browser took the page's address.
	LinkTitle, LinkText, LinkCopy, LinkCopied string
	PrivacyIntro                              string
}

// Lobby are the sentences in the window with the number that say what went wrong.
type Lobby struct {
	Offline, Left, RanOut                 string
	WrongNumber, Unsafe                   string // {technician}
	Version, Organisation, TooMany        string
	Unavailable, Refused                  string
	Unanswered, NotShown, LeftEarly, Lost string // {technician}; filled by session ends
	NoBar                                 string
	TerminalCode                          string // {code}
}

// Question is what stands round a question's own text.
type Question struct {
	Ticket       string // {ticket}
	ClosesIn     string // {time}
	TakeYourTime string
	NoHurry      string
	Soon         string // why the answers are pale
	SpaceHint    string // {verb}
	ReadFirst    string // {seconds}
	Reason       string // {reason}: the technician's words, in quotation marks
}

// Bar is the bar at the top of the screen.
type Bar struct {
	Recording     string // at most four letters
	Paused        string
	Unseen        string // paused by us
	Asking        string // {technician}
	YouMove       string
	Pause, Resume string
	StopControl   string
	StopRecording string
	StopClipboard string
	StopFiles     string
	StopVoice     string
	Mute, Unmute  string // of the user's own microphone
	End           string
	// AlsoKeys and SharedKeys: {keys}, as they are printed on a keyboard.
	Modifiers            string
	AlsoKeys, SharedKeys string
	// Secret begins the typing of one, SecretDone ends it; SecretHint stands meanwhile.
	Secret, SecretDone, SecretHint string
	Away                           string
	Report                         string // the sign, and in the notification area
	ReportAsk, ReportYes, ReportNo string // ReportAsk: {technician}
	RecordingDiskFull              string
	RecordingNotStored             string
	RecordingOtherFault            string
	// NoSound, NoMicrophone: talking was allowed and cannot be; SoundLost: it had begun.
	NoSound, NoMicrophone, SoundLost string
}

// Here is the window that asks whether somebody is there.
type Here struct {
	Title, Text, PausesIn, ImHere string // Text: {technician}; PausesIn: {time}
	AwayTitle, AwayText, GoOn     string // AwayTitle: {technician}
}

// Page is the page for screen readers.
type Page struct {
	Opening, LinkUsed, NoScript, Lost string
	Terminal                          string // {url}
	Waiting, Code                     string // heading before anybody has come; label
	Helping, NowTitle                 string // {technician}
	NothingYet                        string
	Recording, NotRecording           string
	SoFar                             string // {time}
	YouCan                            string
	SpaceOnly, OrKeys                 string // {verb}; {keys}
	KeysOnly                          string // {technician} {verb} {keys}
	NotHere, WholeScreen              string
	FileAsked                         string // {technician}
	Stale, TooSoon, NoHand, NoKeys    string
	Stars                             string // {n}
	KeepComment                       string
}

// Show is the choice of what is shown, in the question about the screen.
type Show struct {
	Title, Everything             string
	Screen                        string // {number}
	Window, Choose                string
	Hide, HideText                string
	Hidden, Shown, Untitled, More string
}

// Chooser is the list in which the user chooses a file.
type Chooser struct {
	Title             string // {technician}
	Hint              string
	Up                string
	Empty, Unreadable string
	None, Send        string
}

// Activity is the list of what was done. What was asked and answered stands there in the
// words of the receipt.
type Activity struct {
	Button, Title           string
	Intro                   string // {technician}
	ReadText, PutText       Plural
	ReadPicture, PutPicture string
	Typed, Clicked          Plural
	Sent, Got               string // {name} {size}
	Broken                  string // {name}
	Talked                  string // {time}
}

// Chat is the window in which both write to one another.
type Chat struct {
	Tab                                 string // as short as it can be
	Title                               string // {technician}
	Hint, Send, You                     string
	Message                             string // the field's name, where it has one
	Empty                               string // {technician}
	NotYet                              string // {technician}: before there is a conversation
	NotKept, Before                     string
	Recorded                            string // {date}
	RecordedOnly                        string
	LooksPassword, LooksCard, LooksCode string
	WouldRead                           string // {technician}
	Anyway, Dont                        string
	Caution, Secret                     string // {technician}
	TooFast, Full, Long, Closed         string
	Unread                              Plural
}

// Over is "It is over".
type Over struct {
	Title                           string
	Text                            string // {technician}
	BarLost, Lost, Finishing        string
	Sending, Sent, NotSent          string
	Who, When, HowLong              string
	Allowed, Recorded, KeptUntil    string
	Nothing, Yes, No, Receipt       string
	FilesGot, FilesGiven            string // labels
	MoreFiles                       Plural
	OpenReceipt, Close, CloseNow    string
	DiskFull, NotAllowed, NoReceipt string
	Rate, Report, Reported, Kept    string
	CommentHint                     string // in the field where the user can write about it
	// Erase and the rest: of what was recorded.
	Erase, EraseAsk, EraseYes, EraseNo string
	Erasing, Erased, NotErased         string
	Send, SendingSaid, Told, NotTold   string // {organisation} but in SendingSaid
}

// Receipt is the page to read.
type Receipt struct {
	Title                                string
	Heading                              string // {technician}
	Intro                                string
	Technician, Began, Lasted            string
	Shown, ShownNothing                  string
	Recorded, RecordedYes, RecordedNo    string
	KeptUntil                            string // {date}
	ErasedAt                             string // {time}
	StoredIn                             string // {region}
	WhoOpens                             string // {organisation}
	Recording, Controller, Processor     string
	Session                              string
	Events                               string
	Chat                                 string
	Files, FileTo, FileFrom              string // FileTo, FileFrom: {name} {size}
	FileHash, FileBroken                 string // {hash}
	Witness, WitnessNone, WitnessFalse   string
	WitnessOpened, WitnessBoth           string // {number}
	CheckTitle, Check, Secret            string // Check: {file}
	Asked, Granted, Refused, NotPut      string // {what}
	Expired, Withdrawn, WithdrawnByUs    string // {what}
	Erased                               string // {what}
	Released, ReleasedByUs               string // {what}
	Paused, PausedByUs, Resumed          string
	SecretBegan, SecretDone              string
	Away, Back, BackByUs                 string
	SharedScreen, SharedWindow           string
	HiddenWindows                        string // {number}
	Accessible                           string
	EndedByUser, EndedByTechnician       string
	EndedByUs, EndedByBar, EndedByNet    string
	SaidTitle, Rating, Comment, Reported string
	RightsTitle, Rights                  string
}

// Check is what commands say in a terminal: the self-check, and that the list of those
// who helped was erased.
type Check struct {
	Forgotten                          string
	Greeting, NewNumber, Proof, Sealed string // what went out before a yes
	Begin                              string
	Clean                              string // {seconds} {bytes}
	Leak                               string
}

// Trouble is why the program could not start.
type Trouble struct {
	Wayland, NoScreen, LostScreen, NoWindows string
	Settings                                 string // {cause}
	NotAllowed                               string // {cause}
	DiskFull                                 string
}

// Scope is the name of a scope, "view" and so on; empty for one without a name.
func (t *Texts) Scope(scope string) string {
	switch scope {
	case "view":
		return t.Scopes.View
	case "control":
		return t.Scopes.Control
	case "record":
		return t.Scopes.Record
	case "clipboard":
		return t.Scopes.Clipboard
	case "files":
		return t.Scopes.Files
	case "voice":
		return t.Scopes.Voice
	}
	return ""
}
