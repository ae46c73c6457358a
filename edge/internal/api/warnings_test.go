package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// warned returns the paths that an answer with a revision warns about.
func warned(t *testing.T, body []byte) (paths []string) {
	t.Helper()
	var revision struct{ Warnings []warning }
	if err := json.Unmarshal(body, &revision); err != nil || revision.Warnings == nil {
		t.Fatalf("%v: %s", err, body)
	}
	for _, w := range revision.Warnings {
		paths = append(paths, w.Path)
	}
	return paths
}

// A threshold that nothing could measure looked switched on, and nothing said that sessions were not checked.
func TestJudgementsThatNothingMakesAreNamed(t *testing.T) {
	i := install(t, options{})
	streamstest.Go(t, func(ctx context.Context) error { return i.conn.ServeDecider(ctx, "d", func(*schemas.Verdict) {}) })
	i.register(schemas.WorkerDetector, schemas.WorkerMatcher, schemas.WorkerActiveLiveness, schemas.WorkerVirtualCamera)
	for _, measures := range [][]string{{schemas.MeasureLiveness, schemas.MeasureDeepfake}, {schemas.MeasureLiveness}} { // one of two cannot
		streamstest.Go(t, func(ctx context.Context) error {
			return i.conn.Register(ctx, schemas.Registration{Name: schemas.WorkerLiveness, PackName: "zoo 1", Measures: measures})
		})
	}
	streamstest.Eventually(t, func() error {
		if n := len(i.api.Registry.Processes()); n != 6 {
			return fmt.Errorf("%d processes", n)
		}
		return i.isReady()
	})
	for _, c := range []struct {
		document string
		paths    []string
		missing  string
	}{
		{`{}`, nil, ""},
		{`{"thresholds":{"deepfake":0.5}}`, []string{"thresholds.deepfake"}, "judgement: no session can pass: worker liveness cannot measure deepfake"},
		{`{"thresholds":{"liveness":0},"active_liveness":{"is_enabled":false}}`, []string{"thresholds.liveness"}, ""},
	} {
		answer, body := i.do(http.MethodPut, "/v1/settings", []byte(c.document))
		if got := warned(t, body); answer.StatusCode != http.StatusOK || !slices.Equal(got, c.paths) {
			t.Errorf("%s: %s warns about %v, want %v", c.document, answer.Status, got, c.paths)
		}
		_, body = i.get("/v1/settings")
		if got := warned(t, body); !slices.Equal(got, c.paths) {
			t.Errorf("%s: read again, it warns about %v", c.document, got)
		}
		if c.missing != "" {
			i.missing(c.missing)
		} else {
			streamstest.Eventually(t, i.isReady) // an answer holds for a second
		}
	}
	i.put("/v1/settings", `{"thresholds":{"deepfake":0.5}}`)
	if _, body := i.get("/v1/workers"); !strings.Contains(string(body), `"problems":["no session can pass`) || !strings.Contains(string(body), `"pack_name":"zoo 1"`) {
		t.Errorf("the workers: %s", body)
	}
	i.put("/v1/settings", `{"thresholds":{"liveness":0},"active_liveness":{"is_enabled":false}}`)
	if _, body := i.get("/v1/settings"); !strings.Contains(string(body), "LIVENESS IS NOT CHECKED") {
		t.Errorf("says %s", body)
	}
}
