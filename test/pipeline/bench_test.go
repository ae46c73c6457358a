package pipeline

import (
	"context"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/decider"
)

// BenchmarkFramePipeline measures the overhead of the pipeline with workers that cost nothing: over the streams, where every
// message is stored before the next one follows, and with the same messages passed from function to function, as a pipeline
// in one process would. Frames are sent one after another, like those of one session.
func BenchmarkFramePipeline(b *testing.B) {
	for _, size := range []struct {
		name  string
		image []byte
		crops []*schemas.Crop
	}{
		{"tiny", make([]byte, 1000), nil},
		{"60KB", make([]byte, 60_000), realCrops()},
	} {
		b.Run("jetstream/"+size.name, func(b *testing.B) {
			conn := installation(b, `{"virtual_camera_checker":{"is_enabled":false},"session":{"max_attempts":-1,"max_liveness_attempts":-1}}`)
			start(b, append(instantWorkers(conn, size.crops, true), decider.New(conn).Run)...)
			c := connect(b, conn)
			for range 10 {
				c.judge(size.image)
			}
			for b.Loop() {
				c.judge(size.image)
			}
		})
		b.Run("chained/"+size.name, func(b *testing.B) {
			state := &schemas.SessionState{SettingsRevision: 1, Seed: make([]byte, 16)}
			for b.Loop() {
				state = chained(b, state, size.image, size.crops).GetState()
			}
		})
	}
}

// chained passes a frame from one worker to the next in its wire format.
func chained(b *testing.B, state *schemas.SessionState, image []byte, crops []*schemas.Crop) *schemas.Decision {
	name := &schemas.FrameName{Session: "6f1e8f5e-5c35-4a0b-9a5c-0d8a1b6f7c11", Sequence: state.GetSequence() + 1, Nonce: "n-1"}
	frame := overTheWire(b, &schemas.Frame{Version: schemas.Version, Name: name, MediaType: "image/jpeg", Image: image, ReceivedUnixNanos: 1, Decider: "12345678", State: state}, &schemas.Frame{})
	said, seen := looks(frame, name.GetSequence(), crops)
	detector := overTheWire(b, said, &schemas.Verdict{})
	verdicts := []*schemas.Verdict{detector}
	wire, err := schemas.Marshal(seen)
	if err != nil {
		b.Fatal(err)
	}
	for _, judge := range instantJudges(true) {
		face := &schemas.Face{}
		if err := schemas.Unmarshal(wire, face); err != nil {
			b.Fatal(err)
		}
		v, err := judge.Judge(context.Background(), face, workers.State{})
		if err != nil {
			b.Fatal(err)
		}
		v.Version, v.Name, v.Worker, v.Decider = schemas.Version, face.GetName(), judge.Name(), face.GetDecider()
		verdicts = append(verdicts, overTheWire(b, v, &schemas.Verdict{}))
	}
	return overTheWire(b, joined(verdicts), &schemas.Decision{})
}

func overTheWire[M schemas.Message](b *testing.B, m schemas.Message, empty M) M {
	data, err := schemas.Marshal(m)
	if err == nil {
		err = schemas.Unmarshal(data, empty)
	}
	if err != nil {
		b.Fatal(err)
	}
	return empty
}

// joined stands in for the decider's rules: a decision of the same size for about the same work.
func joined(verdicts []*schemas.Verdict) *schemas.Decision {
	detection := verdicts[0].GetDetection()
	d := &schemas.Decision{Version: schemas.Version, Name: verdicts[0].GetName(), Frame: detection.GetFrame(), DecidedUnixNanos: 1, Estimations: &schemas.Estimations{}, State: proto.CloneOf(detection.GetState())}
	d.State.Sequence, d.State.Waived, d.State.Workers = d.GetName().GetSequence(), nil, map[string][]byte{}
	d.State.Attempts++
	for _, v := range verdicts {
		proto.Merge(d.Estimations, v.GetEstimations())
		d.Errors = append(d.Errors, v.GetErrors()...)
		d.State.Waived = append(d.State.Waived, v.GetWaiveNext()...)
		d.State.Workers[v.GetWorker()] = v.GetState()
		d.Workers = append(d.Workers, v.GetWorker())
	}
	sample := &schemas.Sample{Frame: d.GetFrame(), Estimations: &schemas.Estimations{Liveness: d.GetEstimations().Liveness, Eyes: d.GetEstimations().GetEyes()}}
	d.State.Window = append(d.State.Window, sample)
	d.State.Window = d.State.Window[max(0, len(d.State.Window)-5):]
	return d
}
