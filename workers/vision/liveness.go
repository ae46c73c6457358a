package vision

import "fmt"

// LivenessCrops says what crops [Models.Liveness] takes, in order. It is empty when the role has no model.
func (m *Models) LivenessCrops() []CropSpec {
	var specs []CropSpec
	for i, n := range m.nets[RoleAntispoof] {
		specs = append(specs, CropSpec{
			Name: fmt.Sprintf("liveness%d", i), Kind: CropBox, Scale: n.spec.Crops[i],
			Width: n.spec.Input[0], Height: n.spec.Input[1], Color: n.spec.Color,
		})
	}
	return specs
}

// Liveness judges the crops of one frame: 0..1, 1 means a live face. It is the mean over the networks of the
// probability of their class 1 (Silent-Face-Anti-Spoofing, Minivision, 2020). Judge several frames, never one.
func (m *Models) Liveness(crops [][]byte) (float64, error) {
	if _, err := m.one(RoleAntispoof); err != nil {
		return 0, err
	}
	nets := m.nets[RoleAntispoof]
	if len(crops) != len(nets) {
		return 0, fmt.Errorf("%w: liveness wants %d crops, got %d", ErrCrop, len(nets), len(crops))
	}
	var sum float64
	for i, n := range nets {
		err := n.infer(crops[i], func(t *tensors) error {
			logits := t.output(3)
			if logits == nil {
				return n.unexpected("three classes", t)
			}
			top := max(logits[0], logits[1], logits[2])
			live := exp(logits[1] - top)
			sum += float64(live / (exp(logits[0]-top) + live + exp(logits[2]-top)))
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	return sum / float64(len(nets)), nil
}
