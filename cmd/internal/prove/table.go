package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// errNotKept means that a row of the table is not kept.
var errNotKept = errors.New("a promise or a defence is not kept")

// printTable prints every row with its tests, and what is not kept at the end. A row of
// the list without a test, and a test without a result, break it.
func printTable(w io.Writer, list []row, tests []marked, results map[string]result, takesPart func(string) bool) error {
	by := map[string][]marked{}
	for _, r := range list {
		by[r.id] = nil
	}
	for _, m := range tests {
		for _, id := range m.rows {
			by[id] = append(by[id], m)
		}
	}
	ids := make([]string, 0, len(by))
	for id := range by {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, compareRows)
	t := table{w: w, results: results, takesPart: takesPart, shown: map[string]bool{}}
	for _, id := range ids {
		t.row(id, says(list, id), by[id])
	}
	fmt.Fprintf(w, "\n%d rows, %d tests, %.0f minutes of tests", t.rows, len(t.shown), t.seconds/60)
	if t.leftOut > 0 {
		fmt.Fprintf(w, "; %d rows were left out by choice: this is not the whole proof", t.leftOut)
	}
	fmt.Fprintln(w, ".")
	if len(t.broken) == 0 {
		return nil
	}
	return fmt.Errorf("%w:\n  %s", errNotKept, strings.Join(t.broken, "\n  "))
}

// table is what was printed so far.
type table struct {
	w         io.Writer
	results   map[string]result
	takesPart func(string) bool

	rows, leftOut int
	seconds       float64
	shown         map[string]bool // tests
	broken        []string        // what is not kept
}

// row prints a row and its tests.
func (t *table) row(id, says string, tests []marked) {
	taking := slices.DeleteFunc(slices.Clone(tests), func(m marked) bool { return !t.takesPart(m.pkg) })
	switch {
	case len(tests) == 0:
		t.broken = append(t.broken, id+": no test")
	case len(taking) == 0:
		t.leftOut++
		return
	}
	t.rows++
	fmt.Fprintf(t.w, "\n%-12s %s\n", id, says)
	if len(taking) == 0 {
		fmt.Fprintf(t.w, "  %-8s\n", "NO TEST")
	}
	for _, m := range taking {
		t.test(id, m)
	}
}

// test prints a test, and what it counted where it is seen first.
func (t *table) test(id string, m marked) {
	r := t.results[m.key()]
	outcome := r.outcome
	if outcome != "pass" {
		t.broken = append(t.broken, id+": "+m.key())
		outcome = strings.ToUpper(cmp.Or(outcome, "not run"))
	}
	fmt.Fprintf(t.w, "  %-8s %7.1f s  %s\n", outcome, r.seconds, m.key())
	if t.shown[m.key()] {
		return
	}
	t.shown[m.key()] = true
	t.seconds += r.seconds
	said := r.counted
	if r.outcome == "fail" {
		said = append(slices.Clone(said), r.said...)
	}
	for _, line := range said {
		fmt.Fprintf(t.w, "  %-8s %7s    %s\n", "", "", line)
	}
}

// compareRows puts promises before threats, and each in order.
func compareRows(a, b string) int {
	return cmp.Or(strings.Compare(a[:6], b[:6]), strings.Compare(letter(a), letter(b)), cmp.Compare(number(a), number(b)))
}

func letter(row string) string {
	_, id, _ := strings.Cut(row, " ")
	return strings.TrimRight(id, "0123456789")
}

func number(row string) int {
	_, id, _ := strings.Cut(row, " ")
	n, _ := strconv.Atoi(strings.TrimLeft(id, "ABCDE"))
	return n
}
