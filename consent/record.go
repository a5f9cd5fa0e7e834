package consent

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

// recordSchema names the layout of a Statement.
const recordSchema = "beside-consent-record/1"

// recordType is the JWS "typ" header: a consent record can be taken for nothing else
// that the same key signs.
const recordType = "beside-consent+jws"

// Statement is the payload of one consent record. Its fields follow ISO/IEC TS
// 27560:2023; those of the chain (session_id, sequence, previous) are our own.
type Statement struct {
	SchemaVersion string `json:"schema_version"`
	RecordID      string `json:"record_id"`
	SessionID     string `json:"session_id"`
	Sequence      int    `json:"sequence"` // from 1
	// Previous is the SHA-256 of the record before, as it stands in the receipt, in
	// hexadecimal; empty in the first.
	Previous string `json:"previous"`

	PIIPrincipalID string       `json:"pii_principal_id"`
	Event          EventSection `json:"event"`
	// Notice and Processing are there when the event concerns one scope.
	Notice     *NoticeSection     `json:"privacy_notice,omitempty"`
	Processing *ProcessingSection `json:"pii_processing,omitempty"`
	Parties    []PartySection     `json:"party_identification"`
}

// EventSection says what happened, when, by whom and how.
type EventSection struct {
	Time  time.Time `json:"event_time"`
	Type  string    `json:"event_type"`  // our EventKind
	State string    `json:"event_state"` // the standard's word for what it means
	Actor string    `json:"entity_id"`
	Scope string    `json:"scope,omitempty"`
	Hold  string    `json:"hold,omitempty"` // of paused and resumed: why
	// Shared and Hidden say how much of the screen is shown, with the yes to it.
	Shared  Shared `json:"shared,omitempty"`
	Hidden  int    `json:"hidden_windows,omitempty"`
	Method  string `json:"consent_method,omitempty"` // how a person answered
	Reason  string `json:"stated_reason,omitempty"`  // the technician's words
	Ticket  string `json:"ticket,omitempty"`
	AskedID string `json:"question_id,omitempty"`
}

// NoticeSection is the very text that was shown, and its hash (see Text.Hash).
type NoticeSection struct {
	Version  string `json:"privacy_notice_version"`
	Language string `json:"language"`
	Hash     string `json:"privacy_notice_hash"`
	Text     Text   `json:"privacy_notice_text"`
	URL      string `json:"privacy_notice_url,omitempty"`
}

// ProcessingSection says what is done with which data, and until when.
type ProcessingSection struct {
	Purpose           string `json:"purpose"`
	LawfulBasis       string `json:"lawful_basis"`
	PIIInformation    string `json:"pii_information"`
	CollectionMethod  string `json:"collection_method"`
	StorageLocation   string `json:"storage_location,omitempty"`
	RetentionPeriod   string `json:"retention_period"`
	WithdrawalMethod  string `json:"withdrawal_method"`
	RecipientsOfPII   string `json:"recipient_third_parties"`
	ValidityOfConsent string `json:"validity_duration"`
}

// PartySection is one party: the controller, the processor, or who asked.
type PartySection struct {
	Role string `json:"party_role"`
	ID   string `json:"party_id,omitempty"`
	Name string `json:"party_name"`
}

// journal keeps what happened. The Gate has a signedLog; only its own tests may do
// with less.
type journal interface {
	add(e Event, q Question) error
	receipt() Receipt
}

// signedLog signs every event and chains the records by hash.
type signedLog struct {
	sessionID string
	party     Party
	synthetic bool
	key       ed25519.PrivateKey
	signer    jose.Signer
	records   []string
}

func newSignedLog(cfg Config) (*signedLog, error) {
	signer, err := newSigner(cfg.Key, recordType)
	if err != nil {
		return nil, err
	}
	return &signedLog{sessionID: cfg.SessionID, party: cfg.Party, synthetic: cfg.Synthetic, key: cfg.Key, signer: signer}, nil
}

func (l *signedLog) add(e Event, q Question) error {
	compact, err := sign(l.signer, l.statement(e, q))
	if err != nil {
		return err
	}
	l.records = append(l.records, compact)
	return nil
}

func (l *signedLog) receipt() Receipt {
	r := Receipt{
		Type:      ReceiptType,
		SessionID: l.sessionID,
		PublicKey: base64.RawURLEncoding.EncodeToString(l.key.Public().(ed25519.PublicKey)),
		Records:   slices.Clone(l.records),
	}
	// A receipt that could not be sealed does not verify: that is how it is told.
	_ = r.Seal(l.key, Afterwards{})
	return r
}

func (l *signedLog) statement(e Event, q Question) Statement {
	s := Statement{
		SchemaVersion:  recordSchema,
		RecordID:       newID(),
		SessionID:      l.sessionID,
		Sequence:       len(l.records) + 1,
		PIIPrincipalID: "the user of this machine",
		Event: EventSection{
			Time: e.Time.UTC(), Type: e.Kind.String(), State: stateOf(e.Kind), Actor: e.By.String(),
		},
		Parties: []PartySection{
			{Role: "pii_controller", ID: l.party.OrganisationID, Name: orName(l.party.Controller, l.party.OrganisationName)},
			{Role: "pii_processor", Name: l.party.Processor},
			{Role: "asking_technician", ID: l.party.TechnicianID, Name: l.party.TechnicianName},
		},
	}
	if e.Hold != 0 {
		s.Event.Hold = e.Hold.String()
	}
	if n := len(l.records); n > 0 {
		s.Previous = recordHash(l.records[n-1])
	}
	if e.Scope != 0 {
		s.Event.Scope, s.Event.AskedID = e.Scope.String(), q.ID
		s.Event.Reason, s.Event.Ticket = q.Reason, q.Ticket
		s.Event.Method = methodOf(e)
		if e.Kind == Granted && e.Scope == View {
			s.Event.Shared, s.Event.Hidden = q.Extent.Shared, q.Extent.Hidden
		}
		if l.synthetic && s.Event.Method != "" {
			s.Event.Method += SyntheticMethod
		}
		s.Notice = &NoticeSection{
			Version: q.Text.Version, Language: q.Language, Hash: q.Text.Hash(), Text: q.Text, URL: l.party.PrivacyURL,
		}
		s.Processing = processingOf(e.Scope, l.party, q.Text)
	}
	return s
}

// SyntheticMethod ends the method of an answer that a program may have pressed, because the
// user had chosen so beforehand.
const SyntheticMethod = "; programs could press too, as the user had chosen before the session (accessibility)"

// stateOf is the standard's word for our event.
func stateOf(k EventKind) string {
	switch k {
	case Asked:
		return "requested"
	case Granted:
		return "given"
	case Refused:
		return "refused"
	case Expired:
		return "expired"
	case Withdrawn:
		return "withdrawn"
	case Released, Ended:
		return "terminated"
	case Paused:
		return "suspended"
	case Resumed:
		return "resumed"
	}
	return "unknown"
}

// methodOf says how the user answered, where the user did.
func methodOf(e Event) string {
	if e.By != ByUser {
		return ""
	}
	switch e.Kind {
	case Granted, Refused:
		return "explicit: pressed a button in a window on this machine"
	case Withdrawn:
		return "explicit: took it back on this machine"
	}
	return ""
}

// processingOf describes what a grant of scope leads to.
func processingOf(scope Scope, party Party, text Text) *ProcessingSection {
	p := &ProcessingSection{
		LawfulBasis:       "consent",
		WithdrawalMethod:  text.Undo,
		RecipientsOfPII:   "the technician",
		RetentionPeriod:   "not stored",
		ValidityOfConsent: "until withdrawn, at most until the session ends",
	}
	switch scope {
	case View:
		p.Purpose = "remote support: the technician sees the screen"
		p.PIIInformation = "the picture of the shared screen"
		p.CollectionMethod = "screen capture on this machine, sent end to end encrypted"
	case Control:
		p.Purpose = "remote support: the technician uses mouse and keyboard"
		p.PIIInformation = "none is collected; the technician acts on the machine"
		p.CollectionMethod = "input events from the technician"
		p.RecipientsOfPII = "none"
	case Clipboard:
		p.Purpose = "remote support: the technician reads the clipboard, and puts things on it"
		p.PIIInformation = "the text or picture on the clipboard, each time the technician fetches it"
		p.CollectionMethod = "read on this machine, sent end to end encrypted"
		p.RetentionPeriod = "as long as the technician keeps what they fetched"
	case Files:
		p.Purpose = "remote support: files are sent to this machine, and from it where the user chooses one"
		p.PIIInformation = "the files that the user chooses"
		p.CollectionMethod = "chosen by the user on this machine, sent end to end encrypted"
		p.RetentionPeriod = "as long as the technician keeps the files"
	case Voice:
		p.Purpose = "remote support: the technician and the user talk"
		p.PIIInformation = "what the microphone of this machine hears"
		p.CollectionMethod = "heard on this machine, sent end to end encrypted; never recorded"
	case Record:
		p.Purpose = "recording of the session"
		p.PIIInformation = "the picture of the shared screen"
		p.CollectionMethod = "recorded and encrypted on this machine"
		p.StorageLocation = party.Region
		p.RecipientsOfPII = "the controller's reviewers; the processor stores it and cannot open it"
		p.RetentionPeriod = "not stated"
		if party.RecordingDays > 0 {
			p.RetentionPeriod = fmt.Sprintf("P%dD", party.RecordingDays) // ISO 8601
		}
	}
	return p
}

func recordHash(compact string) string {
	sum := sha256.Sum256([]byte(compact))
	return hex.EncodeToString(sum[:])
}

// newID is 128 random bits in hexadecimal.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24: it ends the program instead
	return hex.EncodeToString(b[:])
}

func orName(first, second string) string {
	if first != "" {
		return first
	}
	return second
}
