package describe_test

import (
	"context"
	"errors"
	"testing"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/describe"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestDescribe(t *testing.T) {
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	if _, err := describe.Face(ctx, c, nil); !errors.Is(err, describe.ErrNoDescriber) || streams.FaultOf(err) != streams.Infrastructure {
		t.Fatalf("got %v", err)
	}
	streamstest.Go(t, func(ctx context.Context) error {
		return describe.Serve(ctx, c, func(image []byte) ([]byte, error) {
			switch string(image) {
			case "nobody":
				return nil, &describe.Refusal{Code: 8, Reason: "no face"}
			case "broken":
				return nil, errors.New("the secret place of the model")
			}
			return append([]byte("of "), image...), nil
		})
	})
	streamstest.Eventually(t, func() error { _, err := describe.Face(ctx, c, nil); return err })
	if got, err := describe.Face(ctx, c, []byte("face")); err != nil || string(got) != "of face" {
		t.Errorf("got %q, %v", got, err)
	}
	var refusal *describe.Refusal
	if _, err := describe.Face(ctx, c, []byte("nobody")); !errors.As(err, &refusal) || refusal.Code != 8 || refusal.Reason != "no face" {
		t.Errorf("got %v", err)
	}
	if _, err := describe.Face(ctx, c, []byte("broken")); err == nil || errors.As(err, &refusal) || err.Error() != "describe a face: the matcher failed, see its log" {
		t.Errorf("got %v", err)
	}
}
