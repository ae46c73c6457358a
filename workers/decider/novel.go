package decider

import (
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// windowSpan is the shortest time that a full window covers: scores of frames that follow each other at once are hardly
// independent.
const windowSpan = time.Second

// novel is the least novelty of a frame against the last frames of the window. Below it the face is the same picture, moved or
// encoded again; workers/vision/README.md has the error rates.
const novel = 0.45

// signed is the number of the last frames of a window that keep their signature.
const signed = 4

// stillSpan is the longest time that a window covers for each of its frames if no action is requested. A photo that is waved
// about looks new now and then by chance; a living person does so all the time.
const stillSpan = 3 * time.Second

// isDue reports whether the frame came long enough after the last one of the window to enter it.
func (r *round) isDue() bool {
	w := r.d.State.Window
	if len(w) == 0 {
		return true
	}
	gap := windowSpan / time.Duration(max(r.settings.Session.AggregateFrames-1, 1))
	return time.Duration(r.found.GetReceivedUnixNanos()-w[len(w)-1].GetReceivedUnixNanos()) >= gap
}

// isNew reports whether the frame shows another picture than the frames of the window. A detector that signs no faces, such as
// one of an older version, leaves this check out.
func (r *round) isNew() bool {
	return len(r.d.State.Window) == 0 || r.found.Novelty == nil || r.found.GetNovelty() >= novel
}

// grow adds the frame to the window, and drops those that are too many or too old.
func (r *round) grow() {
	d := r.d
	w := append(d.State.Window, &schemas.Sample{
		Frame: d.Frame, Estimations: sampled(d.Estimations), ReceivedUnixNanos: r.found.GetReceivedUnixNanos(),
		Signature: r.found.GetSignature(),
	})
	n := r.settings.Session.AggregateFrames
	w = w[max(0, len(w)-n):]
	oldest := r.found.GetReceivedUnixNanos() - int64(n)*stillSpan.Nanoseconds()
	for !r.settings.ActiveLiveness.IsEnabled && w[0].GetReceivedUnixNanos() < oldest {
		w = w[1:]
	}
	for _, s := range w[:max(0, len(w)-signed)] {
		s.Signature = nil
	}
	d.State.Window = w
}
