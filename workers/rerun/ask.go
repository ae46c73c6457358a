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

// ask sends a recorded frame with a state through the workers and returns their verdicts by worker, with the frame names, stream
// sequences and settings revision of the recording, so that they can be compared.
func (s *session) ask(
	ctx context.Context,
	step Step,
	recorded *schemas.Frame,
	state *schemas.SessionState,
) (map[string]*schemas.Verdict, error) {
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
		frame.Name.Nonce += fmt.Sprintf("-%d", s.run.published.Add(1)) // the same frame may be published with different states
		var err error
		verdicts, err = s.askOnce(ctx, frame)
		last := try+1 == tries
		if err == nil && (last || !newlyFailed(verdicts, step.Verdicts)) {
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

// newlyFailed reports whether a worker failed now and had not failed then, so that another attempt may succeed.
func newlyFailed(now, then map[string]*schemas.Verdict) bool {
	for worker, v := range now {
		if v.GetFailure() != nil && then[worker].GetFailure() == nil {
			return true
		}
	}
	return false
}

// askOnce publishes a frame and collects the verdicts of the detector and of every running judge that is needed.
func (s *session) askOnce(ctx context.Context, frame *schemas.Frame) (map[string]*schemas.Verdict, error) {
	verdicts, stop := s.run.joins.begin(frame.GetName())
	defer stop()
	if _, err := s.run.conn.PublishFrame(ctx, frame); err != nil {
		return nil, err
	}
	timeout := time.NewTimer(s.run.options.Timeout)
	defer timeout.Stop()
	received := map[string]*schemas.Verdict{}
	for {
		missing := s.missing(received)
		if len(missing) == 0 {
			// Every running worker receives a face, even one that it was not sent to.
			judges := received[schemas.WorkerDetector].GetDetection().GetJudges()
			maps.DeleteFunc(received, func(worker string, _ *schemas.Verdict) bool {
				return worker != schemas.WorkerDetector && !(s.run.asked(worker) && slices.Contains(judges, worker))
			})
			return received, nil
		}
		select {
		case v := <-verdicts:
			if received[v.GetWorker()] == nil {
				received[v.GetWorker()] = v
			}
		case <-timeout.C:
			return nil, fmt.Errorf("no verdict within %v from %s: is it running?", s.run.options.Timeout, strings.Join(missing, ", "))
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// missing returns the workers whose verdicts have not arrived: the detector, then the judges to which it sent the face.
func (s *session) missing(received map[string]*schemas.Verdict) []string {
	detector := received[schemas.WorkerDetector]
	if detector == nil {
		return []string{schemas.WorkerDetector}
	}
	running := s.run.registry.All()
	var out []string
	for _, judge := range detector.GetDetection().GetJudges() {
		if _, there := running[judge]; received[judge] == nil && s.run.asked(judge) && (there || isRequired(s.settings, judge)) {
			out = append(out, judge)
		}
	}
	return out
}
