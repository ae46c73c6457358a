package streams

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// StoredUIConfig is a UI config with who stored it when.
type StoredUIConfig struct {
	Config  *schemas.UIConfig `json:"config"`
	By      string            `json:"by,omitempty"`
	Updated time.Time         `json:"-"` // when it was stored
}

// maxUIConfigs bounds what everybody who asks for the list has to be sent.
const maxUIConfigs = 1000

// ErrFull is returned when there are as many of a kind as there can be.
var ErrFull = errors.New("there are as many as there can be: delete one first")

// UIConfig is the UI config with a name. It is ErrNotFound when there is none.
func (c *Conn) UIConfig(ctx context.Context, name string) (*StoredUIConfig, error) {
	if err := schemas.CheckUIName(name); err != nil {
		return nil, Blame(Input, err)
	}
	v, err := c.Bucket(BucketUIConfigs).Get(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("UI config %s: %w", name, err)
	}
	return uiConfigOf(v)
}

// UIConfigs is all UI configs, by name.
func (c *Conn) UIConfigs(ctx context.Context) (list []*StoredUIConfig, err error) {
	values, err := c.Bucket(BucketUIConfigs).List(ctx, ">")
	if err != nil {
		return nil, err
	}
	for _, v := range values {
		one, err := uiConfigOf(v)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b *StoredUIConfig) int { return cmp.Compare(a.Config.Name, b.Config.Name) })
	return list, nil
}

// PutUIConfig stores a UI config under its name. It is ErrFull when there are a thousand others.
func (c *Conn) PutUIConfig(ctx context.Context, config *schemas.UIConfig, by string) (*StoredUIConfig, error) {
	if err := config.Validate(); err != nil {
		return nil, Blame(Input, err)
	}
	all, err := c.UIConfigs(ctx)
	if err != nil {
		return nil, err
	}
	if len(all) >= maxUIConfigs && !slices.ContainsFunc(all, func(o *StoredUIConfig) bool { return o.Config.Name == config.Name }) {
		return nil, fmt.Errorf("UI configs: %w", ErrFull)
	}
	stored := &StoredUIConfig{Config: config, By: by, Updated: time.Now().UTC()}
	data, err := json.Marshal(stored)
	if err != nil {
		return nil, fmt.Errorf("encode UI config %s: %w", config.Name, err)
	}
	if _, err := c.Bucket(BucketUIConfigs).Put(ctx, config.Name, data, 0); err != nil {
		return nil, fmt.Errorf("store UI config %s: %w", config.Name, err)
	}
	return stored, nil
}

// DeleteUIConfig removes a UI config. It is ErrNotFound when there is none.
func (c *Conn) DeleteUIConfig(ctx context.Context, name string) error {
	if _, err := c.UIConfig(ctx, name); err != nil {
		return err
	}
	return c.Bucket(BucketUIConfigs).Delete(ctx, name)
}

func uiConfigOf(v Value) (*StoredUIConfig, error) {
	out := &StoredUIConfig{Updated: v.Stored.UTC()}
	if err := json.Unmarshal(v.Data, out); err != nil || out.Config == nil {
		return nil, Blame(Input, fmt.Errorf("stored UI config %s cannot be read: %w", v.Key, err))
	}
	return out, nil
}
