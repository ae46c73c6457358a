package eval

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/selene-liveness/selene/schemas"
)

const windowLength = 5 // frames whose mean is judged; the default of session.aggregate_frames

// PAD measures how well presentation attacks are distinguished from living faces, in the terms of ISO/IEC 30107-3: APCER is the share
// of presentations of one attack instrument taken for bona fide, BPCER the share of bona fide ones taken for attacks.
// Here a presentation is a frame, or a window of frames, and Share.Files is the number of files they came from.
type PAD struct {
	Setting float64  `json:"setting"` // the default of thresholds.liveness
	Rows    []PADRow `json:"rows"`
	// NoResponse counts the frames without a face to judge, for bona fide ("") and by instrument (BPNRR, APNRR).
	NoResponse map[string]Share `json:"no_response"`
	Portraits  Share            `json:"portraits"` // photographs of living people under the setting, by the last network
	Art        Share            `json:"art"`       // paintings and the like from the setting on
	Chosen     *Choice          `json:"chosen,omitempty"`
}

// PADRow holds the error rates of one network, or of the mean of all, over single frames or windows.
type PADRow struct {
	Network   string `json:"network"`
	Window    int    `json:"window"`   // frames in the mean
	Accepted  bool   `json:"accepted"` // only frames that pass every other check, as in a session
	AUC       Number `json:"auc"`
	EER       Number `json:"eer"`
	AtSetting Errors `json:"at_setting"` // on the split
	// Threshold is chosen on the half tune, where a change by up to Margin makes no difference; Tune and Test are the errors at it.
	Threshold Number `json:"threshold"`
	Margin    Number `json:"margin"`
	Tune      Errors `json:"tune"`
	Test      Errors `json:"test"`
}

// Errors are the errors at one threshold.
type Errors struct {
	BPCER   Share            `json:"bpcer"`
	Attacks Share            `json:"attacks"`         // APCER over all instruments together
	APCER   map[string]Share `json:"apcer"`           // by attack instrument
	Worst   string           `json:"worst,omitempty"` // the instrument with the highest APCER
}

// presentation is a frame or a window of frames with the score of each network.
type presentation struct {
	label Label
	score []float64
}

func pad(samples []*sample, split Split, names []string) *PAD {
	if len(names) == 0 {
		return nil
	}
	p := &PAD{Setting: schemas.DefaultSettings().Thresholds.Liveness}
	p.noResponse(samples, split)
	for network, name := range names {
		for _, window := range []int{1, windowLength} {
			for _, accepted := range []bool{false, true} {
				row := PADRow{Network: name, Window: window, Accepted: accepted}
				p.figures(&row, presentations(samples, window, accepted), network, split)
				p.Rows = append(p.Rows, row)
			}
		}
	}
	last := len(names) - 1
	for _, s := range samples {
		if !split.has(s.label.half) || len(s.live) == 0 || s.extra {
			continue
		}
		switch {
		case s.label.portrait():
			p.Portraits.add(s.live[last] < p.Setting)
		case s.label.is("painting"):
			p.Art.add(s.live[last] >= p.Setting)
		}
	}
	for _, r := range p.Rows {
		if r.Network == names[last] && r.Window == windowLength && !r.Accepted && !math.IsNaN(float64(r.Threshold)) {
			p.Chosen = &Choice{
				"thresholds.liveness",
				r.Threshold,
				r.Margin,
				fmt.Sprintf(
					"for means of %d frames: the smallest sum of BPCER and APCER over all attacks of the half tune, in the middle of the range that gives it",
					windowLength,
				),
			}
		}
	}
	return p
}

// presentations returns the scored frames, or the means of windows that do not overlap.
func presentations(samples []*sample, window int, accepted bool) []presentation {
	var out []presentation
	var row []*sample
	for _, s := range samples {
		if len(s.live) == 0 || s.extra || accepted && !s.accepted() {
			continue
		}
		if len(row) > 0 && row[0].label.File != s.label.File {
			row = row[:0]
		}
		if row = append(row, s); len(row) < window {
			continue
		}
		p := presentation{s.label, make([]float64, len(s.live))}
		for _, r := range row {
			for i, v := range r.live {
				p.score[i] += v / float64(window)
			}
		}
		out, row = append(out, p), row[:0]
	}
	return out
}

func (p *PAD) figures(row *PADRow, all []presentation, network int, split Split) {
	var live, attack, tuneLive, tuneAttack []float64
	for _, x := range all {
		score, fake := x.score[network], x.label.species() != ""
		if !fake && !x.label.bonaFide() {
			continue
		}
		if split.has(x.label.half) {
			add(fake, score, &attack, &live)
		}
		if x.label.half == Tune {
			add(fake, score, &tuneAttack, &tuneLive)
		}
	}
	curve := ROC(live, attack)
	row.AUC, row.EER = Number(AUC(live, attack)), Number(curve.EER())
	row.AtSetting = errorsAt(all, network, split, p.Setting)
	best, ok := ROC(tuneLive, tuneAttack).leastErrors()
	t := math.NaN()
	if ok {
		t, row.Margin = best.Threshold, Number(best.Margin)
	}
	row.Threshold = Number(t)
	row.Tune, row.Test = errorsAt(all, network, Tune, t), errorsAt(all, network, Test, t)
}

func add(fake bool, score float64, attack, live *[]float64) {
	if fake {
		*attack = append(*attack, score)
	} else {
		*live = append(*live, score)
	}
}

// errorsAt counts the errors at a threshold; it counts nothing when that is NaN.
func errorsAt(all []presentation, network int, split Split, threshold float64) Errors {
	e := Errors{APCER: map[string]Share{}}
	if math.IsNaN(threshold) {
		return e
	}
	files := map[string]map[string]bool{}
	for _, x := range all {
		kind := x.label.species()
		if !split.has(x.label.half) || kind == "" && !x.label.bonaFide() {
			continue
		}
		if files[kind] == nil {
			files[kind] = map[string]bool{}
		}
		files[kind][x.label.File] = true
		passes := x.score[network] >= threshold
		if kind == "" {
			e.BPCER.add(!passes)
			continue
		}
		e.Attacks.add(passes)
		share := e.APCER[kind]
		share.add(passes)
		e.APCER[kind] = share
	}
	e.BPCER.Files = len(files[""])
	for _, kind := range slices.Sorted(maps.Keys(e.APCER)) {
		share := e.APCER[kind]
		share.Files = len(files[kind])
		e.Attacks.Files += share.Files
		e.APCER[kind] = share
		if e.Worst == "" || share.Rate() > e.APCER[e.Worst].Rate() {
			e.Worst = kind
		}
	}
	return e
}

func (p *PAD) noResponse(samples []*sample, split Split) {
	p.NoResponse = map[string]Share{}
	files := map[string]map[string]bool{}
	for _, s := range samples {
		kind := s.label.species()
		if s.extra || !split.has(s.label.half) || kind == "" && !s.label.bonaFide() {
			continue
		}
		share := p.NoResponse[kind]
		share.add(len(s.live) == 0)
		if files[kind] == nil {
			files[kind] = map[string]bool{}
		}
		files[kind][s.label.File] = true
		share.Files = len(files[kind])
		p.NoResponse[kind] = share
	}
}
