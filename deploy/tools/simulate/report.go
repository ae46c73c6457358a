package simulate

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

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
		row := Row{Kind: k.Name, About: k.About, Attack: k.Attack}
		reasons, steps, subjects := map[string]int{}, map[string]int{}, map[string]bool{}
		var took []float64
		for _, s := range sessions {
			if s.Kind != k.Name {
				continue
			}
			row.Sessions++
			subjects[s.Subject] = true
			for _, f := range s.Failed {
				steps[f]++
			}
			if s.Passed {
				row.Passed++
				took = append(took, s.Took.Seconds())
			} else {
				reasons[s.Reason()]++
			}
		}
		row.Subjects = len(subjects)
		row.Low, row.High = eval.Wilson(row.Passed, row.Sessions)
		if len(took) > 0 {
			row.Median, row.P90 = middle(took, 0.5), middle(took, 0.9)
		}
		row.Reasons, row.Steps = ranked(reasons), ranked(steps)
		r.Kinds = append(r.Kinds, row)
	}
	return r
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

// WriteText writes the table.
func (r *Result) WriteText(w io.Writer) error {
	fmt.Fprintf(w, "pack %s, half %s, seed %d; clips of people: %d, of fakes: %d, from which nobody can be played: %d\n\n",
		r.Pack, r.Half, r.Seed, r.People, r.Fakes, len(r.Unused))
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "kind\tsessions\tsubjects\tpassed\t95 %\tmedian s\tp90 s\tfailures: outcome, last codes (number)")
	for _, k := range r.Kinds {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%.1f-%.1f %%\t%.1f\t%.1f\t%s\n", k.Kind, k.Sessions, k.Subjects, k.Passed,
			100*k.Low, 100*k.High, k.Median, k.P90, joined(k.Reasons))
		if len(k.Steps) > 0 {
			fmt.Fprintf(t, "\t\t\t\t\t\t\tactions refused: %s\n", joined(k.Steps))
		}
	}
	return t.Flush()
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
