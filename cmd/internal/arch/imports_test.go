// Package arch holds the rules of the project's structure, as tests.
package arch

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const root = "../../.."

// rooms are the top-level parts and what of ours each may import, with the reason.
var rooms = map[string]struct {
	may []string
	why string
}{
	"consent":   {nil, "the heart has no dependants' ideas in it, and no I/O"},
	"protocol":  {nil, "the wire is the same whoever uses it"},
	"recording": {[]string{"consent"}, "a writer cannot be made without the user's yes"},
	"viewer":    {nil, "the web application is served by whoever wants to"},
	"agent":     {[]string{"protocol", "consent", "recording"}, "the agent never depends on the relay"},
	"relay":     {[]string{"protocol", "consent", "recording"}, "the relay never depends on the agent"},
	"cmd":       {[]string{"protocol", "consent", "recording", "viewer", "agent", "relay"}, "wiring"},
}

// homes are the third-party modules that live in few places, so that they can be replaced.
var homes = map[string][]string{
	"github.com/pion/webrtc/v4":           {"agent", "cmd/internal/probe"},
	"github.com/pion/turn/v5":             {"relay"},
	"github.com/kbinani/screenshot":       {"agent/internal/capture"},
	"github.com/go-vgo/robotgo":           {"agent/internal/input"},
	"github.com/godbus/dbus/v5":           {"agent/internal/lock"},
	"github.com/jfreymuth/pulse":          {"agent/internal/audio"},
	"github.com/go-text/typesetting":      {"agent/internal/ui"},
	"github.com/go-text/render":           {"agent/internal/ui"},
	"github.com/coder/websocket":          {"agent", "relay", "cmd/internal/probe", "cmd/beside-viewer"},
	"github.com/klauspost/compress":       {"agent/internal/screen", "recording"},
	"filippo.io/age":                      {"recording", "agent", "cmd/beside-viewer"},
	"github.com/urfave/cli/v2":            {"cmd"},
	"github.com/uptrace/bun":              {"relay/internal"},
	"github.com/nats-io/nats-server/v2":   {"relay/internal/bus"},
	"gocloud.dev":                         {"relay/internal/blob"},
	"github.com/gtank/ristretto255":       {"protocol"},
	"github.com/Eyevinn/mp4ff":            {"recording"},
	"github.com/chromedp/chromedp":        {"cmd/internal", "agent/internal/page"},
	"github.com/jezek/xgb":                {"agent", "cmd/internal", "cmd/beside-agent"},
	"github.com/prometheus/client_golang": {"relay"},
	"golang.org/x/mod":                    {"consent/checkpoint", "relay/internal"},
}

// pkg is one package of ours: its folder below the root and what its files import.
type pkg struct {
	dir     string
	doc     bool
	imports map[string][]string // import path to the files that name it
}

// packages reads every Go package of the project.
func packages(t *testing.T) []pkg {
	t.Helper()
	var all []pkg
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if name := d.Name(); name == "node_modules" || name == "testdata" || (strings.HasPrefix(name, ".") && path != root) {
			return fs.SkipDir
		}
		p, err := readPackage(path)
		if len(p.imports) > 0 || p.doc {
			all = append(all, p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("found %d packages, want at least 20: is the root right?", len(all))
	}
	return all
}

func readPackage(path string) (pkg, error) {
	dir, err := filepath.Rel(root, path)
	if err != nil {
		return pkg{}, err
	}
	p := pkg{dir: filepath.ToSlash(dir), imports: map[string][]string{}}
	files, err := filepath.Glob(filepath.Join(path, "*.go"))
	if err != nil {
		return p, err
	}
	isTest := func(name string) bool { return strings.HasSuffix(name, "_test.go") }
	testsAlone := !slices.ContainsFunc(files, func(name string) bool { return !isTest(name) })
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return p, err
		}
		if !isTest(name) || testsAlone {
			p.doc = p.doc || file.Doc != nil
		}
		p.imports["file:"+filepath.Base(name)] = nil
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return p, err
			}
			p.imports[imported] = append(p.imports[imported], filepath.Base(name))
		}
	}
	return p, nil
}

func TestRoomsImportOnlyWhatTheyMay(t *testing.T) {
	for _, p := range packages(t) {
		room, _, _ := strings.Cut(p.dir, "/")
		rule, known := rooms[room]
		if !known {
			t.Errorf("%s: no such room at the top", p.dir)
			continue
		}
		for imported, files := range p.imports {
			target, ours := strings.CutPrefix(imported, "beside/")
			if !ours {
				continue
			}
			other, _, _ := strings.Cut(target, "/")
			if other != room && !slices.Contains(rule.may, other) {
				t.Errorf("%s imports %s in %v; it may import %v: %s", p.dir, imported, files, rule.may, rule.why)
			}
		}
	}
}

func TestThirdPartyPackagesStayHome(t *testing.T) {
	for _, p := range packages(t) {
		for imported, files := range p.imports {
			for module, allowed := range homes {
				if imported != module && !strings.HasPrefix(imported, module+"/") {
					continue
				}
				in := func(home string) bool { return p.dir == home || strings.HasPrefix(p.dir, home+"/") }
				if !slices.ContainsFunc(allowed, in) {
					t.Errorf("%s imports %s in %v; its home is %v", p.dir, imported, files, allowed)
				}
			}
		}
	}
}

// Each of these does real work in the product. One that only tests use could go.
func TestRequiredModulesAreUsed(t *testing.T) {
	required := []string{
		"github.com/pion/webrtc/v4", "github.com/kbinani/screenshot", "github.com/go-vgo/robotgo",
		"github.com/coder/websocket", "github.com/klauspost/compress/zstd", "github.com/urfave/cli/v2",
	}
	used := map[string]bool{}
	for _, p := range packages(t) {
		for imported, files := range p.imports {
			product := func(f string) bool { return !strings.HasSuffix(f, "_test.go") }
			used[imported] = used[imported] || slices.ContainsFunc(files, product)
		}
	}
	for _, module := range required {
		if !used[module] {
			t.Errorf("%s is not used outside tests", module)
		}
	}
}

// PROMISE A7: voice is in no recording, because nothing that records can get at it: sound
// is known to the agent's talk alone, and recordings know of no sound.
func TestVoiceIsInNoRecording(t *testing.T) {
	const sound = "beside/agent/internal/audio"
	users := 0
	for _, p := range packages(t) {
		for _, file := range p.imports[sound] {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			if users++; p.dir != "agent" || file != "talk.go" {
				t.Errorf("%s/%s imports %s; sound is known to agent/talk.go alone", p.dir, file, sound)
			}
		}
	}
	if users != 1 {
		t.Errorf("%d files use %s, want one", users, sound)
	}
	talk, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, "agent", "talk.go"), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(talk, func(n ast.Node) bool {
		if name, ok := n.(*ast.Ident); ok && strings.Contains(strings.ToLower(name.Name), "record") {
			t.Errorf("agent/talk.go knows of %s", name.Name)
		}
		return true
	})
}

func TestPackagesForTestsStayInTests(t *testing.T) {
	for _, p := range packages(t) {
		if strings.HasSuffix(p.dir, "test") {
			continue
		}
		for imported, files := range p.imports {
			if !strings.HasPrefix(imported, "beside/") || !strings.HasSuffix(imported, "test") {
				continue
			}
			for _, f := range files {
				if !strings.HasSuffix(f, "_test.go") {
					t.Errorf("%s/%s imports %s, which is for tests", p.dir, f, imported)
				}
			}
		}
	}
}

func TestPackageNamesSayWhatTheyHold(t *testing.T) {
	empty := []string{"util", "utils", "common", "helper", "helpers", "types", "models", "misc"}
	for _, p := range packages(t) {
		if name := filepath.Base(p.dir); slices.Contains(empty, name) {
			t.Errorf("%s: %q says nothing of what is inside", p.dir, name)
		}
		if !p.doc && !strings.HasPrefix(p.dir, "protocol/wire") {
			t.Errorf("%s has no package comment", p.dir)
		}
	}
}

// A newcomer finds every folder in one table, once: its own row, or a word in the row of a
// folder above.
func TestTheTableOfFoldersIsWhole(t *testing.T) {
	const table = "docs/architecture.md"
	text, err := os.ReadFile(filepath.Join(root, table))
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(string(text), "\n")
	seen := map[string]bool{}
	for _, row := range rows {
		folder, _, found := strings.Cut(strings.TrimPrefix(row, "| `"), "`")
		if strings.HasPrefix(row, "| `") && found && seen[folder] {
			t.Errorf("%s has two rows for %s", table, folder)
		}
		seen[folder] = true
	}
	for _, p := range packages(t) {
		if strings.HasPrefix(p.dir, "protocol/wire") {
			continue // generated
		}
		above, name := filepath.Split(p.dir)
		if !slices.ContainsFunc(rows, func(row string) bool {
			return strings.HasPrefix(row, "| `"+p.dir+"`") || strings.HasPrefix(row, "| `"+p.dir+"/") ||
				strings.HasPrefix(row, "| `"+strings.TrimSuffix(above, "/")) && strings.Contains(row, "`"+name+"`")
		}) {
			t.Errorf("%s does not say what %s is: give it a row, or name it in the row of a folder above", table, p.dir)
		}
	}
}

// What two people wrote at the same time was put together by somebody.
func TestNoMergeIsLeftHalfDone(t *testing.T) {
	skipped := []string{"node_modules", "dist", ".git", "bin"}
	texts := []string{".go", ".md", ".ts", ".tsx", ".js", ".css", ".html", ".json", ".proto", ".sql", ".sh", ".yml", ".yaml", ".mod", ".sum"}
	read := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains(skipped, d.Name()):
			return filepath.SkipDir
		case d.IsDir() || !slices.Contains(texts, filepath.Ext(path)) && d.Name() != "Makefile":
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		read++
		for number, line := range strings.Split(string(data), "\n") {
			if strings.HasPrefix(line, strings.Repeat("<", 7)+" ") || strings.HasPrefix(line, strings.Repeat(">", 7)+" ") {
				t.Errorf("%s:%d: a merge was left half done", path, number+1)
			}
		}
		return nil
	})
	if err != nil || read < 500 {
		t.Errorf("%d files were read, %v", read, err)
	}
}

// The relay is one static file: nothing it imports, however far, may use cgo.
func TestCgoLivesInTheAgentAlone(t *testing.T) {
	for _, p := range packages(t) {
		if files := p.imports["C"]; files != nil && !strings.HasPrefix(p.dir, "agent/") {
			t.Errorf("%s uses cgo in %v; cgo lives in the agent alone", p.dir, files)
		}
	}
	if !build.Default.CgoEnabled {
		t.Log("cgo is off here: the agent cannot be built")
	}
}

func TestNothingElseGrowsAtTheTop(t *testing.T) {
	allowed := strings.Fields("agent relay viewer protocol consent recording cmd docs " +
		"go.mod go.sum README.md Makefile LICENSE CHANGELOG.md SECURITY.md CONTRIBUTING.md bin build demo-out")
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(allowed, e.Name()) {
			t.Errorf("%s does not belong at the top", e.Name())
		}
	}
}
