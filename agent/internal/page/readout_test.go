package page

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"

	"beside/agent/internal/catalogue"
	"beside/agent/internal/ui"
)

// readLine is one thing that a screen reader says: what it is, and its words.
type readLine struct {
	role, name, description string
	properties              []string
}

func (l readLine) String() string {
	s := l.role + ": " + l.name
	if len(l.properties) > 0 {
		s += " [" + strings.Join(l.properties, ", ") + "]"
	}
	if l.description != "" {
		s += " – " + l.description
	}
	return s
}

// readOut is the page as the browser tells screen readers of it, in the order of reading.
func readOut(t *testing.T, ctx context.Context) (all []readLine) {
	t.Helper()
	var tree struct {
		Nodes []*axNode `json:"nodes"`
	}
	run(t, ctx, chromedp.ActionFunc(func(ctx context.Context) error {
		return cdp.Execute(ctx, "Accessibility.getFullAXTree", nil, &tree)
	}))
	byID := map[string]*axNode{}
	for _, n := range tree.Nodes {
		byID[n.NodeID] = n
	}
	var visit func(id string)
	visit = func(id string) {
		n := byID[id]
		if n == nil {
			return
		}
		line := readLine{role: n.Role.String(), name: n.Name.String(), description: n.Description.String()}
		for _, p := range n.Properties {
			switch v := p.Value.String(); p.Name {
			case "disabled", "pressed", "readonly", "modal":
				if v != "false" {
					line.properties = append(line.properties, p.Name)
				}
			case "live", "level":
				line.properties = append(line.properties, p.Name+" "+v)
			}
		}
		silent := []string{"generic", "none", "InlineTextBox", "ListMarker", "LineBreak"}
		if !n.Ignored && !slices.Contains(silent, line.role) && (line.role != "paragraph" || line.name != "") {
			all = append(all, line)
		}
		if line.role == "button" {
			return // its words are its name
		}
		for _, child := range n.ChildIDs {
			visit(child)
		}
	}
	visit(tree.Nodes[0].NodeID)
	return all
}

// axNode is a node of the browser's accessibility tree. The types of the protocol's package
// know fewer reasons to ignore one than browsers do.
type axNode struct {
	NodeID      string       `json:"nodeId"`
	Ignored     bool         `json:"ignored"`
	Role        axValue      `json:"role"`
	Name        axValue      `json:"name"`
	Description axValue      `json:"description"`
	Properties  []axProperty `json:"properties"`
	ChildIDs    []string     `json:"childIds"`
}

type axProperty struct {
	Name  string  `json:"name"`
	Value axValue `json:"value"`
}

type axValue struct {
	Value any `json:"value"`
}

func (v axValue) String() string {
	if v.Value == nil {
		return ""
	}
	return fmt.Sprint(v.Value)
}

// Every state of the page in every language, as a screen reader is told of it: one heading
// above all, every part under a heading of its own, every control and field with a name in
// that language and no two buttons alike, the question a dialog whose text is its
// description, and no hidden word. With READ=folder what is read out is left there:
//
//	READ=/tmp/read go test -run TestPageAsReadOut ./agent/internal/page
//
// PROMISE A15.
func TestPageAsReadOut(t *testing.T) {
	p, screen, ctx, _ := opened(t, State{Start: &ui.StartView{}})
	checked := 0
	for _, l := range catalogue.Languages() {
		for name, s := range states(l.Tag) {
			shownAs(t, ctx, p, screen, l.Tag, s)
			askFirst(t, ctx)
			all := readOut(t, ctx)
			keepReadOut(t, l.Tag, name, all)
			for _, flaw := range readFlaws(all, s.Asked.Nonce != "") {
				t.Errorf("%s, %s: %s", l.Tag, name, flaw)
			}
			checked++
		}
	}
	if checked < 7*20 {
		t.Errorf("checked %d", checked)
	}
}

// readFlaws are what somebody who only listens would stumble over.
func readFlaws(all []readLine, asked bool) (flaws []string) {
	count := map[string]int{}
	buttons := map[string]int{}
	var live []string
	for _, l := range all {
		count[l.role]++
		switch l.role {
		case "button":
			buttons[l.name]++
			fallthrough
		case "textbox", "log", "region", "group", "alertdialog", "heading":
			if strings.TrimSpace(l.name) == "" {
				flaws = append(flaws, "no name: "+l.String())
			}
		}
		for _, p := range l.properties {
			switch {
			case p == "level 1" && l.role == "heading":
				count["h1"]++
			case strings.HasPrefix(p, "live ") && p != "live off":
				live = append(live, l.role)
			}
		}
		if l.role == "alertdialog" && len(l.description) < 40 {
			flaws = append(flaws, "a question without its text: "+l.String())
		}
	}
	for name, n := range buttons {
		if n > 1 {
			flaws = append(flaws, fmt.Sprintf("%d buttons %q", n, name))
		}
	}
	for _, role := range []string{"alert", "status"} {
		if !slices.Contains(live, role) {
			flaws = append(flaws, "nothing is read out by "+role)
		}
	}
	if count["h1"] != 1 || count["main"] != 1 || asked != (count["alertdialog"] == 1) {
		flaws = append(flaws, fmt.Sprintf("%d headings above all, %d main parts, %d questions", count["h1"], count["main"], count["alertdialog"]))
	}
	return flaws
}

func keepReadOut(t *testing.T, tag, name string, all []readLine) {
	t.Helper()
	dir := os.Getenv("READ")
	if dir == "" {
		return
	}
	var b strings.Builder
	for _, l := range all {
		fmt.Fprintln(&b, l)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, tag+"-"+strings.ReplaceAll(name, " ", "-")+".txt"), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
