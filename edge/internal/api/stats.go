package api

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/selene-liveness/selene/edge/internal/stats"
	"github.com/selene-liveness/selene/schemas"
)

const (
	statsSpan  = 7 * 24 * time.Hour // of a report without since
	hourlySpan = 3 * 24 * time.Hour // up to which the default step is an hour
)

// stats answers with the statistics, as JSON or CSV.
func (a *API) stats(w http.ResponseWriter, r *http.Request) error {
	if strings.Contains(r.Header.Get("Accept"), "text/csv") {
		return a.statsCSV(w, r)
	}
	q, err := statsQuery(r.URL.Query(), time.Now())
	if err != nil {
		return err
	}
	w.Header().Set("Vary", "Accept")
	return writeJSON(w, a.Stats.Report(q))
}

// statsCSV answers with the series as a file.
func (a *API) statsCSV(w http.ResponseWriter, r *http.Request) error {
	q, err := statsQuery(r.URL.Query(), time.Now())
	if err != nil {
		return err
	}
	report := a.Stats.Report(q)
	var file bytes.Buffer
	if err := report.CSV(&file); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Vary", "Accept")
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set(
		"Content-Disposition",
		fmt.Sprintf(`attachment; filename="selene-%s-%s.csv"`, report.Since.Format("20060102T15"), report.Until.Format("20060102T15")),
	)
	_, _ = w.Write(file.Bytes()) // the client may be gone
	return nil
}

func statsQuery(v url.Values, now time.Time) (q stats.Query, err error) {
	wrong := func(name, want string) error {
		return problem(http.StatusBadRequest, fmt.Sprintf("%s=%.40q: must be %s", name, v.Get(name), want))
	}
	q.Until = now
	for _, at := range []struct {
		name string
		time *time.Time
	}{{"until", &q.Until}, {"since", &q.Since}} {
		if text := v.Get(at.name); text != "" {
			if *at.time, err = time.Parse(time.RFC3339, text); err != nil {
				return q, wrong(at.name, "a time such as 2026-01-31T12:00:00Z")
			}
		}
	}
	if q.Since.IsZero() {
		q.Since = q.Until.Add(-statsSpan)
	}
	if !q.Since.Before(q.Until) {
		return q, wrong("since", "before until")
	}
	if q.Step = stats.Step(v.Get("step")); q.Step == "" {
		if q.Step = stats.ByDay; q.Until.Sub(q.Since) <= hourlySpan {
			q.Step = stats.ByHour
		}
	}
	if q.Step != stats.ByHour && q.Step != stats.ByDay {
		return q, wrong("step", "hour or day")
	}
	if text := v.Get("code"); text != "" {
		code, err := strconv.ParseUint(text, 10, 31)
		if err != nil || code == 0 || code > maxCode {
			return q, wrong("code", fmt.Sprintf("a number from 1 to %d", maxCode))
		}
		q.Code = int32(code)
	}
	outcomes := append(schemas.OutcomeNames()[1:], stats.Fail)
	if q.Outcome = v.Get("outcome"); q.Outcome != "" && !slices.Contains(outcomes, q.Outcome) {
		return q, wrong("outcome", "one of "+strings.Join(outcomes, ", "))
	}
	return q, nil
}
