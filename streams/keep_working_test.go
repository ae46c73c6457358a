package streams

import (
	"testing"
	"time"
)

func TestMessagesAreKeptWhileTheyAreJudged(t *testing.T) {
	told := make(chan struct{})
	stop := (&Delivery{Working: func() { told <- struct{}{} }}).KeepWorking(time.Millisecond)
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
