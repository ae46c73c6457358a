package judging

import (
	"context"
	"errors"
	"testing"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

func TestEveryOutcomeHasAVerdict(t *testing.T) {
	f := &schemas.Frame{Name: &schemas.FrameName{Session: "s", Sequence: 3, Nonce: "n"}, Decider: "d"}
	for name, c := range map[string]struct {
		judge func() (*schemas.Verdict, error)
		codes int  // of the verdict
		bug   bool // there is an error, and it is a bug
	}{
		"judged":          {func() (*schemas.Verdict, error) { return &schemas.Verdict{Errors: []int32{3}}, nil }, 1, false},
		"judged in part":  {func() (*schemas.Verdict, error) { return &schemas.Verdict{Errors: []int32{3}}, errors.New("oops") }, 1, true},
		"failed":          {func() (*schemas.Verdict, error) { return nil, errors.New("oops") }, 0, true},
		"neither of both": {func() (*schemas.Verdict, error) { return nil, nil }, 0, true},
		"panicked":        {func() (*schemas.Verdict, error) { panic("boom") }, 0, true},
	} {
		j := Judge[*schemas.Frame]{
			Registration: schemas.Registration{Name: "hats", Pack: "p"},
			Judge: func(context.Context, *schemas.Frame, uint64, *schemas.Settings) (*schemas.Verdict, error) {
				return c.judge()
			},
			Blank: func(_ *schemas.Frame, sequence uint64) *schemas.Verdict {
				return &schemas.Verdict{Detection: &schemas.Detection{Frame: sequence}}
			},
		}
		v, err := j.Verdict(t.Context(), f, 7, nil)
		if !v.GetName().Equal(f.GetName()) || v.GetWorker() != "hats" || v.GetDecider() != "d" || v.GetPack() != "p" || v.GetVersion() != schemas.Version {
			t.Errorf("%s: the verdict names %v", name, v)
		}
		if len(v.GetErrors()) != c.codes || c.codes == 0 && v.GetDetection().GetFrame() != 7 {
			t.Errorf("%s: got %v", name, v)
		}
		if (err != nil) != c.bug || c.bug && streams.FaultOf(err) != streams.Bug {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
