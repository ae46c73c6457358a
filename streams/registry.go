package streams

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Registration is what a running worker tells the others. Its name is the key.
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
	tick := time.NewTicker(workerBeat)
	defer tick.Stop()
	for {
		_, err := c.js.PublishMsg(ctx, &nats.Msg{Subject: "$KV." + bucketWorkers + "." + r.Name, Data: value}, jetstream.WithMsgTTL(workerTTL))
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
	conn *Conn
	now  atomic.Pointer[map[string]Registration]
}

// NewRegistry returns a registry that is empty until Run.
func NewRegistry(c *Conn) *Registry {
	r := &Registry{conn: c}
	r.now.Store(&map[string]Registration{})
	return r
}

// All is the running workers by name. It must not be changed.
func (r *Registry) All() map[string]Registration { return *r.now.Load() }

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
			if entry == nil {
				continue
			}
			r.apply(entry)
		}
	}
}

func (r *Registry) apply(entry jetstream.KeyValueEntry) {
	next := map[string]Registration{}
	for name, reg := range r.All() {
		next[name] = reg
	}
	delete(next, entry.Key())
	if entry.Operation() == jetstream.KeyValuePut {
		var reg Registration
		if err := json.Unmarshal(entry.Value(), &reg); err != nil || reg.Name != entry.Key() {
			slog.Error("unreadable worker registration", "worker", entry.Key(), "error", err)
			return
		}
		next[reg.Name] = reg
	}
	r.now.Store(&next)
}
