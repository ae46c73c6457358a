package api

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limiter is a token bucket for each key. The number of keys is limited: while all of them are busy, new ones share one bucket.
// It is safe for concurrent use.
type limiter struct {
	rate  rate.Limit
	burst int

	mu      sync.Mutex
	buckets map[string]*rate.Limiter
	swept   time.Time
}

const (
	limitedKeys = 10_000
	sweepPause  = time.Second
	othersKey   = ""
)

func newLimiter(perSecond float64, burst int) *limiter {
	return &limiter{rate: rate.Limit(perSecond), burst: burst, buckets: map[string]*rate.Limiter{}}
}

// take returns 0 if the key may proceed, otherwise how long it has to wait.
func (l *limiter) take(key string, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	bucket := l.buckets[key]
	if bucket == nil {
		if len(l.buckets) >= limitedKeys {
			l.sweep(now)
		}
		if len(l.buckets) >= limitedKeys {
			key = othersKey
			bucket = l.buckets[key]
		}
		if bucket == nil {
			bucket = rate.NewLimiter(l.rate, l.burst)
			l.buckets[key] = bucket
		}
	}
	reservation := bucket.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait > 0 {
		reservation.CancelAt(now)
	}
	return wait
}

// sweep drops full buckets: they have no effect.
func (l *limiter) sweep(now time.Time) {
	if now.Sub(l.swept) < sweepPause {
		return
	}
	l.swept = now
	for key, bucket := range l.buckets {
		if bucket.TokensAt(now) >= float64(l.burst) {
			delete(l.buckets, key)
		}
	}
}
