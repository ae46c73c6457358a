// Package uiconfig stores the configs of the user page.
package uiconfig

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// Store keeps UI configs by name. It is safe for concurrent use.
type Store struct {
	bucket *streams.Bucket
}

// New returns the store of an installation.
func New(conn *streams.Conn) *Store { return &Store{conn.Bucket(streams.BucketUIConfigs)} }

// Stored is a UI config and who stored it when.
type Stored struct {
	Config  *schemas.UIConfig `json:"config"`
	By      string            `json:"by,omitempty"`
	Updated time.Time         `json:"-"` // when it was stored
}

// maxConfigs bounds the size of the list, which is sent as a whole.
const maxConfigs = 1000

// Get returns the UI config with a name. It returns streams.ErrNotFound when there is none.
func (s *Store) Get(ctx context.Context, name string) (*Stored, error) {
	if err := schemas.CheckUIName(name); err != nil {
		return nil, streams.Blame(streams.Input, err)
	}
	v, err := s.bucket.Get(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("UI config %s: %w", name, err)
	}
	return decode(v)
}

// Parents returns the origins that a UI config lets embed the user page: none if there is no such config, if it cannot be read, or
// if it was stored by a version that accepted other origins.
func (s *Store) Parents(ctx context.Context, name string) []string {
	stored, err := s.Get(ctx, name)
	if err != nil || stored.Config.Validate() != nil {
		return nil
	}
	return stored.Config.ParentOrigins
}

// List returns all UI configs, sorted by name.
func (s *Store) List(ctx context.Context) ([]*Stored, error) {
	values, err := s.bucket.List(ctx, ">")
	if err != nil {
		return nil, err
	}
	list := make([]*Stored, len(values))
	for i, v := range values {
		if list[i], err = decode(v); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(list, func(a, b *Stored) int { return cmp.Compare(a.Config.Name, b.Config.Name) })
	return list, nil
}

// Put stores a UI config under its name. It returns streams.ErrFull when there are a thousand others.
func (s *Store) Put(ctx context.Context, config *schemas.UIConfig, by string) (*Stored, error) {
	if err := config.Validate(); err != nil {
		return nil, streams.Blame(streams.Input, err)
	}
	all, err := s.List(ctx)
	if err != nil {
		return nil, err
	}
	if len(all) >= maxConfigs && !slices.ContainsFunc(all, func(o *Stored) bool { return o.Config.Name == config.Name }) {
		return nil, fmt.Errorf("UI configs: %w", streams.ErrFull)
	}
	stored := &Stored{Config: config, By: by, Updated: time.Now().UTC()}
	data, err := json.Marshal(stored)
	if err != nil {
		return nil, fmt.Errorf("encode UI config %s: %w", config.Name, err)
	}
	if _, err := s.bucket.Put(ctx, config.Name, data, 0); err != nil {
		return nil, fmt.Errorf("store UI config %s: %w", config.Name, err)
	}
	return stored, nil
}

// Delete removes a UI config. It returns streams.ErrNotFound when there is none.
func (s *Store) Delete(ctx context.Context, name string) error {
	if _, err := s.Get(ctx, name); err != nil {
		return err
	}
	return s.bucket.Delete(ctx, name)
}

func decode(v streams.Value) (*Stored, error) {
	out := &Stored{Updated: v.Stored.UTC()}
	if err := json.Unmarshal(v.Data, out); err != nil {
		return nil, streams.Blame(streams.Input, fmt.Errorf("decode the stored UI config %s: %w", v.Key, err))
	}
	if out.Config == nil {
		return nil, streams.Blame(streams.Input, fmt.Errorf("the stored UI config %s is empty", v.Key))
	}
	return out, nil
}
