package streams_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/hashes"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// A run must not be able to change anything live: the streams, an edge's inbox, or the state of other processes.
func TestRunsAreIsolated(t *testing.T) {
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	id := uuid.NewString()
	name := &schemas.FrameName{Session: id, Sequence: 1, Nonce: "n", Run: "r1"}

	ready := make(chan struct{})
	said := make(chan *schemas.Verdict, 1)
	streamstest.Go(t, func(ctx context.Context) error {
		return c.VerdictsOfRun(ctx, "r1", ready, func(v *schemas.Verdict) { said <- v })
	})
	faces := make(chan *schemas.Face, 1)
	streamstest.Go(t, func(ctx context.Context) error {
		return c.ConsumeJudging(ctx, streams.Work{Stream: streams.Faces, Durable: "judge", Concurrency: 1, AckWait: time.Minute}, func(_ context.Context, d *streams.Delivery) error {
			f, err := streams.Decode(d, &schemas.Face{})
			faces <- f
			return err
		})
	})
	<-ready
	at, err := c.PublishFrame(ctx, &schemas.Frame{Version: schemas.Version, Name: name, Image: []byte("image")})
	if err != nil {
		t.Fatal(err)
	}
	face := &schemas.Face{Version: schemas.Version, Name: name, Frame: at}
	if err := c.PublishFace(ctx, face); err != nil {
		t.Fatal(err)
	}
	if f := <-faces; !f.GetName().Equal(name) {
		t.Fatalf("got the face of %v", f.GetName())
	}
	if f, err := sessions.New(c).FrameOf(ctx, face); err != nil || string(f.GetImage()) != "image" {
		t.Fatalf("the frame of a run: %v, %v", f, err)
	}
	if err := c.PublishVerdict(ctx, &schemas.Verdict{Version: schemas.Version, Name: name, Worker: "judge", Decider: "live"}); err != nil {
		t.Fatal(err)
	}
	if v := <-said; v.GetWorker() != "judge" {
		t.Fatalf("got %v", v)
	}

	for range sessions.New(c).FramesOf(ctx, id) {
		t.Error("the live stream has a frame of the run")
	}
	for range sessions.New(c).VerdictsOf(ctx, id) {
		t.Error("the live stream has a verdict of the run")
	}
	decision := &schemas.Decision{Version: schemas.Version, Name: name}
	if _, err := c.PublishDecision(ctx, decision, 0); err == nil {
		t.Error("a run has stored a decision")
	}
	if err := c.Reply(decision); err == nil {
		t.Error("a run has replied")
	}
	if _, err := hashes.New(c).FirstSight(ctx, name, "00112233aabbccdd"); err != nil {
		t.Fatal(err)
	}
	if first, err := hashes.New(c).FirstSight(ctx, &schemas.FrameName{Session: uuid.NewString()}, "00112233aabbccdd"); err != nil || first == id {
		t.Errorf("a run stored the hash of an image: %s, %v", first, err)
	}
	name.Run = "r1.>"
	if _, err := c.PublishFrame(ctx, &schemas.Frame{Version: schemas.Version, Name: name}); streams.FaultOf(err) != streams.Input {
		t.Errorf("run %s: %v", name.GetRun(), err)
	}
}
