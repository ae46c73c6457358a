package detector

import (
	"testing"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/pictures"
	"github.com/selene-liveness/selene/workers/workertest"
)

// The light challenge compares the light on parts of the face that point in different directions.
func TestMeshIsSentToTheLightChallenge(t *testing.T) {
	l := newLens(workertest.Models(t, "zoo"), pictures.Here())
	judged := []want{{judge: schemas.WorkerLiveness}}
	for _, enabled := range []bool{false, true} {
		s := schemas.DefaultSettings()
		s.LightChallenge.IsEnabled = enabled
		_, face, err := l.look(t.Context(), frame(workertest.Picture(t, "conditions/open_eyes_d9.jpg")), 1, s, judged)
		if err != nil || face == nil {
			t.Fatal(face, err)
		}
		if n := len(face.GetMesh()); enabled != (n == 3*468) || !enabled && n != 0 {
			t.Errorf("enabled %v: a mesh of %d numbers", enabled, n)
		}
	}
}
