package gateway

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// A session passes only after its decision is on the disk of the broker, and is answered with an error if it cannot be.
func TestSuccessWaitsForTheDisk(t *testing.T) {
	b := streamstest.Broker(t, true)
	here := streamstest.Connect(t, b)
	prepare(t, here, "")
	decide(t, here, "decider", always(schemas.Outcome_OUTCOME_PASSED))
	var flushes atomic.Int32
	streamstest.Go(t, func(ctx context.Context) error {
		return here.Serve(ctx, streams.ServiceFlusher, func(context.Context, []byte) ([]byte, error) {
			if flushes.Add(1) == 1 {
				return nil, errors.New("the disk is broken")
			}
			return nil, nil
		})
	})
	there, err := streams.Connect(t.Context(), streams.Options{URL: b.URL(), Master: streamstest.Master()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(there.Close)
	streamstest.Eventually(t, func() error {
		_, err := here.Request(t.Context(), streams.ServiceFlusher, nil)
		if errors.Is(err, streams.ErrNoService) {
			return err
		}
		return nil
	})
	flushes.Store(0)
	d := open(t, there, Config{})
	c, _ := connect(t, d, "")
	c.frame()
	c.wantError(lpproto.CodeInternal)
	c, _ = connect(t, d, "")
	c.frame()
	c.want(lpproto.Success)
	if n := flushes.Load(); n != 2 {
		t.Errorf("%d flushes for 2 sessions", n)
	}
}
