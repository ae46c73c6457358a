package streams

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Lag describes how far a worker's consumer, which all its processes share, is behind.
type Lag struct {
	Pending     uint64   // messages that no process has taken yet
	InFlight    int      // taken and not acknowledged
	Redelivered int      // of those, taken more than once
	Rate        *float64 // messages handled per second; nil at the first look
	Pulled      bool     // a process is waiting for messages now
}

// LagWatch measures the lag of the consumers. It is safe for concurrent use.
type LagWatch struct {
	conn *Conn

	mu   sync.Mutex
	last map[string]look // by stream and consumer
}

// look is a measurement of one consumer.
type look struct {
	at   time.Time
	done uint64
	rate *float64
}

// NewLagWatch returns a watch that has not looked yet.
func NewLagWatch(c *Conn) *LagWatch { return &LagWatch{conn: c, last: map[string]look{}} }

// leastLook is the least time between two looks that gives a rate.
const leastLook = time.Second

// Look returns the lag of every worker, summed over the durable consumers whose name is the worker's, or begins with it and a
// dash. A consumer that belongs to no worker is listed under its own name. The rate is measured since the previous call.
func (w *LagWatch) Look(ctx context.Context, workers []string) (map[string]Lag, error) {
	out := map[string]Lag{}
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := map[string]look{}
	all := maps.Clone(w.conn.streams)
	live := w.conn.Bucket(BucketLive).Stream() // consumed for sessions that went silent
	all[live.name] = live.stream
	for name, stream := range all {
		list := stream.ListConsumers(ctx)
		for info := range list.Info() {
			if info.Config.Durable == "" {
				continue
			}
			key := name + "." + info.Name
			seen[key] = w.last[key].next(now, info)
			owner := ownerOf(info.Name, workers)
			out[owner] = out[owner].plus(Lag{info.NumPending, info.NumAckPending, info.NumRedelivered, seen[key].rate, info.NumWaiting > 0})
		}
		if err := list.Err(); err != nil {
			return nil, Blame(Infrastructure, fmt.Errorf("list the consumers of %s: %w", name, err))
		}
	}
	w.last = seen
	return out, nil
}

// ownerOf returns the worker with the longest name that a consumer's name begins with.
func ownerOf(consumer string, workers []string) string {
	owner := ""
	for _, name := range workers {
		if (consumer == name || strings.HasPrefix(consumer, name+"-")) && len(name) > len(owner) {
			owner = name
		}
	}
	if owner == "" {
		return consumer
	}
	return owner
}

func (l Lag) plus(o Lag) Lag {
	sum := Lag{l.Pending + o.Pending, l.InFlight + o.InFlight, l.Redelivered + o.Redelivered, o.Rate, l.Pulled || o.Pulled}
	if l.Rate != nil {
		rate := *l.Rate
		if o.Rate != nil {
			rate += *o.Rate
		}
		sum.Rate = &rate
	}
	return sum
}

func (l look) next(now time.Time, info *jetstream.ConsumerInfo) look {
	done := info.Delivered.Consumer - min(info.Delivered.Consumer, uint64(info.NumAckPending)) //nolint:gosec // a count
	since := now.Sub(l.at)
	switch {
	case l.at.IsZero() || done < l.done: // new, or created again
		return look{at: now, done: done}
	case since < leastLook:
		return l
	}
	rate := float64(done-l.done) / since.Seconds()
	return look{now, done, &rate}
}
