package stitch

import (
	"context"
	"time"
)

// nominalRate, in frames per second, is passed to encoders when no better rate is known. It does not change the timing.
const nominalRate = 30

// expectedRate returns the rate of the first frames, for encoders that ignore the times when they control the bitrate.
func (o Options) expectedRate(first []Frame) int {
	switch n := len(first) - 1; {
	case o.FrameRate > 0:
		return o.FrameRate
	case o.Bitrate == 0 || n < 1:
		return nominalRate
	default:
		span := max(first[n].At.Sub(first[0].At), time.Millisecond)
		return min(max(int((time.Duration(n)*time.Second+span/2)/span), 1), maxFrameRate)
	}
}

// add shows a picture from its arrival on. At a constant frame rate it keeps the picture, because the number of its
// repetitions is known when the next one arrives.
func (s *stitcher) add(ctx context.Context, p *picture) error {
	if s.enc == nil {
		enc, err := newEncoder(s.options, s.file, s.canvas.width, s.canvas.height, s.rate)
		if err != nil {
			return err
		}
		s.enc = enc
		s.res.Width, s.res.Height = s.canvas.width, s.canvas.height
		s.res.Start = p.At
	}
	tick := s.clock.tick(p.At)
	if s.options.FrameRate > 0 {
		if err := s.repeat(ctx, tick); err != nil {
			return err
		}
		s.held, p.pixels = p.pixels, s.held
		return nil
	}
	// Containers and encoders refuse two frames at one tick.
	if s.res.Frames > 0 {
		tick = max(tick, s.shown+1)
	}
	s.shown = tick
	s.res.Frames++
	return s.enc.encode(p.pixels, tick)
}

// repeat shows the held picture of a constant frame rate until the given tick. It is dropped if the next one has the same
// tick.
func (s *stitcher) repeat(ctx context.Context, until int64) error {
	if s.held == nil {
		return nil
	}
	if s.shown == until {
		s.res.Dropped++
		return nil
	}
	s.res.Repeated--
	for ; s.shown < until; s.shown++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.enc.encode(s.held, s.slot(s.shown)); err != nil {
			return err
		}
		s.res.Frames++
		s.res.Repeated++
	}
	return nil
}

// slot returns the time of the n-th picture of a constant frame rate, in ticks of the container.
func (s *stitcher) slot(n int64) int64 {
	hz, rate := int64(profiles[s.options.Codec].timeBase), int64(s.options.FrameRate)
	return (n*hz + rate/2) / rate
}

// finish shows the last picture and closes the file.
func (s *stitcher) finish(ctx context.Context) error {
	if s.options.FrameRate > 0 {
		end := max(s.clock.end(), 1) // a last picture whose slot would begin there is dropped
		s.res.Duration = s.clock.duration(end)
		if err := s.repeat(ctx, end); err != nil {
			return err
		}
		return s.enc.finish(s.slot(end))
	}
	end := max(s.clock.end(), s.shown+1)
	s.res.Duration = s.clock.duration(end)
	return s.enc.finish(end)
}
