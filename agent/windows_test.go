package agent

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// PROMISE A1, THREAT 1: in the program only package ui answers. Nothing in this package
// outside its tests has the method of a Prompter, and windows are wired in New alone.
func TestOnlyTheWindowsAnswer(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	wired := 0
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if f.Recv != nil && f.Name.Name == "Ask" {
				t.Errorf("%s: a second one who answers for the user", path)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				if name, ok := call.Fun.(*ast.Ident); ok && name.Name == "newAgent" {
					wired++
					if f.Name.Name != "New" || f.Recv != nil {
						t.Errorf("%s: %s wires an agent; only New may", path, f.Name.Name)
					}
				}
				return true
			})
		}
	}
	if wired != 1 {
		t.Errorf("an agent is wired %d times, want once", wired)
	}
}
