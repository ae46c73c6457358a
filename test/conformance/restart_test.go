package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/selene-liveness/selene/streams/streamstest"
)

const (
	backlog = 120
	soon    = 100 * time.Millisecond
	never   = time.Hour
)

// midBatch has one process killed and one told to stop while there is plenty to do, and a third do the rest.
func (b *bench) midBatch(t testing.TB) {
	var sessions []string
	for range backlog {
		f := b.face()
		b.send(t, f)
		sessions = append(sessions, f.GetName().GetSession())
	}
	answered := func() (n int) {
		for _, session := range sessions {
			if len(b.of(session)) > 0 {
				n++
			}
		}
		return n
	}
	more := func(than int) func() error {
		return func() error {
			if n := answered(); n <= than {
				return fmt.Errorf("%d of %d faces were answered, %d before", n, backlog, than)
			}
			return nil
		}
	}

	first := b.start(t)
	streamstest.Eventually(t, answerTime, more(0))
	first.kill()
	b.ackWait(t, soon)
	b.returned(t)

	killed := answered()
	second := b.start(t)
	streamstest.Eventually(t, answerTime, more(killed))
	b.ackWait(t, never) // from here on the broker takes nothing back by itself
	second.stop(t)
	stopped := answered()
	if stopped == backlog {
		t.Errorf("told to stop, it went on to the last of %d faces", backlog)
	}
	b.returned(t)

	third := b.start(t)
	streamstest.Eventually(t, time.Minute, func() error {
		if n := answered(); n < backlog {
			return fmt.Errorf("%d of %d faces were answered", n, backlog)
		}
		return nil
	})
	b.settled(t)
	third.stop(t)
	for _, session := range sessions {
		said := b.of(session)
		for _, again := range said[1:] {
			if !bytes.Equal(again.data, said[0].data) {
				t.Errorf("session %s: %s, and after a restart %s", session, text(said[0].data), text(again.data))
			}
		}
		b.stored(t, session, 1)
	}
	t.Logf("answered when killed: %d, when stopped: %d, of %d", killed, stopped, backlog)
}

// returned waits until every face that was taken and not answered can be had by another process.
func (b *bench) returned(t testing.TB) {
	t.Helper()
	c, info, err := b.consumer()
	if err != nil {
		t.Fatal(err)
	}
	missing := info.NumAckPending // redelivered first
	var held []jetstream.Msg
	streamstest.Eventually(t, answerTime, func() error {
		batch, err := c.Fetch(missing+1, jetstream.FetchMaxWait(200*time.Millisecond))
		if err != nil {
			return err
		}
		for m := range batch.Messages() {
			meta, err := m.Metadata()
			if err != nil {
				return err
			}
			held = append(held, m)
			if meta.NumDelivered > 1 {
				missing--
			}
		}
		if missing > 0 {
			return fmt.Errorf("%d faces were neither answered nor handed back", missing)
		}
		return nil
	})
	var errs []error
	for _, m := range held {
		errs = append(errs, m.Nak())
	}
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}
