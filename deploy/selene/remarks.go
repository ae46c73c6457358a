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

// roles are those whose models take a measure.
var roles = map[string]vision.Role{
	schemas.MeasureLandmarks: vision.RoleMesh, schemas.MeasureLiveness: vision.RoleAntispoof,
	schemas.MeasureDeepfake: vision.RoleDeepfake, schemas.MeasureSimilarity: vision.RoleDescriptor,
}

// remarks returns a sentence for each judgement that the settings ask for and the pack has no model for, as far as the named workers
// make it, and one if nothing asks whether a person is alive. has reports whether a role has a model.
func remarks(s *schemas.Settings, pack string, has func(vision.Role) bool, names ...string) (out []string) {
	for _, j := range s.Judgements() {
		if role := roles[j.Measure]; slices.Contains(names, j.Worker) && !has(role) {
			out = append(out, fmt.Sprintf(
				"no session can pass: the settings ask for what model pack %s has no model for (role %s): %s", pack, role, j.Remedy()))
		}
	}
	if slices.Contains(names, schemas.WorkerDetector) && !s.ChecksLiveness() {
		out = append(out, schemas.LivenessUnchecked)
	}
	return out
}
