package stitch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/asticode/go-astiav"
)

// rateFrames is the number of frames from which the rate is measured.
const rateFrames = 8

// decode reads and decodes frames, one at a time for every two threads of the encoder. They are sent to out in order of
// arrival, possibly before they are decoded; when decode returns, all are.
func (s *stitcher) decode(ctx context.Context, next Source, out chan<- *picture) error {
	work := make(chan *picture)
	var workers sync.WaitGroup
	for range (s.options.threads() + 1) / 2 {
		workers.Go(func() {
			d := newDecoder()
			defer d.free()
			for p := range work {
				p.err = d.decode(p.Image, p.pixels)
				p.Image = nil
				close(p.decoded)
			}
		})
	}
	defer workers.Wait()
	defer close(work)

	index := 0
	send := func(frame Frame) error {
		p := &picture{Frame: frame, index: index, pixels: astiav.AllocFrame(), decoded: make(chan struct{})}
		index++
		select {
		case out <- p:
			work <- p
			return nil
		case <-ctx.Done():
			p.free()
			return ctx.Err()
		}
	}
	first, err := s.first(ctx, next)
	s.rate = s.options.expectedRate(first)
	for _, frame := range first {
		if err := send(frame); err != nil {
			return err
		}
	}
	for err == nil {
		var frame Frame
		if frame, err = read(ctx, next); err == nil {
			err = send(frame)
		}
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	if ctx.Err() != nil {
		return err
	}
	return fmt.Errorf("read frame %d: %w", index, err)
}

// first reads the frames from which the rate is measured, if it is needed.
func (s *stitcher) first(ctx context.Context, next Source) (first []Frame, err error) {
	if s.options.Bitrate == 0 || s.options.FrameRate > 0 {
		return nil, nil
	}
	for len(first) < rateFrames && err == nil {
		var frame Frame
		if frame, err = read(ctx, next); err == nil {
			first = append(first, frame)
		}
	}
	return first, err
}

func read(ctx context.Context, next Source) (Frame, error) {
	if err := ctx.Err(); err != nil {
		return Frame{}, err
	}
	return next(ctx)
}
