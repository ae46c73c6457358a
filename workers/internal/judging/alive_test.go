package judging

import (
	"testing"
	"time"

	"github.com/selene-liveness/selene/streams"
)

func TestMessagesAreKeptWhileTheyAreJudged(t *testing.T) {
	told := make(chan struct{})
	stop := keepAlive(&streams.Delivery{Working: func() { told <- struct{}{} }}, time.Millisecond)
	for range 3 {
		<-told
	}
	go stop()
	for { // until nobody tells any more
		select {
		case <-told:
		case <-time.After(time.Second):
			return
		}
	}
}
