// Package sweep removes what has expired: media, the files of forgotten exports, the frames of sessions whose video is
// finished, the verdicts and dead letters that are not sealed, and the keys of what is no longer stored.
package sweep

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/media"
	"github.com/selene-liveness/selene/streams/objects"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/settings"
)

const (
	every       = 5 * time.Minute
	exportGrace = 2 * time.Minute // in which a file may be stored before its job is
	leftoverAge = 24 * time.Hour  // a writer never works that long
)

// Sweeper removes what has expired. It is safe for concurrent use, by any number of processes.
type Sweeper struct {
	conn     *streams.Conn
	sessions *sessions.Store
	settings *settings.Store
	objects  *objects.Store
	media    media.Store
	ttl      media.TTL
}

// New returns a sweeper of the media that the connection was configured with.
func New(conn *streams.Conn) *Sweeper {
	store, ttl := conn.Media()
	return &Sweeper{conn, sessions.New(conn), settings.New(conn), objects.New(conn), store, ttl}
}

// Run sweeps every few minutes until ctx is done.
func (s *Sweeper) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(every/2 + rand.N(every)): //nolint:gosec // processes take turns, no secret
		}
		if _, err := s.Sweep(ctx, time.Now()); err != nil && ctx.Err() == nil {
			slog.Warn("sweep", "error", err)
		}
	}
}

// Sweep removes the media that are older at now than the configuration allows, the files of exports and of imported sessions that no
// longer exist, the frames of sessions whose video was finished as long ago as their settings say (video.expires), the verdicts and
// dead letters that are not sealed, and the keys of what has expired. It never touches a file that is being read. It returns how many
// files were removed, and continues after errors.
func (s *Sweeper) Sweep(ctx context.Context, now time.Time) (swept int, err error) {
	var f failures
	stored, all := map[string]bool{}, true
	for info, err := range s.media.List(ctx, "") {
		if err != nil {
			f.add(streams.Blame(streams.Infrastructure, fmt.Errorf("list media: %w", err)))
			all = false
			break
		}
		stored[info.Name] = true
		removed, err := s.sweepObject(ctx, info, now)
		f.add(err)
		if removed {
			swept++
		}
	}
	if all {
		s.sweepFileKeys(ctx, now, stored, &f)
	}
	s.sweepFrames(ctx, now, &f)
	s.sweepPlain(ctx, now, &f)
	s.sweepKeys(ctx, now, &f)
	if err := s.media.Clean(ctx, now.Add(-leftoverAge)); err != nil {
		f.add(streams.Blame(streams.Infrastructure, fmt.Errorf("remove unfinished media: %w", err)))
	}
	return swept, f.err()
}

// sweepObject removes an object that is due, unless it is being read or was replaced after it was listed.
func (s *Sweeper) sweepObject(ctx context.Context, listed media.Info, now time.Time) (removed bool, err error) {
	if is, err := s.due(ctx, listed, now); err != nil || !is {
		return false, err
	}
	return s.objects.RemoveUnread(ctx, listed.Name, func(stored media.Info) (bool, error) { return s.due(ctx, stored, now) })
}

// due reports whether an object is to be removed.
func (s *Sweeper) due(ctx context.Context, o media.Info, now time.Time) (bool, error) {
	kind, rest, _ := strings.Cut(o.Name, "/")
	age, ttl := now.Sub(o.Stored), time.Duration(0)
	switch kind {
	case objects.KindVideo:
		ttl = s.ttl.Video
	case objects.KindBestShot:
		ttl = s.ttl.BestShot
	case objects.KindReference:
		ttl = s.ttl.Reference
	case objects.KindImported: // which is stored after the decisions
		holds, err := s.sessions.Holds(ctx, rest, streams.ClassDecisions)
		return !holds && age > exportGrace, err
	case objects.KindExport:
		if age < exportGrace {
			return false, nil
		}
		job, _, _ := strings.Cut(rest, "/")
		_, err := s.conn.Bucket(streams.BucketExports).Get(ctx, job)
		if errors.Is(err, streams.ErrNotFound) {
			return true, nil
		}
		if err != nil {
			return false, fmt.Errorf("look up export %s: %w", job, err)
		}
	}
	return ttl > 0 && age > ttl, nil
}

// failures keeps the first of any number of errors.
type failures struct {
	first error
	n     int
}

func (f *failures) add(err error) {
	if err == nil {
		return
	}
	if f.n++; f.first == nil {
		f.first = err
	}
}

func (f *failures) err() error {
	if f.n < 2 {
		return f.first
	}
	return fmt.Errorf("%w (and %d more failures)", f.first, f.n-1)
}
