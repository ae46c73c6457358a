package api

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/selene-liveness/selene/edge/internal/stats"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestStats(t *testing.T) {
	i := install(t, options{})
	for range 2 {
		evidence(t, i.conn)
	}
	var r stats.Report
	streamstest.Eventually(t, func() error {
		i.want("/v1/stats", &r)
		if !r.Complete || r.Total.Sessions != 2 {
			return fmt.Errorf("got %+v", r)
		}
		return nil
	})
	if f := r.Total; r.Step != stats.ByDay || len(r.Series) != 8 || f.Outcomes["success"] != 2 || *f.Opened != 2 || f.Frames != 6 || f.FramesPerSession.P99 != 3 {
		t.Errorf("got %+v", r)
	}
	if at := r.Series[7].At; !at.Equal(time.Now().UTC().Truncate(24 * time.Hour)) {
		t.Errorf("the last day is %s", at)
	}
	now := time.Now().UTC()
	query := "?since=" + now.Add(-5*time.Hour).Format(time.RFC3339) + "&outcome=success"
	for path, header := range map[string]string{"/v1/stats": "text/csv", "/v1/stats.csv": "*/*"} {
		answer, body := i.get(path+query, "Accept", header)
		if answer.StatusCode != http.StatusOK || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/csv") || !strings.Contains(answer.Header.Get("Content-Disposition"), ".csv") {
			t.Fatalf("%s: %s %v %s", path, answer.Status, answer.Header, body)
		}
		rows, err := csv.NewReader(strings.NewReader(string(body))).ReadAll()
		if err != nil || len(rows) < 7 || rows[0][0] != "hour" {
			t.Fatalf("%s: %v in %s", path, err, body)
		}
	}
	i.want("/v1/stats?outcome=fail", &r)
	if r.Total.Sessions != 0 {
		t.Errorf("got %+v", r.Total)
	}
	for _, query := range []string{"since=x", "until=1", "step=week", "outcome=open", "outcome=x", "code=0", "code=x", "code=-1", "since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z"} {
		answer, body := i.get("/v1/stats?" + query)
		wantProblem(t, answer, body, http.StatusBadRequest)
		answer, body = i.get("/v1/stats.csv?" + query)
		wantProblem(t, answer, body, http.StatusBadRequest)
	}
	for _, query := range []string{"since=0001-01-01T00:00:00Z", "until=9999-01-01T00:00:00Z", "since=9998-01-01T00:00:00Z&until=9999-01-01T00:00:00Z", "since=0001-01-01T00:00:00Z&until=0001-01-02T00:00:00Z&step=day"} {
		i.want("/v1/stats?"+query, &r)
		if len(r.Series) == 0 || len(r.Series) > 800 {
			t.Errorf("%s: %d points", query, len(r.Series))
		}
	}
}
