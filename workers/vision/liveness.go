package vision

import (
	"fmt"

	"github.com/selene-liveness/selene/schemas"
)

// LivenessCrops lists the crops that [Models.Liveness] takes, in order; none if the role has no model.
func (m *Models) LivenessCrops() []schemas.CropSpec {
	return m.scoredCrops(RoleAntispoof, "liveness", schemas.CropBox)
}

// DeepfakeCrops lists the crops that [Models.Deepfake] takes, in order; none if the role has no model.
func (m *Models) DeepfakeCrops() []schemas.CropSpec {
	return m.scoredCrops(RoleDeepfake, "deepfake", schemas.CropSquare)
}

func (m *Models) scoredCrops(role Role, name, kind string) []schemas.CropSpec {
	var specs []schemas.CropSpec
	for i, n := range m.nets[role] {
		specs = append(specs, schemas.CropSpec{
			Name: fmt.Sprintf("%s%d", name, i), Kind: kind, Scale: n.spec.Crops[i],
			Width: n.spec.Input[0], Height: n.spec.Input[1], Color: n.spec.Color,
		})
	}
	return specs
}

// Liveness returns the score of the crops of one frame: 0..1, 1 means a live face. It is the mean over the networks of the
// probability of a class: of the class that the pack names (decoder classifier), or of class 1 (decoder minifasnet:
// Silent-Face-Anti-Spoofing, Minivision, 2020). Decide over several frames, never over one.
func (m *Models) Liveness(crops [][]byte) (float64, error) {
	return m.score(RoleAntispoof, crops, "the classes that its decoder names", func(n *model, t *tensors) (float64, bool) {
		if n.spec.Decoder == "classifier" {
			return classified(t.out[0], n.spec.Class)
		}
		logits := t.output(3)
		if logits == nil {
			return 0, false
		}
		return softmax(logits, 1), true
	})
}

// Deepfake returns the score of the crops of one frame: 0..1, 1 means a real face. It is the mean over the networks of the
// probability of the class that the pack names. Decide over several frames, never over one.
func (m *Models) Deepfake(crops [][]byte) (float64, error) {
	return m.score(RoleDeepfake, crops, "a first output with the class that pack.json names", func(n *model, t *tensors) (float64, bool) {
		return classified(t.out[0], n.spec.Class)
	})
}

// classified returns the probability of a class; a single logit is that of class 1. It returns false if there is no such class.
func classified(logits []float32, class int) (float64, bool) {
	switch {
	case len(logits) == 1 && class == 0:
		return float64(sigmoid(-logits[0])), true
	case len(logits) == 1 && class == 1:
		return float64(sigmoid(logits[0])), true
	case class < len(logits):
		return softmax(logits, class), true
	}
	return 0, false
}

// score returns the mean of read over the networks of a role.
func (m *Models) score(role Role, crops [][]byte, want string, read func(*model, *tensors) (float64, bool)) (float64, error) {
	if _, err := m.one(role); err != nil {
		return 0, err
	}
	nets := m.nets[role]
	if len(crops) != len(nets) {
		return 0, fmt.Errorf("%w: %s expects %d crops, got %d", ErrCrop, role, len(nets), len(crops))
	}
	var sum float64
	for i, n := range nets {
		err := n.infer(crops[i], want, func(t *tensors) bool {
			p, ok := read(n, t)
			sum += p
			return ok
		})
		if err != nil {
			return 0, err
		}
	}
	return sum / float64(len(nets)), nil
}
