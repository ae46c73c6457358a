package liveness

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/vision/modelstore"
	"github.com/selene-liveness/selene/workers/workertest"
)

// A network that recognizes screens stands in for one that recognizes deepfakes.
func TestDeepfakeRole(t *testing.T) {
	zoo := workertest.Models(t, "zoo") // finds the faces
	model := filepath.Join(workertest.Path(t, ".."), "models", "antispoof", "vietanh954_minifasnetv2se_128_98.20.onnx")
	data, err := os.ReadFile(model)
	if err != nil {
		t.Skipf("no model for the role: %v", err)
	}
	sum := sha256.Sum256(data)
	pack, err := json.Marshal(map[string]any{"name": "mine", "roles": map[string]any{"deepfake": map[string]any{
		"decoder": "classifier", "files": []string{"net.onnx"}, "sha256": []string{hex.EncodeToString(sum[:])},
		"input": []int{128, 128}, "crops": []float64{1.5}, "class": 0, "color": "rgb", "scale": []int{255, 255, 255},
	}}})
	dir := t.TempDir()
	if err := errors.Join(err, os.WriteFile(filepath.Join(dir, "pack.json"), pack, 0o600), os.Symlink(model, filepath.Join(dir, "net.onnx"))); err != nil {
		t.Fatal(err)
	}
	m, err := vision.Open(vision.Config{Library: modelstore.LibraryPath(modelstore.Dir()), Pack: dir}, vision.RoleAntispoof, vision.RoleDeepfake)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	w := New(m)
	for picture, want := range map[string][]int32{"conditions/open_eyes_d9.jpg": nil, "spoof/fake/minivision_F2_tablet.jpg": {schemas.CodeDeepfake}} {
		f := workertest.Face(t, zoo, workertest.Picture(t, picture), w)
		v := judge(t, w, f, `{"thresholds":{"liveness":0,"deepfake":0.5}}`)
		if e := v.GetEstimations(); e.Deepfake == nil || e.Liveness != nil || !slices.Equal(v.GetErrors(), want) {
			t.Errorf("%s: codes %v, deepfake %v, liveness %v", picture, v.GetErrors(), e.GetDeepfake(), e.Liveness)
		}
		f.Crops = nil // a network that runs fails without
		if v := judge(t, w, f, `{"thresholds":{"liveness":0,"deepfake":0}}`); len(v.GetErrors()) != 0 || v.GetEstimations().Deepfake != nil {
			t.Errorf("%s, switched off: %v", picture, v)
		}
	}
}
