package streams

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Registration is what a running worker tells the others. Its key is its name and an id of the process.
type Registration struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Pack    string `json:"pack,omitempty"` // digest of the model pack it measures with
	Crops   []Crop `json:"crops,omitempty"`
}

// Crop is a piece of the frame a worker wants in every Face.
type Crop struct {
	Name   string  `json:"name"`
	Kind   string  `json:"kind"`  // box, square, arcface5, eyes
	Scale  float32 `json:"scale"` // of the face box
	Width  int     `json:"width"`
	Height int     `json:"height"`
	Color  string  `json:"color"` // rgb or bgr
}

const (
	workerTTL  = 9 * time.Second
	workerBeat = workerTTL / 3
)

// Register says that a worker is there, until ctx is done.
func (c *Conn) Register(ctx context.Context, r Registration) error {
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
		_, err := c.js.PublishMsg(ctx, &nats.Msg{Subject: "$KV." + bucketWorkers + "." + key, Data: value}, jetstream.WithMsgTTL(workerTTL))
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

// Registry knows the running workers. Run keeps it current; All may be called at any time.
type Registry struct {
	conn    *Conn
	now     atomic.Pointer[roll]
	current chan struct{}
}

// roll is who is registered: every process by its key, and one of each worker by its name.
type roll struct {
	processes map[string]Registration
	workers   map[string]Registration
}

// NewRegistry returns a registry that is empty until Run, which may be called once.
func NewRegistry(c *Conn) *Registry {
	r := &Registry{conn: c, current: make(chan struct{})}
	r.now.Store(&roll{})
	return r
}

// Current is closed once the registry knows all that were there when Run began.
func (r *Registry) Current() <-chan struct{} { return r.current }

// All is the running workers by name, each as one of its processes registered it. It must not be changed.
func (r *Registry) All() map[string]Registration { return r.now.Load().workers }

// Processes is every running process of every worker, in no order.
func (r *Registry) Processes() []Registration {
	return slices.Collect(maps.Values(r.now.Load().processes))
}

// Run follows registrations until ctx is done.
func (r *Registry) Run(ctx context.Context) error {
	watch, err := r.conn.workers.WatchAll(ctx)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("follow worker registrations: %w", err)
	}
	defer func() {
		if err := watch.Stop(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) && ctx.Err() == nil {
			slog.Warn("stop following registrations", "error", err)
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case entry, ok := <-watch.Updates():
			if !ok {
				return errors.New("following worker registrations ended")
			}
			if entry == nil { // all that were there are told
				close(r.current)
				continue
			}
			r.apply(entry)
		}
	}
}

func (r *Registry) apply(entry jetstream.KeyValueEntry) {
	next := roll{map[string]Registration{}, map[string]Registration{}}
	maps.Copy(next.processes, r.now.Load().processes)
	delete(next.processes, entry.Key())
	if entry.Operation() == jetstream.KeyValuePut {
		var reg Registration
		name, _, _ := strings.Cut(entry.Key(), ".")
		if err := json.Unmarshal(entry.Value(), &reg); err != nil || reg.Name != name {
			slog.Error("unreadable worker registration", "worker", entry.Key(), "error", err)
			return
		}
		next.processes[entry.Key()] = reg
	}
	for _, key := range slices.Sorted(maps.Keys(next.processes)) {
		next.workers[next.processes[key].Name] = next.processes[key]
	}
	r.now.Store(&next)
}
