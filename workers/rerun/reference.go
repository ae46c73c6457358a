package rerun

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/describe"
)

// begin returns the recorded state of a frame in a form that the present workers can read. What the matcher remembers of faces
// has no meaning for another model pack: the reference face is described again, and other faces are dropped.
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
		s.result.note(
			"not compared with its reference face: the picture is no longer stored, so it cannot be described with the other model pack",
		)
		return state, nil
	}
	description, err := describe.Face(ctx, s.run.conn, image)
	var refusal *describe.Refusal
	switch {
	case errors.As(err, &refusal):
		s.result.note("not compared with its reference face: the other model pack cannot describe it: %s", refusal.Reason)
		return state, nil
	case errors.Is(err, describe.ErrNoDescriber):
		s.result.note("not compared with its reference face: no matcher is running that can describe it")
		return state, nil
	case err != nil:
		return nil, fmt.Errorf("reference face: %w", err)
	}
	state.Workers[matcher] = description
	return state, nil
}

// otherPack reports whether a worker uses, or may use, another model pack than the recorded one.
func (s *session) otherPack(worker string) bool {
	for _, step := range s.rec.Steps {
		if v := step.Verdicts[worker]; v.GetPack() != "" {
			return v.GetPack() != s.run.registry.All()[worker].Pack
		}
	}
	return true
}
