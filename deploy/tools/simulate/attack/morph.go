package attack

import (
	"math"
	"time"

	"github.com/selene-liveness/selene/workers/vision"
)

// morph shows a face between two persons, by their meshes: shape and colours are mixed.
type morph struct {
	a, b     *meshWarp
	blend    func() float64 // share of the second person, 0..1
	one, two vision.Image
}

// newMorph needs two photos of the same size.
func newMorph(p, q *Photo, blend func() float64) *morph {
	m := &morph{a: newMeshWarp(p), b: newMeshWarp(q), blend: blend}
	m.one, m.two = blank(p.img.Width, p.img.Height), blank(p.img.Width, p.img.Height)
	return m
}

func (m *morph) paint(l Look, dst *vision.Image) {
	f := m.blend()
	switch {
	case f <= 0:
		m.a.paint(l, dst)
		return
	case f >= 1:
		m.b.paint(l, dst)
		return
	}
	p, q := m.a.photo, m.b.photo
	between := make([]point, len(p.mesh))
	for i := range between {
		between[i] = p.mesh[i].to(q.mesh[i], f)
	}
	bent := func(w *meshWarp, dst *vision.Image) {
		at := append([]point(nil), w.sheet.rest...)
		copy(at, between)
		// What surrounds the face follows it.
		for i := len(between); i < len(at); i++ {
			at[i] = at[i].plus(moved(w, between, at[i]).times(w.share[i]))
		}
		if l.Blink > 0 {
			for i := range eyes {
				eyes[i].close(at, l.Blink)
			}
		}
		w.sheet.draw(&w.photo.img, nil, turn(at, w.share, w.axis(), 2*w.photo.halfWide, l, nil), dst)
	}
	bent(m.a, &m.one)
	bent(m.b, &m.two)
	for i := range dst.Pix {
		dst.Pix[i] = level(float64(m.one.Pix[i])*(1-f) + float64(m.two.Pix[i])*f)
	}
}

// moved is how far the nearest point of the oval has gone.
func moved(w *meshWarp, to []point, at point) point {
	best, far := 0, math.Inf(1)
	for _, i := range oval {
		if d := math.Hypot(at.X-w.photo.mesh[i].X, at.Y-w.photo.mesh[i].Y); d < far {
			best, far = i, d
		}
	}
	return to[best].minus(w.photo.mesh[best])
}

func morphed(first, second *Photo, seed uint64) *performer {
	r := seeded(seed)
	var a *performer
	begins, takes := time.Duration(800+r.IntN(600))*time.Millisecond, time.Duration(600+r.IntN(800))*time.Millisecond
	a = newPerformer(newMorph(first, second, func() float64 {
		return 0.5 + 0.5*clamp01(float64(a.now-begins)/float64(takes))
	}), first.img.Width, r)
	a.sway = newSway(r, 0.8, 0.006)
	return a
}
