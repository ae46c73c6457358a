package simulate

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/selene-liveness/selene/deploy/tools/eval"
)

// Result is the report on a run.
type Result struct {
	Pack     string    `json:"pack"`
	Half     Half      `json:"half"`
	Seed     uint64    `json:"seed"`
	People   int       `json:"people"` // clips of people that were played
	Fakes    int       `json:"fakes"`  // clips of fakes that were played
	Unused   []string  `json:"unused"` // clips from which nobody can be played
	Kinds    []Row     `json:"kinds"`
	Sessions []Session `json:"sessions"`
}

// Row is the result of a kind.
type Row struct {
	Kind     string   `json:"kind"`
	About    string   `json:"about"`
	Attack   bool     `json:"attack"`
	Sessions int      `json:"sessions"`
	Subjects int      `json:"subjects"`
	Passed   int      `json:"passed"`
	Low      float64  `json:"low"`  // 95 % confidence interval of the share of passes
	High     float64  `json:"high"` //
	Median   float64  `json:"median_seconds"`
	P90      float64  `json:"p90_seconds"` // of the sessions that passed
	Reasons  []Reason `json:"reasons"`     // of the sessions that did not pass, most frequent first
	Steps    []Reason `json:"steps"`       // why actions were not accepted, in all sessions

	Attempts         Spread `json:"attempts"`          // of the sessions that passed
	LivenessAttempts Spread `json:"liveness_attempts"` //
	Doubts           int    `json:"doubts"`            // frames with code 104, in all sessions
}

// Spread is a distribution.
type Spread struct {
	Median float64 `json:"median"`
	P90    float64 `json:"p90"`
	Most   float64 `json:"most"`
}

func spread(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	return Spread{middle(values, 0.5), middle(values, 0.9), middle(values, 1)}
}

// Reason is a reason with the number of its cases.
type Reason struct {
	Reason string `json:"reason"`
	Count  int    `json:"count"`
}

// Summarise makes the report of sessions.
func Summarise(m *Material, half Half, o Options, sessions []Session) *Result {
	r := &Result{
		Pack: m.Models.Name(), Half: half, Seed: o.Seed, People: len(m.People), Fakes: len(m.Fakes), Unused: m.Unused, Sessions: sessions,
	}
	for _, k := range o.Kinds {
		r.Kinds = append(r.Kinds, rowOf(k, slices.DeleteFunc(slices.Clone(sessions), func(s Session) bool { return s.Kind != k.Name })))
	}
	return r
}

// rowOf sums up the sessions of a kind.
func rowOf(k Kind, sessions []Session) Row {
	row := Row{Kind: k.Name, About: k.About, Attack: k.Attack, Sessions: len(sessions)}
	reasons, steps, subjects := map[string]int{}, map[string]int{}, map[string]bool{}
	var took, attempts, atLiveness []float64
	for _, s := range sessions {
		subjects[s.Subject] = true
		row.Doubts += s.Doubts
		for _, f := range s.Failed {
			steps[f]++
		}
		if !s.Passed {
			reasons[s.Reason()]++
			continue
		}
		took = append(took, s.Took.Seconds())
		attempts, atLiveness = append(attempts, float64(s.Attempts)), append(atLiveness, float64(s.LivenessAttempts))
	}
	row.Subjects, row.Passed = len(subjects), len(took)
	row.Low, row.High = eval.Wilson(row.Passed, row.Sessions)
	if len(took) > 0 {
		row.Median, row.P90 = middle(took, 0.5), middle(took, 0.9)
	}
	row.Attempts, row.LivenessAttempts = spread(attempts), spread(atLiveness)
	row.Reasons, row.Steps = ranked(reasons), ranked(steps)
	return row
}

// Reason returns the outcome with the codes of the last frame.
func (s Session) Reason() string {
	out := strings.ToLower(strings.TrimPrefix(s.Outcome, "OUTCOME_"))
	for _, c := range s.Codes {
		out += fmt.Sprintf(" %d", c)
	}
	return out
}

func ranked(counts map[string]int) []Reason {
	out := []Reason{}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, Reason{name, counts[name]})
	}
	slices.SortStableFunc(out, func(a, b Reason) int { return cmp.Compare(b.Count, a.Count) })
	return out
}

// listed is the number of reasons that the text names.
const listed = 5

// WriteHeader writes what was played, and the head of the table as Markdown.
func (r *Result) WriteHeader(w io.Writer) error {
	_, err := fmt.Fprintf(w, `Pack %s, half %s, seeds from %d. Clips of people: %d, of fakes: %d, from which nobody can be played: %d.

| kind | sessions | subjects | passed | 95 %% | median s | p90 s | how the others ended: outcome, last codes (number) | attempts |
|---|---|---|---|---|---|---|---|---|
`, r.Pack, r.Half, r.Seed, r.People, r.Fakes, len(r.Unused))
	return err
}

// WriteText writes the row of the table. Attempts are those of the sessions that passed: all and at liveness, median/p90/most.
func (k Row) WriteText(w io.Writer) error {
	ends := joined(k.Reasons)
	if len(k.Steps) > 0 {
		ends += "; steps refused: " + joined(k.Steps)
	}
	if k.Doubts > 0 {
		ends += fmt.Sprintf("; frames with a doubt (104): %d", k.Doubts)
	}
	attempts := ""
	if a, l := k.Attempts, k.LivenessAttempts; !k.Attack {
		attempts = fmt.Sprintf("%.0f/%.0f/%.0f, %.0f/%.0f/%.0f", a.Median, a.P90, a.Most, l.Median, l.P90, l.Most)
	}
	_, err := fmt.Fprintf(w, "| %s | %d | %d | %d | %.1f-%.1f %% | %.1f | %.1f | %s | %s |\n", k.Kind, k.Sessions, k.Subjects,
		k.Passed, 100*k.Low, 100*k.High, k.Median, k.P90, strings.TrimPrefix(ends, "; "), attempts)
	return err
}

func joined(reasons []Reason) string {
	var out []string
	for _, x := range reasons[:min(listed, len(reasons))] {
		out = append(out, fmt.Sprintf("%s (%d)", x.Reason, x.Count))
	}
	if more := len(reasons) - listed; more > 0 {
		out = append(out, fmt.Sprintf("%d more", more))
	}
	return strings.Join(out, "; ")
}
