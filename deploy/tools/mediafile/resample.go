package mediafile

import (
	"errors"
	"io"
	"time"
)

// resampled shows a source at a constant rate: picture n is the one that the source shows at n/fps, so pictures are left out or
// repeated, and their order stays.
type resampled struct {
	Source
	fps float64
	n   int
	now Timing // of the source's present picture
}

func (r *resampled) Next() (Timing, error) {
	t := Timing{PTS: r.time(r.n), Until: r.time(r.n + 1)}
	for r.now.Until <= t.PTS {
		var err error
		if r.now, err = r.Source.Next(); err != nil {
			return Timing{}, err
		}
	}
	r.n++
	return t, nil
}

func (r *resampled) time(n int) time.Duration {
	return time.Duration(float64(n) / r.fps * float64(time.Second))
}

func (r *resampled) Rewind() error {
	r.n, r.now = 0, Timing{}
	return r.Source.Rewind()
}

// looped starts its source again at its end; its times continue.
type looped struct {
	Source
	start, end time.Duration
}

func (l *looped) Next() (Timing, error) {
	t, err := l.Source.Next()
	if errors.Is(err, io.EOF) && l.end > l.start {
		l.start = l.end
		if err = l.Source.Rewind(); err == nil {
			t, err = l.Source.Next()
		}
	}
	if err != nil {
		return Timing{}, err
	}
	l.end = l.start + t.Until
	return Timing{PTS: l.start + t.PTS, Until: l.end}, nil
}

func (l *looped) Rewind() error {
	l.start, l.end = 0, 0
	return l.Source.Rewind()
}

func (l *looped) Duration() time.Duration { return 0 }
