// Package stitch turns the still images of a session into one video file.
//
// Images are pulled a few at a time, decoded, fitted to one size, drawn on, encoded and written, so memory does not grow
// with the length of the session. Each picture is shown from the moment it arrived until the next one did, or at a
// constant frame rate.
//
// Stitch does it in this process. Encoder does it in a process of its own, running Serve, which may crash or be killed
// without harm.
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
// The file appears under its name only when it is whole: a cancelled ctx (the error then wraps ctx.Err()) or any other
// error leaves nothing behind. The error is a *NoFramesError when not one image could be decoded. Stitch may be called
// from several goroutines at once; FFmpeg's own log, one for the whole process, is silenced by the first call.
func Stitch(ctx context.Context, next Source, opts Options) (Result, error) {
	decode.SilenceFFmpeg()
	if err := opts.Check(); err != nil {
		return Result{}, err
	}
	var res Result
	err := whole(opts.Path, func(tmp string) (err error) {
		res, err = write(ctx, next, opts, tmp)
		return err
	})
	if err != nil {
		return Result{}, fmt.Errorf("stitch %s: %w", opts.Path, err)
	}
	return res, nil
}

// whole lets make write to a hidden file in path's folder, so that the rename at the end stays on one file system. After
// an error nothing is left.
func whole(path string, make func(tmp string) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".stitch-*")
	if err != nil {
		return err
	}
	err = f.Close()
	if err == nil {
		err = make(f.Name())
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// write writes the video to a file as it goes.
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

// stitcher holds the parts of one run. The encoder is made by the first image that can be decoded, because that image
// may give the size.
type stitcher struct {
	options Options
	file    string
	clock   clock
	canvas  *canvas
	enc     *encoder
	// rate is the expected number of frames in a second.
	rate int
	// shown is the tick of the newest picture, and held that picture at a constant frame rate.
	shown int64
	held  *astiav.Frame
	res   Result
}

// picture is a frame on its way from stage to stage.
type picture struct {
	Frame
	index  int
	pixels *astiav.Frame
	// err is why the image could not be decoded.
	err error
	// decoded is closed once pixels or err are there.
	decoded chan struct{}
}

func (p *picture) free() {
	if p.pixels != nil {
		p.pixels.Free()
	}
}

// fitted pictures may wait for the encoder; that many cover the hiccups of either side.
const fitted = 2

// run moves the frames through three stages that work at the same time: decode (several images at once), fit to the
// canvas, encode. Each queue is bounded, so the slowest sets the pace.
func (s *stitcher) run(ctx context.Context, next Source) error {
	group, stages := errgroup.WithContext(ctx)
	decoded := make(chan *picture, s.options.threads())
	ready := make(chan *picture, fitted)
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

// fit brings pictures to the size and format of the video and draws on them. What could not be decoded ends here.
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
