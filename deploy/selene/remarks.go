package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/workers/vision"
)

// warn logs what the newest settings ask of the named workers and their models cannot measure, and what they leave unchecked.
func warn(ctx context.Context, c *streams.Conn, m *vision.Models, names ...string) error {
	r, err := settings.New(c).Newest(ctx, "")
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	for _, remark := range remarks(r.Settings, m.Name(), m.Has, names...) {
		slog.Warn(remark)
	}
	return nil
}

// remarks returns a sentence for each judgement that the settings ask for and the pack has no model for, as far as the named workers
// make it, and one if nothing asks whether a person is alive. has reports whether a role has a model.
func remarks(s *schemas.Settings, pack string, has func(vision.Role) bool, names ...string) (out []string) {
	judges := s.Judges()
	passive := s.Thresholds.Liveness > 0 && slices.Contains(judges, schemas.WorkerLiveness)
	for _, need := range []struct {
		worker string
		asked  bool
		role   vision.Role
		fix    string
	}{
		{schemas.WorkerDetector, true, vision.RoleMesh, "use another pack"},
		{
			schemas.WorkerLiveness, passive, vision.RoleAntispoof,
			"use another pack, or set thresholds.liveness to 0 to do without passive liveness",
		},
		{
			schemas.WorkerLiveness, s.Thresholds.Deepfake > 0 && slices.Contains(judges, schemas.WorkerLiveness),
			vision.RoleDeepfake, "use another pack, or set thresholds.deepfake to 0",
		},
		{
			schemas.WorkerMatcher, slices.Contains(judges, schemas.WorkerMatcher), vision.RoleDescriptor,
			"use another pack, or set session.previous_face_similarity to 0",
		},
	} {
		if need.asked && slices.Contains(names, need.worker) && !has(need.role) {
			out = append(out, fmt.Sprintf(
				"no session can pass: the settings ask for what model pack %s has no model for (role %s): %s", pack, need.role, need.fix))
		}
	}
	active := s.ActiveLiveness.IsEnabled && slices.Contains(judges, schemas.WorkerActiveLiveness)
	if slices.Contains(names, schemas.WorkerDetector) && !passive && !active {
		out = append(out, "LIVENESS IS NOT CHECKED: the settings switch passive and active liveness off, so a photo passes, "+
			"and tokens have no liveness score")
	}
	return out
}
