package video

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers/video/stitch"
)

// film is a video to make.
type film struct {
	kind    kind
	session string
	try     int
	frames  *source
	options stitch.Options
}

// errStalled reports an encoder that made no progress.
var errStalled = errors.New("the encoder did not take a frame, or finish,")

// make encodes a video in a separate process. It calls progress with the number of the session's frames read so far.
func (w *Worker) make(ctx context.Context, f film, progress func(read int64)) (stitch.Result, error) {
	f.options.Threads = w.options.Threads
	if f.try > maxTries { // the earlier tries killed the worker, or it would have reported an error
		return stitch.Result{}, streams.Blame(streams.Input, fmt.Errorf("the video failed in %d tries", f.try-1))
	}
	if err := f.options.Check(); err != nil {
		return stitch.Result{}, streams.Blame(streams.Input, err)
	}
	started := time.Now()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	watch := time.AfterFunc(w.options.Stall, func() { stop(errStalled) })
	defer watch.Stop()
	result, usage, err := w.options.Encoder.Stitch(ctx, f.frames.next, f.options, func(int) {
		watch.Reset(w.options.Stall)
		progress(f.frames.read.Load())
	})
	if err != nil && errors.Is(context.Cause(ctx), errStalled) {
		err = fmt.Errorf("%w within %v", errStalled, w.options.Stall)
	}
	jobSeconds.WithLabelValues(f.kind.String()).Observe(time.Since(started).Seconds())
	if usage.PeakRSS > 0 {
		peakRSS.Observe(float64(usage.PeakRSS))
	}
	slog.Debug("encoded", "session", f.session, "kind", f.kind, "frames", result.Frames, "skipped", result.Skipped,
		"seconds", time.Since(started).Seconds(), "peak_bytes", usage.PeakRSS, "error", err)
	frameCount.WithLabelValues("encoded").Add(float64(result.Frames))
	frameCount.WithLabelValues("skipped").Add(float64(result.Skipped))
	return result, err
}

// percentOf returns the progress, 0..99: the work after the last frame remains.
func percentOf(read int64, total uint64) int {
	if total == 0 {
		return 0
	}
	return int(min(uint64(read)*100/total, 99))
}

// final reports whether err ends a video permanently, and the reason. Other errors are tried again.
func (w *Worker) final(err error, try int) (reason string, ok bool) {
	var none *stitch.NoFramesError
	var crash *stitch.CrashError
	switch {
	case err == nil:
		return "", false
	case errors.As(err, &none) && none.Skipped == 0:
		return fmt.Sprintf(
			"no matching frames are stored; frames are kept for %v, or less when there are many",
			w.sessions.FramesAge(),
		), true
	case errors.As(err, &none):
		return none.Error(), true
	case errors.As(err, &crash):
		return crash.Error(), try >= maxCrashes
	case errors.Is(err, errStalled):
		return err.Error(), try >= maxCrashes
	case streams.FaultOf(err) == streams.Input, try >= maxTries:
		return err.Error(), true
	}
	return "", false
}

// countOutcome counts and logs the result of an attempt.
func countOutcome(k kind, session, reason string, over bool, err error) {
	var crash *stitch.CrashError
	result := madeSuccess
	switch {
	case over:
		result = madeError
	case errors.As(err, &crash), errors.Is(err, errStalled):
		result = madeCrashed
	case err != nil:
		result = madeRetried
	}
	var none *stitch.NoFramesError
	empty := errors.As(err, &none) && none.Skipped == 0 // anybody can open sessions and send nothing
	if over && !empty {
		slog.Warn("making a video failed", "kind", k, "session", session, "reason", reason)
	}
	jobs.WithLabelValues(k.String(), result).Inc()
}
