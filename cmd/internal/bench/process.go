package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of CPU time in /proc/PID/stat: USER_HZ, which Linux fixes at 100.
const tick = 10 * time.Millisecond

// family is a process and all its descendants.
type family struct {
	name string
	root int
}

// stat is what /proc/PID/stat tells.
type stat struct {
	pid, parent int
	command     string
	cpu         time.Duration // of the process and of the children it has waited for
}

// parseStat reads a line of proc_pid_stat(5). The command may hold spaces and brackets.
func parseStat(line string) (stat, error) {
	open, end := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	if open < 1 || end < open {
		return stat{}, errors.New("bench: malformed stat")
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line[:open]))
	if err != nil {
		return stat{}, fmt.Errorf("bench: stat: %w", err)
	}
	// After the command: state, ppid, …; utime, stime, cutime, cstime are fields 14 to 17 of all.
	fields := strings.Fields(line[end+1:])
	if len(fields) < 15 {
		return stat{}, errors.New("bench: short stat")
	}
	s := stat{pid: pid, command: line[open+1 : end]}
	if s.parent, err = strconv.Atoi(fields[1]); err != nil {
		return stat{}, fmt.Errorf("bench: stat: %w", err)
	}
	for _, f := range fields[11:15] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return stat{}, fmt.Errorf("bench: stat: %w", err)
		}
		s.cpu += time.Duration(n) * tick
	}
	return s, nil
}

// processes lists all processes. Those that end meanwhile are left out.
func processes() (map[int]stat, error) {
	paths, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	all := make(map[int]stat, len(paths))
	for _, path := range paths {
		line, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		if s, err := parseStat(string(line)); err == nil {
			all[s.pid] = s
		}
	}
	return all, nil
}

// descends reports whether pid is root or below it.
func descends(all map[int]stat, pid, root int) bool {
	for range 64 { // deeper than any tree here, and an end to a cycle
		if pid == root {
			return true
		}
		s, ok := all[pid]
		if !ok {
			return false
		}
		pid = s.parent
	}
	return false
}

// members are the processes of a family.
func (f family) members(all map[int]stat) (pids []int) {
	for pid := range all {
		if descends(all, pid, f.root) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// cpuOf sums the CPU time of families, and, as the part partRenderer, that of the
// browser's processes that run pages.
func cpuOf(families []family) (map[string]time.Duration, error) {
	all, err := processes()
	if err != nil {
		return nil, err
	}
	total := make(map[string]time.Duration, len(families)+1)
	for _, f := range families {
		if _, ok := all[f.root]; !ok {
			return nil, fmt.Errorf("bench: %s is not running", f.name)
		}
		for _, pid := range f.members(all) {
			total[f.name] += all[pid].cpu
			if f.name == partBrowser && isRenderer(pid) {
				total[partRenderer] += all[pid].cpu
			}
		}
	}
	return total, nil
}

// isRenderer tells Chromium's processes that run pages by their arguments.
func isRenderer(pid int) bool {
	arguments, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err == nil && bytes.Contains(arguments, []byte("--type=renderer"))
}

// xServer finds the X server among the processes that this one started.
func xServer() (family, error) {
	all, err := processes()
	if err != nil {
		return family{}, err
	}
	for pid, s := range all {
		if strings.HasPrefix(s.command, "Xorg") && descends(all, pid, os.Getpid()) {
			return family{partXServer, pid}, nil
		}
	}
	return family{}, errors.New("bench: the X server was not found")
}

// memory is what a process holds, in MiB. Resident counts shared pages whole,
// proportional divides them by the processes that share them.
type memory struct{ resident, proportional float64 }

// memoryOf sums what families hold; a process that ends meanwhile is left out.
func memoryOf(families []family, parts ...string) (sum memory, err error) {
	all, err := processes()
	if err != nil {
		return memory{}, err
	}
	for _, f := range families {
		if !slices.Contains(parts, f.name) {
			continue
		}
		for _, pid := range f.members(all) {
			m, err := memoryOfProcess(pid)
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			if err != nil {
				return memory{}, err
			}
			sum.resident += m.resident
			sum.proportional += m.proportional
		}
	}
	return sum, nil
}

func memoryOfProcess(pid int) (memory, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return memory{}, fmt.Errorf("bench: memory: %w", err)
	}
	return parseRollup(text)
}

func parseRollup(text []byte) (memory, error) {
	kib := map[string]float64{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) != 3 || fields[2] != "kB" {
			continue
		}
		n, err := strconv.ParseFloat(fields[1], 64)
		if err != nil {
			return memory{}, fmt.Errorf("bench: memory: %w", err)
		}
		kib[fields[0]] = n
	}
	m := memory{kib["Rss:"] / 1024, kib["Pss:"] / 1024}
	if m.resident == 0 || m.proportional == 0 {
		return memory{}, errors.New("bench: memory: nothing is resident")
	}
	return m, nil
}
