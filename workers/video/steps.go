package video

import "time"

const (
	stepPercent = 10
	stepTime    = time.Second
)

// steps thins out percentages: one in ten, and one a second.
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
