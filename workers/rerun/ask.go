package rerun

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
)

const tries = 3

// ask sends a recorded frame through the workers with a state and returns what they say, by worker and in the recording's own
// terms: its names, stream sequences and settings revision.
func (s *session) ask(ctx context.Context, step Step, recorded *schemas.Frame, state *schemas.SessionState) (map[string]*schemas.Verdict, error) {
	select {
	case s.run.slots <- struct{}{}:
		defer func() { <-s.run.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	frame := &schemas.Frame{
		Version: schemas.Version, MediaType: recorded.GetMediaType(), Image: recorded.GetImage(),
		ReceivedUnixNanos: recorded.GetReceivedUnixNanos(), Decider: recorded.GetDecider(), State: proto.CloneOf(state),
	}
	if frame.State == nil {
		return nil, errUnfit("a frame has no state")
	}
	frame.State.SettingsRevision = s.revision
	var verdicts map[string]*schemas.Verdict
	for try := 0; ; try++ {
		frame.Name = proto.CloneOf(recorded.GetName())
		frame.Name.Run = s.run.id
		frame.Name.Nonce += fmt.Sprintf("-%d", s.run.published.Add(1)) // the same frame may be asked for with other states
		var err error
		verdicts, err = s.askOnce(ctx, frame)
		last := try+1 == tries
		if err == nil && (last || !failedAnew(verdicts, step.Verdicts)) {
			break
		}
		if err != nil && (last || ctx.Err() != nil) {
			return nil, err
		}
	}
	for _, v := range verdicts {
		if v.GetFailure() != nil {
			v.Failure.Detail = strings.ReplaceAll(v.GetFailure().GetDetail(), frame.GetName().Key(), recorded.GetName().Key())
		}
		v.Name, v.Decider = recorded.GetName(), recorded.GetDecider()
		if found := v.GetDetection(); found != nil {
			found.Frame, found.State.SettingsRevision = step.Decision.GetFrame(), recorded.GetState().GetSettingsRevision()
		}
	}
	return verdicts, nil
}

// failedAnew says whether a worker could not judge what it could then: it may be able to the next time.
func failedAnew(now, then map[string]*schemas.Verdict) bool {
	for worker, v := range now {
		if v.GetFailure() != nil && then[worker].GetFailure() == nil {
			return true
		}
	}
	return false
}

// askOnce publishes a frame and collects what the detector and every running judge that is asked say of it.
func (s *session) askOnce(ctx context.Context, frame *schemas.Frame) (map[string]*schemas.Verdict, error) {
	verdicts, end := s.run.joins.begin(frame.GetName())
	defer end()
	if _, err := s.run.conn.PublishFrame(ctx, frame); err != nil {
		return nil, err
	}
	timeout := time.NewTimer(s.run.options.Patience)
	defer timeout.Stop()
	said := map[string]*schemas.Verdict{}
	for {
		missing := s.missing(said)
		if len(missing) == 0 {
			// Every running worker hears of a face, whether or not it was sent to it.
			judges := said[schemas.WorkerDetector].GetDetection().GetJudges()
			maps.DeleteFunc(said, func(worker string, _ *schemas.Verdict) bool {
				return worker != schemas.WorkerDetector && !(s.run.asked(worker) && slices.Contains(judges, worker))
			})
			return said, nil
		}
		select {
		case v := <-verdicts:
			if said[v.GetWorker()] == nil {
				said[v.GetWorker()] = v
			}
		case <-timeout.C:
			return nil, fmt.Errorf("no verdict in %v from %s: is it running?", s.run.options.Patience, strings.Join(missing, ", "))
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// missing are the workers whose verdicts are still waited for: the detector, then whom it sent the face to.
func (s *session) missing(said map[string]*schemas.Verdict) []string {
	detector := said[schemas.WorkerDetector]
	if detector == nil {
		return []string{schemas.WorkerDetector}
	}
	running := s.run.registry.All()
	var out []string
	for _, judge := range detector.GetDetection().GetJudges() {
		if _, there := running[judge]; said[judge] == nil && s.run.asked(judge) && (there || isRequired(s.settings, judge)) {
			out = append(out, judge)
		}
	}
	return out
}
