package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// marked is one test with the rows that it keeps.
type marked struct {
	pkg  string // "./consent", or for the web a file's path
	name string // of the test's function; for the web the file's name
	rows []string
}

// key tells a test from all others.
func (m marked) key() string { return m.pkg + " " + m.name }

// A mark is the word and the rows after it: "PROMISE A1, A2; THREAT 2", "PROMISE A3 E4",
// "THREATS 16 and 19".
var (
	mark = regexp.MustCompile(`(PROMISE|THREAT)S?\s+([A-E]?\d{1,2}\b(?:(?:\s*,\s*|\s+and\s+|\s+)[A-E]?\d{1,2}\b)*)`)
	each = regexp.MustCompile(`[A-E]?\d{1,2}`)
)

// rowsIn reads the marks of a comment. A promise has a letter, a threat has none.
func rowsIn(text string) []string {
	var rows []string
	for _, m := range mark.FindAllStringSubmatch(strings.Join(strings.Fields(strings.ReplaceAll(text, "//", " ")), " "), -1) {
		for _, id := range each.FindAllString(m[2], -1) {
			letter := id[0] >= 'A'
			switch {
			case m[1] == "PROMISE" && letter:
				rows = append(rows, "PROMISE "+id)
			case m[1] == "THREAT" && !letter:
				rows = append(rows, "THREAT "+id)
			}
		}
	}
	slices.Sort(rows)
	return slices.Compact(rows)
}

// readTags finds every marked test below root. A mark in a test's file that belongs to no
// test is an error: it looks as if it kept something.
func readTags(root string) ([]marked, error) {
	var all []marked
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == "dist" || strings.HasPrefix(d.Name(), ".") && path != root):
			return fs.SkipDir
		case strings.HasSuffix(path, "_test.go"):
			found, err := goTags(path)
			all = append(all, found...)
			return err
		case strings.HasSuffix(path, ".test.ts"), strings.HasSuffix(path, ".test.tsx"):
			data, err := os.ReadFile(path)
			if rows := rowsIn(string(data)); len(rows) > 0 {
				all = append(all, marked{pkg: "viewer/web", name: path, rows: rows})
			}
			return err
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("prove: read tests: %w", err)
	}
	return all, nil
}

// goTags finds the tests of a file with marks before or inside them.
func goTags(path string) ([]marked, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	var found []marked
	own := map[*ast.CommentGroup]bool{}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv != nil || !strings.HasPrefix(f.Name.Name, "Test") && !strings.HasPrefix(f.Name.Name, "Fuzz") {
			continue
		}
		text := f.Doc.Text()
		own[f.Doc] = true
		for _, c := range file.Comments {
			if c.Pos() >= f.Pos() && c.End() <= f.End() {
				own[c] = true
				text += " " + c.Text()
			}
		}
		if rows := rowsIn(text); len(rows) > 0 {
			found = append(found, marked{pkg: "./" + filepath.ToSlash(filepath.Dir(path)), name: f.Name.Name, rows: rows})
		}
	}
	for _, c := range file.Comments {
		if rows := rowsIn(c.Text()); len(rows) > 0 && !own[c] {
			return nil, fmt.Errorf("prove: %s: %q belongs to no test", fset.Position(c.Pos()), rows)
		}
	}
	return found, nil
}

// packages lists the packages with marked tests; whole sessions come last.
func packages(tests []marked) []string {
	var list []string
	for _, m := range tests {
		if !slices.Contains(list, m.pkg) {
			list = append(list, m.pkg)
		}
	}
	slices.SortFunc(list, func(a, b string) int {
		if late := strings.Count(a, "e2e") - strings.Count(b, "e2e"); late != 0 {
			return late
		}
		return strings.Compare(a, b)
	})
	return list
}
