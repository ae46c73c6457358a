package streams

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
)

// ErrQueueFull is returned for an order while MaxExports of them wait or are under way.
var ErrQueueFull = fmt.Errorf("%d exports wait or are under way: order again when some are done", MaxExports)

// CreateExport queues an order that schemas.ParseExportOrder read, and tells each session's followers. When it is
// ErrQueueFull nothing is stored.
func (c *Conn) CreateExport(ctx context.Context, order schemas.ExportOrder) (*schemas.Export, error) {
	full, err := c.exportsFull(ctx)
	if err != nil {
		return nil, err
	}
	if full {
		return nil, ErrQueueFull
	}
	e := &schemas.Export{ID: uuid.NewString(), Status: schemas.VideoInQueue, Order: order, Created: time.Now().UTC()}
	if _, err := c.putExport(ctx, e, 0, 0); err != nil {
		return nil, err
	}
	// A worker may begin as soon as the job is queued: that it was queued has to be told before.
	told, err := c.tellExport(ctx, e)
	if err == nil {
		_, err = c.PublishMessage(ctx, Subject(KindExport, e.ID), &schemas.ExportJob{Version: schemas.Version, Job: e.ID}, PublishOptions{ID: e.ID})
	}
	if err == nil {
		return e, nil
	}
	ctx = context.WithoutCancel(ctx)
	undone := c.undoExport(ctx, e.ID, told)
	if full, fullErr := c.exportsFull(ctx); fullErr == nil && full && undone == nil {
		return nil, ErrQueueFull
	}
	return nil, errors.Join(err, undone)
}

func (c *Conn) exportsFull(ctx context.Context) (bool, error) {
	state, err := c.Stream(Exports).State(ctx)
	return state.Messages >= MaxExports, err
}

// undoExport removes an export that could not be queued, and the statuses that told of it.
func (c *Conn) undoExport(ctx context.Context, job string, told []uint64) error {
	errs := []error{c.unqueueExport(ctx, job)}
	for _, sequence := range told {
		errs = append(errs, c.Stream(Videos).Delete(ctx, sequence))
	}
	errs = append(errs, c.dropExport(ctx, job))
	return errors.Join(errs...)
}

// Export is an export and the revision of its state. It is ErrNotFound for one that was never ordered, or is forgotten.
func (c *Conn) Export(ctx context.Context, id string) (*schemas.Export, uint64, error) {
	notFound := fmt.Errorf("export %.40q: %w", id, ErrNotFound)
	if CheckSession(id) != nil { // jobs have ids of the same form
		return nil, 0, notFound
	}
	v, err := c.Bucket(BucketExports).Get(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil, 0, notFound
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read export %s: %w", id, err)
	}
	e, err := decodeExport(id, v.Data)
	return e, v.Revision, err
}

func decodeExport(id string, value []byte) (*schemas.Export, error) {
	e := &schemas.Export{}
	if err := json.Unmarshal(value, e); err != nil {
		return nil, Blame(Input, fmt.Errorf("read the state of export %s: %w", id, err))
	}
	return e, nil
}

// UpdateExport stores a new state of an export as the one after revision, tells the followers of each of its sessions in
// VIDEOS, and returns the new state's revision. It is ErrChanged, and nothing is told, when another came first: the export
// was canceled then, or forgotten.
//
// One that is over gets Finished and Expires; it is forgotten after the result_ttl of the newest settings, or, if that is
// 0, with the states of videos. A worker that is handed a job that is over already calls it once more with what is stored,
// in case its end was not told: what was is not told twice within two minutes.
//
// Every call stores a message a session: callers bound how many steps of Percent they tell.
func (c *Conn) UpdateExport(ctx context.Context, e *schemas.Export, revision uint64) (uint64, error) {
	ttl := time.Duration(0)
	if e.Over() {
		if err := c.endExport(ctx, e); err != nil {
			return 0, err
		}
		ttl = untilExpired(e)
	}
	revision, err := c.putExport(ctx, e, revision, ttl)
	if err != nil {
		return 0, err
	}
	_, err = c.tellExport(ctx, e)
	return revision, err
}

// endExport sets the times of an export that is over.
func (c *Conn) endExport(ctx context.Context, e *schemas.Export) error {
	now := time.Now().UTC()
	if e.Finished == nil {
		e.Finished = &now
	}
	if e.Expires != nil {
		return nil
	}
	settings, err := c.Settings(ctx)
	if err != nil {
		return err
	}
	keep := time.Duration(settings.Settings.Video.ResultTTL) * time.Second
	if keep == 0 {
		keep = c.Stream(Videos).MaxAge()
	}
	if keep > 0 {
		expires := now.Add(keep)
		e.Expires = &expires
	}
	return nil
}

// untilExpired is the TTL of the state, 0 for none. The broker takes whole seconds.
func untilExpired(e *schemas.Export) time.Duration {
	if e.Expires == nil {
		return 0
	}
	return max(time.Until(*e.Expires).Round(time.Second), time.Second)
}

func (c *Conn) putExport(ctx context.Context, e *schemas.Export, last uint64, ttl time.Duration) (uint64, error) {
	value, err := json.Marshal(e)
	if err != nil {
		return 0, fmt.Errorf("encode export %s: %w", e.ID, err)
	}
	revision, err := c.Bucket(BucketExports).Update(ctx, e.ID, value, last, ttl)
	if errors.Is(err, ErrChanged) {
		return 0, fmt.Errorf("export %s was %w", e.ID, ErrChanged)
	}
	return revision, err
}

// tellExport stores the statuses of an export's sessions, and returns their sequences.
func (c *Conn) tellExport(ctx context.Context, e *schemas.Export) (told []uint64, err error) {
	for _, session := range e.Order.Sessions {
		id := fmt.Sprintf("%s.%s.%s.%d", e.ID, session, e.Status, e.Percent)
		sequence, err := c.PublishMessage(ctx, Subject(KindVideo, session), exportStatus(e, session), PublishOptions{ID: id})
		if err != nil {
			return told, err
		}
		told = append(told, sequence)
	}
	return told, nil
}

// exportStatus is the state of an export as it concerns a session.
func exportStatus(e *schemas.Export, session string) *schemas.VideoStatus {
	s := &schemas.VideoStatus{
		Version: schemas.Version, Session: session, Job: e.ID, Status: e.Status, Reason: reasonFor(e, session),
		Percent: uint32(max(e.Percent, 0)), Codec: e.Order.Codec,
	}
	if e.Started != nil {
		s.StartedUnixNanos = e.Started.UnixNano()
	}
	if e.Finished != nil {
		s.FinishedUnixNanos = e.Finished.UnixNano()
	}
	for _, f := range e.Files {
		if f.Session != session {
			continue
		}
		s.Object, s.FileName, s.MediaType, s.Codec = f.Object, f.Name, f.MediaType, f.Codec
		s.Bytes, s.Frames, s.Skipped = uint64(f.Bytes), uint32(f.Frames), uint32(f.Skipped)
		s.Width, s.Height = uint32(f.Width), uint32(f.Height)
		s.DurationNanos = int64(f.Duration * float64(time.Second))
	}
	return s
}

// reasonFor is the reason without the ids of other sessions, which could not be erased from among a session's statuses.
func reasonFor(e *schemas.Export, session string) string {
	reason := e.Reason
	for _, other := range e.Order.Sessions {
		if other != session {
			reason = strings.ReplaceAll(reason, other, "of the same export")
		}
	}
	return reason
}
