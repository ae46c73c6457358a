package video

import "time"

const (
	stepPercent = 10
	stepTime    = time.Second
)

// steps limits how often a percentage is published: at most every ten percent and every second.
type steps struct {
	percent int
	at      time.Time
}

func (s *steps) due(percent int, now time.Time) bool {
	if percent < s.percent+stepPercent || now.Sub(s.at) < stepTime {
		return false
	}
	s.percent, s.at = percent/stepPercent*stepPercent, now
	return true
}
