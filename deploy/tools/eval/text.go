package eval

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
)

// WriteText writes the report as tables for a terminal.
func (r *Report) WriteText(w io.Writer) error {
	t := &tables{}
	fmt.Fprintf(
		&t.out,
		"%s through pack %s: %d files, %d images (every %dth frame of clips), split %s\n",
		r.Dataset,
		r.Pack,
		r.Files,
		r.Images,
		step,
		r.Split,
	)
	if r.Detection != nil {
		t.detection(r.Detection)
		t.pose(r.Pose)
		t.eyes(r.Eyes)
		t.glasses(r.Glasses)
		t.matching(r.Matching)
		t.pad(r.PAD)
		t.checks(r.Checks)
		t.scores(r.Scores)
		t.ownKinds(r.OwnKinds)
	}
	t.clips(r.Clips)
	_, err := w.Write(t.out.Bytes())
	return err
}

type tables struct{ out bytes.Buffer }

// table writes a heading and aligned rows; tabs separate the cells.
func (t *tables) table(title string, rows ...string) {
	fmt.Fprintf(&t.out, "\n%s\n", title)
	w := tabwriter.NewWriter(&t.out, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		fmt.Fprintln(w, "  "+r)
	}
	_ = w.Flush()
}

func row(cells ...any) string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = fmt.Sprint(c)
	}
	return strings.Join(out, "\t")
}

// String returns text such as "97.1 % (34/35 of 3 files)".
func (s Share) String() string {
	if s.Of == 0 {
		return "-"
	}
	files := ""
	if s.Files > 0 && s.Files != s.Of {
		files = fmt.Sprintf(" of %d %s", s.Files, plural(s.Files, "file"))
	}
	return fmt.Sprintf("%s (%d/%d%s)", percent(s.Rate()), s.Count, s.Of, files)
}

// errors returns the share of errors, with the 95 % bound when there were none.
func (s Share) errors() string {
	if bound, none := s.Bound(); none {
		return fmt.Sprintf("%s, < %s", s, percent(bound))
	}
	return s.String()
}

func percent(x float64) string {
	if x*100 == math.Trunc(x*100) {
		return fmt.Sprintf("%.0f %%", x*100)
	}
	return fmt.Sprintf("%.1f %%", x*100)
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// String returns the number, and a dash when it is missing.
func (n Number) String() string {
	f := float64(n)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return "-"
	}
	return fmt.Sprintf("%.3f", f)
}

func (t *tables) detection(d *Detection) {
	rows := []string{
		row("found in stills with a face", d.Found),
		row("found in frames of clips of one person", d.Frames),
		row("number of faces correct, where it is labelled", d.Counts),
		row("more than one found in a portrait", d.Extra),
		row("found in images without a face", d.False.errors()),
		row("found in a painting", d.Art),
	}
	for _, g := range d.Groups {
		rows = append(rows, row(fmt.Sprintf("%s (%s)", g.File, g.Shows), fmt.Sprintf("%d found", g.Found)))
	}
	for _, f := range d.Missed {
		rows = append(rows, row("missed", f))
	}
	t.table("Detection", rows...)
}

func (t *tables) pose(p *Pose) {
	rows := []string{
		row("profiles that fail the yaw", p.Profiles),
		row("profiles distinguished by side", p.Sides),
		row("tilted heads that fail the roll", p.Tilted),
		row("frontal faces that pass every check of the pose", p.Straight),
	}
	t.table("Pose", rows...)
	rows = []string{row("file", "kind", "yaw", "pitch", "roll", "codes")}
	for _, h := range p.Heads {
		rows = append(rows, row(h.File, h.Kind, degrees(h.Yaw), degrees(h.Pitch), degrees(h.Roll), h.Codes))
	}
	if len(p.Heads) > 0 {
		t.table("Labelled heads", rows...)
	}
}

func degrees(n Number) string {
	if math.IsNaN(float64(n)) {
		return "turned far"
	}
	return fmt.Sprintf("%.0f", float64(n))
}

func (t *tables) eyes(e *Eyes) {
	t.table("Eyes",
		row("state recognised", e.Right), row("open, recognised as open", e.Open), row("closed, recognised as closed", e.Closed),
		row("not measured (counted as wrong)", e.Unknown), row("AUC of the aspect ratio", e.AUC),
		row("frames of frontal clips recognised as open (people blink)", e.Straight))
}

func (t *tables) glasses(g *Glasses) {
	if g.Told == 0 {
		return
	}
	var rows []string
	for _, kind := range slices.Sorted(maps.Keys(g.Right)) {
		rows = append(rows, row(kind+" recognised", g.Right[kind]))
	}
	t.table("Glasses", rows...)
}

func (t *tables) matching(m *Matching) {
	if m == nil {
		return
	}
	rows := []string{row("pairs", "same", "different", "people", "AUC", "EER", "TPR at FPR 10 %", "TPR at FPR 1 %")}
	for _, s := range m.Sets {
		rows = append(
			rows,
			row(s.Name, s.Same, s.Different, s.People, fmt.Sprintf("%.4f", float64(s.AUC)), part(s.EER), part(s.TPR10), part(s.TPR1)),
		)
	}
	t.table("Matching", rows...)
	rows = []string{row("pairs", "cosine", "FPR", "TPR")}
	for _, s := range m.Sets {
		rows = append(rows, row(s.Name, m.Pack.String()+" (pack)", s.AtPack.FPR.errors(), s.AtPack.TPR))
		if s.AtChosen != nil {
			rows = append(rows, row(s.Name, m.Chosen.Value.String()+" (chosen)", s.AtChosen.FPR.errors(), s.AtChosen.TPR))
		}
	}
	t.table("Matching at thresholds", rows...)
	t.choice(m.Chosen)
	largest := slices.MaxFunc(m.Sets, func(a, b PairSet) int { return a.Different - b.Different })
	for _, p := range largest.Hardest {
		kind := "two people, very alike"
		if p.Same {
			kind = "one person, not very alike"
		}
		fmt.Fprintf(&t.out, "  %s: %s %s %s\n", kind, p.Cosine, p.A, p.B)
	}
	for _, f := range m.Undescribed {
		fmt.Fprintf(&t.out, "  no face, so its pairs are left out: %s\n", f)
	}
}

func part(n Number) string {
	if math.IsNaN(float64(n)) {
		return "-"
	}
	return percent(float64(n))
}

func (t *tables) choice(c *Choice) {
	if c != nil {
		fmt.Fprintf(
			&t.out,
			"  chosen: %s = %s (a change by up to %s makes no difference on tune), %s\n",
			c.Setting,
			c.Value,
			c.Margin,
			c.Why,
		)
	}
}

func (t *tables) checks(checks []Check) {
	rows := []string{row("codes", "check", "good images that fail", "bad images caught", "bad")}
	legend := map[string]string{}
	for _, c := range checks {
		codes := strings.Trim(fmt.Sprint(c.Codes), "[]")
		rows = append(rows, row(codes, c.Name, strings.TrimSuffix(c.Good, ".")+": "+c.False.errors(), c.Caught, c.Bad))
		legend[c.Good] = goodGroups[c.Good]
	}
	t.table("Checks of the detector with the default settings; every check runs, even after another one failed", rows...)
	for _, name := range slices.Sorted(maps.Keys(legend)) {
		if legend[name] != "" {
			fmt.Fprintf(&t.out, "  %s: %s\n", name, legend[name])
		}
	}
}

func (t *tables) scores(scores []Score) {
	rows := []string{
		row("setting", "default", "good of test under it", "chosen on tune", "good of test under it", "good in tune", "bad ones"),
	}
	for _, s := range scores {
		rows = append(rows, row(s.Setting, s.Default, s.AtDefault.errors(), s.Chosen, s.AtChosen.errors(), s.Tune, fmt.Sprint(s.Bad)))
	}
	t.table(
		fmt.Sprintf(
			"Quality scores; chosen: the highest threshold under which at most %s of the good images of tune lie",
			percent(goodTarget),
		),
		rows...)
}

func (t *tables) ownKinds(kinds []OwnKind) {
	if len(kinds) == 0 {
		return
	}
	rows := []string{row("kind", "with a face", "accepted")}
	for _, k := range kinds {
		rows = append(rows, row(k.Kind, k.Faces, k.Accepted))
	}
	t.table("Kinds of your own; they are counted here only, because what their files show is unknown", rows...)
}

func (t *tables) clips(clips []Clip) {
	if len(clips) == 0 {
		return
	}
	rows := []string{row("file", "kind", "half", "frames", "with a face", "accepted", "liveness", "codes (frames)")}
	for _, c := range clips {
		var codes []string
		for _, code := range often(c.Codes) {
			codes = append(codes, fmt.Sprintf("%d (%d)", code, c.Codes[code]))
		}
		live := make([]string, len(c.Liveness))
		for i, v := range c.Liveness {
			live[i] = fmt.Sprintf("%.2f", float64(v))
			if math.IsNaN(float64(v)) {
				live[i] = "-"
			}
		}
		rows = append(rows, row(c.File, c.Kind, c.Half, c.Frames, c.Faces, c.Accepted, strings.Join(live, " "), strings.Join(codes, " ")))
	}
	t.table("Clips and presentations (mean liveness of each network, of all last)", rows...)
}
