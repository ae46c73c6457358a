package detector

import (
	"slices"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/vision"
)

// eyeglasses returns the kind of glasses, or "" if it was not measured.
func eyeglasses(m *vision.Measurement) string {
	switch {
	case !m.HasAttributes:
		return ""
	case m.Sunglasses >= 0.5:
		return vision.Sunglasses
	case m.Eyeglasses >= 0.5:
		return vision.Eyeglasses
	}
	return vision.NoGlasses
}

func (c *checks) glasses(kind string) {
	wrong := kind != "" && !slices.Contains(c.settings.Thresholds.Glasses, kind)
	c.fail(wrong && kind != vision.Sunglasses, schemas.CodeGlasses)
	c.fail(wrong && kind == vision.Sunglasses, schemas.CodeSunglasses)
}
