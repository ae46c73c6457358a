package stitch

import "time"

// soloTime is the time that a single frame is shown.
const soloTime = 40 * time.Millisecond

// clock converts times of arrival to presentation times (PTS) since the first frame, in ticks.
type clock struct {
	hz      int
	start   time.Time
	elapsed time.Duration
	frames  int
}

// newClock returns a clock that ticks in the time base of the container, or once for each picture of a constant frame rate.
func newClock(o Options) clock {
	if o.FrameRate > 0 {
		return clock{hz: o.FrameRate}
	}
	return clock{hz: profiles[o.Codec].timeBase}
}

// tick returns the presentation time of the frame that arrived at a time, rounded. It never decreases.
func (c *clock) tick(at time.Time) int64 {
	if c.frames == 0 {
		c.start = at
	}
	c.frames++
	c.elapsed = max(c.elapsed, at.Sub(c.start))
	return c.ticks(c.elapsed)
}

// end returns the end of the last frame, which is shown for the mean gap between frames, at most a second.
func (c *clock) end() int64 {
	last := soloTime
	if c.frames > 1 {
		last = min(c.elapsed/time.Duration(c.frames-1), time.Second)
	}
	return c.ticks(c.elapsed + last)
}

func (c *clock) ticks(d time.Duration) int64 {
	hz := int64(c.hz)
	// Seconds and the rest are converted separately: nanoseconds times ticks overflow within a day.
	sec, rest := int64(d/time.Second), int64(d%time.Second)
	return sec*hz + (rest*hz+int64(time.Second)/2)/int64(time.Second)
}

func (c *clock) duration(ticks int64) time.Duration {
	hz := int64(c.hz)
	return time.Duration(ticks/hz)*time.Second + time.Duration(ticks%hz)*time.Second/time.Duration(hz)
}
