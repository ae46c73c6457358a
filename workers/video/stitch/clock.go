package stitch

import "time"

// clock turns times of arrival into presentation times, in ticks since the first frame.
type clock struct {
	hz      int
	start   time.Time
	last    int64
	started bool
}

// pts returns the presentation time of the frame that arrived at the given time. It always grows, by one tick when two
// frames arrived at the same instant, because containers and encoders refuse anything else.
func (c *clock) pts(at time.Time) int64 {
	if !c.started {
		c.started, c.start = true, at
		return 0
	}
	d := at.Sub(c.start)
	hz := int64(c.hz)
	// Seconds and the rest apart: nanoseconds times ticks overflow within a day.
	sec, rest := int64(d/time.Second), int64(d%time.Second)
	ticks := sec*hz + (rest*hz+int64(time.Second)/2)/int64(time.Second)
	c.last = max(ticks, c.last+1)
	return c.last
}

func (c *clock) duration(ticks int64) time.Duration {
	hz := int64(c.hz)
	return time.Duration(ticks/hz)*time.Second + time.Duration(ticks%hz)*time.Second/time.Duration(hz)
}
