package decider

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
)

// at is a live frame of a size with the face at x, received some time after noon.
func at(after time.Duration, width, x int32) func(map[string]*schemas.Verdict) {
	return func(v map[string]*schemas.Verdict) {
		v[schemas.WorkerDetector].Detection.ReceivedUnixNanos = noon.Add(after).UnixNano()
		v[schemas.WorkerDetector].Estimations.FramePosition = &schemas.FramePosition{
			Face: &schemas.Rect{X: x, Y: 100, Width: 200, Height: 260}, Frame: &schemas.Rect{Width: width, Height: 480},
		}
	}
}

// Another camera, or a cut to another picture, starts everything again.
func TestAnotherPictureStartsAgain(t *testing.T) {
	const third = 333 * time.Millisecond
	for name, change := range map[string]func(map[string]*schemas.Verdict){
		"size": at(4*time.Second, 480, 100), "cut": at(2*time.Second+200*time.Millisecond, 640, 320),
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, `{"session":{"aggregate_frames":3}}`)
			s.judge(scores{}, at(time.Second, 640, 100))
			s.judge(scores{}, at(2*time.Second, 640, 110))
			kept := func(v map[string]*schemas.Verdict) {
				v[schemas.WorkerActiveLiveness].State = []byte("progress")
			}
			d := s.judge(scores{}, change, kept)
			expect(t, d, inTurn, schemas.CodeCameraChanged)
			if len(s.state.GetWindow()) != 0 || s.state.GetBest() != nil || s.state.GetFaceLost() != 3 || s.state.GetWorkers()[schemas.WorkerActiveLiveness] != nil {
				t.Errorf("went on: %v", s.state)
			}
			again := proto.CloneOf(d.GetState().GetSeen())
			d = s.judge(scores{}, at(9*time.Second, again.GetFrame().GetWidth(), again.GetFace().GetX()))
			expect(t, d, inTurn, schemas.CodeMoreFrames)
		})
	}
	s := open(t, `{"session":{"aggregate_frames":3}}`)
	s.judge(scores{}, at(0, 640, 100))
	expect(t, s.judge(scores{}, at(third, 640, 320)), inTurn, schemas.CodeActionPending) // slow enough to walk
}

// Frames in quick succession do not fill a window.
func TestWindowSpansTime(t *testing.T) {
	for fps, frames := range map[int]int{1: 5, 3: 5, 10: 13, 30: 33} {
		s := open(t, `{"active_liveness":{"is_enabled":false}}`)
		for i := 1; ; i++ {
			d := s.judge(scores{}, at(time.Duration(i)*time.Second/time.Duration(fps), 640, 100))
			if d.GetOutcome() == schemas.Outcome_OUTCOME_PASSED {
				if i != frames {
					t.Errorf("%d frames a second: passed after %d, want %d", fps, i, frames)
				}
				break
			}
			expect(t, d, inTurn, schemas.CodeMoreFrames)
			if i > 100 {
				t.Fatalf("%d frames a second: never passed", fps)
			}
		}
	}
}
