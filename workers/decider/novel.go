package decider

import (
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// windowSpan is the shortest time that a full window covers: scores of frames that follow each other at once are hardly
// independent.
const windowSpan = time.Second

// same is the similarity of the eyes to those of the last frames of the window from which the frame shows the same picture, moved
// or encoded again; workers/samepicture/README.md has the error rates.
const same = 0.992

// remembered is the number of the last frames of a window that keep their eyes.
const remembered = 4

// stillSpan is the longest time that a window covers for each of its frames if no action is requested. A photo that is waved
// about looks new now and then by chance; a living person does so all the time.
const stillSpan = 1500 * time.Millisecond

// isDue reports whether the frame came long enough after the last one of the window to enter it.
func (r *round) isDue() bool {
	w := r.d.State.Window
	if len(w) == 0 {
		return true
	}
	gap := windowSpan / time.Duration(max(r.settings.Session.AggregateFrames-1, 1))
	return time.Duration(r.found.GetReceivedUnixNanos()-w[len(w)-1].GetReceivedUnixNanos()) >= gap
}

// isNew reports whether the frame shows another picture than the frames of the window. A detector of an older version
// compares no eyes, and leaves this check out.
func (r *round) isNew() bool {
	return len(r.d.State.Window) == 0 || r.found.Similarity == nil || r.found.GetSimilarity() < same
}

// grow adds the frame to the window, and drops those that are too many or too old.
func (r *round) grow() {
	d := r.d
	w := append(d.State.Window, &schemas.Sample{
		Frame: d.Frame, Estimations: sampled(d.Estimations), ReceivedUnixNanos: r.found.GetReceivedUnixNanos(),
		Eyes: r.found.GetEyes(),
	})
	n := r.settings.Session.AggregateFrames
	w = w[max(0, len(w)-n):]
	oldest := r.found.GetReceivedUnixNanos() - int64(n)*stillSpan.Nanoseconds()
	for !r.settings.ActiveLiveness.IsEnabled && w[0].GetReceivedUnixNanos() < oldest {
		w = w[1:]
	}
	for _, s := range w[:max(0, len(w)-remembered)] {
		s.Eyes = nil
	}
	d.State.Window = w
}
