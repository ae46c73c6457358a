// Package exports keeps the orders of exports and what became of them. An export is a value that is changed by
// compare-and-set alone, and a message in the queue for as long as it waits or is under way. A worker, a caller and the erasure
// of a session may all end it: the first of them does, and the others get streams.ErrChanged.
package exports

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/objects"
	"github.com/selene-liveness/selene/streams/settings"
)

// ErrQueueFull is returned for an order while streams.MaxExports of them wait or are under way.
var ErrQueueFull = fmt.Errorf("%d exports are waiting or running: try again when some have ended", streams.MaxExports)

// Store is the exports of an installation. It is safe for concurrent use.
type Store struct {
	conn     *streams.Conn
	bucket   *streams.Bucket
	settings *settings.Store
	objects  *objects.Store
}

// New returns the exports of an installation.
func New(conn *streams.Conn) *Store {
	return &Store{conn, conn.Bucket(streams.BucketExports), settings.New(conn), objects.New(conn)}
}

// Create queues an order that schemas.ParseExportOrder read, and notifies the followers of each of its sessions. It returns
// ErrQueueFull, and stores nothing, when the queue is full.
func (s *Store) Create(ctx context.Context, order schemas.ExportOrder) (*schemas.Export, error) {
	full, err := s.full(ctx)
	if err != nil {
		return nil, err
	}
	if full {
		return nil, ErrQueueFull
	}
	e := &schemas.Export{ID: uuid.NewString(), Status: schemas.VideoInQueue, Order: order, Created: time.Now().UTC()}
	if _, err := s.put(ctx, e, 0, 0); err != nil {
		return nil, err
	}
	// A worker may begin as soon as the job is queued, so the statuses come first.
	statuses, err := s.publishStatuses(ctx, e)
	if err == nil {
		job := &schemas.ExportJob{Version: schemas.Version, Job: e.ID}
		_, err = s.conn.PublishMessage(ctx, streams.Subject(streams.KindExport, e.ID), job, streams.PublishOptions{ID: e.ID})
	}
	if err == nil {
		return e, nil
	}
	ctx = context.WithoutCancel(ctx)
	undone := s.undo(ctx, e.ID, statuses)
	if full, fullErr := s.full(ctx); fullErr == nil && full && undone == nil {
		return nil, ErrQueueFull
	}
	return nil, errors.Join(err, undone)
}

func (s *Store) full(ctx context.Context) (bool, error) {
	state, err := s.conn.Stream(streams.Exports).State(ctx)
	if err != nil {
		return false, fmt.Errorf("count the exports in the queue: %w", err)
	}
	return state.Messages >= streams.MaxExports, nil
}

// undo removes an export that could not be queued, and its statuses.
func (s *Store) undo(ctx context.Context, id string, statuses []uint64) error {
	errs := []error{s.unqueue(ctx, id)}
	for _, sequence := range statuses {
		errs = append(errs, s.conn.Stream(streams.Videos).Delete(ctx, sequence))
	}
	errs = append(errs, s.bucket.Delete(ctx, id))
	return errors.Join(errs...)
}

// Get returns an export and the revision of its state. It returns streams.ErrNotFound for an ID that was never given, or
// whose export has expired or was removed.
func (s *Store) Get(ctx context.Context, id string) (*schemas.Export, uint64, error) {
	notFound := fmt.Errorf("export %.40q: %w", id, streams.ErrNotFound)
	if streams.CheckSession(id) != nil { // jobs have IDs of the same form
		return nil, 0, notFound
	}
	v, err := s.bucket.Get(ctx, id)
	if errors.Is(err, streams.ErrNotFound) {
		return nil, 0, notFound
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read export %s: %w", id, err)
	}
	e, err := decode(id, v.Data)
	return e, v.Revision, err
}

func decode(id string, value []byte) (*schemas.Export, error) {
	e := &schemas.Export{}
	if err := json.Unmarshal(value, e); err != nil {
		return nil, streams.Blame(streams.Input, fmt.Errorf("read the state of export %s: %w", id, err))
	}
	return e, nil
}

func (s *Store) put(ctx context.Context, e *schemas.Export, last uint64, ttl time.Duration) (uint64, error) {
	value, err := json.Marshal(e)
	if err != nil {
		return 0, fmt.Errorf("encode export %s: %w", e.ID, err)
	}
	revision, err := s.bucket.Update(ctx, e.ID, value, last, ttl)
	if errors.Is(err, streams.ErrChanged) {
		return 0, fmt.Errorf("export %s was %w", e.ID, streams.ErrChanged)
	}
	return revision, err
}
