package schemas

import (
	"slices"
	"testing"
)

func TestJudgements(t *testing.T) {
	for document, want := range map[string][]string{
		`{}`:                              {MeasureLandmarks, MeasureLiveness, MeasureSimilarity},
		`{"thresholds":{"deepfake":0.5}}`: {MeasureLandmarks, MeasureLiveness, MeasureDeepfake, MeasureSimilarity},
		`{"session":{"previous_face_similarity":0},"thresholds":{"liveness":0}}`: {MeasureLandmarks},
	} {
		s, err := ParseSettings([]byte(document))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, j := range s.Judgements() {
			got = append(got, j.Measure)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s asks for %v, want %v", document, got, want)
		}
	}
	j := Judgement{"thresholds.deepfake", WorkerLiveness, MeasureDeepfake, "0"}
	for name, c := range map[string]struct {
		r    Registration
		want bool
	}{
		"can":            {Registration{Name: WorkerLiveness, Measures: []string{MeasureDeepfake}}, false},
		"cannot":         {Registration{Name: WorkerLiveness, Measures: []string{}}, true},
		"does not say":   {Registration{Name: WorkerLiveness}, false},
		"another worker": {Registration{Name: WorkerMatcher, Measures: []string{}}, false},
	} {
		if got := j.Cannot(c.r); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
