package streams

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// ConflictError reports that an existing stream differs from the declared one in a way that cannot be changed without losing
// messages.
type ConflictError struct {
	Stream, Field string
	Have, Want    any
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf(
		"stream %s exists with %s %v, and changing it to %v could lose messages: keep the old value, or copy the messages you need and delete the stream",
		e.Stream,
		e.Field,
		e.Have,
		e.Want,
	)
}

// noStorage is the broker's error code for too little storage.
const noStorage = 10047

// openStream returns a stream, which it creates or changes if the role may.
func (c *Conn) openStream(ctx context.Context, want jetstream.StreamConfig) (jetstream.Stream, error) {
	if c.role.manages() {
		return c.ensureStream(ctx, want)
	}
	return awaitMade(ctx, c.role, want.Name, func() (jetstream.Stream, error) {
		s, err := c.js.Stream(ctx, want.Name)
		if errors.Is(err, jetstream.ErrStreamNotFound) && c.role.creates(want.Name) {
			s, err = c.js.CreateStream(ctx, want)
		}
		return s, err
	})
}

// makeBucket is openStream for buckets.
func (c *Conn) makeBucket(ctx context.Context, want jetstream.KeyValueConfig) (jetstream.KeyValue, error) {
	if !c.role.manages() {
		return awaitMade(ctx, c.role, BucketStream(want.Bucket), func() (jetstream.KeyValue, error) {
			return c.js.KeyValue(ctx, want.Bucket)
		})
	}
	kv, err := c.ensureBucket(ctx, want)
	if err != nil {
		return nil, fmt.Errorf("create bucket %s: %w", want.Bucket, err)
	}
	return kv, nil
}

// madeWithin is the time that a role which creates nothing waits for a stream, when all processes start at once.
const madeWithin = 20 * time.Second

// awaitMade looks a stream or bucket up until it is there.
func awaitMade[T any](ctx context.Context, role Role, name string, find func() (T, error)) (T, error) {
	for deadline := time.Now().Add(madeWithin); ; {
		found, err := find()
		if err == nil {
			return found, nil
		}
		gone := errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, jetstream.ErrBucketNotFound) || errors.Is(err, errNoKey)
		if !gone || ctx.Err() != nil || time.Now().After(deadline) {
			return found, fmt.Errorf(
				"find %s as role %s: %w (streams are created by `selene broker`, or by `selene broker streams` on another nats-server)",
				name, role.Name, err,
			)
		}
		retries.Wait(ctx, 1)
	}
}

func (c *Conn) ensureStream(ctx context.Context, want jetstream.StreamConfig) (jetstream.Stream, error) {
	existing, err := c.js.Stream(ctx, want.Name)
	if err == nil {
		if err := lossOf(existing.CachedInfo().Config, want); err != nil {
			return nil, err
		}
	} else if !errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, fmt.Errorf("look up stream %s: %w (does the broker run with JetStream?)", want.Name, err)
	}
	s, err := c.js.CreateOrUpdateStream(ctx, want)
	var api *jetstream.APIError
	if errors.As(err, &api) && api.ErrorCode == noStorage {
		return nil, fmt.Errorf(
			"create stream %s of %d MiB: %w: the broker's disk, or JetStream's share of it, is too small; set SELENE_STREAMS_FRAMES_BYTES to make FRAMES and VERDICTS smaller",
			want.Name,
			want.MaxBytes/megabyte,
			err,
		)
	}
	if err != nil {
		return nil, fmt.Errorf("create stream %s: %w", want.Name, err)
	}
	return s, nil
}

// ensureBucket creates or updates a bucket. That of keys is a stream in the layout of buckets that lets single messages be deleted,
// because only those are overwritten; other buckets forbid it.
func (c *Conn) ensureBucket(ctx context.Context, want jetstream.KeyValueConfig) (jetstream.KeyValue, error) {
	if want.Bucket != BucketKeys {
		return c.js.CreateOrUpdateKeyValue(ctx, want)
	}
	_, err := c.ensureStream(ctx, jetstream.StreamConfig{
		Name: BucketStream(want.Bucket), Description: want.Description, Subjects: []string{bucketPrefix + want.Bucket + ".>"},
		MaxMsgsPerSubject: int64(want.History), Replicas: want.Replicas, Storage: jetstream.FileStorage, Discard: jetstream.DiscardNew,
		AllowRollup: true, AllowDirect: true, AllowMsgTTL: true, SubjectDeleteMarkerTTL: want.LimitMarkerTTL,
		MaxConsumers: -1, MaxMsgs: -1, MaxBytes: -1, MaxMsgSize: -1,
	})
	if err != nil {
		return nil, err
	}
	return c.js.KeyValue(ctx, want.Bucket)
}

// lossOf returns a *ConflictError if changing a stream as wanted could lose messages. It compares only the values that decide
// which messages are kept.
func lossOf(have, want jetstream.StreamConfig) error {
	for _, s := range have.Subjects {
		if !slices.Contains(want.Subjects, s) {
			return &ConflictError{want.Name, "subjects", have.Subjects, want.Subjects}
		}
	}
	switch {
	case have.Storage != want.Storage:
		return &ConflictError{want.Name, "storage", have.Storage, want.Storage}
	case have.Retention != want.Retention:
		return &ConflictError{want.Name, "retention", have.Retention, want.Retention}
	case shrinks(int64(have.MaxAge), int64(want.MaxAge)):
		return &ConflictError{want.Name, "maximum age", age(have.MaxAge), age(want.MaxAge)}
	case shrinks(have.MaxBytes, want.MaxBytes):
		return &ConflictError{want.Name, "maximum bytes", have.MaxBytes, want.MaxBytes}
	case shrinks(have.MaxMsgs, want.MaxMsgs):
		return &ConflictError{want.Name, "maximum messages", have.MaxMsgs, want.MaxMsgs}
	case shrinks(have.MaxMsgsPerSubject, want.MaxMsgsPerSubject):
		return &ConflictError{want.Name, "maximum messages per subject", have.MaxMsgsPerSubject, want.MaxMsgsPerSubject}
	}
	return nil
}

// shrinks reports whether a limit becomes lower; 0 and below mean no limit.
func shrinks(have, want int64) bool {
	return want > 0 && (have <= 0 || want < have)
}

func age(d time.Duration) string {
	if d <= 0 {
		return "unlimited"
	}
	return d.String()
}
