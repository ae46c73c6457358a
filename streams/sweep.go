package streams

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/selene-liveness/selene/streams/media"
)

const (
	sweepEvery  = 5 * time.Minute
	exportGrace = 2 * time.Minute // in which a file may be known before its job is
	leftoverAge = 24 * time.Hour  // no writer is at work that long
)

// RunSweeper sweeps every few minutes until ctx is done. Any number of processes may do so.
func (c *Conn) RunSweeper(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(sweepEvery/2 + rand.N(sweepEvery)): // not all at once
		}
		if _, err := c.Sweep(ctx, time.Now()); err != nil && ctx.Err() == nil {
			slog.Warn("sweep", "error", err)
		}
	}
}

// Sweep removes the media that are older at now than the configuration says, the files of exports nobody knows any more,
// and the frames of sessions whose video has been finished for as long as their settings say (video.expires). It never
// touches a file that is read. It returns how many files were removed, and goes on after errors.
func (c *Conn) Sweep(ctx context.Context, now time.Time) (swept int, err error) {
	var f failures
	for info, err := range c.media.List(ctx, "") {
		if err != nil {
			f.add(Blame(Infrastructure, fmt.Errorf("list media: %w", err)))
			break
		}
		gone, err := c.sweepObject(ctx, info, now)
		f.add(err)
		if gone {
			swept++
		}
	}
	c.sweepFrames(ctx, now, &f)
	if err := c.media.Clean(ctx, now.Add(-leftoverAge)); err != nil {
		f.add(Blame(Infrastructure, fmt.Errorf("clear away unfinished media: %w", err)))
	}
	return swept, f.err()
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
	return fmt.Errorf("%w (and %d failures more)", f.first, f.n-1)
}

// due says whether an object is to be removed.
func (c *Conn) due(ctx context.Context, o media.Info, now time.Time) (bool, error) {
	kind, rest, _ := strings.Cut(o.Name, "/")
	age, ttl := now.Sub(o.Stored), time.Duration(0)
	switch kind {
	case kindVideo:
		ttl = c.ttl.Video
	case kindBestShot:
		ttl = c.ttl.BestShot
	case kindReference:
		ttl = c.ttl.Reference
	case kindExport:
		if age < exportGrace {
			return false, nil
		}
		job, _, _ := strings.Cut(rest, "/")
		_, err := c.Bucket(BucketExports).Get(ctx, job)
		if errors.Is(err, ErrNotFound) {
			return true, nil
		}
		if err != nil {
			return false, fmt.Errorf("look up export %s: %w", job, err)
		}
	}
	return ttl > 0 && age > ttl, nil
}

// sweepObject removes an object that is due, unless it is read or was replaced meanwhile.
func (c *Conn) sweepObject(ctx context.Context, listed media.Info, now time.Time) (gone bool, err error) {
	if is, err := c.due(ctx, listed, now); err != nil || !is {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.readerTTL/2) // while its mark holds
	defer cancel()
	release, ok, err := c.claimObject(ctx, listed.Name)
	if err != nil || !ok {
		return false, err
	}
	defer release()
	o, err := c.media.Open(ctx, listed.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		err = o.Close()
	}
	if err != nil {
		return false, blameMedia("sweep", listed.Name, err)
	}
	if is, err := c.due(ctx, o.Info, now); err != nil || !is {
		return false, err
	}
	if err := c.DeleteObject(ctx, listed.Name); err != nil {
		return false, err
	}
	return true, nil
}
