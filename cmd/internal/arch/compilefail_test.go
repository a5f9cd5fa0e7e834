package arch

import (
	"bytes"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// compileCase is a few lines of Go, and what the compiler must say to them. An empty
// want means that they must compile: those show that the others fail for their reason.
type compileCase struct {
	name string
	body string
	want string
}

// compileCases try to make what needs consent without its grant, and a grant outside
// package consent.
func compileCases() []compileCase {
	return []compileCase{
		{"the right grants", `func f(v *consent.ViewGrant, c *consent.ControlGrant, r *consent.RecordGrant, b *consent.ClipboardGrant, g *consent.FilesGrant, t *consent.VoiceGrant) {
			_, _ = capture.Open(v, capture.Options{})
			_, _ = input.Open(c, input.Options{})
			_, _ = recording.NewWriter(r, recording.Options{})
			_, _ = clipboard.Open(b, clipboard.Options{})
			_, _ = files.Open(g, "")
			_, _ = audio.Open(t, false, audio.Options{})
		}`, ""},
		{"a nil grant compiles, and is no", `var _ = (*consent.ViewGrant)(nil).Use(nil)`, ""},

		{"capture without", `var _, _ = capture.Open(capture.Options{})`, "not enough arguments"},
		{"injector without", `var _, _ = input.Open(input.Options{})`, "not enough arguments"},
		{"writer without", `var _, _ = recording.NewWriter(recording.Options{})`, "not enough arguments"},
		{"clipboard without", `var _, _ = clipboard.Open(clipboard.Options{})`, "not enough arguments"},
		{"clipboard with files", `func f(g *consent.FilesGrant) { _, _ = clipboard.Open(g, clipboard.Options{}) }`, "cannot use g"},
		{"microphone without", `var _, _ = audio.Open(false, audio.Options{})`, "not enough arguments"},
		{"microphone with view", `func f(v *consent.ViewGrant) { _, _ = audio.Open(v, false, audio.Options{}) }`, "cannot use v"},
		{"microphone with record", `func f(r *consent.RecordGrant) { _, _ = audio.Open(r, false, audio.Options{}) }`, "cannot use r"},
		{"files without", `var _, _ = files.Open("")`, "not enough arguments"},
		{"files with clipboard", `func f(b *consent.ClipboardGrant) { _, _ = files.Open(b, "") }`, "cannot use b"},
		{"capture with control", `func f(c *consent.ControlGrant) { _, _ = capture.Open(c, capture.Options{}) }`, "cannot use c"},
		{"injector with view", `func f(v *consent.ViewGrant) { _, _ = input.Open(v, input.Options{}) }`, "cannot use v"},
		{"writer with view", `func f(v *consent.ViewGrant) { _, _ = recording.NewWriter(v, recording.Options{}) }`, "cannot use v"},

		{"convert a pointer", `func f(v *consent.ViewGrant) { _ = (*consent.ControlGrant)(v) }`, "cannot convert"},
		{"convert a value", `func f(v consent.ViewGrant) { _ = consent.RecordGrant(v) }`, "cannot convert"},
		{"convert back", `func f(r *consent.RecordGrant) { _ = (*consent.ViewGrant)(r) }`, "cannot convert"},
		{"clipboard from files", `func f(g *consent.FilesGrant) { _ = (*consent.ClipboardGrant)(g) }`, "cannot convert"},
		{"files from control", `func f(g *consent.ControlGrant) { _ = (*consent.FilesGrant)(g) }`, "cannot convert"},
		{"clipboard literal", `var _ = consent.ClipboardGrant{clipboard: nil}`, "unexported field"},
		{"voice from files", `func f(g *consent.FilesGrant) { _ = (*consent.VoiceGrant)(g) }`, "cannot convert"},
		{"files literal", `var _ = consent.FilesGrant{nil}`, "unexported field"},
		{"literal with its field", `var _ = consent.ViewGrant{view: nil}`, "unexported field"},
		{"literal without names", `var _ = consent.ControlGrant{nil}`, "unexported field"},
		{"set the field", `func f(v *consent.ViewGrant) { v.view = nil }`, "view undefined"},
		{"read the field", `func f(c *consent.ControlGrant) { _ = c.control }`, "control undefined"},
		{"embed a grant", `type forged struct{ *consent.ViewGrant }
			func f(x *forged) { _, _ = capture.Open(x, capture.Options{}) }`, "cannot use x"},
		{"a type of the same shape", `type forged consent.ControlGrant
			func f(x *forged) { _, _ = input.Open(x, input.Options{}) }`, "cannot use x"},
		{"a function's look", `type forged struct{}
			func (*forged) Use(func() error) error { return nil }
			func f(x *forged) { _, _ = recording.NewWriter(x, recording.Options{}) }`, "cannot use x"},
		{"make the inside", `var _ = consent.newGrant(1, false)`, "undefined: consent.newGrant"},
		{"name the inside", `var _ *consent.grant`, "not exported"},
		{"change the state", `func f(g *consent.Gate) { g.state.phase = 1 }`, "state undefined"},
		{"run the machine", `func f(g *consent.Gate) { _, _ = g.change(nil, nil) }`, "change undefined"},
		{"a verdict", `var _ = consent.verdictYes`, "undefined: consent.verdictYes"},
	}
}

// PROMISE A1, A2, E1; THREAT 2: what needs consent cannot be made without its grant, and a
// grant cannot be made, copied from another or dressed up outside package consent.
func TestGrantsCannotBeForged(t *testing.T) {
	imp := exportData(t, "beside/consent", "beside/recording", "beside/agent/internal/capture", "beside/agent/internal/input",
		"beside/agent/internal/clipboard", "beside/agent/internal/files", "beside/agent/internal/audio")
	for _, c := range compileCases() {
		t.Run(c.name, func(t *testing.T) {
			said := compile(t, imp, c.body)
			switch {
			case c.want == "" && said != "":
				t.Errorf("must compile, but: %s", said)
			case c.want != "" && !strings.Contains(said, c.want):
				t.Errorf("got %q, want %q", said, c.want)
			}
		})
	}
}

// compile type-checks body in a package outside consent and returns what is wrong with
// it. The checker does not know Go's rule about internal packages, which lets it see
// the agent's from here.
func compile(t *testing.T, imp types.Importer, body string) string {
	t.Helper()
	const head = "package outside\n"
	imports := map[string]string{
		"consent.": "beside/consent", "recording.": "beside/recording",
		"capture.": "beside/agent/internal/capture", "input.": "beside/agent/internal/input",
		"clipboard.": "beside/agent/internal/clipboard",
		"files.":     "beside/agent/internal/files",
		"audio.":     "beside/agent/internal/audio",
	}
	src := head
	for use, path := range imports {
		if strings.Contains(body, use) {
			src += "import \"" + path + "\"\n"
		}
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "outside.go", src+body, 0)
	if err != nil {
		t.Fatalf("the case itself is broken: %v", err)
	}
	var said []string
	cfg := types.Config{Importer: imp, Error: func(err error) { said = append(said, err.Error()) }}
	_, err = cfg.Check("outside", fset, []*ast.File{file}, nil)
	if err != nil && len(said) == 0 {
		said = append(said, err.Error())
	}
	return strings.Join(said, "; ")
}

// exportData returns an importer for the packages and all that they need, from what
// the go command has built.
func exportData(t *testing.T, packages ...string) types.Importer {
	t.Helper()
	args := append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}"}, packages...)
	out, err := exec.CommandContext(t.Context(), "go", args...).Output()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			t.Fatalf("go list: %v\n%s", err, failed.Stderr)
		}
		t.Fatal(err)
	}
	files := map[string]string{}
	for line := range bytes.Lines(out) {
		path, file, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
		files[path] = file
	}
	return importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(files[path])
	})
}
