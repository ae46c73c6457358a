package rerun

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
)

func TestDifferencesAreReadable(t *testing.T) {
	before := &schemas.Verdict{
		Errors: []int32{4, 37}, State: []byte{1, 2}, Estimations: &schemas.Estimations{Liveness: proto.Float64(0.5), HeadPose: &schemas.HeadPose{Yaw: 1}},
		Detection: &schemas.Detection{Judges: []string{"liveness"}, State: &schemas.SessionState{
			Workers: map[string][]byte{"b": {2}, "a": {1}}, Window: []*schemas.Sample{{Frame: 1}},
		}},
	}
	after := proto.CloneOf(before)
	after.Errors, after.State = []int32{4}, nil
	after.Estimations.Liveness, after.Estimations.HeadPose.Yaw = proto.Float64(0.25), 2
	after.Detection.Judges = []string{"liveness", "hat"}
	after.Detection.State.Workers["a"] = []byte{3}
	after.Detection.State.Window = append(after.Detection.State.Window, &schemas.Sample{Frame: 2})
	got, err := compare(before, after)
	if err != nil {
		t.Fatal(err)
	}
	want := []Difference{
		{"errors", "[4 37]", "[4]"},
		{"estimations.head_pose.yaw", "1", "2"},
		{"estimations.liveness", "0.5", "0.25"},
		{"state", "0102", "(absent)"},
		{"detection.state.window", "1 entries", "2 entries"},
		{"detection.state.workers", "2 entries: a=01 b=02", "2 entries: a=03 b=02"},
		{"detection.judges", "[liveness]", "[liveness hat]"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%v, want\n%v", got, want)
	}
	if got, err := compare(before, proto.CloneOf(before)); err != nil || got != nil {
		t.Errorf("equal verdicts: %v, %v", got, err)
	}
}

func TestTotalsCountWhatWasLeftOut(t *testing.T) {
	totals := NewTotals()
	totals.Add(&Result{Before: "success", After: "success", Frames: 4, Missing: 1, Notes: []string{"a note"}})
	totals.Add(&Result{Before: "open", After: "open", Frames: 2, Beyond: 3, Late: 1, Notes: []string{"a note"}})
	totals.Add(&Result{Before: "success", After: "success", Unfit: "no settings"})
	want := []string{
		"2 sessions: a note", "1 sessions: no settings", "1 frames are no longer stored",
		"1 frames fail again because a verdict was late, and do not count", "3 frames were not judged, because their sessions now end earlier",
	}
	if got := totals.LeftOut(); !slices.Equal(got, want) || totals.Unfit != 1 || totals.Identical != 2 || totals.Flipped != 0 {
		t.Errorf("got %q of %+v", got, totals)
	}
}
