package eval

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

func (t *tables) pad(p *PAD) {
	if p == nil {
		fmt.Fprintln(&t.out, "\nPresentation attack detection: the pack has no network for it")
		return
	}
	species := map[string]bool{}
	for _, r := range p.Rows {
		for kind := range r.AtSetting.APCER {
			species[kind] = true
		}
	}
	list := slices.Sorted(maps.Keys(species))
	head := []any{"network", "over", "frames", "AUC", "EER", "BPCER"}
	for _, kind := range list {
		head = append(head, "APCER "+kind)
	}
	rows := []string{row(append(head, "worst")...)}
	for _, r := range p.Rows {
		cells := []any{r.Network, over(r.Window), which(r.Accepted), r.AUC, part(r.EER), r.AtSetting.BPCER.short()}
		for _, kind := range list {
			cells = append(cells, r.AtSetting.APCER[kind].short())
		}
		rows = append(rows, row(append(cells, r.AtSetting.worst())...))
	}
	t.table(fmt.Sprintf("Presentation attack detection (ISO/IEC 30107-3) at thresholds.liveness = %.2f", p.Setting), rows...)
	t.padFiles(p, list)
	rows = []string{row("network", "over", "frames", "threshold", "BPCER tune", "APCER tune", "BPCER test", "APCER test", "worst of test")}
	for _, r := range p.Rows {
		if math.IsNaN(float64(r.Threshold)) {
			continue
		}
		rows = append(rows, row(r.Network, over(r.Window), which(r.Accepted), r.Threshold,
			r.Tune.BPCER.short(), r.Tune.Attacks.short(), r.Test.BPCER.short(), r.Test.Attacks.short(), r.Test.worst()))
	}
	t.table("The same at thresholds chosen on tune (APCER over all instruments)", rows...)
	t.choice(p.Chosen)
	t.padOthers(p)
}

// padFiles writes how many files the frames came from, and which error rate remains possible when no error was seen.
func (t *tables) padFiles(p *PAD, species []string) {
	files := map[string]int{}
	for _, r := range p.Rows {
		files[""] = max(files[""], r.AtSetting.BPCER.Files)
		for _, kind := range species {
			files[kind] = max(files[kind], r.AtSetting.APCER[kind].Files)
		}
	}
	fmt.Fprint(&t.out, "  files behind these counts, and the 95 % bound of an error rate when no error was seen (3/n):")
	for _, kind := range slices.Concat([]string{""}, species) {
		name := kind
		if kind == "" {
			name = "bona fide"
		}
		fmt.Fprintf(&t.out, " %s %d (%s)", name, files[kind], percent(RuleOfThree(files[kind])))
	}
	fmt.Fprintln(&t.out)
}

func (t *tables) padOthers(p *PAD) {
	var rows []string
	for _, kind := range slices.Sorted(maps.Keys(p.NoResponse)) {
		name := "frames without a face: " + kind + " (APNRR)"
		if kind == "" {
			name = "frames without a face: bona fide (BPNRR)"
		}
		rows = append(rows, row(name, p.NoResponse[kind]))
	}
	rows = append(
		rows,
		row("portraits of living people that fail (photographs, not presentations to a camera)", p.Portraits),
		row("paintings that pass", p.Art),
	)
	t.table("Other figures of presentation attack detection", rows...)
}

// short returns the share without the number of files.
func (s Share) short() string { return Share{Count: s.Count, Of: s.Of}.String() }

func (e Errors) worst() string {
	if e.Worst == "" {
		return "-"
	}
	return fmt.Sprintf("%s %s", e.Worst, percent(e.APCER[e.Worst].Rate()))
}

func over(window int) string {
	if window == 1 {
		return "one frame"
	}
	return fmt.Sprintf("mean of %d", window)
}

func which(accepted bool) string {
	if accepted {
		return "accepted"
	}
	return "any"
}
