package attack

import "github.com/selene-liveness/selene/workers/vision"

// patch is the photo with the eyes replaced by closed ones, and nothing else: turns are not answered.
type patch struct{ lids *eyelids }

func (p patch) paint(l Look, dst *vision.Image) {
	b := 0.0
	if l.Blink > 0.5 {
		b = 1
	}
	copy(dst.Pix, p.lids.closed(b).Pix)
}
