package stats

import (
	"cmp"
	"slices"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// Query selects what to report. Times are rounded to whole steps.
type Query struct {
	Since, Until time.Time
	Step         Step
	Outcome      string // one of schemas.OutcomeNames, or Fail; "" = any
	Code         int32  // only sessions and frames in which this check failed; 0 = any
}

// Step is the length of each point of a series. Days are in UTC.
type Step string

// All steps.
const (
	ByHour Step = "hour"
	ByDay  Step = "day"
)

func (s Step) hours() int64 {
	if s == ByDay {
		return 24
	}
	return 1
}

// Fail selects sessions that ended without success.
const Fail = "fail"

// Report contains the counts in total and by step.
type Report struct {
	Since    time.Time `json:"since"` // not before the oldest hour that is kept
	Until    time.Time `json:"until"`
	Step     Step      `json:"step"`
	Complete bool      `json:"complete"`       // false after a start until all stored messages are counted
	Error    float64   `json:"relative_error"` // of quantiles
	Total    Figures   `json:"total"`
	Series   []Point   `json:"series"`
}

// Point is one step.
type Point struct {
	At time.Time `json:"at"` // its beginning
	Figures
}

// Figures describes the sessions that ended in a step.
type Figures struct {
	Opened   *uint64           `json:"opened"` // sessions that were opened; null with a filter
	Sessions uint64            `json:"sessions"`
	Outcomes map[string]uint64 `json:"outcomes"`
	Frames   uint64            `json:"frames"`          // decided
	Failed   uint64            `json:"failed_frames"`   // with a code, including prompts
	Unjudged uint64            `json:"unjudged_frames"` // that could not be judged
	Codes    []CodeFigures     `json:"codes"`           // the most frequent first

	// Null if nothing was measured, or with a code in the query.
	FramesPerSession *Quantiles `json:"frames_per_session"` // judged
	FrameTime        *Quantiles `json:"frame_ms"`
	SessionTime      *Quantiles `json:"session_seconds"`
}

// CodeFigures counts how often a check failed.
type CodeFigures struct {
	Code     int32  `json:"code"`
	Name     string `json:"name,omitempty"`
	Frames   uint64 `json:"frames"`
	Sessions uint64 `json:"sessions"` // in which it failed at least once
}

func (q *Query) wants(outcome string) bool {
	return q.Outcome == "" || q.Outcome == outcome || q.Outcome == Fail && outcome != schemas.OutcomeName(schemas.Outcome_OUTCOME_PASSED)
}

// report answers a query as of a time.
func (c *counters) report(q Query, now time.Time) Report {
	step := q.Step.hours()
	kept := c.oldest(hourOf(now))
	first := max(hourOf(q.Since), kept)
	last := min(hourOf(q.Until.Add(-time.Nanosecond)), hourOf(now))
	first, last = first/step*step, max(last/step*step, first/step*step)
	at := func(hour int64) time.Time { return time.Unix(hour*3600, 0).UTC() }
	r := Report{Since: at(first), Until: at(last + step), Step: q.Step, Error: RelativeError, Series: []Point{}}
	var all sum
	for begin := first; begin <= last; begin += step {
		var part sum
		for h := max(begin, kept); h < begin+step; h++ {
			part.add(q, c.Hours[h])
		}
		r.Series = append(r.Series, Point{at(begin), part.figures(q)})
		all.merge(part)
	}
	r.Total = all.figures(q)
	return r
}

// sum returns the sum of cells.
type sum struct {
	opened   uint64
	outcomes map[string]uint64
	cell     cell
}

func (s *sum) add(q Query, h *hour) {
	if h == nil {
		return
	}
	s.opened += h.Opened
	for outcome, c := range h.Outcomes {
		if !q.wants(outcome) {
			continue
		}
		n := c.Sessions
		if q.Code != 0 {
			n = c.Codes[q.Code].Sessions
		}
		s.count(outcome, n)
		s.cell.merge(c)
	}
}

func (s *sum) count(outcome string, n uint64) {
	if s.outcomes == nil {
		s.outcomes = map[string]uint64{}
	}
	if n > 0 {
		s.outcomes[outcome] += n
	}
}

func (s *sum) merge(o sum) {
	s.opened += o.opened
	for outcome, n := range o.outcomes {
		s.count(outcome, n)
	}
	s.cell.merge(&o.cell)
}

func (s *sum) figures(q Query) Figures {
	f := Figures{
		Sessions: s.cell.Sessions,
		Outcomes: map[string]uint64{},
		Frames:   s.cell.Frames,
		Failed:   s.cell.Failed,
		Unjudged: s.cell.Unjudged,
		Codes:    []CodeFigures{},
	}
	if q.Outcome == "" && q.Code == 0 {
		f.Opened = &s.opened
	}
	for outcome, n := range s.outcomes {
		f.Outcomes[outcome] = n
	}
	for code, n := range s.cell.Codes {
		if q.Code == 0 || q.Code == code {
			f.Codes = append(f.Codes, CodeFigures{code, schemas.CodeName(code), n.Frames, n.Sessions})
		}
	}
	slices.SortFunc(f.Codes, func(a, b CodeFigures) int {
		return cmp.Or(cmp.Compare(b.Frames, a.Frames), cmp.Compare(a.Code, b.Code))
	})
	if q.Code != 0 {
		n := s.cell.Codes[q.Code]
		f.Sessions, f.Frames, f.Failed, f.Unjudged = n.Sessions, n.Frames, n.Frames, 0
		return f
	}
	f.FramesPerSession, f.FrameTime, f.SessionTime = s.cell.PerSession.Quantiles(), s.cell.FrameMS.Quantiles(), s.cell.SessionS.Quantiles()
	if p := f.FramesPerSession; p != nil {
		p.P50, p.P95, p.P99 = whole(p.P50), whole(p.P95), whole(p.P99)
	}
	return f
}
