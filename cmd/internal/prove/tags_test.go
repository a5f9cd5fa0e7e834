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
		"PROMISE A3 E4: of one window":                                 "PROMISE A3|PROMISE E4",
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
	stray := filepath.Join(dir, "x", "y_test.go")
	if err := os.WriteFile(stray, []byte("package x\n\n// THREAT 5 belongs to nobody.\nfunc other() {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readTags(dir); err == nil || !strings.Contains(err.Error(), "y_test.go:3") {
		t.Errorf("a mark that belongs to no test: got %v", err)
	}
}

// Every row of the list has a test in this repository, and every mark belongs to one.
func TestEveryRowHasATest(t *testing.T) {
	tests, err := readTags("../../..")
	if err != nil {
		t.Fatal(err)
	}
	has := map[string]bool{}
	for _, m := range tests {
		for _, id := range m.rows {
			has[id] = true
		}
	}
	for _, r := range rowList() {
		if !has[r.id] {
			t.Errorf("%s (%s) has no test", r.id, r.says)
		}
		delete(has, r.id)
	}
	for id := range has {
		t.Errorf("%s has tests and is not on the list", id)
	}
}

// A row is kept when it has tests, and every one of them ran and passed; a row of the list
// without any, a test that was skipped or did not run breaks it. The order of rows is the
// list's.
func TestTable(t *testing.T) {
	list := []row{{"PROMISE A2", "two questions"}, {"THREAT 10", "another page"}}
	tests := []marked{
		{"./b", "TestTen", []string{"THREAT 10"}}, {"./a", "TestTwo", []string{"PROMISE E1", "PROMISE A2", "THREAT 2"}},
		{"./c", "TestLeftOut", []string{"THREAT 1"}},
	}
	all := func(pkg string) bool { return pkg != "./c" }
	passed := map[string]result{
		"./b TestTen": {outcome: "pass", seconds: 1, counted: []string{"part: 100 rounds"}}, "./a TestTwo": {outcome: "pass", seconds: 2},
	}
	var out strings.Builder
	if err := printTable(&out, list, tests, passed, all); err != nil {
		t.Error(err)
	}
	last := -1
	for _, row := range []string{"PROMISE A2 ", "two questions", "PROMISE E1", "THREAT 2 ", "THREAT 10", "./b TestTen", "part: 100 rounds", "4 rows, 2 tests", "1 rows were left out"} {
		at := strings.Index(out.String(), row)
		if at < last {
			t.Errorf("%s stands in the wrong place:\n%s", row, out.String())
		}
		last = at
	}
	for name, r := range map[string]result{"failed": {outcome: "fail", said: []string{"got 3"}}, "skipped": {outcome: "skip"}, "did not run": {}} {
		broken := map[string]result{"./b TestTen": r, "./a TestTwo": {outcome: "pass"}}
		out.Reset()
		err := printTable(&out, list, tests, broken, all)
		if !errors.Is(err, errNotKept) || !strings.Contains(err.Error(), "THREAT 10: ./b TestTen") {
			t.Errorf("%s: got %v", name, err)
		}
		if r.outcome == "fail" && !strings.Contains(out.String(), "got 3") {
			t.Errorf("what the failed test said is missing:\n%s", out.String())
		}
	}
	more := append(slices.Clone(list), row{"THREAT 99", "nobody thought of it"})
	if err := printTable(&out, more, tests, passed, all); !errors.Is(err, errNotKept) || !strings.Contains(err.Error(), "THREAT 99: no test") {
		t.Errorf("a row without a test: got %v", err)
	}
}

// What go test and its tests say is read as it is, by package.
func TestReadEvents(t *testing.T) {
	results := map[string]result{}
	err := readEvents(strings.NewReader(`{"Action":"run","Package":"beside/a","Test":"TestA"}
{"Action":"attr","Package":"beside/a","Test":"TestA/part_two","Key":"counted","Value":"3 rounds"}
{"Action":"attr","Package":"beside/a","Test":"TestA","Key":"counted","Value":"1000000 histories"}
{"Action":"attr","Package":"beside/a","Test":"TestA","Key":"other","Value":"x"}
{"Action":"pass","Package":"beside/a","Test":"TestA/part_two","Elapsed":1}
{"Action":"pass","Package":"beside/a","Test":"TestA","Elapsed":2.5}
not json
{"Action":"output","Package":"beside/b","Test":"TestA/part","Output":"    a_test.go:9: got 1, want 2\n"}
{"Action":"fail","Package":"beside/b","Test":"TestA","Elapsed":1}
{"Action":"skip","Package":"beside/a","Test":"TestB","Elapsed":0}
{"Action":"pass","Package":"beside/a","Elapsed":3}
`), results)
	if err != nil {
		t.Fatal(err)
	}
	got := results["./a TestA"]
	if got.outcome != "pass" || got.seconds != 2.5 || !slices.Equal(got.counted, []string{"part two: 3 rounds", "1000000 histories"}) {
		t.Errorf("got %+v", got)
	}
	if got := results["./b TestA"]; got.outcome != "fail" || !slices.Equal(got.said, []string{"got 1, want 2"}) {
		t.Errorf("got %+v", got)
	}
	if got := results["./a TestB"]; got.outcome != "skip" {
		t.Errorf("got %+v", got)
	}
}

// What has no screen shares a command, what measures time has one to itself, and what has a
// longer proof is not run twice.
func TestBatches(t *testing.T) {
	got := batches([]string{"./agent", "./consent", "./relay", "./cmd/internal/e2e"})
	if len(got) != 3 || !slices.Equal(got[0].names, []string{"./consent", "./relay"}) || !slices.Equal(got[2].names, []string{"./cmd/internal/e2e"}) {
		t.Errorf("got %+v", got)
	}
	if !hasLongProof(marked{pkg: "./consent", name: "TestRandomHistories"}) || hasLongProof(marked{pkg: "./consent", name: "TestOnlyYesGrants"}) {
		t.Error("the long proofs are others")
	}
}
