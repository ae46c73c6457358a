package eval

import (
	"maps"
	"slices"
)

// Clip is the result for one clip, one file about liveness, or one file without a label.
type Clip struct {
	File     string        `json:"file"`
	Kind     string        `json:"kind"`
	Half     Split         `json:"half"`
	Frames   int           `json:"frames"`   // that were judged
	Faces    int           `json:"faces"`    // with at least one face
	Accepted int           `json:"accepted"` // that pass every check of the detector
	Liveness []Number      `json:"liveness"` // mean score of each network, and of all as the last one; empty without networks
	Codes    map[int32]int `json:"codes"`    // frames by the code of the check that failed
}

func clips(samples []*sample, networks int) []Clip {
	var out []Clip
	at := map[string]int{}
	live := map[string][][]float64{}
	for _, s := range samples {
		l := s.label
		if s.extra || !(l.clip() || l.bonaFide() || l.species() != "" || l.is("painting", "")) {
			continue
		}
		i, ok := at[l.File]
		if !ok {
			i = len(out)
			at[l.File] = i
			out = append(out, Clip{File: l.File, Kind: l.Kind, Half: l.half, Liveness: []Number{}, Codes: map[int32]int{}})
		}
		c := &out[i]
		c.Frames++
		if s.faces() > 0 {
			c.Faces++
		}
		if s.accepted() {
			c.Accepted++
		}
		for _, code := range s.codes {
			c.Codes[code]++
		}
		if len(s.live) > 0 {
			live[l.File] = append(live[l.File], s.live)
		}
	}
	for i := range out {
		for n := range networks {
			var values []float64
			for _, v := range live[out[i].File] {
				values = append(values, v[n])
			}
			out[i].Liveness = append(out[i].Liveness, Number(mean(values)))
		}
	}
	return out
}

// often returns the codes, most frequent first.
func often(codes map[int32]int) []int32 {
	return slices.SortedFunc(maps.Keys(codes), func(a, b int32) int {
		if d := codes[b] - codes[a]; d != 0 {
			return d
		}
		return int(a - b)
	})
}
