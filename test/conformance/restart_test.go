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

// midBatch kills one process and stops another while faces are waiting; a third process judges the rest.
func (b *bench) midBatch(t *testing.T) {
	w := &heap{bench: b}
	killed := w.interrupt(t, func(p *process) { p.kill() })
	b.ackWait(t, soon)
	b.returned(t)

	stopped := w.interrupt(t, func(p *process) {
		b.ackWait(t, never) // from here on the broker takes nothing back by itself
		p.stop(t)
	})
	b.returned(t)

	third := b.start(t)
	streamstest.Eventually(t, func() error {
		if n := w.answered(); n < len(w.sessions) {
			return fmt.Errorf("%d of %d faces were answered", n, len(w.sessions))
		}
		return nil
	})
	b.settled(t)
	third.stop(t)
	for _, session := range w.sessions {
		said := b.of(session)
		for _, again := range said[1:] {
			if !bytes.Equal(again.data, said[0].data) {
				t.Errorf("session %s: %s, and after a restart %s", session, text(said[0].data), text(again.data))
			}
		}
		b.stored(t, session, 1)
	}
	t.Logf("answered when killed: %d, when stopped: %d, of %d", killed, stopped, len(w.sessions))
}

// heap holds waiting faces, each of a different session.
type heap struct {
	*bench
	sessions []string
}

func (w *heap) answered() (n int) {
	for _, session := range w.sessions {
		if len(w.of(session)) > 0 {
			n++
		}
	}
	return n
}

// interrupt queues faces, starts a process and interrupts it after its first verdict. It returns how many faces were answered
// when the process had ended; if it answered all of them, it tries again.
func (w *heap) interrupt(t *testing.T, with func(*process)) int {
	t.Helper()
	const tries = 10
	for range tries {
		for range backlog {
			f := w.face()
			w.send(t, f)
			w.sessions = append(w.sessions, f.GetName().GetSession())
		}
		said := w.next()
		p := w.start(t)
		select {
		case <-said:
		case <-time.After(streamstest.Timeout):
			t.Fatalf("it answered none of %d faces that were waiting for it", backlog)
		}
		with(p)
		if n := w.answered(); n < len(w.sessions) {
			return n
		}
	}
	t.Fatalf("%d times it went on to the last of %d faces", tries, backlog)
	return 0
}

// returned waits until every face that was fetched but not answered is available to other processes.
func (b *bench) returned(t testing.TB) {
	t.Helper()
	c, info, err := b.consumer()
	if err != nil {
		t.Fatal(err)
	}
	missing := info.NumAckPending // redelivered first
	var held []jetstream.Msg
	streamstest.Eventually(t, func() error {
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
