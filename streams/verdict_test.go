package streams_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// The broker's permissions say who may publish on a subject, so a verdict counts only if it names the worker of its subject.
func TestVerdictOfAnotherIsRefused(t *testing.T) {
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx, id := streamstest.Context(t), uuid.NewString()
	said := make(chan *schemas.Verdict, 10)
	streamstest.Go(t, func(ctx context.Context) error {
		return c.ServeDecider(ctx, "d", func(v *schemas.Verdict) { said <- v })
	})
	streamstest.Eventually(t, func() error {
		_, err := c.AskDecider(ctx)
		return err
	})
	verdict := func(worker, decider, session string) *schemas.Verdict {
		return &schemas.Verdict{Version: schemas.Version, Name: &schemas.FrameName{Session: session, Sequence: 1}, Worker: worker, Decider: decider}
	}
	for _, forged := range []*schemas.Verdict{
		verdict("liveness", "d", id), verdict("hats", "e", id), verdict("hats", "d", uuid.NewString()), verdict("", "d", id), verdict("hats.x", "d", id),
	} {
		if _, err := c.PublishMessage(ctx, "pass.verdict.d.hats."+id, forged, streams.PublishOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	run := verdict("hats", "d", id)
	run.Name.Run = "r1"
	if _, err := c.PublishMessage(ctx, "pass.verdict.d.hats."+id, run, streams.PublishOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := c.PublishVerdict(ctx, verdict("hats", "d", id)); err != nil {
		t.Fatal(err)
	}
	if v := <-said; v.GetWorker() != "hats" || v.GetDecider() != "d" || v.GetName().GetSession() != id || v.GetName().GetRun() != "" {
		t.Errorf("the decider was given %v", v)
	}
	n := 0
	for v, err := range sessions.New(c).VerdictsOf(ctx, id) {
		if n++; err != nil || v.Message.GetWorker() != "hats" {
			t.Errorf("read back %v, %v", v.Message, err)
		}
	}
	if n != 1 {
		t.Errorf("%d verdicts were read back, want the own one alone", n)
	}
}
