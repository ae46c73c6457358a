package attack

import (
	"math/rand/v2"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/vision"
)

// blend fades from the photo to one picture per action, made once, and back: frames in between are mixtures of two.
type blend struct {
	of   painter
	ends map[Look]vision.Image
}

func (b *blend) paint(l Look, dst *vision.Image) {
	target, f := extreme(l)
	rest := b.picture(Look{Scale: 1}, dst)
	end := b.picture(target, dst)
	for i := range dst.Pix {
		dst.Pix[i] = level(float64(rest.Pix[i])*(1-f) + float64(end.Pix[i])*f)
	}
}

func (b *blend) picture(l Look, like *vision.Image) vision.Image {
	img, ok := b.ends[l]
	if !ok {
		img = blank(like.Width, like.Height)
		b.of.paint(l, &img)
		b.ends[l] = img
	}
	return img
}

const (
	blendYaw   = 42
	blendUp    = 46
	blendDown  = 40
	blendBlink = 1
)

// extreme returns the end of the movement that a look is part of, and how far it has come.
func extreme(l Look) (Look, float64) {
	end := Look{Scale: 1}
	switch {
	case l.Blink > 0:
		end.Blink = blendBlink
		return end, l.Blink
	case l.Yaw > 0:
		end.Yaw = blendYaw
	case l.Yaw < 0:
		end.Yaw = -blendYaw
	case l.Pitch > 0:
		end.Pitch = blendUp
	case l.Pitch < 0:
		end.Pitch = -blendDown
	default:
		return end, 0
	}
	return end, clamp01((l.Yaw + l.Pitch) / (end.Yaw + end.Pitch))
}

// wholly goes to the ends of [blend].
func wholly(action string, _ *rand.Rand) Look {
	l := Look{Scale: 1}
	switch action {
	case schemas.ActionBlink:
		l.Blink = blendBlink
	case schemas.ActionYawLeft:
		l.Yaw = blendYaw
	case schemas.ActionYawRight:
		l.Yaw = -blendYaw
	case schemas.ActionPitchUp:
		l.Pitch = blendUp
	case schemas.ActionPitchDown:
		l.Pitch = -blendDown
	}
	return l
}
