package streams

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

const (
	workerTTL  = 9 * time.Second
	workerBeat = workerTTL / 3
)

// Register announces a running worker until ctx is done.
func (c *Conn) Register(ctx context.Context, r schemas.Registration) error {
	value, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode registration of %s: %w", r.Name, err)
	}
	instance := make([]byte, 6)
	rand.Read(instance)
	key := r.Name + "." + hex.EncodeToString(instance)
	tick := time.NewTicker(workerBeat)
	defer tick.Stop()
	for {
		_, err := c.Bucket(BucketWorkers).Put(ctx, key, value, workerTTL)
		if err != nil && ctx.Err() == nil {
			slog.Warn("register worker", "worker", r.Name, "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Registry lists the running workers. Run keeps it up to date; the other methods may be called at any time.
type Registry struct {
	conn    *Conn
	now     atomic.Pointer[roll]
	current chan struct{}
}

// roll is the registered workers: every process by its key, and one process of each worker by its name.
type roll struct {
	processes map[string]schemas.Registration
	workers   map[string]schemas.Registration
}

// NewRegistry returns a registry that is empty until Run, which may be called once.
func NewRegistry(c *Conn) *Registry {
	r := &Registry{conn: c, current: make(chan struct{})}
	r.now.Store(&roll{})
	return r
}

// Current is closed once the registry lists all workers that were running when Run began.
func (r *Registry) Current() <-chan struct{} { return r.current }

// All returns the running workers by name, each as one of its processes registered it. The map must not be changed.
func (r *Registry) All() map[string]schemas.Registration { return r.now.Load().workers }

// Processes returns every running process of every worker, in any order.
func (r *Registry) Processes() []schemas.Registration {
	return slices.Collect(maps.Values(r.now.Load().processes))
}

// Run follows registrations until ctx is done.
func (r *Registry) Run(ctx context.Context) error {
	for v, err := range r.conn.Bucket(BucketWorkers).Watch(ctx, ">") {
		if err != nil {
			return fmt.Errorf("follow worker registrations: %w", err)
		}
		if v == nil {
			close(r.current)
			continue
		}
		r.apply(v)
	}
	return nil
}

func (r *Registry) apply(v *Value) {
	next := roll{map[string]schemas.Registration{}, map[string]schemas.Registration{}}
	maps.Copy(next.processes, r.now.Load().processes)
	delete(next.processes, v.Key)
	if !v.Deleted {
		var reg schemas.Registration
		name, _, _ := strings.Cut(v.Key, ".")
		if err := json.Unmarshal(v.Data, &reg); err != nil || reg.Name != name {
			slog.Error("cannot read a worker's registration", "worker", v.Key, "error", err)
			return
		}
		next.processes[v.Key] = reg
	}
	for _, key := range slices.Sorted(maps.Keys(next.processes)) {
		next.workers[next.processes[key].Name] = next.processes[key]
	}
	r.now.Store(&next)
}
