package gateway

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestDeciderDies(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	prepare(t, conn, "")
	withdraw := offer(t, conn, "dead")
	c, id := connect(t, open(t, conn, Config{Deadline: time.Second}), "")
	withdraw()
	detect(t, conn)
	decide(t, conn, "alive", goOn)
	c.frame()
	c.wantStats(schemas.CodeMoreFrames)
	frames := stored(t, conn, id)
	if len(frames) != 2 {
		t.Fatalf("published %d times, want twice", len(frames))
	}
	first, second := frames[0], frames[1]
	if first.GetDecider() != "dead" || second.GetDecider() != "alive" || second.GetAttempt() != 1 ||
		first.GetName().GetNonce() == second.GetName().GetNonce() || second.GetName().GetSequence() != 1 {
		t.Fatalf("got %v and %v", first, second)
	}
	c.frame()
	c.wantStats(schemas.CodeMoreFrames)
	if n := len(stored(t, conn, id)); n != 3 {
		t.Fatalf("the living decider was not kept: %d frames", n)
	}
}

func TestNoDecisionInTime(t *testing.T) {
	var silent atomic.Bool
	silent.Store(true)
	conn := world(t, hurried, func(f *schemas.Frame, sequence uint64) *schemas.Decision {
		if silent.Load() {
			return nil
		}
		return goOn(f, sequence)
	})
	c, id := connect(t, open(t, conn, Config{Deadline: 500 * time.Millisecond}), "")
	c.frame()
	c.wantError(lpproto.CodeInternal)
	if n := len(stored(t, conn, id)); n != 1 { // no detector has seen it: there is nothing to repeat
		t.Fatalf("published %d times, want once", n)
	}
	detect(t, conn)
	c.frame()
	c.wantError(lpproto.CodeInternal)
	if n := len(stored(t, conn, id)) - 1; n < 2 || n > maxWaits {
		t.Fatalf("published %d times, want up to %d", n, maxWaits)
	}
	silent.Store(false)
	c.frame()
	c.wantStats(schemas.CodeMoreFrames)
}

// A frame that keeps its detector busy for long is not given to other detectors too.
func TestFrameUnderWayIsNotPublishedAgain(t *testing.T) {
	var waits atomic.Int32
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	prepare(t, conn, hurried)
	d := open(t, conn, Config{Deadline: 500 * time.Millisecond})
	decide(t, conn, "decider", func(f *schemas.Frame, sequence uint64) *schemas.Decision {
		if waits.Add(1) == 1 { // the whole of the first two waits
			ctx, cancel := context.WithTimeout(context.Background(), 2500*time.Millisecond)
			defer cancel()
			<-ctx.Done()
		}
		return goOn(f, sequence)
	})
	c, id := connect(t, d, "")
	c.frame()
	c.wantStats(schemas.CodeMoreFrames)
	if n := len(stored(t, conn, id)); n != 1 {
		t.Errorf("published %d times, want once", n)
	}
}

// The attack: a frame keeps its detector busy for good, and its client sends more of them, also after a new connection. No other
// detector gets one, and the session goes on once the first has left the detector.
func TestFrameInWorkIsNotFollowedByAnother(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	prepare(t, conn, hurried)
	offer(t, conn, "decider")
	first, second := open(t, conn, Config{Deadline: 200 * time.Millisecond}), open(t, conn, Config{Deadline: 200 * time.Millisecond})
	c, id := connect(t, first, "")
	for range 2 {
		c.frame()
		c.wantError(lpproto.CodeInternal)
	}
	c.ws.Close()
	wantEvents(t, conn, id, schemas.SessionEventKind_SESSION_OPENED, schemas.SessionEventKind_SESSION_DISCONNECTED)
	c, _ = connect(t, second, id)
	c.frame()
	c.wantError(lpproto.CodeInternal)
	if n := len(stored(t, conn, id)); n != 1 {
		t.Errorf("%d frames were published, want the first alone", n)
	}
	decide(t, conn, "decider", goOn) // also on the first
	c.frame()
	c.wantStats(schemas.CodeMoreFrames)
	frames := stored(t, conn, id)
	if last := frames[len(frames)-1]; len(frames) != 2 || last.GetName().GetSequence() != 2 || last.GetState().GetAttempts() != 1 {
		t.Errorf("the session goes on with %v", last)
	}
}

// A frame that no detector would begin with any more does not hold up its session.
func TestLostFrameIsFollowedByAnother(t *testing.T) {
	conn := world(t, hurried, goOn)
	id := uuid.NewString()
	lost := &schemas.Frame{
		Version: schemas.Version, Name: &schemas.FrameName{Session: id, Sequence: 1, Nonce: "lost"}, Decider: "nobody",
		ReceivedUnixNanos: time.Now().Add(-2 * workTime).UnixNano(), State: &schemas.SessionState{},
	}
	if _, err := conn.PublishFrame(t.Context(), lost); err != nil {
		t.Fatal(err)
	}
	c, _ := connect(t, open(t, conn, Config{Deadline: 200 * time.Millisecond}), id)
	c.frame()
	c.wantStats(schemas.CodeMoreFrames)
}

func TestLostReplyIsReadBack(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	prepare(t, conn, "")
	offer(t, conn, "mute")
	streamstest.Go(t, func(ctx context.Context) error { // stores, and dies before it replies
		w := streams.Work{Stream: streams.Frames, Durable: "mute", Concurrency: 1, AckWait: time.Minute}
		return conn.Consume(ctx, w, func(ctx context.Context, d *streams.Delivery) error {
			f, err := streams.Decode(d, &schemas.Frame{})
			if err != nil {
				return err
			}
			_, err = conn.PublishDecision(ctx, goOn(f, d.Sequence), f.GetState().GetLastDecision())
			return err
		})
	})
	c, id := connect(t, open(t, conn, Config{Deadline: time.Second}), "")
	for range 2 {
		c.frame()
		c.wantStats(schemas.CodeMoreFrames)
	}
	if n := len(stored(t, conn, id)); n != 2 {
		t.Fatalf("%d frames for 2 decisions", n)
	}
}

func TestDuplicateReplies(t *testing.T) {
	var conn *streams.Conn
	var previous *schemas.Decision
	conn = world(t, "", func(f *schemas.Frame, sequence uint64) *schemas.Decision {
		for range 3 { // of the frame before, ahead of this one's
			if previous != nil {
				if err := conn.Reply(previous); err != nil {
					return nil
				}
			}
		}
		previous = verdict(f, sequence, schemas.Outcome_OUTCOME_CONTINUE, int32(f.GetName().GetSequence()))
		return previous
	})
	c, id := connect(t, open(t, conn, Config{}), "")
	for n := range int32(20) {
		c.frame()
		c.wantStats(n + 1)
	}
	if n := len(stored(t, conn, id)); n != 20 {
		t.Fatalf("%d frames stored, want 20", n)
	}
}

// Another edge's frame of the same number was decided first: this one follows after it.
func TestFrameDecidedElsewhereFirst(t *testing.T) {
	var conn *streams.Conn
	conn = world(t, "", func(f *schemas.Frame, sequence uint64) *schemas.Decision {
		if f.GetName().GetSequence() == 1 {
			other := verdict(f, sequence, schemas.Outcome_OUTCOME_CONTINUE, schemas.CodeNoFace)
			other.Name = &schemas.FrameName{Session: f.GetName().GetSession(), Sequence: 1, Nonce: "another edge"}
			if _, err := conn.PublishDecision(context.Background(), other, 0); err != nil {
				return nil
			}
		}
		return verdict(f, sequence, schemas.Outcome_OUTCOME_CONTINUE, schemas.CodeMoreFrames)
	})
	c, id := connect(t, open(t, conn, Config{}), "")
	c.frame()
	c.wantStats(schemas.CodeMoreFrames)
	last, err := sessions.New(conn).LastDecision(context.Background(), id)
	if err != nil || last.GetName().GetSequence() != 2 || last.GetState().GetAttempts() != 2 {
		t.Fatalf("got %v, %v", last, err)
	}
}

// The session was ended, by a reaper for instance, while a frame was under way.
func TestSessionEndedElsewhere(t *testing.T) {
	var conn *streams.Conn
	conn = world(t, "", func(f *schemas.Frame, sequence uint64) *schemas.Decision {
		end := verdict(f, 0, schemas.Outcome_OUTCOME_TIMEOUT)
		end.Name = &schemas.FrameName{Session: f.GetName().GetSession(), Nonce: "reaper"}
		if _, err := conn.PublishDecision(context.Background(), end, 0); err != nil {
			return nil
		}
		return goOn(f, sequence)
	})
	c, id := connect(t, open(t, conn, Config{}), "")
	c.frame()
	c.wantStats()
	c.wantClose(lpproto.CloseSessionTimeout, "session timeout")
	if e := wantEvents(t, conn, id, schemas.SessionEventKind_SESSION_OPENED, schemas.SessionEventKind_SESSION_CLOSED); e.GetOutcome() != schemas.Outcome_OUTCOME_TIMEOUT {
		t.Fatalf("got %v", e)
	}
}

func TestBrokerUnreachable(t *testing.T) {
	broker, err := streams.NewBroker(streams.BrokerOptions{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, kill := context.WithCancel(context.Background())
	gone := make(chan error, 1)
	go func() { gone <- broker.Run(ctx) }()
	conn := streamstest.Connect(t, broker)
	prepare(t, conn, "")
	offer(t, conn, "d")
	d := open(t, conn, Config{Deadline: time.Second})
	c, _ := connect(t, d, "")
	kill()
	if err := <-gone; err != nil {
		t.Fatal(err)
	}
	streamstest.Eventually(t, func() error {
		if conn.Ready(context.Background()) == nil {
			return errors.New("the broker still answers")
		}
		return nil
	})
	for range 2 {
		c.frame()
		c.wantError(lpproto.CodeInternal)
	}
	second := dial(t, d)
	second.send(lpproto.NewConnect(lpproto.ConnectRequest{}))
	second.wantError(lpproto.CodeInternal)
}
