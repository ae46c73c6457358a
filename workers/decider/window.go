package decider

import (
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
)

// States from best to worst: of two that are equally frequent in a window, the worse counts. A state not listed is the worst.
var (
	eyesWorsen    = []string{schemas.EyeOpen, schemas.EyeClosed, schemas.EyeOccluded}
	mouthWorsens  = []string{"closed", "smile", "opened", "occluded"}
	glassesWorsen = []string{"no_glasses", "eyeglasses", "sunglasses"}
)

// aggregate adds the frame to the window, unless checks it failed were waived, and judges the window once it is full:
// scores by their mean over the frames that have them, states by majority. Only frames with allowed states are
// added, so the majority is always an allowed state; it is reported and needs no check.
func (r *round) aggregate() {
	d, n := r.d, r.settings.Session.AggregateFrames
	accepted := len(r.found.GetWaivedErrors()) == 0
	if accepted || r.pending {
		r.keepBest()
	}
	grew := false
	if accepted && r.isDue() {
		if grew = r.isNew(); grew {
			r.grow()
		} else if len(d.State.Window) < n {
			d.Errors = append(d.Errors, schemas.CodeSamePicture)
		}
	}
	if len(d.State.Window) < n {
		return
	}
	w, e := window(d.State.Window), d.Estimations
	if state := w.majority(
		eyesWorsen,
		func(e *schemas.Estimations) string { return e.GetEyes().GetState() },
	); state != "" &&
		e.Eyes != nil {
		e.Eyes.State = state
	}
	if state := w.majority(
		mouthWorsens,
		func(e *schemas.Estimations) string { return e.GetMouth().GetState() },
	); state != "" &&
		e.Mouth != nil {
		e.Mouth.State = state
	}
	if state := w.majority(glassesWorsen, func(e *schemas.Estimations) string { return e.GetEyeglasses() }); state != "" {
		e.Eyeglasses = state
	}
	clearly := false
	for _, m := range measures(&r.settings.Thresholds) {
		mean := w.mean(func(e *schemas.Estimations) *float64 { return *m.of(e) })
		*m.of(e) = mean
		switch {
		case mean == nil && m.threshold > 0:
			d.Errors = append(d.Errors, m.none)
		case mean != nil && *mean < m.threshold:
			d.Errors = append(d.Errors, m.low)
			clearly = clearly || *mean < clearShare*m.threshold
		}
	}
	if r.pending {
		return
	}
	clearly = r.requireActingLiveness() || clearly
	if grew {
		r.countFailedWindows(clearly)
	}
}

// actingShare is the share of the liveness threshold that the mean of all frames before the last action must reach. Faces that
// move score lower than faces at rest, and somebody who acts badly lit must not be refused for it.
const actingShare = 0.2

// followActing adds the score of a frame on which an action is still to be done.
func (r *round) followActing() {
	if score := r.d.Estimations.Liveness; r.pending && score != nil {
		r.d.State.ActingLiveness += *score
		r.d.State.ActingFrames++
	}
}

// requireActingLiveness fails a frame whose window is full if the frames before the last action were clearly not of a living
// person, whatever those after it show. It reports whether it did.
func (r *round) requireActingLiveness() bool {
	d, threshold := r.d, r.settings.Thresholds.Liveness
	if threshold <= 0 || d.State.ActingFrames == 0 {
		return false
	}
	failed := d.State.ActingLiveness < actingShare*threshold*float64(d.State.ActingFrames)
	if failed && !slices.Contains(d.Errors, schemas.CodeLivenessFailed) {
		d.Errors = append(d.Errors, schemas.CodeLivenessFailed)
	}
	return failed
}

// sampled returns a copy of the estimations that a window uses.
func sampled(e *schemas.Estimations) *schemas.Estimations {
	return proto.CloneOf(&schemas.Estimations{
		Liveness: e.Liveness, Deepfake: e.Deepfake, ImageModification: e.ImageModification,
		Eyes: e.Eyes, Mouth: e.Mouth, Eyeglasses: e.Eyeglasses,
	})
}

// clearWindow drops the accepted frames: they may not show the person in the next frames.
func (r *round) clearWindow() {
	r.d.State.Window, r.d.State.Best = nil, nil
	if r.d.State.FailedWindows > 0 {
		// The next full window shares no frame with those that failed.
		r.d.State.FailedWindows = uint32(r.settings.Session.AggregateFrames)
	}
}

type window []*schemas.Sample

// mean returns nil if no frame has the score.
func (w window) mean(score func(*schemas.Estimations) *float64) *float64 {
	sum, n := 0.0, 0
	for _, s := range w {
		if x := score(s.GetEstimations()); x != nil {
			sum += *x
			n++
		}
	}
	if n == 0 {
		return nil
	}
	sum /= float64(n)
	return &sum
}

// majority returns the most frequent state, the worst of equals, or "" if no frame has one.
func (w window) majority(worsening []string, state func(*schemas.Estimations) string) string {
	counts := map[string]int{}
	best := ""
	worse := func(a, b string) bool {
		i, j := slices.Index(worsening, a), slices.Index(worsening, b)
		return uint(i) > uint(j) // -1 is the largest
	}
	for _, s := range w {
		if x := state(s.GetEstimations()); x != "" {
			counts[x]++
		}
	}
	for _, s := range w {
		x := state(s.GetEstimations())
		if x != "" && (best == "" || counts[x] > counts[best] || counts[x] == counts[best] && worse(x, best)) {
			best = x
		}
	}
	return best
}
