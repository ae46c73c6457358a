package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/streams"
)

// Hook is a webhook: an address that events are posted to.
type Hook struct {
	ID      string    `json:"id"`
	URL     string    `json:"url"`
	Filter  Filter    `json:"filter"`
	Secret  string    `json:"secret"` // signs the posts
	Created time.Time `json:"created"`
	By      string    `json:"created_by"`
	After   Cursor    `json:"after"` // events stored until then are not posted
}

// State is the state of posting to a hook.
type State struct {
	Paused    bool       `json:"paused"`     // nothing is posted until it is resumed; events wait
	GivenUp   int        `json:"given_up"`   // events in a row that could not be posted and went to the dead letters
	LastError string     `json:"last_error"` // of the last such event
	FailedAt  *time.Time `json:"failed_at"`  // when that was
}

// Keys of the bucket.
const (
	hookKey  = "hook."
	stateKey = "state."
)

// MaxHooks limits the number of hooks: each has its own consumers.
const MaxHooks = 50

// consumerOf returns the name of a hook's durable consumers, one on each stream that it subscribes to.
func consumerOf(id string) string { return "webhook-" + id }

// removeConsumers removes the consumers of a hook that nothing uses any more.
func removeConsumers(ctx context.Context, conn *streams.Conn, id string) error {
	for _, k := range Kinds() {
		if err := conn.Stream(k.Stream()).DeleteConsumer(ctx, consumerOf(id)); err != nil {
			return err
		}
	}
	return nil
}

// AddHook stores a hook, which receives events from this moment on, and sets its ID and that moment.
func AddHook(ctx context.Context, conn *streams.Conn, h *Hook) error {
	hooks := conn.Bucket(streams.BucketWebhooks)
	there, err := hooks.List(ctx, hookKey+"*")
	if err != nil {
		return err
	}
	if len(there) >= MaxHooks {
		return fmt.Errorf("%d webhooks exist: %w", len(there), streams.ErrFull)
	}
	feed := Feed{Conn: conn}
	if h.After, err = feed.Now(ctx, nil); err != nil {
		return err
	}
	h.ID, h.Created = uuid.NewString()[:8], time.Now().UTC().Truncate(time.Second)
	data, err := json.Marshal(h) //nolint:gosec // signing needs the secret itself; API answers leave it out
	if err != nil {
		return fmt.Errorf("encode webhook: %w", err)
	}
	_, err = hooks.Update(ctx, hookKey+h.ID, data, 0, 0)
	return err
}

// Hooks returns all hooks, oldest first, and their states by ID.
func Hooks(ctx context.Context, conn *streams.Conn) (hooks []Hook, states map[string]State, err error) {
	values, err := conn.Bucket(streams.BucketWebhooks).List(ctx, ">")
	if err != nil {
		return nil, nil, err
	}
	states = map[string]State{}
	for _, v := range values {
		var h Hook
		var s State
		switch id, isHook := keyOf(v.Key); {
		case isHook && json.Unmarshal(v.Data, &h) == nil:
			hooks = append(hooks, h)
		case !isHook && json.Unmarshal(v.Data, &s) == nil:
			states[id] = s
		}
	}
	return hooks, states, nil
}

// keyOf returns the ID in a key, and whether it is the key of a hook or of its state.
func keyOf(key string) (id string, isHook bool) {
	if len(key) > len(hookKey) && key[:len(hookKey)] == hookKey {
		return key[len(hookKey):], true
	}
	if len(key) > len(stateKey) && key[:len(stateKey)] == stateKey {
		return key[len(stateKey):], false
	}
	return "", false
}

// RemoveHook removes a hook. The error is streams.ErrNotFound if it does not exist.
func RemoveHook(ctx context.Context, conn *streams.Conn, id string) error {
	hooks := conn.Bucket(streams.BucketWebhooks)
	if _, err := hooks.Get(ctx, hookKey+id); err != nil {
		return err
	}
	if err := hooks.Delete(ctx, hookKey+id); err != nil {
		return err
	}
	return hooks.Delete(ctx, stateKey+id)
}

// ResumeHook resumes a paused hook where it stopped.
func ResumeHook(ctx context.Context, conn *streams.Conn, id string) error {
	return changeState(ctx, conn, id, func(s *State) { s.Paused, s.GivenUp = false, 0 })
}

// changeState changes the state of a hook, also if others change it at the same time. The error is streams.ErrNotFound if the
// hook does not exist.
func changeState(ctx context.Context, conn *streams.Conn, id string, change func(*State)) error {
	hooks := conn.Bucket(streams.BucketWebhooks)
	for {
		if _, err := hooks.Get(ctx, hookKey+id); err != nil {
			return err
		}
		v, err := hooks.Get(ctx, stateKey+id)
		if err != nil && !errors.Is(err, streams.ErrNotFound) {
			return err
		}
		var s State
		if len(v.Data) > 0 {
			if err := json.Unmarshal(v.Data, &s); err != nil {
				return fmt.Errorf("read the state of webhook %s: %w", id, err)
			}
		}
		change(&s)
		data, err := json.Marshal(s)
		if err != nil {
			return fmt.Errorf("encode the state of webhook %s: %w", id, err)
		}
		_, err = hooks.Update(ctx, stateKey+id, data, v.Revision, 0)
		if errors.Is(err, streams.ErrChanged) {
			continue
		}
		if err != nil {
			return err
		}
		_, err = hooks.Get(ctx, hookKey+id)
		if errors.Is(err, streams.ErrNotFound) { // removed in the meantime
			err = errors.Join(err, hooks.Delete(ctx, stateKey+id))
		}
		return err
	}
}
