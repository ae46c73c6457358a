package pipeline

import (
	"bytes"
	"context"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers"
)

// Workers that answer immediately with messages of realistic size.

// looks returns the stand-in detector's verdict and face for a frame.
func looks(f *schemas.Frame, sequence uint64, crops []*schemas.Crop) (*schemas.Verdict, *schemas.Face) {
	count := uint32(1)
	e := &schemas.Estimations{
		FaceCount:    &count,
		ImageQuality: &schemas.ImageQuality{Blur: 0.7573, Light: 0.9997, Darkness: 0.9961, Illumination: 0.6965, Specularity: 0.9932},
		FramePosition: &schemas.FramePosition{
			Face: &schemas.Rect{X: 141, Y: 84, Width: 232, Height: 312}, Frame: &schemas.Rect{Width: 640, Height: 480}, Margins: []int32{84, 267, 84, 141},
		},
		HeadPose: &schemas.HeadPose{Yaw: -3.9371, Roll: -0.1333, Pitch: -3.1624},
		Eyes:     &schemas.Eyes{Left: schemas.EyeOpen, Right: schemas.EyeOpen, State: schemas.EyeOpen, LeftAspectRatio: 0.2189, RightAspectRatio: 0.2436},
	}
	v := &schemas.Verdict{
		Version: schemas.Version, Name: f.GetName(), Worker: schemas.WorkerDetector, Decider: f.GetDecider(), Estimations: e,
		Detection: &schemas.Detection{
			Frame: sequence, ReceivedUnixNanos: f.GetReceivedUnixNanos(), State: f.GetState(),
			Judges: []string{schemas.WorkerLiveness, schemas.WorkerMatcher, schemas.WorkerActiveLiveness},
		},
		State: []byte(`{"open":0.2312,"frames":10}`),
	}
	face := &schemas.Face{
		Version: schemas.Version, Name: f.GetName(), Decider: f.GetDecider(), Frame: sequence, ReceivedUnixNanos: f.GetReceivedUnixNanos(),
		State: f.GetState(), Estimations: e, Landmarks: make([]float32, 10), Crops: crops,
	}
	return v, face
}

// instantDetector consumes FRAMES as the detector does.
func instantDetector(conn *streams.Conn, crops []*schemas.Crop) func(context.Context) error {
	work := streams.Work{Stream: streams.Frames, Durable: schemas.WorkerDetector, Concurrency: 2, AckWait: 20 * time.Second}
	return func(ctx context.Context) error {
		return conn.Consume(ctx, work, func(ctx context.Context, d *streams.Delivery) error {
			f, err := streams.Decode(d, &schemas.Frame{})
			if err != nil {
				return err
			}
			v, face := looks(f, d.Sequence, crops)
			if err := conn.PublishFace(ctx, face); err != nil {
				return err
			}
			return conn.PublishVerdict(ctx, v)
		})
	}
}

// instant is a worker that returns a fixed verdict.
type instant struct {
	name string
	says *schemas.Verdict
}

func (w instant) Name() string { return w.name }

func (w instant) Judge(context.Context, *schemas.Face, workers.State) (*schemas.Verdict, error) {
	v := w.says
	return &schemas.Verdict{Errors: v.GetErrors(), Estimations: v.GetEstimations(), State: v.GetState(), Pending: v.GetPending(), WaiveNext: v.GetWaiveNext()}, nil
}

// instantJudges returns the three judging workers. While pending, active liveness asks for a turn and no session passes.
func instantJudges(pending bool) []instant {
	live, similar := 0.97, 0.95
	actions := &schemas.Verdict{State: []byte(`{"done":1,"phase":1,"yaw":-3.9,"pitch":-3.1,"began":true}`), Estimations: &schemas.Estimations{ActiveLiveness: &schemas.ActiveLiveness{Done: 1, Total: 3}}}
	if pending {
		actions.Pending, actions.Errors, actions.WaiveNext = true, []int32{schemas.CodeTurnLeft}, schemas.PoseAndEyeCodes
	}
	return []instant{
		{schemas.WorkerLiveness, &schemas.Verdict{Estimations: &schemas.Estimations{Liveness: &live}}},
		{schemas.WorkerMatcher, &schemas.Verdict{Estimations: &schemas.Estimations{PreviousFaceSimilarity: &similar}, State: bytes.Repeat([]byte{7}, 4*128)}},
		{schemas.WorkerActiveLiveness, actions},
	}
}

// instantWorkers runs detector, judging workers and decider.
func instantWorkers(conn *streams.Conn, crops []*schemas.Crop, pending bool) []func(context.Context) error {
	out := []func(context.Context) error{instantDetector(conn, crops)}
	for _, w := range instantJudges(pending) {
		out = append(out, func(ctx context.Context) error { return workers.Run(ctx, conn, w, workers.Options{Concurrency: 2}) })
	}
	return out
}

// realCrops returns crops of the sizes that liveness and matcher request with the zoo pack.
func realCrops() []*schemas.Crop {
	crop := func(name string, side uint32) *schemas.Crop {
		return &schemas.Crop{Name: name, Width: side, Height: side, Color: "bgr", Pixels: bytes.Repeat([]byte{1, 2, 3}, int(side*side))}
	}
	return []*schemas.Crop{crop("liveness/antispoof0", 80), crop("liveness/antispoof1", 80), crop("matcher/descriptor", 112)}
}
