package detector

import (
	"context"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/internal/judging"
	"github.com/selene-liveness/selene/workers/pictures"
	"github.com/selene-liveness/selene/workers/vision"
)

// Lens is the detector without a broker, for one frame at a time: it is not safe for concurrent use.
type Lens struct{ *lens }

// NewLens returns a lens on models, which must have been opened with the roles that New needs.
func NewLens(m *vision.Models, d pictures.Decoder) *Lens { return &Lens{newLens(m, d)} }

// Look judges a frame with this sequence in FRAMES, as the detector does while the judges in running are registered. The face
// is nil when no judge is to see the frame. A frame that cannot be judged gives a verdict with a failure.
func (l *Lens) Look(
	f *schemas.Frame, sequence uint64, s *schemas.Settings, running map[string]schemas.Registration,
) (*schemas.Verdict, *schemas.Face) {
	var face *schemas.Face
	j := judging.Judge[*schemas.Frame]{
		Registration: registration(l.models, ""), Blank: blank,
		Judge: func(ctx context.Context, f *schemas.Frame, sequence uint64, s *schemas.Settings) (v *schemas.Verdict, err error) {
			v, face, err = l.look(ctx, f, sequence, s, wants(running, f.GetState(), s))
			return v, err
		},
	}
	v, err := j.Verdict(context.Background(), f, sequence, s)
	if err != nil {
		v.Failure, face = failure(err), nil
	}
	return v, face
}
