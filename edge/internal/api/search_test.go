package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestSearchSessions(t *testing.T) {
	i := install(t, options{})
	var ids []string
	for range 5 {
		id, _ := evidence(t, i.conn)
		ids = append(ids, id)
	}
	slices.Reverse(ids)
	type answered struct {
		Sessions []struct {
			ID, Outcome, Edge string
			Opened, Closed    time.Time
			Codes             []int
			Frames            int
			Live              bool
		}
		Next string
	}
	var found []string
	next := ""
	for range 10 {
		var page answered
		i.want("/v1/sessions?limit=2&outcome=success&cursor="+next, &page)
		for _, s := range page.Sessions {
			found = append(found, s.ID)
			if s.Outcome != "success" || s.Frames != 3 || s.Codes == nil || s.Live || s.Opened.IsZero() || s.Closed.Before(s.Opened) {
				t.Errorf("got %+v", s)
			}
		}
		if next = page.Next; next == "" {
			break
		}
	}
	if !slices.Equal(found, ids) {
		t.Errorf("got %v, want %v", found, ids)
	}
	for query, want := range map[string]int{
		"q=" + ids[2][:8]: 1,
		"q=" + ids[2]:     1,
		"outcome=fail":    0,
		"outcome=open":    0,
		"code=8":          0,
		"since=" + time.Now().Add(time.Hour).UTC().Format(time.RFC3339): 0,
		"until=" + time.Now().Add(time.Hour).UTC().Format(time.RFC3339): 5,
	} {
		var page answered
		i.want("/v1/sessions?"+query, &page)
		if len(page.Sessions) != want || page.Sessions == nil {
			t.Errorf("%s: got %+v", query, page)
		}
	}
	for _, query := range []string{
		"since=yesterday", "until=1", "outcome=OUTCOME_PASSED", "code=x", "code=-1", "limit=0", "limit=201", "cursor=x", "cursor=-1", "q=%2A", "q=" + uuid.NewString() + "0",
	} {
		answer, body := i.get("/v1/sessions?" + query)
		wantProblem(t, answer, body, http.StatusBadRequest)
	}
}

func TestWorkers(t *testing.T) {
	i := install(t, options{})
	i.put("/v1/settings", `{"virtual_camera_checker":{"is_enabled":false},"workers":[{"name":"gait","required":true},{"name":"hats"}],
		"thresholds":{"liveness":0},"session":{"previous_face_similarity":0},"active_liveness":{"is_enabled":false}}`)
	for _, version := range []string{"2", "1"} {
		streamstest.Go(t, func(ctx context.Context) error {
			return i.conn.Register(ctx, schemas.Registration{Name: "gait", Version: version, Pack: "p"})
		})
	}
	streamstest.Go(t, func(ctx context.Context) error {
		w := streams.Work{Stream: streams.Faces, Durable: "gait", Concurrency: 1, AckWait: 20 * time.Second}
		return i.conn.Consume(ctx, w, func(ctx context.Context, _ *streams.Delivery) error {
			<-ctx.Done() // stuck
			return nil
		})
	})
	for range 3 {
		if err := i.conn.PublishFace(streamstest.Context(t), &schemas.Face{Version: schemas.Version, Name: &schemas.FrameName{Session: uuid.NewString()}}); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]string{
		"decider": "running 0 required true version  pack ", "detector": "running 0 required true version  pack ",
		"gait": "running 2 required true version 1, 2 pack p", "hats": "running 0 required false version  pack ",
	}
	streamstest.Eventually(t, func() error {
		var list struct {
			Workers []struct {
				Name, Version, Pack string
				Running, Pending    int
				InFlight            int      `json:"in_flight"`
				Rate                *float64 `json:"rate_per_second"`
				Required            bool
			}
		}
		i.want("/v1/workers", &list)
		for _, w := range list.Workers {
			if got := fmt.Sprintf("running %d required %v version %s pack %s", w.Running, w.Required, w.Version, w.Pack); got != want[w.Name] {
				return fmt.Errorf("%s: %s", w.Name, got)
			}
			if w.Name == "gait" && (w.InFlight == 0 || w.InFlight+w.Pending != 3 || w.Rate == nil) {
				return fmt.Errorf("got %+v", w)
			}
		}
		if len(list.Workers) != len(want) {
			return fmt.Errorf("got %+v", list)
		}
		return nil
	})
}
