package decider

import (
	"slices"

	"github.com/selene-liveness/selene/schemas"
)

// checks says of every check of a session that passes whether it was made, by what, and how it ended. One that the settings
// switch off was not made, whatever was measured.
func (r *round) checks() (out []*schemas.Check) {
	s, e := r.settings, r.d.Estimations
	compared := len(r.d.State.Workers[schemas.WorkerMatcher]) > 0 && len(r.d.State.Window) > 1
	camera := e.GetVirtualCamera()
	for _, c := range []struct {
		name, worker string
		made, failed bool
	}{
		{schemas.CheckLiveness, schemas.WorkerLiveness, s.Thresholds.Liveness > 0 && e.Liveness != nil, false},
		{schemas.CheckActiveLiveness, schemas.WorkerActiveLiveness, s.ActiveLiveness.IsEnabled, false},
		{schemas.CheckDeepfake, schemas.WorkerLiveness, s.Thresholds.Deepfake > 0 && e.Deepfake != nil, false},
		{schemas.CheckSameFace, schemas.WorkerMatcher, s.Session.PreviousFaceSimilarity > 0 && compared, false},
		{
			schemas.CheckVirtualCamera, schemas.WorkerVirtualCamera, s.VirtualCameraChecker.IsEnabled && camera != nil,
			camera.GetScore() < schemas.VirtualCameraLimit,
		},
		{
			schemas.CheckImageModification, schemas.WorkerImageModification,
			s.Thresholds.ImageModification > 0 && e.ImageModification != nil, false,
		},
		{
			schemas.CheckLightChallenge, schemas.WorkerLightChallenge,
			s.LightChallenge.IsEnabled && e.GetLightChallenge() != nil && e.GetLightChallenge().Score != nil, false,
		},
	} {
		check := &schemas.Check{Name: c.name, Result: schemas.NotChecked}
		v := r.verdicts[c.worker]
		if c.made && v != nil && slices.Contains(r.judges, c.worker) {
			check.Result = schemas.CheckPassed
			if c.failed {
				check.Result = schemas.CheckFailed
			}
			check.Worker, check.Pack, check.Digest = c.worker, v.GetPackName(), v.GetPack()
		}
		out = append(out, check)
	}
	return out
}
