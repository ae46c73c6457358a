package matcher

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/workertest"
)

const somePack = "0123456789abcdef"

func TestMemoryRoundTrip(t *testing.T) {
	a, b, c := view{vector: vector{-127, 0, 5}, yaw: 3, pitch: -4}, view{vector: vector{1, 2, 3}}, view{vector: vector{127, -128, 9}, yaw: -90, pitch: 90}
	for _, m := range []memory{
		{reference: a},
		{first: a, previous: b},
		{reference: a, first: b, previous: c, farthest: a, least: 0.5, doubts: 5, verified: verified{0.75, 4, 3}},
		{first: a, previous: b, turned: [4]view{{}, a, c, b}},
	} {
		text := m.encode(somePack)
		got, err := decodeMemory(text, somePack)
		if err != nil || !reflect.DeepEqual(*got, m) {
			t.Errorf("%+v became %+v, %v", m, got, err)
		}
		if _, err := decodeMemory(text, "another pack"); !errors.Is(err, errOtherPack) {
			t.Errorf("another pack: %v", err)
		}
	}
	if m, err := decodeMemory(nil, somePack); err != nil || m.first.known() || m.reference.known() {
		t.Errorf("no state: %+v, %v", m, err)
	}
}

func TestQuantise(t *testing.T) {
	if got := quantise([]float32{0.5, -1, 0.25, 0}); !slices.Equal(got, vector{64, -127, 32, 0}) {
		t.Errorf("got %v", got)
	}
	if got := quantise([]float32{0, 0}).unit(); !slices.Equal(got, []float32{0, 0}) {
		t.Errorf("got %v", got)
	}
	if got := (vector{3, 4}).unit(); got[0] != 0.6 || got[1] != 0.8 {
		t.Errorf("got %v", got)
	}
}

func TestFaultOfABadState(t *testing.T) {
	m := workertest.Models(t, "zoo")
	w := New(m)
	f := workertest.Face(t, m, workertest.Picture(t, "conditions/open_eyes_d9.jpg"), w)
	for name, c := range map[string]struct {
		own   []byte
		fault streams.Fault
	}{
		"cut off":      {[]byte{1, 2, 3}, streams.Input},
		"another pack": {(&memory{first: view{vector: vector{1}}, previous: view{vector: vector{1}}}).encode(somePack), streams.Model},
	} {
		_, err := w.Judge(context.Background(), f, workers.State{Own: c.own, Settings: schemas.DefaultSettings()})
		if err == nil || streams.FaultOf(err) != c.fault {
			t.Errorf("%s: %v (%v), want the fault of %v", name, err, streams.FaultOf(err), c.fault)
		}
	}
}

func FuzzDecodeMemory(f *testing.F) {
	f.Add([]byte{})
	f.Add((&memory{reference: view{vector: vector{1, 2}}, first: view{vector: vector{3, 4}, yaw: 7}, verified: verified{1, 2, 2}}).encode(somePack))
	f.Fuzz(func(t *testing.T, state []byte) {
		m, err := decodeMemory(state, somePack)
		if err != nil || len(state) == 0 {
			return
		}
		if again := m.encode(somePack); !bytes.Equal(again, state) {
			t.Errorf("%v became %v", state, again)
		}
	})
}
