package streams

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/selene-liveness/selene/schemas"
)

const settingsKey = "document"

// Revision is one revision of the settings.
type Revision struct {
	Number   uint64            `json:"revision"`
	Created  time.Time         `json:"created"`
	Settings *schemas.Settings `json:"settings"`
}

// revisionCache keeps revisions already read; they never change.
type revisionCache struct {
	mu   sync.Mutex
	byNo map[uint64]*schemas.Settings
}

const cachedRevisions = 64 // as many as the bucket keeps

// SettingsAt is the settings document of a revision, as a session started with it. It comes from memory after the first
// time. The document must not be changed.
func (c *Conn) SettingsAt(ctx context.Context, revision uint64) (*schemas.Settings, error) {
	c.revisions.mu.Lock()
	s := c.revisions.byNo[revision]
	c.revisions.mu.Unlock()
	if s != nil {
		return s, nil
	}
	entry, err := c.settings.GetRevision(ctx, settingsKey, revision)
	if err != nil {
		return nil, Blame(Infrastructure, fmt.Errorf("read settings revision %d: %w", revision, err))
	}
	r, err := c.remember(entry)
	if err != nil {
		return nil, err
	}
	return r.Settings, nil
}

// Settings is the newest revision. Before any was stored, the defaults become the first.
func (c *Conn) Settings(ctx context.Context) (*Revision, error) {
	entry, err := c.settings.Get(ctx, settingsKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		document, err := json.Marshal(schemas.DefaultSettings())
		if err != nil {
			return nil, fmt.Errorf("encode default settings: %w", err)
		}
		if _, err := c.settings.Create(ctx, settingsKey, document); err != nil && !errors.Is(err, jetstream.ErrKeyExists) {
			return nil, Blame(Infrastructure, fmt.Errorf("store default settings: %w", err))
		}
		if entry, err = c.settings.Get(ctx, settingsKey); err != nil {
			return nil, Blame(Infrastructure, fmt.Errorf("read settings: %w", err))
		}
		return c.remember(entry)
	}
	if err != nil {
		return nil, Blame(Infrastructure, fmt.Errorf("read settings: %w", err))
	}
	return c.remember(entry)
}

// PutSettings validates a document and stores it, completed with the defaults, as the newest revision: new sessions
// are judged by it, running ones keep theirs. A document equal to the newest revision makes no new one.
func (c *Conn) PutSettings(ctx context.Context, document []byte) (*Revision, error) {
	s, err := schemas.ParseSettings(document)
	if err != nil {
		return nil, Blame(Input, err)
	}
	full, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode settings: %w", err)
	}
	now, err := c.Settings(ctx)
	if err != nil {
		return nil, err
	}
	if old, err := json.Marshal(now.Settings); err == nil && string(old) == string(full) {
		return now, nil
	}
	if _, err := c.settings.Put(ctx, settingsKey, full); err != nil {
		return nil, Blame(Infrastructure, fmt.Errorf("store settings: %w", err))
	}
	return c.Settings(ctx)
}

func (c *Conn) remember(entry jetstream.KeyValueEntry) (*Revision, error) {
	s, err := schemas.ParseSettings(entry.Value())
	if err != nil {
		return nil, Blame(Input, fmt.Errorf("stored revision %d: %w", entry.Revision(), err))
	}
	c.revisions.mu.Lock()
	defer c.revisions.mu.Unlock()
	if c.revisions.byNo == nil || len(c.revisions.byNo) >= cachedRevisions {
		c.revisions.byNo = map[uint64]*schemas.Settings{}
	}
	c.revisions.byNo[entry.Revision()] = s
	return &Revision{entry.Revision(), entry.Created(), s}, nil
}
