package pipeline

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/decider"
)

// Every frame is published several times, to two deciders, mixed with earlier frames; the session is decided once.
func TestRepeatedAndReorderedFramesAreDecidedOnce(t *testing.T) {
	conn := installation(t, `{"virtual_camera_checker":{"is_enabled":false},"session":{"aggregate_frames":3}}`)
	start(t, append(instantWorkers(conn, nil, false), decider.New(conn).Run, decider.New(conn).Run)...)
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 1))
		c := connect(t, conn)
		var past []*schemas.Frame
		for !c.play(r, &past) {
		}
		// After the end, all frames of the session are published again under new names.
		for _, f := range past {
			again := proto.CloneOf(f)
			again.Name.Nonce = "late-" + f.GetName().GetNonce()
			c.publish(again)
			if d := c.next(); !d.GetOutcome().Terminal() {
				t.Errorf("seed %d: a late frame was answered with %v", seed, d.GetOutcome())
			}
		}
		all := c.decisions()
		for i, d := range all {
			if d.GetName().GetSequence() != uint64(i+1) || d.GetOutcome().Terminal() != (i == len(all)-1) {
				t.Errorf("seed %d: decision %d of %d is on frame %d, %v", seed, i+1, len(all), d.GetName().GetSequence(), d.GetOutcome())
			}
		}
		if last := all[len(all)-1]; last.GetOutcome() != schemas.Outcome_OUTCOME_PASSED || len(all) != 3 {
			t.Errorf("seed %d: %v after %d frames, want a pass after 3", seed, last.GetOutcome(), len(all))
		}
	}
}

// play publishes one frame under several names in random order, mixed with earlier frames, and continues from the decision
// on which all answers agree. It reports whether the session has ended.
func (c *client) play(r *rand.Rand, past *[]*schemas.Frame) bool {
	c.t.Helper()
	ctx := streamstest.Context(c.t)
	var batch []*schemas.Frame
	for range 1 + r.IntN(4) {
		var err error
		if c.decider, err = c.conn.AskDecider(ctx); err != nil {
			c.t.Fatal(err)
		}
		batch = append(batch, c.frame([]byte{1}))
	}
	for _, f := range *past {
		if r.IntN(2) == 0 {
			again := proto.CloneOf(f)
			again.Name.Nonce = fmt.Sprintf("again-%d-%s", len(*past), f.GetName().GetNonce())
			batch = append(batch, again)
		}
	}
	r.Shuffle(len(batch), func(i, k int) { batch[i], batch[k] = batch[k], batch[i] })
	for _, f := range batch {
		c.publish(f)
		c.publish(f) // the very same message is dropped by the broker
	}
	*past = append(*past, batch...)
	var now *schemas.Decision
	for range batch {
		d := c.next()
		switch {
		case d.GetName().GetSequence() <= c.state.GetSequence(): // the answer to a frame of before
		case now == nil:
			now = d
		case !proto.Equal(now, d):
			c.t.Fatalf("two decisions on frame %d:\n%v\n%v", d.GetName().GetSequence(), now, d)
		}
	}
	if now == nil {
		c.t.Fatalf("no answer to frame %d among %d", c.state.GetSequence()+1, len(batch))
	}
	c.state = now.GetState()
	return now.GetOutcome().Terminal()
}

// Verdicts may arrive twice, in any order, from different processes.
func TestRepeatedAndReorderedVerdictsAreDecidedOnce(t *testing.T) {
	conn := installation(t, `{"virtual_camera_checker":{"is_enabled":false},"session":{"aggregate_frames":2},"active_liveness":{"is_enabled":false},"workers":[{"name":"liveness","required":true},{"name":"matcher","required":true}]}`)
	start(t, decider.New(conn).Run)
	ctx := streamstest.Context(t)
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 2))
		c := connect(t, conn)
		for range 2 {
			f := c.frame([]byte{1})
			v, _ := looks(f, c.publish(f), nil)
			v.Detection.Judges = []string{schemas.WorkerLiveness, schemas.WorkerMatcher}
			verdicts := []*schemas.Verdict{v}
			for _, w := range instantJudges(false)[:2] {
				v, err := w.Judge(ctx, nil, workers.State{})
				if err != nil {
					t.Fatal(err)
				}
				v.Version, v.Name, v.Worker, v.Decider = schemas.Version, f.GetName(), w.Name(), f.GetDecider()
				verdicts = append(verdicts, v)
			}
			for _, v := range verdicts[:3] {
				verdicts = append(verdicts, v, v)
			}
			r.Shuffle(len(verdicts), func(i, k int) { verdicts[i], verdicts[k] = verdicts[k], verdicts[i] })
			for _, v := range verdicts {
				if err := conn.PublishVerdict(ctx, v); err != nil {
					t.Fatal(err)
				}
			}
			d := c.next()
			if !d.GetName().Equal(f.GetName()) || len(d.GetWorkers()) != 3 {
				t.Fatalf("seed %d: decision %v", seed, d)
			}
			c.state = d.GetState()
		}
		all := c.decisions()
		if len(all) != 2 || all[0].GetOutcome().Terminal() || all[1].GetOutcome() != schemas.Outcome_OUTCOME_PASSED {
			t.Errorf("seed %d: %d decisions %v", seed, len(all), all)
		}
	}
}

// closings collects every CLOSED event.
func closings(t *testing.T, conn *streams.Conn) chan *schemas.SessionEvent {
	out := make(chan *schemas.SessionEvent, 100)
	work := streams.Work{Stream: streams.Sessions, Durable: "test", Concurrency: 1, AckWait: time.Minute}
	start(t, func(ctx context.Context) error {
		return conn.Consume(ctx, work, func(_ context.Context, d *streams.Delivery) error {
			e, err := streams.Decode(d, &schemas.SessionEvent{})
			if err == nil && e.GetKind() == schemas.SessionEventKind_SESSION_CLOSED {
				out <- e
			}
			return err
		})
	})
	return out
}

// A session that falls silent gets one terminal decision and one CLOSED event, however many deciders watch it.
func TestSilentSessions(t *testing.T) {
	conn := installation(t, `{"virtual_camera_checker":{"is_enabled":false},"session":{"aggregate_frames":2}}`)
	start(t, append(instantWorkers(conn, nil, false), decider.New(conn).Run, decider.New(conn).Run)...)
	closed := closings(t, conn)
	ctx := streamstest.Context(t)
	timeout, passed := schemas.Outcome_OUTCOME_TIMEOUT, schemas.Outcome_OUTCOME_PASSED
	type end struct {
		outcome   schemas.Outcome
		decisions int
	}
	want := map[string]end{}
	clients := map[string]*client{}
	for _, c := range []struct {
		frames    int
		outcome   schemas.Outcome
		decisions int
	}{{0, timeout, 1}, {1, timeout, 2}, {3, passed, 3}} {
		s := connect(t, conn)
		for range c.frames {
			s.judge([]byte{1})
		}
		want[s.id], clients[s.id] = end{c.outcome, c.decisions}, s
	}
	for id := range want {
		if _, err := sessions.New(conn).Claim(ctx, id, uuid.NewString(), time.Second, nil); err != nil {
			t.Fatal(err)
		}
	}
	// Another session falls silent after them: once its end is published, no second end of the others can follow.
	told := map[string]int{}
	hear := func(n int) {
		t.Helper()
		for range n {
			select {
			case e := <-closed:
				told[e.GetSession()]++
				if w, ok := want[e.GetSession()]; ok && e.GetOutcome() != w.outcome {
					t.Errorf("ended with %v, want %v", e.GetOutcome(), w.outcome)
				}
			case <-time.After(streamstest.Timeout):
				t.Fatalf("told of %d ends", len(told))
			}
		}
	}
	hear(len(want))
	last := connect(t, conn)
	if _, err := sessions.New(conn).Claim(ctx, last.id, uuid.NewString(), time.Second, nil); err != nil {
		t.Fatal(err)
	}
	hear(1)
	for id, w := range want {
		all := clients[id].decisions()
		if told[id] != 1 || len(all) != w.decisions {
			t.Errorf("%d ends told, %d decisions, want 1 and %d", told[id], len(all), w.decisions)
			continue
		}
		for i, d := range all {
			if d.GetOutcome().Terminal() != (i == len(all)-1) {
				t.Errorf("decision %d of %d: %v", i+1, len(all), d.GetOutcome())
			}
		}
		if got := all[len(all)-1].GetOutcome(); got != w.outcome {
			t.Errorf("ends with %v, want %v", got, w.outcome)
		}
	}
	// A frame that was still under way is answered with the end.
	for id, w := range want {
		if s := clients[id]; w.outcome == timeout {
			s.publish(s.frame([]byte{1}))
			if d := s.next(); d.GetOutcome() != timeout {
				t.Errorf("a late frame was answered with %v", d.GetOutcome())
			}
		}
	}
}
