package rerun

import (
	"context"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/workers/decider"
)

// verdictOn returns the verdict of these tests' detector on a frame, with the given codes.
func verdictOn(f *schemas.Frame, sequence uint64, codes []int32) *schemas.Verdict {
	return &schemas.Verdict{
		Version: schemas.Version, Name: f.GetName(), Decider: f.GetDecider(), Worker: schemas.WorkerDetector, Errors: codes,
		Estimations: &schemas.Estimations{FaceCount: proto.Uint32(0)},
		Detection:   &schemas.Detection{Frame: sequence, State: f.GetState()},
	}
}

// detectorOn runs a detector on conn that finds the codes in every frame. It returns the sequences of the frames that it saw,
// by session.
func detectorOn(t *testing.T, conn *streams.Conn, codes ...int32) func() map[string][]uint64 {
	t.Helper()
	var mu sync.Mutex
	seen := map[string][]uint64{}
	streamstest.Go(t, func(ctx context.Context) error {
		return conn.Register(ctx, schemas.Registration{Name: schemas.WorkerDetector})
	})
	streamstest.Go(t, func(ctx context.Context) error {
		work := streams.Work{Stream: streams.Frames, Durable: schemas.WorkerDetector, Concurrency: 1, AckWait: time.Minute}
		return conn.ConsumeJudging(ctx, work, func(ctx context.Context, d *streams.Delivery) error {
			f, err := streams.Decode(d, &schemas.Frame{})
			if err != nil {
				return err
			}
			mu.Lock()
			seen[f.GetName().GetSession()] = append(seen[f.GetName().GetSession()], f.GetName().GetSequence())
			mu.Unlock()
			return conn.PublishVerdict(ctx, verdictOn(f, d.Sequence, codes))
		})
	})
	return func() map[string][]uint64 {
		mu.Lock()
		defer mu.Unlock()
		return seen
	}
}

func parse(t *testing.T, document string) *schemas.Settings {
	t.Helper()
	s, err := schemas.ParseSettings([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// recordingOf returns the recording of a session of n frames, on each of which the detector found the codes.
func recordingOf(s *schemas.Settings, n int, codes ...int32) *Recording {
	r := &Recording{Session: uuid.NewString(), Settings: s, Close: func() error { return nil }}
	state := &schemas.SessionState{SettingsRevision: 7, OpenedUnixNanos: 1}
	var frames []*schemas.Frame
	for i := range uint64(n) {
		f := &schemas.Frame{
			Version: schemas.Version, Name: &schemas.FrameName{Session: r.Session, Sequence: i + 1, Nonce: "n"}, MediaType: "image/jpeg",
			Image: []byte{0xff, 0xd8, byte(i)}, ReceivedUnixNanos: int64(i + 1), Decider: "then", State: proto.CloneOf(state),
		}
		v := verdictOn(f, i+100, codes)
		v.Detection.State = proto.CloneOf(f.GetState())
		d := decider.Decide(s, map[string]*schemas.Verdict{schemas.WorkerDetector: proto.CloneOf(v)})
		d.ReceivedUnixNanos, d.DecidedUnixNanos = f.GetReceivedUnixNanos(), f.GetReceivedUnixNanos()
		frames = append(frames, f)
		r.Steps = append(r.Steps, Step{Decision: d, Verdicts: map[string]*schemas.Verdict{schemas.WorkerDetector: v}, Sequence: i + 1})
		r.Outcome, state = d.GetOutcome(), d.GetState()
	}
	r.Image = func(_ context.Context, s Step) (*schemas.Frame, error) { return frames[s.Sequence-1], nil }
	r.Reference = func(context.Context) ([]byte, error) { return nil, nil }
	return r
}

func all(recordings ...*Recording) iter.Seq2[*Recording, error] {
	return func(yield func(*Recording, error) bool) {
		for _, r := range recordings {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// judge runs recordings and returns their results by session.
func judge(t *testing.T, conn *streams.Conn, o Options, recordings ...*Recording) (map[string]*Result, error) {
	t.Helper()
	out := map[string]*Result{}
	err := New(conn, o).Do(streamstest.Context(t), all(recordings...), func(r *Result) error {
		out[r.Session] = r
		return nil
	})
	return out, err
}
