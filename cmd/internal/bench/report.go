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

// figure is one measured thing. Goal is what it must not exceed; 0 means none was set.
type figure struct {
	Name   string  `json:"name"`
	Unit   string  `json:"unit"`
	Value  float64 `json:"value"` // the median, when there are samples
	P95    float64 `json:"p95,omitempty"`
	Max    float64 `json:"max,omitempty"`
	Goal   float64 `json:"goal,omitempty"`
	Sample int     `json:"samples,omitempty"`
}

// reached reports in one word whether the goal was met.
func (f figure) reached() string {
	switch {
	case f.Goal == 0:
		return ""
	case f.Value <= f.Goal:
		return "reached"
	default:
		return "MISSED"
	}
}

// spread makes a figure of samples: median, 95th percentile, maximum.
func spread(name, unit string, goal float64, samples []float64) figure {
	f := figure{Name: name, Unit: unit, Goal: goal, Sample: len(samples)}
	if len(samples) == 0 {
		return f
	}
	sorted := slices.Sorted(slices.Values(samples))
	f.Value, f.P95, f.Max = quantile(sorted, 0.5), quantile(sorted, 0.95), sorted[len(sorted)-1]
	return f
}

// quantile of sorted samples by nearest rank.
func quantile(sorted []float64, q float64) float64 {
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// report gathers the figures of all scenes.
type report struct {
	Began   time.Time     `json:"began"`
	Machine machine       `json:"machine"`
	Scenes  []sceneReport `json:"scenes"`
}

// machine says what was measured on; Load tells how busy others kept it.
type machine struct {
	CPU  string `json:"cpu"`
	CPUs int    `json:"cpus"`
	OS   string `json:"os"`
	Load string `json:"load"` // of the last 1, 5 and 15 minutes, at the start
}

type sceneReport struct {
	Name    string   `json:"name"`
	Figures []figure `json:"figures"`
}

func newReport() *report {
	return &report{Began: time.Now().UTC().Truncate(time.Second), Machine: machine{
		CPU: cpuModel(), CPUs: runtime.NumCPU(), OS: runtime.GOOS + "/" + runtime.GOARCH, Load: loadAverage(),
	}}
}

func (r *report) add(scene string, figures []figure) {
	r.Scenes = append(r.Scenes, sceneReport{scene, figures})
}

// print writes the table.
func (r *report) print(to io.Writer) {
	fmt.Fprintf(to, "\n%s, %d processors; load before: %s\n\n", r.Machine.CPU, r.Machine.CPUs, r.Machine.Load)
	t := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "scene\tfigure\tmedian\tp95\tmax\tunit\tgoal\t\t")
	for _, s := range r.Scenes {
		for _, f := range s.Figures {
			goal, p95, most := "", "", ""
			if f.Goal != 0 {
				goal = "≤ " + number(f.Goal)
			}
			if f.Sample > 0 {
				p95, most = number(f.P95), number(f.Max)
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", s.Name, f.Name, number(f.Value), p95, most, f.Unit, goal, f.reached())
		}
	}
	_ = t.Flush()
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
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
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
