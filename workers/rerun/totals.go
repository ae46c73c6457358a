package rerun

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/selene-liveness/selene/schemas"
)

// Totals counts what changed over all sessions of a run.
type Totals struct {
	Sessions  int `json:"sessions"`
	Identical int `json:"identical"`       // every verdict the same, byte for byte
	Flipped   int `json:"flipped"`         // ended with another outcome
	Unfit     int `json:"unfit,omitempty"` // could not be judged again
	Frames    int `json:"frames"`
	Missing   int `json:"missing,omitempty"` // frames, as in Result
	Late      int `json:"late,omitempty"`
	Beyond    int `json:"beyond,omitempty"`
	Verdicts  int `json:"verdicts"`
	Differing int `json:"differing"` // verdicts
	// Notes counts sessions by what was left out of them.
	Notes map[string]int `json:"notes,omitempty"`
	// Outcomes counts changed outcomes by "BEFORE -> AFTER".
	Outcomes map[string]int        `json:"outcomes"`
	Fields   map[string]int        `json:"fields"` // verdicts with a difference, by "worker: field"
	Codes    map[int32]*CodeChange `json:"codes"`  // by code
	Scores   map[string]*Shifts    `json:"scores"` // by name
}

// CodeChange counts the frames on which a code disappeared and appeared.
type CodeChange struct {
	Gone int `json:"gone"`
	New  int `json:"new"`
}

// Shifts is the distribution of the differences of a score.
type Shifts struct {
	Count     int     `json:"count"`
	Moved     int     `json:"moved"` // not exactly equal
	Mean      float64 `json:"mean"`  // of after minus before
	Largest   float64 `json:"largest"`
	Histogram []int   `json:"histogram"` // from -Range to +Range, in bins of equal width
	Range     float64 `json:"range"`

	sum float64
}

// bins is odd, so that a shift of zero has its own bin.
const bins = 21

// rangeOf returns the range of the histogram of a score: angles are in degrees, all other scores lie between 0 and 1.
func rangeOf(score string) float64 {
	if strings.HasPrefix(score, "head_pose.") {
		return 30
	}
	return 1
}

// NewTotals returns empty totals.
func NewTotals() *Totals {
	return &Totals{
		Notes:    map[string]int{},
		Outcomes: map[string]int{},
		Fields:   map[string]int{},
		Codes:    map[int32]*CodeChange{},
		Scores:   map[string]*Shifts{},
	}
}

// Add adds the result of one session.
func (t *Totals) Add(r *Result) {
	t.Sessions++
	t.Frames += r.Frames
	t.Missing += r.Missing
	t.Late += r.Late
	t.Beyond += r.Beyond
	for _, note := range r.Notes {
		t.Notes[note]++
	}
	if r.Unfit != "" {
		t.Unfit++
		t.Notes[r.Unfit]++
	}
	t.Verdicts += r.Verdicts
	t.Differing += len(r.Fields)
	if r.Identical() {
		t.Identical++
	}
	if r.Flipped() {
		t.Flipped++
		t.Outcomes[r.Before+" -> "+r.After]++
	}
	for _, v := range r.Fields {
		for _, f := range v.Fields {
			t.Fields[v.Worker+": "+f.Field]++
		}
	}
	for _, c := range r.Codes {
		t.codes(c.Before, c.After, func(n *CodeChange) { n.Gone++ })
		t.codes(c.After, c.Before, func(n *CodeChange) { n.New++ })
	}
	for _, s := range r.Shifts {
		t.shift(s)
	}
}

func (t *Totals) codes(in, notIn []int32, count func(*CodeChange)) {
	for _, code := range in {
		if slices.Contains(notIn, code) {
			continue
		}
		if t.Codes[code] == nil {
			t.Codes[code] = &CodeChange{}
		}
		count(t.Codes[code])
	}
}

func (t *Totals) shift(s Shift) {
	n := t.Scores[s.Score]
	if n == nil {
		n = &Shifts{Histogram: make([]int, bins), Range: rangeOf(s.Score)}
		t.Scores[s.Score] = n
	}
	delta := s.After - s.Before
	n.Count++
	n.sum += delta
	n.Mean = n.sum / float64(n.Count)
	if delta != 0 {
		n.Moved++
	}
	if math.Abs(delta) > math.Abs(n.Largest) {
		n.Largest = delta
	}
	bin := int(math.Round((delta/n.Range + 1) / 2 * (bins - 1)))
	n.Histogram[min(max(bin, 0), bins-1)]++
}

// WriteText writes the totals as text.
func (t *Totals) WriteText(w io.Writer) error {
	var out strings.Builder
	fmt.Fprintf(&out, "%d sessions, %d frames: %d identical, %d with another outcome; %d of %d verdicts differ\n",
		t.Sessions, t.Frames, t.Identical, t.Flipped, t.Differing, t.Verdicts)
	for _, left := range t.LeftOut() {
		fmt.Fprintln(&out, left)
	}
	for _, flip := range slices.Sorted(maps.Keys(t.Outcomes)) {
		fmt.Fprintf(&out, "  %4d  %s\n", t.Outcomes[flip], flip)
	}
	if len(t.Codes) > 0 {
		fmt.Fprintf(&out, "codes: frames on which it disappeared (-) and appeared (+)\n")
	}
	for _, code := range slices.Sorted(maps.Keys(t.Codes)) {
		fmt.Fprintf(&out, "  %4d  -%-5d +%-5d %s\n", code, t.Codes[code].Gone, t.Codes[code].New, schemas.CodeName(code))
	}
	if len(t.Fields) > 0 {
		fmt.Fprintf(&out, "fields that differ: number of verdicts\n")
	}
	for _, field := range slices.Sorted(maps.Keys(t.Fields)) {
		fmt.Fprintf(&out, "  %6d  %s\n", t.Fields[field], field)
	}
	moved := slices.DeleteFunc(slices.Sorted(maps.Keys(t.Scores)), func(name string) bool { return t.Scores[name].Moved == 0 })
	if len(moved) > 0 {
		fmt.Fprintf(&out, "scores that moved: frames, mean and largest shift, from -range to +range\n")
	}
	for _, name := range moved {
		s := t.Scores[name]
		fmt.Fprintf(&out, "  %-36s %5d %+8.3f %+8.3f  %s ±%g\n", name, s.Count, s.Mean, s.Largest, sparkline(s.Histogram), s.Range)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// sparkline draws a histogram as one line of text.
func sparkline(histogram []int) string {
	steps := []rune(" ▁▂▃▄▅▆▇█")
	most := max(1, slices.Max(histogram))
	var out strings.Builder
	for _, n := range histogram {
		level := 0
		if n > 0 {
			level = 1 + n*(len(steps)-2)/most
		}
		out.WriteRune(steps[level])
	}
	return out.String()
}
