// Package ratelimit bounds how often something may be tried, by key: a technician, an
// organisation, an address.
//
// [Limiter] is a token bucket per key, [Backoff] makes each failure wait longer. Both
// go by the monotonic clock, so setting the wall clock gains nobody a try, and both
// hold a bounded number of keys.
package ratelimit

import (
	"sync"
	"time"
)

// maxKeys bounds the memory of one limiter, about 100 bytes a key.
const maxKeys = 100_000

// Limiter lets each key do Burst things at once and one more every Every.
type Limiter struct {
	burst float64
	every time.Duration

	mu      sync.Mutex
	buckets map[string]*bucket
	swept   time.Time // guarded by mu
}

type bucket struct {
	tokens float64
	at     time.Time
}

// New makes a Limiter.
func New(burst int, every time.Duration) *Limiter {
	return &Limiter{burst: float64(burst), every: every, buckets: map[string]*bucket{}}
}

// Take uses up one try of key. When none is left it returns how long to wait, and
// nothing is used up.
func (l *Limiter) Take(key string) time.Duration { return l.TakeN(key, 1) }

// TakeN uses up n tries of key at once, all or none. n is at most the burst.
func (l *Limiter) TakeN(key string, n int) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.bucketLocked(key)
	if want := float64(n); b.tokens < want {
		// Never 0, which would say yes: a bucket that is full but for a rounding
		// error has less than a nanosecond to go.
		return max(1, time.Duration((want-b.tokens)*float64(l.every)))
	}
	b.tokens -= float64(n)
	return 0
}

// Return gives back a try of key that Take used up, because it was no try to be bounded.
// Nobody has more than the burst by it: the next Take cuts off what is more.
func (l *Limiter) Return(key string) { l.ReturnN(key, 1) }

// ReturnN gives back n tries.
func (l *Limiter) ReturnN(key string, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b := l.buckets[key]; b != nil {
		b.tokens += float64(n)
	}
}

func (l *Limiter) bucketLocked(key string) *bucket {
	now := time.Now()
	b := l.buckets[key]
	if b == nil {
		if len(l.buckets) >= maxKeys {
			l.sweepLocked(now)
		}
		b = &bucket{tokens: l.burst, at: now}
		if len(l.buckets) >= maxKeys {
			b.tokens = 0 // under a flood of keys, new ones wait
			return b
		}
		l.buckets[key] = b
	}
	l.refillLocked(b, now)
	return b
}

func (l *Limiter) refillLocked(b *bucket, now time.Time) {
	b.tokens = min(l.burst, b.tokens+float64(now.Sub(b.at))/float64(l.every))
	b.at = now
}

// sweepLocked forgets the keys whose bucket is full again. It looks at every key, so not for
// each new one of a flood: sooner than one try is given back there is nothing new to see.
func (l *Limiter) sweepLocked(now time.Time) {
	if !l.swept.IsZero() && now.Sub(l.swept) < l.every {
		return
	}
	l.swept = now
	for key, b := range l.buckets {
		if l.refillLocked(b, now); b.tokens >= l.burst {
			delete(l.buckets, key)
		}
	}
}

// Backoff makes a key wait after failures: the first few are free, then each doubles
// the wait up to a longest one.
type Backoff struct {
	free         int
	first, limit time.Duration

	mu    sync.Mutex
	keys  map[string]*failures
	swept time.Time // guarded by mu
}

type failures struct {
	count int
	last  time.Time
}

// NewBackoff makes a Backoff: after free failures the next one waits first, then twice
// that, up to limit.
func NewBackoff(free int, first, limit time.Duration) *Backoff {
	return &Backoff{free: free, first: first, limit: limit, keys: map[string]*failures{}}
}

// Try reports how long key must still wait; 0 means that it may try now, and the try
// counts as a failure until Success is called. So tries that run at the same time do
// not slip by together.
func (b *Backoff) Try(key string) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	f := b.keys[key]
	if f != nil && b.forgottenLocked(f, now) {
		delete(b.keys, key)
		f = nil
	}
	if f == nil {
		if len(b.keys) >= maxKeys {
			b.sweepLocked(now)
		}
		if len(b.keys) >= maxKeys {
			return b.first
		}
		f = &failures{}
		b.keys[key] = f
	}
	if left := b.waitLocked(f) - now.Sub(f.last); f.count > 0 && left > 0 {
		return left
	}
	f.count++
	f.last = now
	return 0
}

// Success forgets the failures of key.
func (b *Backoff) Success(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.keys, key)
}

func (b *Backoff) waitLocked(f *failures) time.Duration {
	over := f.count - b.free
	if over < 0 {
		return 0
	}
	wait := b.first
	for range over {
		if wait *= 2; wait >= b.limit {
			return b.limit
		}
	}
	return wait
}

// forgottenLocked: a key that stayed away for a good while longer than it had to
// starts anew.
func (b *Backoff) forgottenLocked(f *failures, now time.Time) bool {
	return now.Sub(f.last) > 4*b.limit
}

// sweepLocked forgets who stayed away for long, and looks no more often than it has to.
func (b *Backoff) sweepLocked(now time.Time) {
	if !b.swept.IsZero() && now.Sub(b.swept) < b.first {
		return
	}
	b.swept = now
	for key, f := range b.keys {
		if b.forgottenLocked(f, now) {
			delete(b.keys, key)
		}
	}
}
