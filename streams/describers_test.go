package streams_test

import (
	"context"
	"errors"
	"testing"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestDescribe(t *testing.T) {
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	if _, err := c.Describe(ctx, nil); !errors.Is(err, streams.ErrNoDescriber) || streams.FaultOf(err) != streams.Infrastructure {
		t.Fatalf("got %v", err)
	}
	streamstest.Go(t, func(ctx context.Context) error {
		return c.ServeDescriber(ctx, func(image []byte) ([]byte, error) {
			switch string(image) {
			case "nobody":
				return nil, &streams.Refusal{Code: 8, Reason: "no face"}
			case "broken":
				return nil, errors.New("the secret place of the model")
			}
			return append([]byte("of "), image...), nil
		})
	})
	streamstest.Eventually(t, func() error { _, err := c.Describe(ctx, nil); return err })
	if got, err := c.Describe(ctx, []byte("face")); err != nil || string(got) != "of face" {
		t.Errorf("got %q, %v", got, err)
	}
	var refusal *streams.Refusal
	if _, err := c.Describe(ctx, []byte("nobody")); !errors.As(err, &refusal) || refusal.Code != 8 || refusal.Reason != "no face" {
		t.Errorf("got %v", err)
	}
	if _, err := c.Describe(ctx, []byte("broken")); err == nil || errors.As(err, &refusal) || err.Error() != "describe a face: the matcher failed, see its log" {
		t.Errorf("got %v", err)
	}
}
