package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// report gathers the figures of all scenes and systems.
type report struct {
	Began       time.Time      `json:"began"`
	Machine     machine        `json:"machine"`
	Command     string         `json:"command"`
	Repetitions int            `json:"repetitions"`
	LoadAfter   string         `json:"loadAfter"`
	Absent      []string       `json:"absent,omitempty"` // systems that could not be measured, and why
	Scenes      []*sceneReport `json:"scenes"`
}

// machine says what was measured on; Load tells how busy others kept it.
type machine struct {
	CPU  string `json:"cpu"`
	CPUs int    `json:"cpus"`
	OS   string `json:"os"`
	Load string `json:"load"` // of the last 1, 5 and 15 minutes, at the start
}

// sceneReport is one scene as every system played it.
type sceneReport struct {
	Name    string         `json:"name"`
	About   string         `json:"about"`
	Systems []*sceneResult `json:"systems"`
}

// sceneResult is one system in one scene, over all repetitions.
type sceneResult struct {
	System  string   `json:"system"`
	Figures []figure `json:"figures"`
	Notes   []string `json:"notes,omitempty"`

	repetitions [][]figure
}

func newReport(command []string) *report {
	return &report{Began: time.Now().UTC().Truncate(time.Second), Command: strings.Join(command, " "), Machine: machine{
		CPU: cpuModel(), CPUs: runtime.NumCPU(), OS: runtime.GOOS + "/" + runtime.GOARCH, Load: loadAverage(),
	}}
}

// absent notes, once, a system that could not be measured.
func (r *report) absent(why string) {
	if !slices.Contains(r.Absent, why) {
		r.Absent = append(r.Absent, why)
	}
}

// add puts one repetition of a scene in.
func (r *report) add(s scene, system string, figures []figure, notes []string) {
	var of *sceneReport
	for _, known := range r.Scenes {
		if known.Name == s.name {
			of = known
		}
	}
	if of == nil {
		of = &sceneReport{Name: s.name, About: s.about}
		r.Scenes = append(r.Scenes, of)
	}
	var result *sceneResult
	for _, known := range of.Systems {
		if known.System == system {
			result = known
		}
	}
	if result == nil {
		result = &sceneResult{System: system}
		of.Systems = append(of.Systems, result)
	}
	result.repetitions = append(result.repetitions, figures)
	result.Figures = merge(result.repetitions)
	result.Notes = append(result.Notes, notes...)
}

// print writes the table: a line for each system in each scene, below it the ratios,
// then what the table has no column for, the goals, and notes.
func (r *report) print(to io.Writer) {
	fmt.Fprintf(to, "\n%s, %d processors; load before: %s, after: %s; repetitions: %d\n",
		r.Machine.CPU, r.Machine.CPUs, r.Machine.Load, r.LoadAfter, r.Repetitions)
	fmt.Fprintf(to, "CPU in %% of one core; PSS and RSS in MiB; ratios are Beside's value divided by the peer's (pictures, exact: the other way round), so below 1 Beside is better\n\n")
	t := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight|tabwriter.DiscardEmptyColumns)
	fmt.Fprintf(t, "scene\tsystem\t%s\t\n", strings.Join(heads(), "\t"))
	for _, s := range r.Scenes {
		for i, result := range s.Systems {
			name := s.Name
			if i > 0 {
				name = "·"
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t\n", name, result.System, strings.Join(cells(result.Figures), "\t"))
		}
		if s.Systems[0].System != ownName {
			continue
		}
		for _, peer := range s.Systems[1:] {
			if peer.System == nobodyName {
				continue
			}
			fmt.Fprintf(t, "·\tratio to %s\t%s\t\n", peer.System, strings.Join(ratios(s.Systems[0].Figures, peer.Figures), "\t"))
		}
	}
	_ = t.Flush()
	r.printRest(to)
}

func (r *report) printRest(to io.Writer) {
	fmt.Fprintln(to)
	for _, s := range r.Scenes {
		for _, result := range s.Systems {
			for _, f := range result.Figures {
				if !hasColumn(f.Name) {
					fmt.Fprintf(to, "%s, %s: %s %s %s%s\n", s.Name, result.System, f.Name, number(f.Value), f.Unit, tail(f))
				}
			}
		}
	}
	fmt.Fprintln(to)
	for _, s := range r.Scenes {
		for _, result := range s.Systems {
			if result.System != ownName {
				continue
			}
			for _, v := range judge(s.Name, result.Figures) {
				fmt.Fprintln(to, v)
			}
		}
	}
	fmt.Fprintln(to)
	for _, s := range r.Scenes {
		for _, result := range s.Systems {
			for _, note := range result.Notes {
				fmt.Fprintf(to, "%s, %s: %s\n", s.Name, result.System, note)
			}
		}
	}
	for _, absent := range r.Absent {
		fmt.Fprintf(to, "NOT MEASURED: %s\n", absent)
	}
}

func tail(f figure) string {
	if f.Sample == 0 {
		return ""
	}
	return fmt.Sprintf(" (p95 %s, max %s, of %d)", number(f.P95), number(f.Max), f.Sample)
}

func (v verdict) String() string {
	word, sign, limit, of := "reached", "≤", v.most, ""
	if !v.reached() {
		word = "MISSED "
	}
	if v.least > 0 {
		sign, limit = "≥", v.least
	}
	if v.p95 {
		of = " p95"
	}
	return fmt.Sprintf("%s  %s: %s%s %s (wanted %s %s)", word, v.scene, v.column, of, number(v.value), sign, number(limit))
}

func heads() (heads []string) {
	for _, c := range columns {
		heads = append(heads, c.head)
		if c.p95 != "" {
			heads = append(heads, c.p95)
		}
	}
	return heads
}

func cells(figures []figure) (cells []string) {
	for _, c := range columns {
		f, ok := find(figures, c.name)
		value, p95 := "–", "–"
		if ok {
			value, p95 = number(f.Value), number(f.P95)
		}
		cells = append(cells, value)
		if c.p95 != "" {
			cells = append(cells, p95)
		}
	}
	return cells
}

// ratios of ours to a peer's, turned so that less than 1 is better for us.
func ratios(ours, peers []figure) (cells []string) {
	for _, c := range columns {
		a, mine := find(ours, c.name)
		b, theirs := find(peers, c.name)
		value, p95 := "", ""
		if c.ratio && mine && theirs {
			value, p95 = ratio(a.Value, b.Value, c.more), ratio(a.P95, b.P95, c.more)
		}
		cells = append(cells, value)
		if c.p95 != "" {
			cells = append(cells, p95)
		}
	}
	return cells
}

func ratio(ours, peers float64, more bool) string {
	if more {
		ours, peers = peers, ours
	}
	switch {
	case ours == 0 && peers == 0:
		return "1"
	case peers == 0:
		return "∞"
	}
	return fmt.Sprintf("%.2f", ours/peers)
}

func hasColumn(name string) bool {
	for _, c := range columns {
		if c.name == name {
			return true
		}
	}
	return false
}

func number(v float64) string {
	switch {
	case v == float64(int64(v)), v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}

// write leaves the figures as JSON.
func (r *report) write(path string) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}

func cpuModel() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	for line := range strings.Lines(string(info)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}

func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	fields := strings.Fields(string(text))
	return strings.Join(fields[:min(3, len(fields))], " ")
}
