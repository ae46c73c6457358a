package uiconfig_test

import (
	"errors"
	"testing"
	"time"

	"github.com/selene-liveness/selene/edge/internal/uiconfig"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestUIConfigs(t *testing.T) {
	b := streamstest.Broker(t, false)
	c := uiconfig.New(streamstest.Connect(t, b))
	ctx := streamstest.Context(t)
	if list, err := c.List(ctx); err != nil || len(list) != 0 {
		t.Fatalf("got %+v, %v", list, err)
	}
	for _, name := range []string{"shop", "bank", "shop"} {
		if _, err := c.Put(ctx, &schemas.UIConfig{Name: name, SuccessMessage: "welcome to " + name}, "ann"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Put(ctx, &schemas.UIConfig{Name: "x", RedirectURL: "javascript:1"}, "ann"); streams.FaultOf(err) != streams.Input {
		t.Errorf("got %v", err)
	}
	other := uiconfig.New(streamstest.Connect(t, b))
	list, err := other.List(ctx)
	if err != nil || len(list) != 2 || list[0].Config.Name != "bank" || list[1].By != "ann" || time.Since(list[0].Updated) > time.Minute {
		t.Fatalf("got %+v, %v", list, err)
	}
	if one, err := other.Get(ctx, "shop"); err != nil || one.Config.SuccessMessage != "welcome to shop" {
		t.Errorf("got %+v, %v", one, err)
	}
	if err := c.Delete(ctx, "shop"); err != nil {
		t.Fatal(err)
	}
	if err := c.Delete(ctx, "shop"); !errors.Is(err, streams.ErrNotFound) {
		t.Errorf("deleted twice: %v", err)
	}
	if _, err := c.Get(ctx, "shop"); !errors.Is(err, streams.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	for _, name := range []string{"a.b", "*", ">", "", "a b"} {
		if _, err := c.Get(ctx, name); streams.FaultOf(err) != streams.Input {
			t.Errorf("%q: got %v", name, err)
		}
	}
}
