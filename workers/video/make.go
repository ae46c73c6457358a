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

// film is one video to be made.
type film struct {
	kind    kind
	session string
	try     int
	frames  *source
	options stitch.Options
}

// make encodes a film in a process of its own. It tells progress how many of the session's frames were read.
func (w *Worker) make(ctx context.Context, f film, progress func(read int64)) (stitch.Result, error) {
	f.options.Threads = w.options.Threads
	if f.try > maxTries { // the others took the worker down, or it would have said so
		return stitch.Result{}, streams.Blame(streams.Input, fmt.Errorf("given up after %d tries", f.try-1))
	}
	if err := f.options.Check(); err != nil {
		return stitch.Result{}, streams.Blame(streams.Input, err)
	}
	begun := time.Now()
	result, usage, err := w.options.Encoder.Stitch(ctx, f.frames.next, f.options, func(int) { progress(f.frames.read.Load()) })
	jobSeconds.WithLabelValues(f.kind.String()).Observe(time.Since(begun).Seconds())
	if usage.PeakRSS > 0 {
		peakRSS.Observe(float64(usage.PeakRSS))
	}
	slog.Debug("encoded", "session", f.session, "kind", f.kind, "frames", result.Frames, "skipped", result.Skipped,
		"seconds", time.Since(begun).Seconds(), "peak_bytes", usage.PeakRSS, "error", err)
	frameCount.WithLabelValues("encoded").Add(float64(result.Frames))
	frameCount.WithLabelValues("skipped").Add(float64(result.Skipped))
	return result, err
}

// percentOf is how much is done while there is something left to do.
func percentOf(read int64, total uint64) int {
	if total == 0 {
		return 0
	}
	return int(min(uint64(read)*100/total, 99))
}

// final says whether err ends a video for good, and why. What is left is tried again.
func (w *Worker) final(err error, try int) (reason string, ok bool) {
	var none *stitch.NoFramesError
	var crash *stitch.CrashError
	switch {
	case err == nil:
		return "", false
	case errors.As(err, &none) && none.Skipped == 0:
		return fmt.Sprintf("no frames are stored that could be in it: they are kept for %v, and less when there are many", w.sessions.FramesAge()), true
	case errors.As(err, &none):
		return none.Error(), true
	case errors.As(err, &crash):
		return crash.Error(), try >= maxCrashes
	case streams.FaultOf(err) == streams.Input, try >= maxTries:
		return err.Error(), true
	}
	return "", false
}

// outcome counts what became of an attempt.
func outcome(k kind, session, reason string, over bool, err error) {
	var crash *stitch.CrashError
	result := madeSuccess
	switch {
	case over:
		result = madeError
	case errors.As(err, &crash):
		result = madeCrashed
	case err != nil:
		result = madeRetried
	}
	if over {
		slog.Warn("no video", "kind", k, "session", session, "reason", reason)
	}
	jobs.WithLabelValues(k.String(), result).Inc()
}
