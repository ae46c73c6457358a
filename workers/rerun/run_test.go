package rerun

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
)

const detectorAlone = `{"workers":[],"virtual_camera_checker":{"is_enabled":false},"thresholds":{"liveness":0},"session":{"previous_face_similarity":0},"active_liveness":{"is_enabled":false}}`

// TestSameWorkersReachTheSameVerdicts: several sessions at a time, and each session's frames in their order when they depend on each other.
func TestSameWorkersReachTheSameVerdicts(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	seen := detectorOn(t, conn, schemas.CodeNoFace)
	s := parse(t, detectorAlone)
	recordings := []*Recording{recordingOf(s, 4, schemas.CodeNoFace), recordingOf(s, 3, schemas.CodeNoFace), recordingOf(s, 1, schemas.CodeNoFace)}
	results, err := judge(t, conn, Options{Jobs: 3}, recordings...)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range recordings {
		got := results[r.Session]
		if got == nil || !got.Identical() || got.Frames != len(r.Steps) || got.Verdicts != len(r.Steps) {
			t.Errorf("result %+v", got)
		}
		if frames := seen()[r.Session]; len(frames) != len(r.Steps) {
			t.Errorf("the detector saw %v of %d frames", frames, len(r.Steps))
		}
	}
}

func TestAnotherDetectorChangesCodes(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	seen := detectorOn(t, conn, schemas.CodeManyFaces)
	r := recordingOf(parse(t, detectorAlone), 3, schemas.CodeNoFace)
	results, err := judge(t, conn, Options{Jobs: 1}, r)
	if err != nil {
		t.Fatal(err)
	}
	got := results[r.Session]
	if got.Flipped() || got.Identical() || len(got.Codes) != 3 || len(got.Pictures) != 3 || len(got.Fields) != 3 {
		t.Fatalf("result %+v", got)
	}
	for i, c := range got.Codes {
		if c.Frame != uint64(i+1) || !slices.Equal(c.Before, []int32{schemas.CodeNoFace}) || !slices.Equal(c.After, []int32{schemas.CodeManyFaces}) {
			t.Errorf("change %+v", c)
		}
	}
	if frames := seen()[r.Session]; !slices.IsSorted(frames) || len(frames) != 3 {
		t.Errorf("the detector saw frames %v", frames)
	}
}

// TestSessionsThatCannotBeJudged: they have a result that says why, and do not end the run.
func TestSessionsThatCannotBeJudged(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	detectorOn(t, conn, schemas.CodeNoFace)
	s := parse(t, detectorAlone)
	lost, empty, gone, fine := recordingOf(nil, 0), recordingOf(s, 0), recordingOf(s, 2, schemas.CodeNoFace), recordingOf(s, 2, schemas.CodeNoFace)
	gone.Image = func(context.Context, Step) (*schemas.Frame, error) { return nil, streams.ErrNotFound }
	results, err := judge(t, conn, Options{}, lost, empty, gone, fine)
	if err != nil {
		t.Fatal(err)
	}
	for r, want := range map[*Recording]string{lost: "settings", empty: "frames", gone: "frames", fine: ""} {
		if got := results[r.Session]; !strings.Contains(got.Unfit, want) || (want == "") != got.Identical() {
			t.Errorf("result %+v, want %q", got, want)
		}
	}
	if results[gone.Session].Missing != 2 {
		t.Errorf("result %+v", results[gone.Session])
	}
}

func TestErrorsThatEndARun(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	detectorOn(t, conn, schemas.CodeNoFace)
	s := parse(t, detectorAlone)
	broken := errors.New("the disk is broken")
	unreadable, unclosed := recordingOf(s, 1, schemas.CodeNoFace), recordingOf(s, 1, schemas.CodeNoFace)
	unreadable.Image = func(context.Context, Step) (*schemas.Frame, error) { return nil, broken }
	unclosed.Close = func() error { return broken }
	for _, r := range []*Recording{unreadable, unclosed} {
		if _, err := judge(t, conn, Options{}, r); !errors.Is(err, broken) || !strings.Contains(err.Error(), r.Session) {
			t.Errorf("error is %v", err)
		}
	}
	err := New(conn, Options{}).Do(streamstest.Context(t), func(yield func(*Recording, error) bool) { yield(nil, broken) }, func(*Result) error { return nil })
	if !errors.Is(err, broken) {
		t.Errorf("sessions that cannot be listed: %v", err)
	}
	err = New(conn, Options{}).Do(streamstest.Context(t), all(recordingOf(s, 1, schemas.CodeNoFace)), func(*Result) error { return broken })
	if !errors.Is(err, broken) {
		t.Errorf("a result that cannot be taken: %v", err)
	}
}

// TestWorkersThatAreNotRunning: a run waits for those it needs and then says how to start them; it does without the others.
func TestWorkersThatAreNotRunning(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	streamstest.Go(t, func(ctx context.Context) error {
		return conn.Register(ctx, schemas.Registration{Name: schemas.WorkerDetector})
	})
	const document = `{"virtual_camera_checker":{"is_enabled":false},"workers":[{"name":"liveness","required":true},{"name":"hat"}],
		"session":{"previous_face_similarity":0},"active_liveness":{"is_enabled":false}}`
	for _, c := range []struct {
		options Options
		absent  []string
		says    []string
	}{
		{Options{}, nil, []string{"not running: liveness.", "Start `selene worker liveness`"}},
		{Options{Workers: []string{"hat"}}, nil, []string{"not running: hat.", "Start the plugin hat"}},
		{Options{Workers: []string{"detector"}}, nil, nil},
		{Options{Alone: true, Workers: []string{"hat", "liveness"}}, nil, []string{"liveness, hat", "and name the broker with --nats"}},
	} {
		c.options.Timeout = 100 * time.Millisecond
		r := New(conn, c.options)
		ctx, cancel := context.WithCancel(streamstest.Context(t))
		done := make(chan error, 1)
		go func() { done <- r.registry.Run(ctx) }()
		streamstest.Eventually(t, func() error {
			if r.registry.All()[schemas.WorkerDetector].Name == "" {
				return errors.New("the detector is not registered")
			}
			return nil
		})
		absent, err := r.awaitWorkers(ctx, parse(t, document))
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if (err == nil) != (c.says == nil) || !slices.Equal(absent, c.absent) {
			t.Errorf("%+v: absent %v, %v", c.options, absent, err)
		}
		for _, want := range c.says {
			if err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%+v: %v, want %q", c.options, err, want)
			}
		}
	}
}

func TestJobsAreLimited(t *testing.T) {
	for given, want := range map[int]int{-1: 1, 0: 1, 5: 5, 1000: mostJobs} {
		if r := New(nil, Options{Jobs: given}); cap(r.slots) != want || r.options.Timeout != defaultTimeout {
			t.Errorf("%d jobs: got %d slots", given, cap(r.slots))
		}
	}
}
