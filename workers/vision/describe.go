package vision

import "github.com/selene-liveness/selene/schemas"

// matchSimilarity is the similarity that the match_cosine of every pack is mapped to.
const matchSimilarity = 0.85

// DescriptorCrop returns the crop that [Models.Describe] takes, or the zero value if the role has no model.
func (m *Models) DescriptorCrop() schemas.CropSpec {
	if !m.Has(RoleDescriptor) {
		return schemas.CropSpec{}
	}
	s := m.nets[RoleDescriptor][0].spec
	return schemas.CropSpec{Name: "descriptor", Kind: schemas.CropArcFace5, Width: s.Input[0], Height: s.Input[1], Color: s.Color}
}

// Describe returns the identity vector, of length 1, of a crop cut by [Models.DescriptorCrop], in dst if it is long enough.
// Vectors of different packs cannot be compared.
func (m *Models) Describe(crop []byte, dst []float32) ([]float32, error) {
	n, err := m.one(RoleDescriptor)
	if err != nil {
		return dst[:0], err
	}
	dst = dst[:0]
	err = n.infer(crop, "a vector of at least 32 numbers", func(t *tensors) bool {
		var widest []float32 // some exports also answer age and gender
		for _, o := range t.out {
			if len(o) > len(widest) {
				widest = o
			}
		}
		if len(widest) < 32 {
			return false
		}
		dst = append(dst, widest...)
		return true
	})
	unit(dst)
	return dst, err
}

// Similarity compares two vectors of [Models.Describe] and returns 0..1. It grows with their cosine in two straight lines
// that meet at the pack's match_cosine, from which two pictures show the same person; there it is 0.85 for every pack.
// It returns 0 for vectors of different lengths.
func (m *Models) Similarity(a, b []float32) float64 {
	if len(a) != len(b) || len(a) == 0 {
		return 0
	}
	var cosine float64
	for i := range a {
		cosine += float64(a[i]) * float64(b[i]) //nolint:gosec // the lengths were compared
	}
	match := 0.5
	if spec := m.pack.Roles[RoleDescriptor]; spec != nil {
		match = spec.MatchCosine
	}
	cosine = max(-1, min(cosine, 1))
	if cosine < match {
		return (cosine + 1) / (match + 1) * matchSimilarity
	}
	return matchSimilarity + (cosine-match)/(1-match)*(1-matchSimilarity)
}
