package eval

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/selene-liveness/selene/schemas"
)

const (
	windowLength = 5    // frames whose mean is judged, the default of session.aggregate_frames
	bpcerTarget  = 0.05 // of the chosen threshold
)

// PAD says how well presentation attacks are told from living faces, in the terms of ISO/IEC 30107-3: APCER is the share
// of presentations of one attack instrument taken for bona fide, BPCER the share of bona fide ones taken for attacks.
// Here a presentation is a frame, or a window of frames, and Share.Files says how many files they came from.
type PAD struct {
	Setting float64  `json:"setting"` // the default of thresholds.liveness
	Target  float64  `json:"target"`  // BPCER that the chosen thresholds keep on the half tune
	Rows    []PADRow `json:"rows"`
	// NoResponse are the frames without a face to judge, by bona fide ("") and instrument (BPNRR, APNRR).
	NoResponse map[string]Share `json:"no_response"`
	Portraits  Share            `json:"portraits"` // photographs of living people under the setting, by the last network
	Art        Share            `json:"art"`       // paintings and the like from the setting on
	Chosen     *Choice          `json:"chosen,omitempty"`
}

// PADRow are the figures of one network, or of the mean of all, over single frames or windows.
type PADRow struct {
	Network   string `json:"network"`
	Window    int    `json:"window"`   // frames in the mean
	Accepted  bool   `json:"accepted"` // frames that pass every other check alone, as in a session
	AUC       Number `json:"auc"`
	EER       Number `json:"eer"`
	AtSetting Errors `json:"at_setting"` // on the split
	// Threshold is chosen on the half tune; Tune and Test are the errors at it.
	Threshold Number `json:"threshold"`
	Tune      Errors `json:"tune"`
	Test      Errors `json:"test"`
}

// Errors are those at one threshold.
type Errors struct {
	BPCER Share            `json:"bpcer"`
	APCER map[string]Share `json:"apcer"`           // by attack instrument
	Worst string           `json:"worst,omitempty"` // the instrument with the highest APCER
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
	p := &PAD{Setting: schemas.DefaultSettings().Thresholds.Liveness, Target: bpcerTarget}
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
		if !split.has(s.label.half()) || len(s.live) == 0 || s.extra {
			continue
		}
		switch {
		case s.label.portrait():
			p.Portraits.add(s.live[last] < p.Setting)
		case s.label.is("painting"):
			p.Art.add(s.live[last] >= p.Setting)
		}
	}
	if t := float64(p.Rows[len(p.Rows)-1].Threshold); !math.IsNaN(t) {
		p.Chosen = &Choice{"thresholds.liveness", Number(t), fmt.Sprintf(
			"the highest at which at most %s of the bona fide windows of %d accepted frames of the half tune fail", percent(bpcerTarget), windowLength)}
	}
	return p
}

// presentations are the scored frames, or the means of windows that do not overlap.
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
	var live, attack, tune []float64
	for _, x := range all {
		half := x.label.half()
		switch {
		case x.label.bonaFide() && half == Tune:
			tune = append(tune, x.score[network])
			fallthrough
		case x.label.bonaFide():
			if split.has(half) {
				live = append(live, x.score[network])
			}
		case x.label.species() != "" && split.has(half):
			attack = append(attack, x.score[network])
		}
	}
	curve := ROC(live, attack)
	row.AUC, row.EER = Number(AUC(live, attack)), Number(curve.EER())
	row.AtSetting = errorsAt(all, network, split, p.Setting)
	t := lowerThreshold(tune, p.Target)
	row.Threshold = Number(t)
	row.Tune, row.Test = errorsAt(all, network, Tune, t), errorsAt(all, network, Test, t)
}

// lowerThreshold is the highest threshold, to three decimals, that at most a share of the scores lies under; NaN
// without scores.
func lowerThreshold(scores []float64, share float64) float64 {
	if len(scores) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(scores))
	return math.Floor(sorted[int(share*float64(len(sorted)))]*1000) / 1000
}

// errorsAt counts the errors at a threshold; none at NaN.
func errorsAt(all []presentation, network int, split Split, threshold float64) Errors {
	e := Errors{APCER: map[string]Share{}}
	if math.IsNaN(threshold) {
		return e
	}
	files := map[string]map[string]bool{}
	for _, x := range all {
		kind := x.label.species()
		if !split.has(x.label.half()) || kind == "" && !x.label.bonaFide() {
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
		share := e.APCER[kind]
		share.add(passes)
		e.APCER[kind] = share
	}
	e.BPCER.Files = len(files[""])
	for _, kind := range slices.Sorted(maps.Keys(e.APCER)) {
		share := e.APCER[kind]
		share.Files = len(files[kind])
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
		if s.extra || !split.has(s.label.half()) || kind == "" && !s.label.bonaFide() {
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
