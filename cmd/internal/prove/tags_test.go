package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestRowsIn(t *testing.T) {
	for text, want := range map[string]string{
		"PROMISE A1, A2, E1, E6; THREAT 2: over":                       "PROMISE A1|PROMISE A2|PROMISE E1|PROMISE E6|THREAT 2",
		"PROMISE A5 THREAT 4: a pause":                                 "PROMISE A5|THREAT 4",
		"THREATS 16 and 19.":                                           "THREAT 16|THREAT 19",
		"read aloud. PROMISE\n// A15.":                                 "PROMISE A15",
		"THREAT 1, THREAT 1":                                           "THREAT 1",
		"the promise A1, a threat 4, PROMISE 4, THREAT A4, THREAT 123": "",
	} {
		if got := strings.Join(rowsIn(text), "|"); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

const sample = `package x

import "testing"

// PROMISE A1: before.
func TestBefore(t *testing.T) {}

func TestInside(t *testing.T) {
	// THREAT 4
}

// THREAT 5 belongs to nobody.
func helper() {}

func TestPlain(t *testing.T) {}
`

func TestReadTags(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"x/x_test.go": sample, "w/a.test.ts": "// THREAT 11\ntest('x', () => {})", "w/plain.test.ts": "", "node_modules/n/n_test.go": sample,
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	found, err := readTags(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range found {
		got = append(got, filepath.Base(m.name)+" "+strings.Join(m.rows, ","))
	}
	slices.Sort(got)
	want := []string{"TestBefore PROMISE A1", "TestInside THREAT 4", "a.test.ts THREAT 11"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A row is kept when every test of it ran and passed; a test that was skipped or did not
// run breaks it, and the order of rows is the list's.
func TestTable(t *testing.T) {
	tests := []marked{
		{"./b", "TestTen", []string{"THREAT 10"}}, {"./a", "TestTwo", []string{"PROMISE E1", "PROMISE A2", "THREAT 2"}},
		{"./c", "TestLeftOut", []string{"THREAT 1"}},
	}
	all := func(pkg string) bool { return pkg != "./c" }
	passed := map[string]result{"./b TestTen": {"pass", 1, "100 rounds"}, "./a TestTwo": {"pass", 2, ""}}
	var out strings.Builder
	if err := printTable(&out, tests, passed, all); err != nil {
		t.Error(err)
	}
	order := []string{"PROMISE A2", "PROMISE E1", "THREAT 2", "THREAT 10"}
	last := -1
	for _, row := range order {
		at := strings.Index(out.String(), row+" ")
		if at < last {
			t.Errorf("%s stands in the wrong place:\n%s", row, out.String())
		}
		last = at
	}
	for name, r := range map[string]result{"failed": {outcome: "fail"}, "skipped": {outcome: "skip"}, "did not run": {}} {
		broken := map[string]result{"./b TestTen": r, "./a TestTwo": {"pass", 2, ""}}
		if err := printTable(&out, tests, broken, all); !errors.Is(err, errNotKept) || !strings.Contains(err.Error(), "THREAT 10: ./b TestTen") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// What go test and its tests say is read as it is.
func TestReadEvents(t *testing.T) {
	results := map[string]result{}
	err := readEvents(strings.NewReader(`{"Action":"run","Test":"TestA"}
{"Action":"output","Test":"TestA","Output":"    a_test.go:9: 1000000 histories, 5 grants\n"}
{"Action":"pass","Test":"TestA/part","Elapsed":1}
{"Action":"pass","Test":"TestA","Elapsed":2.5}
not json
{"Action":"skip","Test":"TestB","Elapsed":0}
{"Action":"pass","Elapsed":3}
`), "./a", results)
	if err != nil {
		t.Fatal(err)
	}
	if got := results["./a TestA"]; got != (result{"pass", 2.5, "1000000 histories, 5 grants"}) {
		t.Errorf("got %+v", got)
	}
	if got := results["./a TestB"]; got.outcome != "skip" {
		t.Errorf("got %+v", got)
	}
}
