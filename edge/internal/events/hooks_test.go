package events

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/streams/webhook"
)

// receiver takes events, or answers with a status instead.
type receiver struct {
	*httptest.Server
	secret string

	mu     sync.Mutex
	status int
	ids    []string
	tries  int
	faults []string
}

func receive(t *testing.T, status int) *receiver {
	r := &receiver{secret: uuid.NewString(), status: status}
	r.Server = httptest.NewServer(http.HandlerFunc(r.take))
	t.Cleanup(r.Close)
	t.Cleanup(func() {
		if _, _, faults := r.seen(); len(faults) > 0 {
			t.Errorf("posted wrongly: %v", faults)
		}
	})
	return r
}

func (r *receiver) take(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tries++
	var e Event
	if parse := json.Unmarshal(body, &e); err != nil || parse != nil || e.Cursor != "" {
		r.faults = append(r.faults, string(body))
	}
	var seconds int64
	signature := request.Header.Get(webhook.HeaderSignature)
	if _, err := fmt.Sscanf(signature, "t=%d,", &seconds); err != nil || signature != webhook.Sign(r.secret, time.Unix(seconds, 0), body) {
		r.faults = append(r.faults, signature)
	}
	if r.status != http.StatusOK {
		w.WriteHeader(r.status)
		return
	}
	if !slices.Contains(r.ids, e.ID) {
		r.ids = append(r.ids, e.ID)
	}
}

func (r *receiver) seen() (ids []string, tries int, faults []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ids = slices.Clone(r.ids)
	slices.Sort(ids)
	return ids, r.tries, r.faults
}

// wait waits until exactly these events have arrived.
func (r *receiver) wait(t *testing.T, want ...string) {
	t.Helper()
	streamstest.Eventually(t, func() error {
		if ids, _, _ := r.seen(); !slices.Equal(ids, want) {
			return fmt.Errorf("got %v, want %v", ids, want)
		}
		return nil
	})
}

func (r *receiver) hook(t *testing.T, conn *streams.Conn, filter Filter) *Hook {
	t.Helper()
	h := &Hook{URL: r.URL, Secret: r.secret, Filter: filter}
	if err := AddHook(streamstest.Context(t), conn, h); err != nil {
		t.Fatal(err)
	}
	return h
}

// decide stores a decision and returns the id of its event.
func decide(t *testing.T, conn *streams.Conn, outcome schemas.Outcome) (session, id string) {
	t.Helper()
	session = uuid.NewString()
	sequence, err := conn.PublishDecision(streamstest.Context(t), &schemas.Decision{
		Version: schemas.Version, Name: &schemas.FrameName{Session: session, Sequence: 1}, Frame: 1, Outcome: outcome,
	}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return session, fmt.Sprintf("decision-%d", sequence)
}

func poster(conn *streams.Conn) *Poster {
	p := NewPoster(conn, webhook.Networks{netip.MustParsePrefix("127.0.0.0/8")})
	p.tries, p.delay = 3, func(int) time.Duration { return time.Millisecond }
	return p
}

const passed, fake = schemas.Outcome_OUTCOME_PASSED, schemas.Outcome_OUTCOME_FAKE

func TestWebhooks(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	decide(t, conn, passed) // before the webhook existed
	good, picky := receive(t, http.StatusOK), receive(t, http.StatusOK)
	first := good.hook(t, conn, Filter{Kinds: []Kind{Decision}})
	_, early := decide(t, conn, fake) // while nobody posts
	streamstest.Go(t, poster(conn).Run)
	streamstest.Go(t, poster(conn).Run) // of another edge
	picky.hook(t, conn, Filter{Outcomes: []string{"success"}})
	session, second := decide(t, conn, passed)
	_, third := decide(t, conn, fake)
	imported := &schemas.Decision{Version: schemas.Version, Name: &schemas.FrameName{Session: uuid.NewString()}, Outcome: passed}
	if err := sessions.New(conn).StoreImported(t.Context(), imported); err != nil {
		t.Fatal(err)
	}
	closed := &schemas.SessionEvent{Version: schemas.Version, Session: session, Kind: schemas.SessionEventKind_SESSION_CLOSED, Outcome: passed}
	if err := conn.PublishSessionEvent(t.Context(), closed); err != nil {
		t.Fatal(err)
	}
	good.wait(t, early, second, third)
	picky.wait(t, second, "session-1")

	if err := RemoveHook(t.Context(), conn, first.ID); err != nil {
		t.Fatal(err)
	}
	streamstest.Eventually(t, func() error {
		consumers, err := streams.NewLagWatch(conn).Look(t.Context(), nil)
		if _, left := consumers[consumerOf(first.ID)]; err != nil || left || len(consumers) == 0 {
			return fmt.Errorf("got %v, %w", consumers, err)
		}
		return nil
	})
	_, last := decide(t, conn, passed)
	picky.wait(t, second, last, "session-1")
	good.wait(t, early, second, third)
	if hooks, states, err := Hooks(t.Context(), conn); err != nil || len(hooks) != 1 || len(states) != 0 {
		t.Errorf("got %v %v %v", hooks, states, err)
	}
}

// An address that refuses or does not answer is paused, loses only the events that were tried, and does not delay others.
func TestBrokenWebhooks(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	good, bad := receive(t, http.StatusOK), receive(t, http.StatusTeapot)
	hang := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	}))
	defer silent.Close()
	defer close(hang)
	if err := AddHook(t.Context(), conn, &Hook{URL: silent.URL}); err != nil {
		t.Fatal(err)
	}
	filter := Filter{Kinds: []Kind{Decision}}
	broken := bad.hook(t, conn, filter)
	good.hook(t, conn, filter)
	streamstest.Go(t, poster(conn).Run)
	var want []string
	for range pauseAfter {
		_, id := decide(t, conn, passed)
		want = append(want, id)
	}
	good.wait(t, want...)
	var state State
	streamstest.Eventually(t, func() error {
		_, states, err := Hooks(t.Context(), conn)
		if state = states[broken.ID]; err != nil || !state.Paused {
			return fmt.Errorf("got %+v, %w", states, err)
		}
		return nil
	})
	if state.GivenUp != pauseAfter || !strings.Contains(state.LastError, "418") || state.FailedAt == nil {
		t.Errorf("got %+v", state)
	}
	if _, tries, _ := bad.seen(); tries != 3*pauseAfter {
		t.Errorf("%d events were tried %d times", pauseAfter, tries)
	}
	streamstest.Eventually(t, func() error {
		dead, err := conn.Stream(streams.Dead).State(t.Context())
		if err == nil && dead.Messages != pauseAfter {
			err = fmt.Errorf("%d dead letters, want %d", dead.Messages, pauseAfter)
		}
		return err
	})
	_, waits := decide(t, conn, fake)
	good.wait(t, append(want, waits)...)
	if _, tries, _ := bad.seen(); tries != 3*pauseAfter {
		t.Error("a webhook that is paused was posted to")
	}
	bad.mu.Lock()
	bad.status = http.StatusOK
	bad.mu.Unlock()
	if err := ResumeHook(t.Context(), conn, broken.ID); err != nil {
		t.Fatal(err)
	}
	bad.wait(t, waits)
}

// Unless the operator allows it, nobody makes an edge post to its own machine, by whatever name.
func TestWebhooksReachPublicAddressesOnly(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	hidden := receive(t, http.StatusOK)
	p := poster(conn)
	p.Private, p.tries = nil, 1
	var ids []string
	for _, name := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]"} {
		h := &Hook{URL: strings.Replace(hidden.URL, "127.0.0.1", name, 1), Filter: Filter{Kinds: []Kind{Decision}}}
		if err := AddHook(t.Context(), conn, h); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, h.ID)
	}
	decide(t, conn, passed)
	streamstest.Go(t, p.Run)
	streamstest.Eventually(t, func() error {
		_, states, err := Hooks(t.Context(), conn)
		for _, id := range ids {
			if !strings.Contains(states[id].LastError, "not a public address") {
				return fmt.Errorf("%s: got %+v, %w", id, states[id], err)
			}
		}
		return nil
	})
	if _, tries, _ := hidden.seen(); tries != 0 {
		t.Errorf("it was posted to %d times", tries)
	}
}
