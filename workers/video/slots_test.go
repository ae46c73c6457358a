package video

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/selene-liveness/selene/streams/priority"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestWaitForSlotAcquiresNoSlot(t *testing.T) {
	w := &Worker{slots: priority.NewSemaphore(1)}
	ctx := streamstest.Context(t)
	if err := w.slots.Acquire(ctx, sessionVideos.class()); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { w.waitForSlot(exportVideos)(ctx); close(done) }()
	streamstest.Eventually(t, func() error {
		if w.slots.Waiting(exportVideos.class()) != 1 {
			return errors.New("no acquire is waiting")
		}
		return nil
	})
	w.slots.Release()
	<-done
	if n := w.slots.Free(); n != 1 {
		t.Errorf("%d slots free, want 1", n)
	}
}

func TestSteps(t *testing.T) {
	start := time.Unix(0, 0)
	s := steps{at: start}
	for n, c := range []struct {
		percent int
		after   time.Duration
		due     bool
	}{
		{50, 500 * time.Millisecond, false},
		{9, 2 * time.Second, false},
		{12, 2 * time.Second, true},
		{19, 4 * time.Second, false},
		{20, 4 * time.Second, true},
		{99, 4500 * time.Millisecond, false},
		{99, 5 * time.Second, true},
	} {
		if got := s.due(c.percent, start.Add(c.after)); got != c.due {
			t.Errorf("step %d: due %v", n, got)
		}
	}
}

func TestCut(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	for name, c := range map[string]struct {
		cut  cut
		want string
	}{
		"all":                  {cut{}, "[0 1 2 3 4 5]"},
		"from":                 {cut{from: at(2)}, "[2 3 4 5]"},
		"to":                   {cut{to: at(2)}, "[0 1]"},
		"from to":              {cut{from: at(2), to: at(4)}, "[2 3]"},
		"duration":             {cut{duration: 2 * time.Second}, "[0 1]"},
		"from and duration":    {cut{from: at(3), duration: 2 * time.Second}, "[3 4]"},
		"from before, lasting": {cut{from: at(-2), duration: 3 * time.Second}, "[0]"},
	} {
		var got []int
		for s := range 6 {
			if c.cut.includes(at(s)) {
				got = append(got, s)
			}
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}
