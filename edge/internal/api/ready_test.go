package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// missing fails the test unless the instance is soon not ready, for want of part.
func (i *installation) missing(part string) {
	i.t.Helper()
	streamstest.Eventually(i.t, func() error {
		answer, body := i.get("/readyz")
		if answer.StatusCode == http.StatusOK {
			return fmt.Errorf("ready: %s", body)
		}
		p := wantProblem(i.t, answer, body, http.StatusServiceUnavailable)
		if !slices.ContainsFunc(p.Missing, func(s string) bool { return strings.HasPrefix(s, part) }) {
			return fmt.Errorf("missing %v, want %s in it", p.Missing, part)
		}
		return nil
	})
}

func (i *installation) isReady() error {
	i.t.Helper()
	answer, body := i.get("/readyz")
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s", answer.Status, body)
	}
	return nil
}

func (i *installation) register(workers ...string) {
	i.t.Helper()
	for _, name := range workers {
		streamstest.Go(i.t, func(ctx context.Context) error { return i.conn.Register(ctx, schemas.Registration{Name: name}) })
	}
}

// complete runs all that an instance needs to be ready.
func (i *installation) complete() {
	i.t.Helper()
	streamstest.Go(i.t, func(ctx context.Context) error { return i.conn.ServeDecider(ctx, "d", func(*schemas.Verdict) {}) })
	i.register(schemas.WorkerDetector, schemas.WorkerLiveness, schemas.WorkerMatcher, schemas.WorkerActiveLiveness, schemas.WorkerVirtualCamera)
	streamstest.Eventually(i.t, i.isReady)
}

func TestReadiness(t *testing.T) {
	i := install(t, options{})
	if answer, _ := i.get("/healthz"); answer.StatusCode != http.StatusOK {
		t.Errorf("alive: %s", answer.Status)
	}
	i.missing("decider")
	i.missing("worker detector")
	i.missing("worker matcher")
	i.complete()
}

func TestWaitingFacesAreCounted(t *testing.T) {
	i := install(t, options{})
	i.complete()
	busy := streams.Work{Stream: streams.Faces, Durable: schemas.WorkerMatcher, Concurrency: 1, AckWait: time.Minute}
	streamstest.Go(t, func(ctx context.Context) error {
		return i.conn.Consume(ctx, busy, func(ctx context.Context, _ *streams.Delivery) error { <-ctx.Done(); return nil })
	})
	for n := range 5 { // one under way, one fetched
		if err := i.conn.PublishFace(t.Context(), &schemas.Face{Version: schemas.Version, Name: &schemas.FrameName{Session: uuid.NewString(), Sequence: uint64(n)}}); err != nil {
			t.Fatal(err)
		}
	}
	streamstest.Eventually(t, func() error {
		if _, body := i.get("/readyz"); !strings.Contains(string(body), `"waiting":{"matcher":3}`) {
			return fmt.Errorf("want 3 faces that wait for matcher: %s", body)
		}
		return nil
	})
}

func TestOnlyRequiredWorkersAreNeeded(t *testing.T) {
	i := install(t, options{})
	i.complete()
	i.put("/v1/settings", `{"workers":[{"name":"gait","required":true}]}`)
	i.missing("worker gait")
	i.put("/v1/settings", `{"workers":[{"name":"gait"}]}`)
	streamstest.Eventually(t, i.isReady)
}

func TestBrokerIsNeeded(t *testing.T) {
	broker, err := streams.NewBroker(streams.BrokerOptions{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, kill := context.WithCancel(context.Background())
	gone := make(chan error, 1)
	go func() { gone <- broker.Run(ctx) }()
	i := attach(t, streamstest.Connect(t, broker), options{})
	i.complete()
	kill()
	if err := <-gone; err != nil {
		t.Error(err)
	}
	i.missing("broker")
}

// An instance that refuses new sessions stays ready for those that are open, and says what is the matter.
func TestReadyWithoutRoom(t *testing.T) {
	i := install(t, options{room: errors.New("no room at all")})
	i.complete()
	answer, body := i.get("/readyz")
	var got struct {
		Status   string
		Warnings []string
	}
	if err := json.Unmarshal(body, &got); err != nil || answer.StatusCode != http.StatusOK || got.Status != "full" ||
		!slices.Equal(got.Warnings, []string{"frames: no room at all"}) {
		t.Errorf("%s %s %v", answer.Status, body, err)
	}
}

// Many that ask at once make no more work than one: whoever reaches the edge can ask.
func TestReadinessAndMetricsAreSharedByAll(t *testing.T) {
	i := install(t, options{})
	var checked, gathered atomic.Int64
	i.api.Room = func() error { checked.Add(1); return nil }
	i.api.Metrics = prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { gathered.Add(1); return nil, nil })
	i.complete()
	before, began := checked.Load(), time.Now()
	var asking sync.WaitGroup
	for range 200 {
		asking.Go(func() { i.get("/readyz"); i.get("/metrics") })
	}
	asking.Wait()
	most := int64(time.Since(began)/sharedFor) + 1
	if n := checked.Load() - before; n > most || gathered.Load() > most {
		t.Errorf("200 calls checked %d times and gathered %d times, at most %d are expected", n, gathered.Load(), most)
	}
}
