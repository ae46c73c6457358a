package pipeline

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/workers/decider"
)

// undecided returns the number of frames that this process's deciders gave up on.
func undecided(t *testing.T) (n float64) {
	t.Helper()
	families, err := prometheus.DefaultGatherer.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != "selene_worker_messages_total" {
			continue
		}
		for _, m := range family.GetMetric() {
			if m.GetLabel()[0].GetValue() == streams.ResultDead && m.GetLabel()[1].GetValue() == decider.Name {
				n += m.GetCounter().GetValue()
			}
		}
	}
	return n
}

// Nothing is promised before it is stored: while decisions cannot be stored, none is published.
func TestNoReplyWithoutAStoredDecision(t *testing.T) {
	broker := streamstest.Broker(t, true)
	conn := streamstest.Connect(t, broker)
	start(t, append(instantWorkers(conn, nil, true), decider.New(conn).Run)...)
	c := connect(t, conn)
	first := c.judge([]byte{1})
	if stored, err := sessions.New(conn).LastDecision(streamstest.Context(t), c.id); err != nil || stored.GetState().GetLastDecision() != first.GetState().GetLastDecision() {
		t.Errorf("told decision %d, stored is %v (%v)", first.GetState().GetLastDecision(), stored, err)
	}
	nc, err := nats.Connect(broker.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(streamstest.Context(t), streams.Decisions); err != nil {
		t.Fatal(err)
	}
	before := undecided(t)
	c.publish(c.frame([]byte{1}))
	streamstest.Eventually(t, func() error {
		if n := undecided(t) - before; n != 1 {
			return fmt.Errorf("%v frames were given up", n)
		}
		return nil
	})
	// After one round trip, everything the decider had sent by then has arrived: the single connection keeps order.
	if err := conn.Ready(streamstest.Context(t)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if d, err := c.inbox.Next(ctx); err == nil {
		t.Errorf("told a decision that is stored nowhere: %v", d)
	}
}
