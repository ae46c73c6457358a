package streams

import (
	"testing"
	"time"
)

// A stream of pictures that nobody can decode does not fill the log.
func TestMessagesSetAsideAreLoggedNowAndThen(t *testing.T) {
	a, now := &asides{workers: map[string]*aside{}}, time.Now()
	var lines, counted int
	for range 1000 {
		if more, logged := a.note("quality", now); logged {
			lines++
			counted += more + 1
		}
		now = now.Add(asidePause / 100)
	}
	if lines != 10 || counted < 900 || counted > 1000 {
		t.Errorf("%d lines for %d of 1000 messages", lines, counted)
	}
	if _, logged := a.note("detector", now); !logged {
		t.Error("one worker keeps another from the log")
	}
}

func TestDeadLettersStayNoLongerThanFrames(t *testing.T) {
	for _, age := range []time.Duration{time.Hour, day, 30 * day} {
		l := DefaultLimits()
		l.FramesAge = age
		for _, s := range topology(l) {
			if s.Name == Dead && (s.MaxAge > age || s.MaxAge > 7*day || s.MaxAge == 0) {
				t.Errorf("frames stay for %s, dead letters for %s", age, s.MaxAge)
			}
		}
	}
}
