// Package fakes measures what swapped, animated and replayed faces disturb; FAKES.md has the results.
package fakes

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/selene-liveness/selene/workers/workertest"
)

// films are pairs of one film: the person's clip, and what was made of it.
var films = map[string][][2]string{
	"swaps": {
		{"bernard_man1_blinks.mp4", "bernard1_photo_swap.mp4"},
		{"dfl_ava3_woman_headset_turns.mp4", "dfl_ava3_deepfake.mp4"},
		{"dfl_kim2_man_headset_up.mp4", "dfl_nicola2_deepfake.mp4"},
	},
	"shown": {{"tranvan_selfie_turns.mp4", "tranvan_screen_replay_turns.mp4"}},
}

// table lists what is reported: a measure, what is taken of a clip's readings, and from which frames.
var table = []struct {
	measure, take string
	turned        bool
}{
	{measure: "height of the face"},
	{measure: "jitter to motion"},
	{measure: "jitter at rest"},
	{measure: "jitter to and fro"},
	{measure: "jitter of the oval"},
	{measure: "colour step"},
	{measure: "colour across"},
	{measure: "sharpness across"},
	{measure: "sharpness on"},
	{measure: "noise on"},
	{measure: "noise inside"},
	{measure: "noise inside", take: "change"},
	{measure: "texture kept"},
	{measure: "eyes", take: "widest"},
	{measure: "eyes", take: "change"},
	{measure: "teeth"},
	{measure: "mesh confidence", turned: true},
	{measure: "likeness to the front", turned: true},
	{measure: "jitter to motion", turned: true},
	{measure: "colour step", turned: true},
	{measure: "sharpness across", turned: true},
	{measure: "noise inside", turned: true},
	{measure: "texture kept", turned: true},
}

func median(v []float64) float64 { return quantile(v, 0.5) }

func quantile(v []float64, q float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[int(q*float64(len(v)-1)+0.5)]
}

// score is what is taken of a measure in a clip: its median, its 90th percentile ("widest") or the median of its changes from
// frame to frame ("change"). It is not a number with fewer than five readings beyond 30 degrees of yaw (turned), or within 25
// degrees of the usual pose.
func (c *clip) score(measure, take string, turned bool) float64 {
	var yaws, v, changes []float64
	for _, r := range c.readings[measure] {
		yaws = append(yaws, r.yaw)
	}
	for _, r := range c.readings[measure] {
		if turned && math.Abs(r.yaw) > 30 || !turned && math.Abs(r.yaw-median(yaws)) < 25 {
			v = append(v, r.value)
		}
	}
	if len(v) < 5 {
		return math.NaN()
	}
	for i := range v[1:] {
		changes = append(changes, math.Abs(v[i+1]-v[i]))
	}
	switch take {
	case "widest":
		return quantile(v, 0.9)
	case "change":
		return median(changes)
	}
	return median(v)
}

// area is the area under the ROC curve: the share of pairs in which the attack has the higher score.
func area(attacks, people []float64) (sum float64) {
	for _, a := range attacks {
		for _, p := range people {
			sum += float64(1+cmp.Compare(a, p)) / 2
		}
	}
	return sum / float64(len(attacks)*len(people))
}

func deviation(v []float64) float64 {
	var sum, squares float64
	for _, x := range v {
		sum, squares = sum+x, squares+x*x
	}
	n := float64(len(v))
	return math.Sqrt(squares/n - sum*sum/n/n)
}

func above(v []float64, limit float64) (n int) {
	for _, x := range v {
		if x > limit {
			n++
		}
	}
	return n
}

func clips(t testing.TB) (out []*clip) {
	m := workertest.Models(t, "zoo")
	for _, below := range []string{"", "actions"} {
		f, err := os.Open(workertest.Path(t, filepath.Join(below, "labels.csv")))
		if err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(f).ReadAll()
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			group := map[string]string{
				"video_real": "people", "video_fake_deepfake": "swaps", "video_fake_faceswap": "swaps", "video_fake_animated": "swaps",
				"video_fake_replay": "shown", "video_fake_print": "shown",
			}[line[1]]
			if group == "" {
				continue
			}
			name := filepath.Base(line[0])
			c := &clip{name: name, group: group, half: crc32.ChecksumIEEE([]byte(name)) % 2, readings: map[string][]reading{}}
			c.follow(t, m, workertest.Path(t, filepath.Join(below, line[0])))
			out = append(out, c)
		}
	}
	return out
}

// BenchmarkFakes prints how well each measure separates swapped and animated faces, and then prints and screens, from people.
func BenchmarkFakes(t *testing.B) {
	all := clips(t)
	for _, group := range []string{"swaps", "shown"} {
		t.Log("| measure of", group, "| area on the half that sets | on the other | caught, nobody refused | caught, one refused | films |")
		for _, row := range table {
			var people, attacks [2][]float64
			byName := map[string]float64{}
			for _, c := range all {
				v := c.score(row.measure, row.take, row.turned)
				byName[c.name] = v
				if math.IsNaN(v) {
					continue
				}
				switch c.group {
				case "people":
					people[c.half] = append(people[c.half], v)
				case group:
					attacks[c.half] = append(attacks[c.half], v)
				}
			}
			unit := deviation(slices.Concat(people[0], people[1]))
			if area(attacks[0], people[0]) < 0.5 {
				for _, half := range slices.Concat(people[:], attacks[:]) {
					for i := range half {
						half[i] = -half[i]
					}
				}
			}
			name := strings.TrimSpace(row.measure + " " + row.take)
			if row.turned {
				name += ", turned"
			}
			line := fmt.Sprintf("| %s | %.2f | %.2f |", name, area(attacks[0], people[0]), area(attacks[1], people[1]))
			slices.Sort(people[0])
			for refused := range 2 {
				limit := people[0][len(people[0])-1-refused]
				line += fmt.Sprintf(" %d of %d, people %d of %d |",
					above(attacks[1], limit), len(attacks[1]), above(people[1], limit), len(people[1]))
			}
			for _, f := range films[group] {
				line += fmt.Sprintf(" %+.1f", (byName[f[1]]-byName[f[0]])/unit)
			}
			t.Log(line, "|")
		}
	}
}
