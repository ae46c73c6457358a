package pipeline

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/rerun"
	"github.com/selene-liveness/selene/workers/workertest"
)

func TestSessionsWithoutAnEnd(t *testing.T) {
	clip := workertest.Lively(t, workertest.Models(t, "base"), "real_lp_d_d10.mp4", 3)
	conn := product(t, workertest.Models(t, "base"), passive)
	c := record(t, conn, clip)
	if r := again(t, conn, c, rerun.Options{Jobs: 2}); !r.Identical() || r.Before != "open" || r.Frames != 3 || r.Verdicts != 9 {
		t.Errorf("open: %+v", r)
	}
	// A session that a reaper ended because it fell silent.
	last := proto.CloneOf(c.state)
	d := &schemas.Decision{
		Version: schemas.Version, Outcome: schemas.Outcome_OUTCOME_TIMEOUT, State: last, Workers: []string{"reaper"},
		Name: &schemas.FrameName{Session: c.id, Sequence: last.GetSequence(), Nonce: "reaper"},
	}
	if _, err := conn.PublishDecision(streamstest.Context(t), d, last.GetLastDecision()); err != nil {
		t.Fatal(err)
	}
	if r := again(t, conn, c, rerun.Options{}); !r.Identical() || r.Before != "timeout" || r.Frames != 3 {
		t.Errorf("timed out: %+v", r)
	}
	// It passes before it falls silent.
	quick := workertest.Settings(t, `{"virtual_camera_checker":{"is_enabled":false},"session":{"aggregate_frames":2},"active_liveness":{"is_enabled":false},"thresholds":{"mouth_states":["smile","opened"]}}`)
	if r := again(t, conn, c, rerun.Options{Settings: quick}); r.Before != "timeout" || r.After != "success" || r.Frames != 2 || r.Beyond != 1 {
		t.Errorf("timed out, and would have passed: %+v", r)
	}
	empty := recorded(t, c)
	empty.Steps = nil
	if r := judgeAgain(t, conn, empty, rerun.Options{}); r.Unfit == "" || r.Flipped() || r.Identical() {
		t.Errorf("no frame at all: %+v", r)
	}
	lost := recorded(t, c)
	lost.Settings = nil
	if r := judgeAgain(t, conn, lost, rerun.Options{}); r.Unfit == "" || r.Flipped() {
		t.Errorf("settings lost: %+v", r)
	}
}

// forget removes the frames of some steps from the recording.
func forget(rec *rerun.Recording, steps ...int) *rerun.Recording {
	image := rec.Image
	rec.Image = func(ctx context.Context, s rerun.Step) (*schemas.Frame, error) {
		for _, i := range steps {
			if rec.Steps[i].Sequence == s.Sequence {
				return nil, fmt.Errorf("frame %d: %w", i, streams.ErrNotFound)
			}
		}
		return image(ctx, s)
	}
	return rec
}

func TestFramesThatAreNoLongerStored(t *testing.T) {
	clip := workertest.Lively(t, workertest.Models(t, "base"), "real_lp_d_d10.mp4", 5)
	conn := product(t, workertest.Models(t, "base"), passive)
	c := record(t, conn, clip)
	for _, gone := range [][]int{{0}, {2}, {4}, {0, 1, 3}} {
		r := judgeAgain(t, conn, forget(recorded(t, c), gone...), rerun.Options{Jobs: 3})
		if !r.Identical() || r.Missing != len(gone) || r.Frames != 5-len(gone) || r.Before != "success" {
			t.Errorf("frames %v are gone: %+v", gone, r)
		}
	}
	if r := judgeAgain(t, conn, forget(recorded(t, c), 0, 1, 2, 3, 4), rerun.Options{}); r.Unfit == "" || r.Flipped() {
		t.Errorf("all are gone: %+v", r)
	}
	// After an earlier difference, the result of the last frame is unknown.
	strict := workertest.Settings(t, `{"virtual_camera_checker":{"is_enabled":false},"active_liveness":{"is_enabled":false},"thresholds":{"face_width":4000}}`)
	if r := judgeAgain(t, conn, forget(recorded(t, c), 4), rerun.Options{Settings: strict}); r.Flipped() || len(r.Notes) != 1 || r.Missing != 1 || len(r.Codes) != 4 {
		t.Errorf("the last is gone: %+v", r)
	}
	// Missing verdicts are not compared and cannot be reused.
	rec := recorded(t, c)
	delete(rec.Steps[3].Verdicts, schemas.WorkerMatcher)
	if r := judgeAgain(t, conn, rec, rerun.Options{}); r.Verdicts != 14 || r.New != nil || !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, "verdicts of matcher") }) {
		t.Errorf("a verdict is gone: %+v", r)
	}
	rec = recorded(t, c)
	delete(rec.Steps[3].Verdicts, schemas.WorkerMatcher)
	if r := judgeAgain(t, conn, rec, rerun.Options{Workers: []string{schemas.WorkerLiveness}}); !strings.Contains(r.Unfit, "matcher") || r.Flipped() {
		t.Errorf("a verdict is gone that should stand in: %+v", r)
	}
}

func TestRerunOfSomeWorkers(t *testing.T) {
	clip := workertest.Lively(t, workertest.Models(t, "base"), "real_lp_d_d10.mp4", 5)
	conn := product(t, workertest.Models(t, "base"), passive)
	c := record(t, conn, clip)
	if r := again(t, conn, c, rerun.Options{Workers: []string{schemas.WorkerMatcher}}); !r.Identical() || r.Verdicts != 5 {
		t.Errorf("the matcher alone: %+v", r)
	}
	// The other pack's matcher keeps its own state; the rest of the state is the recorded one.
	other := product(t, workertest.Models(t, "zoo"), passive)
	r := again(t, other, c, rerun.Options{Workers: []string{schemas.WorkerMatcher}})
	if r.Flipped() || len(r.Codes) != 0 || r.Verdicts != 5 || len(r.Fields) != 5 {
		t.Errorf("another matcher alone: %+v", r)
	}
}

// Frames that failed and frames that were published again are compared as well.
func TestFramesThatFailed(t *testing.T) {
	clip := workertest.Lively(t, workertest.Models(t, "base"), "real_lp_d_d10.mp4", 6)
	conn := product(t, workertest.Models(t, "base"), passive)
	c := connect(t, conn)
	c.judge(clip[0])
	if d := c.judge([]byte("no image")); d.GetFailure() == nil {
		t.Fatal("a frame that is not an image was judged")
	}
	lost := c.frame(clip[1])
	lost.Decider = "gone"
	c.publish(lost)
	retry := c.frame(clip[1])
	retry.Attempt = 1
	c.publish(retry)
	c.state = c.next().GetState()
	c.judge(clip[2])
	if r := again(t, conn, c, rerun.Options{Jobs: 4}); !r.Identical() || r.Frames != 4 || r.Verdicts != 1+3*3 || r.Late != 0 {
		t.Errorf("%+v", r)
	}
}

func TestFramesThatTimedOut(t *testing.T) {
	const slow = `{"virtual_camera_checker":{"is_enabled":false},"active_liveness":{"is_enabled":false},"thresholds":{"mouth_states":["smile","opened"]},"workers":[{"name":"liveness","required":true},{"name":"matcher","required":true},{"name":"slow","required":true,"timeout":0.3}]}`
	clip := workertest.Clip(t, "real_lp_d_d10.mp4", 5, 2)
	conn := product(t, workertest.Models(t, "base"), slow)
	c := connect(t, conn)
	for _, image := range clip {
		if d := c.judge(image); d.GetFailure().GetCode() != schemas.SystemInternal {
			t.Fatalf("judged without a required worker: %v", d)
		}
	}
	// Otherwise they would have been judged.
	if r := again(t, conn, c, rerun.Options{Settings: workertest.Settings(t, passive)}); r.Late != 0 || len(r.Codes) != 2 {
		t.Errorf("without the slow worker: %+v", r)
	}
	start(t, func(ctx context.Context) error {
		return workers.Run(ctx, conn, instant{"slow", &schemas.Verdict{}}, workers.Options{})
	})
	r := again(t, conn, c, rerun.Options{})
	if r.Late != 2 || len(r.Codes) != 0 || len(r.Fields) != 0 || r.Flipped() || r.New["slow"] != 2 {
		t.Errorf("with the slow worker: %+v", r)
	}
}

// Asking ahead changes only the duration, wherever a session diverges.
func TestAskingAheadChangesNothing(t *testing.T) {
	clip := workertest.Clip(t, "real_lp_d_d10.mp4", 5, 13)[1:] // the first is the worst of all
	const long = `{"virtual_camera_checker":{"is_enabled":false},"session":{"aggregate_frames":11},"active_liveness":{"is_enabled":false},"thresholds":{"mouth_states":["smile","opened"]}}`
	conn := product(t, workertest.Models(t, "base"), long)
	c := record(t, conn, clip)
	var quality []float64
	for _, d := range c.decisions() {
		quality = append(quality, d.GetEstimations().GetAgs())
	}
	changed := map[int]bool{}
	for _, i := range []int{0, 2, 3, 6} {
		threshold := quality[i]
		settings := workertest.Settings(t, long)
		settings.Thresholds.AGS = &threshold
		one := again(t, conn, c, rerun.Options{Settings: settings, Jobs: 1})
		many := again(t, conn, c, rerun.Options{Settings: settings, Jobs: 8})
		if !reflect.DeepEqual(one, many) {
			t.Errorf("threshold %v: one frame at a time %.900v\neight %.900v", threshold, fmt.Sprintf("%+v", one), fmt.Sprintf("%+v", many))
		}
		first := len(quality)
		if len(one.Codes) > 0 {
			first = int(one.Codes[0].Frame) - 1
		}
		changed[first] = true
	}
	if len(changed) < 3 {
		t.Errorf("all took another course at the same frames: %v", changed)
	}
}
