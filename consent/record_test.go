package consent

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	jose "github.com/go-jose/go-jose/v4"
)

// wholeSession plays one session and returns its receipt.
func wholeSession(t *testing.T) Receipt {
	t.Helper()
	answers := map[Scope]Answer{View: Yes, Control: No, Record: Yes}
	g, _ := newTestGate(t, person(func(_ context.Context, q Question) (Answer, error) { return answers[q.Scope], nil }), newBar())
	_, _ = g.AskView(t.Context(), Question{Reason: "the printer", Ticket: "T-17", Language: "en-GB"})
	_, _ = g.AskControl(t.Context(), Question{})
	_, _ = g.AskRecord(t.Context(), Question{})
	g.Withdraw(Record, ByUser)
	g.End(ByUser)
	return g.Receipt()
}

// PROMISE A10, A13, A14, A15: a record says who asked, for what, in which words, who is
// answerable, where and how long.
func TestRecordsTellTheWhole(t *testing.T) {
	statements, err := wholeSession(t).Verify()
	if err != nil {
		t.Fatal(err)
	}
	var states []string
	for _, s := range statements {
		states = append(states, s.Event.Scope+" "+s.Event.State)
	}
	want := []string{"view requested", "view given", "control requested", "control refused",
		"record requested", "record given", "record withdrawn", " terminated"}
	if !slices.Equal(states, want) {
		t.Errorf("states: got %q, want %q", states, want)
	}
	given := statements[1]
	if given.Event.Reason != "the printer" || given.Event.Ticket != "T-17" || given.Event.Method == "" || given.Event.Actor != "user" {
		t.Errorf("event: %+v", given.Event)
	}
	shown := NoticeFor(View, testParty(), "en")
	if given.Notice.Hash != shown.Hash() || given.Notice.Language != "en" || given.Notice.Text.Title != shown.Title {
		t.Errorf("notice: %+v", given.Notice)
	}
	roles := map[string]string{}
	for _, p := range given.Parties {
		roles[p.Role] = p.Name
	}
	if roles["pii_controller"] != testParty().Controller || roles["pii_processor"] != "Relay Co" || roles["asking_technician"] != "Ana Pérez" {
		t.Errorf("parties: %v", roles)
	}
	recorded := statements[5]
	if p := recorded.Processing; p.RetentionPeriod != "P30D" || p.StorageLocation != "Frankfurt, Germany" {
		t.Errorf("processing: %+v", p)
	}
	if asked := statements[0]; asked.Event.AskedID == "" || asked.Event.AskedID != given.Event.AskedID {
		t.Error("question and answer do not name the same question")
	}
}

// The record holds the hash of the very text that was on the screen.
func TestRecordHoldsTheTextShown(t *testing.T) {
	var shown Question
	g, _ := newTestGate(t, person(func(_ context.Context, q Question) (Answer, error) { shown = q; return Yes, nil }), newBar())
	own := Text{Title: "Text of the caller", Yes: "Yes", No: "No", Version: "x"}
	if _, err := g.AskView(t.Context(), Question{Text: own, Party: Party{TechnicianName: "Mallory"}}); err != nil {
		t.Fatal(err)
	}
	statements, err := g.Receipt().Verify()
	if err != nil {
		t.Fatal(err)
	}
	if got := statements[1].Notice.Hash; got != shown.Text.Hash() || got != own.Hash() {
		t.Errorf("hash: got %s, want %s", got, own.Hash())
	}
	if shown.Party.TechnicianName != "Ana Pérez" {
		t.Errorf("the caller changed who asks: %q", shown.Party.TechnicianName)
	}
}

// resign signs payload as an attacker with a key of their own would, or as the holder
// of the key would for another purpose.
func resign(t *testing.T, key ed25519.PrivateKey, kind string, payload []byte) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: key}, (&jose.SignerOptions{}).WithType(jose.ContentType(kind)))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	out, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func payloadOf(t *testing.T, compact string) []byte {
	t.Helper()
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(compact, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

// THREAT 30: a receipt that was changed anywhere does not verify.
func TestReceiptTampering(t *testing.T) {
	whole := wholeSession(t)
	if _, err := whole.Verify(); err != nil {
		t.Fatal(err)
	}
	other := ed25519.NewKeyFromSeed([]byte("the seed of somebody else, 32 by"))
	for name, change := range map[string]func(r *Receipt){
		"a record left out":  func(r *Receipt) { r.Records = slices.Delete(r.Records, 3, 4) },
		"the first left out": func(r *Receipt) { r.Records = r.Records[1:] },
		"two swapped":        func(r *Receipt) { r.Records[2], r.Records[3] = r.Records[3], r.Records[2] },
		"one twice":          func(r *Receipt) { r.Records = slices.Insert(r.Records, 2, r.Records[2]) },
		"one emptied":        func(r *Receipt) { r.Records[1] = "" },
		"another session":    func(r *Receipt) { r.SessionID = "s2" },
		"another key":        func(r *Receipt) { r.PublicKey = base64.RawURLEncoding.EncodeToString(other[32:]) },
		"half a key":         func(r *Receipt) { r.PublicKey = r.PublicKey[:20] },
		"another type":       func(r *Receipt) { r.Type = "receipt" },
		"signed by another": func(r *Receipt) {
			r.Records[3] = resign(t, other, recordType, []byte(strings.Replace(string(payloadOf(t, r.Records[3])), "refused", "given", 2)))
		},
		"signed for another purpose": func(r *Receipt) {
			r.Records[len(r.Records)-1] = resign(t, testKey(), "beside-manifest+jws", payloadOf(t, r.Records[len(r.Records)-1]))
		},
		"another text under the same hash": func(r *Receipt) {
			last := len(r.Records) - 2
			changed := strings.Replace(string(payloadOf(t, r.Records[last])), "asks to record your screen", "asks to help you", 1)
			r.Records = append(r.Records[:last], resign(t, testKey(), recordType, []byte(changed)))
		},
		"one of another run of the same session": func(r *Receipt) { r.Records[3] = wholeSession(t).Records[3] },
		"no signature": func(r *Receipt) {
			parts := strings.Split(r.Records[0], ".")
			r.Records[0] = base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"`+recordType+`"}`)) + "." + parts[1] + "."
		},
	} {
		r := whole
		r.Records = slices.Clone(whole.Records)
		change(&r)
		if _, err := r.Verify(); !errors.Is(err, ErrReceipt) {
			t.Errorf("%s: got %v, want ErrReceipt", name, err)
		}
	}
	for i := range whole.Records {
		r := whole
		r.Records = slices.Clone(whole.Records)
		b := []byte(r.Records[i])
		at := len(b) / 2
		b[at] = map[bool]byte{true: 'B', false: 'A'}[b[at] == 'A']
		r.Records[i] = string(b)
		if _, err := r.Verify(); err == nil {
			t.Errorf("record %d changed: verified", i)
		}
	}
}

// A receipt cut at its end is found: its summary names the last record.
func TestReceiptCutAtItsEnd(t *testing.T) {
	r := wholeSession(t)
	r.Records = r.Records[:len(r.Records)-1]
	if _, err := r.Verify(); !errors.Is(err, ErrReceipt) {
		t.Errorf("got %v, want ErrReceipt", err)
	}
}

// THREAT 22: the receipt is the user's alone, whole or not there.
func TestReceiptWrite(t *testing.T) {
	r := wholeSession(t)
	r.Recordings = []RecordingKey{{ID: "00", Identity: "AGE-SECRET-KEY-1TEST", Relay: "https://relay.example"}}
	if err := r.Seal(testKey(), Afterwards{}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "receipt.json")
	if err := os.WriteFile(path, []byte("older"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := r.Write(path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode: got %v, %v, want 0600", info.Mode(), err)
	}
	back, err := ReadReceipt(path)
	if err != nil || !slices.Equal(back.Recordings, r.Recordings) || !slices.Equal(back.Records, r.Records) {
		t.Errorf("read back: %+v, %v", back, err)
	}
	if _, err := back.Verify(); err != nil {
		t.Error(err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("left beside it: %v, %v", entries, err)
	}
}

func TestReceiptWriteFails(t *testing.T) {
	if err := (Receipt{}).Write(filepath.Join(t.TempDir(), "no", "such", "folder")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: got %v", err)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "r"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := (Receipt{}).Write(filepath.Join(dir, "r")); err == nil {
		t.Error("a folder was replaced")
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("a failed write left something: %v", entries)
	}
	if _, err := ReadReceipt(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("reading nothing: got %v", err)
	}
}

func TestNotices(t *testing.T) {
	seen := map[string]Scope{}
	for _, scope := range []Scope{View, Control, Record, Clipboard, Files} {
		text := NoticeFor(scope, testParty(), "en-GB")
		all, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(text.Title, "Ana Pérez from Example asks to ") {
			t.Errorf("%v: title %q", scope, text.Title)
		}
		if text.Undo == "" || text.Yes == "" || text.No == "" || len(text.Allows) == 0 || len(text.Not) == 0 || text.Version != NoticeVersion {
			t.Errorf("%v: something is missing: %s", scope, all)
		}
		if strings.ContainsAny(string(all), "{") && strings.Contains(string(all), "{who}") || strings.Contains(string(all), "{technician}") {
			t.Errorf("%v: not filled in: %s", scope, all)
		}
		if other, ok := seen[text.Hash()]; ok {
			t.Errorf("%v and %v have one hash", scope, other)
		}
		seen[text.Hash()] = scope
	}
	details := strings.Join(NoticeFor(Record, testParty(), "").Details, "\n")
	for _, want := range []string{"Example Ltd, 1 Road, Town", "Relay Co", "Frankfurt, Germany", "30 days", "https://example.com/privacy", "Nobody has checked"} {
		if !strings.Contains(details, want) {
			t.Errorf("details lack %q:\n%s", want, details)
		}
	}
	if got := NoticeFor(Scope(99), testParty(), "en"); got.Title != "" {
		t.Errorf("a scope that is none has a question: %q", got.Title)
	}
	for tag, want := range map[string]string{"de_AT": "de", "zh-Hans": "zh", "": "en", "eo": "en"} {
		if got := Language(tag); got != want {
			t.Errorf("language %q: got %q, want %q", tag, got, want)
		}
	}
}

// A name with braces is text, not a place to fill in.
func TestNoticeNamesAreText(t *testing.T) {
	party := testParty()
	party.TechnicianName = "{organisation}{who}"
	if got, want := NoticeFor(View, party, "en").Title, "{organisation}{who} from Example asks to see your screen"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// No two texts that read differently hash the same: where a line ends counts.
func TestTextHashSeesEveryLine(t *testing.T) {
	texts := []Text{
		{}, {Title: "a"}, {Undo: "a"}, {Version: "a"}, {Yes: "a"}, {No: "a"},
		{Allows: []string{"a"}}, {Not: []string{"a"}}, {Details: []string{"a"}},
		{Allows: []string{"a", "b"}}, {Allows: []string{"ab"}}, {Allows: []string{"a"}, Not: []string{"b"}},
		{Allows: []string{""}}, {Title: "1:a,"},
	}
	seen := map[string]int{}
	for i, text := range texts {
		if j, ok := seen[text.Hash()]; ok {
			t.Errorf("texts %d and %d have one hash", j, i)
		}
		seen[text.Hash()] = i
	}
}
