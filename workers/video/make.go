package video

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers/video/stitch"
)

// film is one video to be made.
type film struct {
	kind    kind
	session string
	frames  *source
	total   uint64 // frames the session has stored, for the percentage
	options stitch.Options
}

// make encodes a film in a process of its own and hands the file to keep; then the file is gone. It tells progress the
// percentage of the frames that were read.
func (w *Worker) make(ctx context.Context, f film, progress func(percent int), keep func(path string, r stitch.Result) error) error {
	dir, err := w.scratch.job()
	if err != nil {
		return streams.Blame(streams.Infrastructure, err)
	}
	defer os.RemoveAll(dir)
	f.options.Path = filepath.Join(dir, f.session+f.options.Codec.Ext())
	f.options.Threads = w.options.Threads
	if err := f.options.Check(); err != nil {
		return streams.Blame(streams.Input, err)
	}
	begun := time.Now()
	result, usage, err := w.options.Encoder.Stitch(ctx, f.frames.next, f.options, func(int) {
		progress(percentOf(f.frames.read.Load(), f.total))
	})
	jobSeconds.WithLabelValues(f.kind.String()).Observe(time.Since(begun).Seconds())
	if usage.PeakRSS > 0 {
		peakRSS.Observe(float64(usage.PeakRSS))
	}
	slog.Debug("encoded", "session", f.session, "kind", f.kind, "frames", result.Frames, "skipped", result.Skipped,
		"seconds", time.Since(begun).Seconds(), "peak_bytes", usage.PeakRSS, "error", err)
	if err != nil {
		return err
	}
	frameCount.WithLabelValues("encoded").Add(float64(result.Frames))
	frameCount.WithLabelValues("skipped").Add(float64(result.Skipped))
	return keep(f.options.Path, result)
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
		return fmt.Sprintf("%v: frames are kept for %v, and less when there are many", none, w.conn.FramesAge()), true
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
func outcome(k kind, reason string, over bool, err error) {
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
	if over || result == madeCrashed {
		slog.Warn("video not made", "kind", k, "reason", reason, "again", !over, "error", err)
	}
	jobs.WithLabelValues(k.String(), result).Inc()
}
