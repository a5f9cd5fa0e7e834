package consent

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// fullReceipt has something in every field.
func fullReceipt(t *testing.T) Receipt {
	t.Helper()
	r := wholeSession(t)
	r.Recordings = []RecordingKey{
		{ID: "00", Identity: "AGE-SECRET-KEY-1TEST", Relay: "https://relay.example"},
		{ID: "01", Identity: "AGE-SECRET-KEY-1OTHER", Relay: "https://relay.example"},
	}
	if err := r.SignFiles(testKey(), testFiles()); err != nil {
		t.Fatal(err)
	}
	if err := r.SignTranscript(testKey(), testChat()); err != nil {
		t.Fatal(err)
	}
	_, seen := testLog(t, r.SessionID)
	if err := r.SignWitness(testKey(), seen); err != nil {
		t.Fatal(err)
	}
	said := &Feedback{Time: fixedNow(), Rating: 4, Comment: "Quick", Reported: true}
	if err := r.Seal(testKey(), Afterwards{Said: said, Erased: fixedNow()}); err != nil {
		t.Fatal(err)
	}
	return r
}

func testChat() []ChatMessage {
	return []ChatMessage{
		{Time: fixedNow(), Text: "Can you see the printer's light? <b>"},
		{Time: fixedNow(), FromUser: true, Text: "Yes.\nIl clignote en orange 你好"},
	}
}

// PROMISE A6: the chat is in the receipt as it was written, and an old receipt without one
// still verifies.
func TestTranscript(t *testing.T) {
	r := fullReceipt(t)
	got, err := r.Transcript()
	if err != nil || !reflect.DeepEqual(got, testChat()) {
		t.Errorf("got %+v, %v", got, err)
	}
	parts := strings.Split(r.Chat, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	parts[1] = base64.RawURLEncoding.EncodeToString(bytes.Replace(payload, []byte("light"), []byte("paper"), 1))
	changed := r
	changed.Chat = strings.Join(parts, ".")
	if _, err := changed.Transcript(); !errors.Is(err, ErrReceipt) {
		t.Errorf("other words under the same signature: %v", err)
	}
	r.Chat = ""
	if _, err := r.Verify(); !errors.Is(err, ErrReceipt) {
		t.Errorf("a transcript taken out: %v", err)
	}
	if err := r.Seal(testKey(), Afterwards{}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Verify(); err != nil {
		t.Errorf("without chat: %v", err)
	}
	if err := r.SignTranscript(testKey(), nil); err != nil || r.Chat != "" {
		t.Errorf("no messages: %q, %v", r.Chat, err)
	}
}

// THREAT 30, PROMISE D1: every single field of a receipt, changed, emptied or taken out,
// is found; so is every field of everything that is signed in it; so is one that was
// added. What the user said afterwards is read back as it was said.
func TestEveryFieldOfAReceipt(t *testing.T) {
	whole := fullReceipt(t)
	data, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "receipt.json")
	if err := checkReceipt(t, file, data); err != nil {
		t.Fatal(err)
	}
	closing, err := whole.Closing()
	if err != nil || closing.Feedback == nil || closing.Feedback.Comment != "Quick" || closing.Feedback.Rating != 4 || !closing.Feedback.Reported {
		t.Fatalf("what was said: %+v, %v", closing.Feedback, err)
	}
	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		t.Fatal(err)
	}
	tried, as := 0, string(mustMarshal(t, data))
	try := func(path string) {
		t.Helper()
		changed, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		if string(changed) == as {
			return // the same thing
		}
		tried++
		if err := checkReceipt(t, file, changed); !errors.Is(err, ErrReceipt) {
			t.Errorf("%s: got %v, want ErrReceipt", path, err)
		}
	}
	vary(tree, "", func(any) {}, try)
	if tried < 300 {
		t.Errorf("only %d changes tried", tried)
	}
	t.Logf("%d changes, each found", tried)
}

func mustMarshal(t *testing.T, data []byte) []byte {
	t.Helper()
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// checkReceipt reads and verifies as the tools do.
func checkReceipt(t *testing.T, path string, data []byte) error {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := ReadReceipt(path)
	if err != nil {
		return err
	}
	_, err = r.Verify()
	return err
}

// vary changes one place of a tree at a time, calls try, and puts it back. set puts a
// value where v stands.
func vary(v any, path string, set func(any), try func(path string)) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range sortedKeys(v) {
			old := v[key]
			vary(old, path+"."+key, func(x any) { v[key] = x }, try)
			delete(v, key)
			try(path + "." + key + " taken out")
			v[key] = old
		}
		v["added"] = "x"
		try(path + " with a field more")
		delete(v, "added")
	case []any:
		for i, old := range v {
			vary(old, path+"[]", func(x any) { v[i] = x }, try)
			set(slices.Delete(slices.Clone(v), i, i+1))
			try(path + " with one less")
			set(slices.Insert(slices.Clone(v), i, old))
			try(path + " with one twice")
			set(v)
		}
	case string:
		varyString(v, path, set, try)
	case float64:
		set(v + 1)
		try(path + " plus one")
		set(v)
	case bool:
		set(!v)
		try(path + " turned round")
		set(v)
	}
}

// varyString changes a text: a letter, all of it, and each field of what it signs.
func varyString(v, path string, set func(any), try func(path string)) {
	defer set(v)
	for _, other := range []string{"", v + "A"} {
		set(other)
		try(path + " as " + other[:min(len(other), 8)])
	}
	parts := strings.Split(v, ".")
	if len(parts) != 3 {
		return
	}
	for i, part := range parts[:2] {
		raw, err := base64.RawURLEncoding.DecodeString(part)
		var inner any
		if err != nil || json.Unmarshal(raw, &inner) != nil {
			continue
		}
		vary(inner, path+"("+[]string{"header", "payload"}[i]+")", func(x any) { inner = x }, func(p string) {
			changed, err := json.Marshal(inner)
			if err != nil {
				return
			}
			next := slices.Clone(parts)
			next[i] = base64.RawURLEncoding.EncodeToString(changed)
			set(strings.Join(next, "."))
			try(p)
			set(v)
		})
	}
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// The golden receipts are what the page in the viewer reads too. -write-notices makes the
// newest anew; the others were written before a receipt could say that a recording was
// erased, and before it held anything of an audit log, and are as good as ever. PROMISE E6.
func TestGoldenReceipt(t *testing.T) {
	const newest = "testdata/receipt-witness.json"
	if *write {
		if err := fullReceipt(t).Write(newest); err != nil {
			t.Fatal(err)
		}
	}
	for path, erased := range map[string]bool{newest: true, "testdata/receipt-erased.json": true, "testdata/receipt.json": false} {
		r, err := ReadReceipt(path)
		if err != nil {
			t.Fatal(err)
		}
		statements, err := r.Verify()
		if err != nil || len(statements) < 5 {
			t.Errorf("%s: %d statements, %v", path, len(statements), err)
		}
		if told, err := r.Testimony(); err != nil || (told.State == WitnessHeld) != (path == newest) {
			t.Errorf("%s: testimony %+v, %v", path, told, err)
		}
		if closing, err := r.Closing(); err != nil || closing.Erased.IsZero() == erased {
			t.Errorf("%s: erased %v, %v", path, closing.Erased, err)
		}
	}
}
