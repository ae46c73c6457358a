package stats

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

func whole(v float64) float64 { return math.Round(v) }

// CSV writes the series: a header row, then one row per step. Codes that never failed have no columns.
func (r *Report) CSV(w io.Writer) error {
	outcomes := schemas.OutcomeNames()[1:] // without open
	var codes []int32
	for _, c := range r.Total.Codes {
		codes = append(codes, c.Code)
	}
	slices.Sort(codes)
	names := []string{string(r.Step), "opened", "sessions"}
	names = append(names, outcomes...)
	names = append(names, "frames", "failed_frames", "unjudged_frames")
	for _, what := range []string{"frames_per_session", "frame_ms", "session_seconds"} {
		names = append(names, what+"_mean", what+"_p50", what+"_p95", what+"_p99")
	}
	for _, code := range codes {
		names = append(names, fmt.Sprintf("code_%d_frames", code), fmt.Sprintf("code_%d_sessions", code))
	}
	out := csv.NewWriter(w)
	if err := out.Write(names); err != nil {
		return fmt.Errorf("write statistics: %w", err)
	}
	count := func(n uint64) string { return strconv.FormatUint(n, 10) }
	for _, p := range r.Series {
		row := []string{p.At.Format(time.RFC3339), "", count(p.Sessions)}
		if p.Opened != nil {
			row[1] = count(*p.Opened)
		}
		for _, o := range outcomes {
			row = append(row, count(p.Outcomes[o]))
		}
		row = append(row, count(p.Frames), count(p.Failed), count(p.Unjudged))
		for _, q := range []*Quantiles{p.FramesPerSession, p.FrameTime, p.SessionTime} {
			row = append(row, q.row()...)
		}
		for _, code := range codes {
			at := slices.IndexFunc(p.Codes, func(c CodeFigures) bool { return c.Code == code })
			if at < 0 {
				row = append(row, "0", "0")
				continue
			}
			row = append(row, count(p.Codes[at].Frames), count(p.Codes[at].Sessions))
		}
		if err := out.Write(row); err != nil {
			return fmt.Errorf("write statistics: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write statistics: %w", err)
	}
	return nil
}

func (q *Quantiles) row() []string {
	if q == nil {
		return []string{"", "", "", ""}
	}
	var row []string
	for _, v := range []float64{q.Mean, q.P50, q.P95, q.P99} {
		row = append(row, strconv.FormatFloat(v, 'f', 3, 64))
	}
	return row
}
