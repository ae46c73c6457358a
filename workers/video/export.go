package video

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// handleExport builds an export. Its state is in the bucket of exports and changes by compare-and-set only, since another
// worker, a cancellation or an erasure may change it too.
func (w *Worker) handleExport(ctx context.Context, d *streams.Delivery) error {
	job, err := streams.Decode(d, &schemas.ExportJob{})
	if err != nil {
		return err
	}
	defer d.KeepWorking(keepAliveGap)()
	if err := w.slots.Acquire(ctx, exportVideos.class()); err != nil {
		return err
	}
	defer w.slots.Release()
	x, err := w.begin(ctx, job.GetJob())
	if x == nil || err != nil {
		return err
	}
	x.try = d.Try
	return x.run(ctx)
}

// export is an export that this worker builds.
type export struct {
	*Worker
	*schemas.Export
	revision uint64
	try      int
	session  string // of the file being made
	stored   steps  // of the progress
}

// errCanceled reports that the export was canceled or removed.
var errCanceled = errors.New("the export was canceled")

// begin marks an export as this worker's. It returns nil when there is nothing left to do.
func (w *Worker) begin(ctx context.Context, id string) (*export, error) {
	for {
		e, revision, err := w.exports.Get(ctx, id)
		switch {
		case errors.Is(err, streams.ErrNotFound):
			return nil, nil // removed: nothing to do
		case err != nil:
			return nil, err
		case e.Over(): // the worker that ended it may have died before publishing it
			_, err := w.exports.Update(ctx, e, revision)
			if errors.Is(err, streams.ErrChanged) {
				return nil, nil // removed in the meantime
			}
			return nil, err
		}
		now := time.Now().UTC()
		e.Status, e.Percent, e.Started, e.Files = schemas.VideoExporting, 0, &now, nil
		revision, err = w.exports.Update(ctx, e, revision)
		if errors.Is(err, streams.ErrChanged) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return &export{Worker: w, Export: e, revision: revision, stored: steps{at: now}}, nil
	}
}

// run creates the files and ends the export, unless it was ended by others first.
func (x *export) run(ctx context.Context) error {
	making, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	go x.watch(making, stop)
	err := x.makeFiles(making)
	if ctx.Err() != nil { // interrupted, which is not a failure of the export
		return ctx.Err()
	}
	if err != nil && making.Err() != nil {
		err = context.Cause(making)
	}
	if err == nil {
		x.Status, x.Percent = schemas.VideoSuccess, 100
		err = x.update(ctx)
	}
	reason, over := x.final(err, x.try)
	if over {
		x.Status, x.Reason, x.Files = schemas.VideoError, fmt.Sprintf("session %s: %s", x.session, reason), nil
		if changed := x.update(ctx); changed != nil {
			err, over = changed, false
		}
	}
	switch {
	case errors.Is(err, errCanceled):
		jobs.WithLabelValues(exportVideos.String(), madeCanceled).Inc()
		return x.dropFiles(ctx)
	case errors.Is(err, streams.ErrElsewhere):
		return err
	}
	countOutcome(exportVideos, x.session, reason, over, err)
	switch {
	case over:
		return x.dropFiles(ctx)
	case err != nil:
		return fmt.Errorf("make export %s: %w", x.ID, err)
	}
	return nil
}

// watch stops the work when the export is canceled or removed, or another worker takes it over.
func (x *export) watch(ctx context.Context, stop context.CancelCauseFunc) {
	id, started := x.ID, *x.Started
	for ctx.Err() == nil {
		for e, err := range x.exports.Watch(ctx, id) {
			switch {
			case errors.Is(err, streams.ErrNotFound), err == nil && e.Status == schemas.VideoCanceled:
				stop(errCanceled)
				return
			case err != nil && ctx.Err() == nil:
				slog.Warn("watch an export", "export", id, "error", err)
			case err != nil:
			case e.Started != nil && !e.Started.Equal(started):
				stop(streams.ErrElsewhere)
				return
			case e.Over():
				return
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// update stores the state of the export. It returns errCanceled or streams.ErrElsewhere when the export is no longer this
// worker's.
func (x *export) update(ctx context.Context) error {
	for {
		revision, err := x.exports.Update(ctx, x.Export, x.revision)
		if revision > 0 { // even when publishing it failed
			x.revision = revision
		}
		if !errors.Is(err, streams.ErrChanged) {
			return err
		}
		now, revision, err := x.exports.Get(ctx, x.ID)
		switch {
		case errors.Is(err, streams.ErrNotFound), err == nil && now.Status == schemas.VideoCanceled:
			return errCanceled
		case err != nil:
			return err
		case now.Over() || now.Started == nil || !now.Started.Equal(*x.Started):
			return streams.ErrElsewhere
		}
		x.revision = revision // stored before, but the broker's answer was lost
	}
}

// progress stores how much of the export is done, in percent.
func (x *export) progress(ctx context.Context, percent int) {
	if !x.stored.due(percent, time.Now()) {
		return
	}
	x.Percent = percent
	if err := x.update(ctx); err != nil {
		slog.Debug("store the progress of an export", "export", x.ID, "error", err) // watch stops the work if it must
	}
}
