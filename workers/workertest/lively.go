package workertest

import (
	"testing"

	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/workers/samepicture"
	"github.com/selene-liveness/selene/workers/vision"
)

// Lively returns at most most frames of a video below ../shared/faces/video, each of which shows another picture of the face than
// the four before it, so that every one of them enters the window of a session.
func Lively(t testing.TB, m *vision.Models, name string, most int) (out [][]byte) {
	t.Helper()
	const same, compared = 0.985, 4
	decoder := vision.NewDecoder(imagefile.MaxPixels)
	defer decoder.Close()
	var img vision.Image
	var faces [][]byte
	for _, data := range Clip(t, name, 5, 80) {
		if err := decoder.Decode(data, &img); err != nil {
			t.Fatal(err)
		}
		found, err := m.Detect(&img, nil)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: no face: %v", name, err)
		}
		var seen vision.Measurement
		if err := m.Measure(&img, found[0], &seen); err != nil {
			t.Fatal(err)
		}
		face := samepicture.Cut(&img, &seen)
		similarity, err := samepicture.SimilarityToMixture(faces[max(0, len(faces)-compared):], face)
		if err != nil {
			t.Fatal(err)
		}
		if similarity > same {
			continue
		}
		if faces, out = append(faces, face), append(out, data); len(out) == most {
			break
		}
	}
	return out
}
