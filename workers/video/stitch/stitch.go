// Package stitch encodes one video file from the still images of a session.
//
// Images are read a few at a time, decoded, fitted to one size, drawn on, encoded and written, so memory does not grow with
// the length of the session. Each picture is shown from its arrival to that of the next one, or at a constant frame rate.
//
// Stitch works in this process. Encoder works in a separate process, running Serve, which may crash or be killed without
// affecting this one.
package stitch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/asticode/go-astiav"
	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/workers/vision/decode"
)

// Stitch writes the frames that next returns to opts.Path. An image that cannot be decoded is skipped and counted.
//
// The file appears under its name only when it is complete: a cancelled ctx (the error then wraps ctx.Err()) or any other
// error leaves no file. The error is a *NoFramesError when not one image could be decoded. Stitch is safe
// for concurrent use; the first call silences FFmpeg's log, of which a process has only one.
func Stitch(ctx context.Context, next Source, opts Options) (Result, error) {
	decode.SilenceFFmpeg()
	if err := opts.Check(); err != nil {
		return Result{}, err
	}
	var res Result
	err := atomically(opts.Path, func(tmp string) (err error) {
		res, err = write(ctx, next, opts, tmp)
		return err
	})
	if err != nil {
		return Result{}, fmt.Errorf("stitch %s: %w", opts.Path, err)
	}
	return res, nil
}

// atomically calls write with a hidden file in the folder of path, so that the final rename stays on one file system. After
// an error no file is left.
func atomically(path string, write func(tmp string) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".stitch-*")
	if err != nil {
		return err
	}
	err = f.Close()
	if err == nil {
		err = write(f.Name())
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// write writes the video to a file progressively.
func write(ctx context.Context, next Source, opts Options, file string) (Result, error) {
	s := &stitcher{options: opts, file: file, canvas: newCanvas(opts), clock: newClock(opts)}
	defer s.free()
	if err := s.run(ctx, next); err != nil {
		return Result{}, err
	}
	info, err := os.Stat(file)
	if err != nil {
		return Result{}, err
	}
	s.res.Bytes = info.Size()
	return s.res, nil
}

// stitcher holds the parts of one run. The encoder is created for the first image that can be decoded, because that image
// may determine the size.
type stitcher struct {
	options Options
	file    string
	clock   clock
	canvas  *canvas
	enc     *encoder
	// rate is the expected number of frames per second.
	rate int
	// shown is the tick of the newest picture, and held that picture at a constant frame rate.
	shown int64
	held  *astiav.Frame
	res   Result
}

// picture is a frame that passes through the stages.
type picture struct {
	Frame
	index  int
	pixels *astiav.Frame
	// err is set if the image could not be decoded.
	err error
	// decoded is closed once pixels or err is set.
	decoded chan struct{}
}

func (p *picture) free() {
	if p.pixels != nil {
		p.pixels.Free()
	}
}

// maxReady is the number of fitted pictures that may wait for the encoder, which evens out short delays on either side.
const maxReady = 2

// run passes the frames through three concurrent stages: decode (several images at once), fit to the canvas, encode. Each
// queue is bounded, so the slowest stage limits the others.
func (s *stitcher) run(ctx context.Context, next Source) error {
	group, stages := errgroup.WithContext(ctx)
	decoded := make(chan *picture, s.options.threads())
	ready := make(chan *picture, maxReady)
	group.Go(func() error {
		defer close(decoded)
		return s.decode(stages, next, decoded)
	})
	group.Go(func() error {
		defer close(ready)
		return s.fit(stages, decoded, ready)
	})
	group.Go(func() error { return s.encode(stages, ready) })
	err := group.Wait()
	for _, queue := range []chan *picture{decoded, ready} {
		for p := range queue {
			p.free()
		}
	}
	if err != nil {
		return err
	}
	if s.enc == nil {
		return &NoFramesError{Skipped: s.res.Skipped, Reason: s.res.SkipReason}
	}
	return s.finish(ctx)
}

// fit converts pictures to the size and format of the video and draws on them. Images that could not be decoded are counted
// and dropped.
func (s *stitcher) fit(ctx context.Context, in <-chan *picture, out chan<- *picture) error {
	for p := range in {
		<-p.decoded
		if p.err != nil {
			s.skip(p)
			p.free()
			continue
		}
		if err := s.canvas.fit(p.pixels, p.Draw); err != nil {
			p.free()
			return fmt.Errorf("frame %d: %w", p.index, err)
		}
		select {
		case out <- p:
		case <-ctx.Done():
			p.free()
			return ctx.Err()
		}
	}
	return nil
}

func (s *stitcher) skip(p *picture) {
	if s.res.Skipped == 0 {
		s.res.SkipReason = fmt.Errorf("frame %d: %w", p.index, p.err)
	}
	s.res.Skipped++
}

func (s *stitcher) encode(ctx context.Context, in <-chan *picture) error {
	for p := range in {
		err := s.add(ctx, p)
		p.free()
		if err != nil {
			return fmt.Errorf("frame %d: %w", p.index, err)
		}
	}
	return ctx.Err()
}

func (s *stitcher) free() {
	s.canvas.free()
	if s.held != nil {
		s.held.Free()
	}
	if s.enc != nil {
		s.enc.free()
	}
}
