package attack

import "github.com/selene-liveness/selene/workers/vision"

// flat shows the photo, whatever is wanted.
type flat struct{ photo *Photo }

func (f flat) paint(_ Look, dst *vision.Image) { copy(dst.Pix, f.photo.img.Pix) }
