package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// link is what lies between the agent and everybody else in a run with -link.
type link struct {
	text  string
	rate  float64       // bits a second in each direction; 0 is no limit
	delay time.Duration // both ways together
}

// parseLink reads "1mbit,100ms", "500kbit" or "100mbit".
func parseLink(text string) (link, error) {
	l := link{text: text}
	rate, delay, both := strings.Cut(text, ",")
	unit := 0.0
	for suffix, factor := range map[string]float64{"kbit": 1e3, "mbit": 1e6} {
		if n, ok := strings.CutSuffix(rate, suffix); ok {
			rate, unit = n, factor
		}
	}
	n, err := strconv.ParseFloat(rate, 64)
	if err != nil || unit == 0 || n <= 0 {
		return l, fmt.Errorf("bench: the link %q has no rate such as 500kbit or 1mbit", text)
	}
	l.rate = n * unit
	if both {
		if l.delay, err = time.ParseDuration(delay); err != nil || l.delay < 0 {
			return l, fmt.Errorf("bench: the link %q has no delay such as 100ms", text)
		}
	}
	return l, nil
}

// links is the flag -link, which may be given several times.
type links []link

// String is what the flag package shows.
func (l *links) String() string {
	var texts []string
	for _, one := range *l {
		texts = append(texts, one.text)
	}
	return strings.Join(texts, " ")
}

// Set adds a link.
func (l *links) Set(text string) error {
	one, err := parseLink(text)
	*l = append(*l, one)
	return err
}

// queueLimit is how long a packet may wait for the link before it is dropped, as the
// buffer of a home router is about that deep.
const queueLimit = time.Second

// shaper is one direction of a link: packets go one after another at its rate, each
// arrives half the delay later. It keeps how long each waited.
type shaper struct {
	mu      sync.Mutex
	link    link
	free    time.Time // when the link has sent all that it took
	waits   []float64 // milliseconds, of the packets taken
	dropped int
	bytes   int
}

var errQueueFull = errors.New("bench: the link's queue is full")

// take accepts a packet of that size now and returns when it arrives.
func (s *shaper) take(now time.Time, size int) (time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	begin := s.free
	if begin.Before(now) {
		begin = now
	}
	wait := begin.Sub(now)
	if wait > queueLimit {
		s.dropped++
		return time.Time{}, errQueueFull
	}
	s.waits = append(s.waits, milliseconds(wait))
	s.bytes += size
	s.free = begin
	if s.link.rate > 0 {
		s.free = begin.Add(time.Duration(float64(8*size) / s.link.rate * float64(time.Second)))
	}
	return s.free.Add(s.link.delay / 2), nil
}

// become makes it another link, with nothing on it.
func (s *shaper) become(l link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.link, s.free = l, time.Time{}
	s.waits, s.dropped, s.bytes = nil, 0, 0
}

// reset forgets what was counted.
func (s *shaper) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waits, s.dropped, s.bytes = nil, 0, 0
}

// figures tell what was counted since reset, the time since then given.
func (s *shaper) figures(since time.Duration) []figure {
	s.mu.Lock()
	defer s.mu.Unlock()
	return []figure{
		spread(colQueue, "ms", s.waits),
		share(colDropped, s.dropped, len(s.waits)+s.dropped),
		{Name: colOnLink, Unit: "kbit/s", Value: 8 * float64(s.bytes) / 1000 / since.Seconds()},
	}
}
