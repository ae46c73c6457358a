package rerun

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/describe"
)

// begin is the recorded state of a frame as workers of now can read it. What the matcher remembers of faces means nothing
// to another model pack: the reference face is described anew, and other faces are left out.
func (s *session) begin(ctx context.Context, frame *schemas.Frame) (*schemas.SessionState, error) {
	state := proto.CloneOf(frame.GetState())
	const matcher = schemas.WorkerMatcher
	if !s.otherFaces || len(state.GetWorkers()[matcher]) == 0 {
		return state, nil
	}
	delete(state.Workers, matcher)
	if state.GetReference() == "" {
		return state, nil
	}
	image, err := s.rec.Reference(ctx)
	if err != nil {
		return nil, fmt.Errorf("reference face: %w", err)
	}
	if image == nil {
		s.result.note("not compared with its reference face, which is no longer stored and would have to be described with the other model pack")
		return state, nil
	}
	description, err := describe.Face(ctx, s.run.conn, image)
	var refusal *describe.Refusal
	switch {
	case errors.As(err, &refusal):
		s.result.note("not compared with its reference face, which the other model pack cannot describe: %s", refusal.Reason)
		return state, nil
	case errors.Is(err, describe.ErrNoDescriber):
		s.result.note("not compared with its reference face: no matcher is there whose model pack can describe it")
		return state, nil
	case err != nil:
		return nil, fmt.Errorf("reference face: %w", err)
	}
	state.Workers[matcher] = description
	return state, nil
}

// otherPack says whether a worker of now measures with another model pack than the recorded one, or may do so.
func (s *session) otherPack(worker string) bool {
	for _, step := range s.rec.Steps {
		if v := step.Verdicts[worker]; v.GetPack() != "" {
			return v.GetPack() != s.run.registry.All()[worker].Pack
		}
	}
	return true
}
