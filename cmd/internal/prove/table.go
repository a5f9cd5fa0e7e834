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

// printTable prints a line for each row and test, and what is not kept at the end.
func printTable(w io.Writer, tests []marked, results map[string]result, takesPart func(string) bool) error {
	by := map[string][]marked{}
	for _, m := range tests {
		if !takesPart(m.pkg) {
			continue
		}
		for _, row := range m.rows {
			by[row] = append(by[row], m)
		}
	}
	rows := make([]string, 0, len(by))
	for row := range by {
		rows = append(rows, row)
	}
	slices.SortFunc(rows, compareRows)
	var broken []string
	fmt.Fprintf(w, "%-12s %-8s %8s  %s\n", "row", "result", "seconds", "test")
	for _, row := range rows {
		for i, m := range by[row] {
			r, name := results[m.key()], row
			if i > 0 {
				name = ""
			}
			outcome := r.outcome
			if outcome != "pass" {
				broken = append(broken, row+": "+m.key())
				outcome = strings.ToUpper(cmp.Or(outcome, "not run"))
			}
			fmt.Fprintf(w, "%-12s %-8s %8.1f  %s%s\n", name, outcome, r.seconds, m.key(), counts(r.said))
		}
	}
	fmt.Fprintf(w, "\n%d rows, %d marked tests.\n", len(rows), len(tests))
	if len(broken) == 0 {
		return nil
	}
	return fmt.Errorf("%w:\n  %s", errNotKept, strings.Join(broken, "\n  "))
}

// counts is what a test said last, when it counts something.
func counts(said string) string {
	if !strings.ContainsAny(said, "0123456789") || len(said) > 120 {
		return ""
	}
	return " (" + said + ")"
}

// compareRows puts promises before threats, and each in order.
func compareRows(a, b string) int {
	return cmp.Or(strings.Compare(a[:7], b[:7]), strings.Compare(letter(a), letter(b)), cmp.Compare(number(a), number(b)))
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
