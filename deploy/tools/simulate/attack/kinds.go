package attack

import (
	"math/rand/v2"

	"github.com/selene-liveness/selene/deploy/tools/simulate"
	"github.com/selene-liveness/selene/workers/vision"
)

// Kind is a sort of attacker.
type Kind struct {
	Name   string
	About  string // what it does, in one sentence
	Photos int    // of different persons that New takes; the session is to be passed as the last
	make   func(photos []*Photo, seed uint64) *performer
}

// New returns an attacker; photos are of the same size.
func (k *Kind) New(photos []*Photo, seed uint64) simulate.Actor { return k.make(photos, seed) }

func one(f func(*Photo, uint64) *performer) func([]*Photo, uint64) *performer {
	return func(photos []*Photo, seed uint64) *performer { return f(photos[0], seed) }
}

// Kinds are the attackers that have photos alone.
var Kinds = []Kind{
	{"still", "one photo for everything, encoded again for each frame", 1, one(still)},
	{"moved", "a print that is moved, tilted and brought nearer by hand as requested", 1, one(byHand)},
	{"crude", "a jump to an ellipsoid with a nose for turns, skin painted over the eyes for blinks", 1, one(crudeWarp)},
	{"ellipsoid", "an ellipsoid with a nose that turns at the speed of a head, lids that close", 1, one(smoothEllipsoid)},
	{"mesh", "the photo bent as its own mesh turns in space, lids that close", 1, one(meshWarped)},
	{"sway", "the same with a head that leans and light that changes as it turns", 1, one(meshSway)},
	{"morph", "a face between two persons at first, then the second, whose mesh turns", 2, func(photos []*Photo, seed uint64) *performer {
		return morphed(photos[0], photos[1], seed)
	}},
	{"screen-still", "a photo on a screen, moved by hand", 1, one(screenStill)},
	{"screen-warp", "a mesh warp on a screen", 1, one(screenWarp)},
	{"patch", "a photo whose eyes are replaced by closed ones", 1, one(patched)},
	{"interpolated", "cross-fades between the photo and one warped picture for each action", 1, one(interpolated)},
}

// seeded returns the source of all that is random in an attacker.
func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x5e1e7e)) }

func still(p *Photo, seed uint64) *performer {
	r := seeded(seed)
	a := newPerformer(flat{p}, p.img.Width, r)
	a.camera.shake, a.sudden = 1+r.Float64(), true
	return a
}

func crudeWarp(p *Photo, seed uint64) *performer {
	r := seeded(seed)
	a := newPerformer(newEllipsoid(p, paintedLids(p, r.IntN(3) > 0), false), p.img.Width, r)
	a.sudden = true
	return a
}

func smoothEllipsoid(p *Photo, seed uint64) *performer {
	r := seeded(seed)
	a := newPerformer(newEllipsoid(p, movedLids(p), true), p.img.Width, r)
	a.sway = newSway(r, 0.8, 0.006)
	return a
}

func meshWarped(p *Photo, seed uint64) *performer {
	r := seeded(seed)
	a := newPerformer(newMeshWarp(p), p.img.Width, r)
	a.sway = newSway(r, 0.8, 0.006)
	return a
}

func byHand(p *Photo, seed uint64) *performer {
	r := seeded(seed)
	a := newPerformer(newPlane(p), p.img.Width, r)
	a.acts = func(action string, _ *rand.Rand) Look { return a.byHand(action) }
	a.sway = newSway(r, 1.5, 0.015)
	return a
}

func meshSway(p *Photo, seed uint64) *performer {
	r := seeded(seed)
	w := newMeshWarp(p)
	w.shadow = 0.25 + 0.2*r.Float64()
	a := newPerformer(w, p.img.Width, r)
	a.sway = newSway(r, 1.5, 0.02)
	lean, roll := 0.1+0.1*r.Float64(), 5*(r.Float64()-0.3)
	a.acts = func(action string, r *rand.Rand) Look {
		l := act(action, r)
		l.X, l.Y = lean*l.Yaw/40, -0.7*lean*l.Pitch/40
		l.Roll = roll * l.Yaw / 40
		l.Scale = 1 + 0.03*r.NormFloat64()
		return l
	}
	return a
}

func patched(p *Photo, seed uint64) *performer {
	r := seeded(seed)
	lids := paintedLids(p, r.IntN(2) == 0)
	if r.IntN(2) == 0 {
		lids = movedLids(p)
	}
	a := newPerformer(patch{lids}, p.img.Width, r)
	a.sudden, a.camera.shake = true, 0.5
	return a
}

func interpolated(p *Photo, seed uint64) *performer {
	r := seeded(seed)
	a := newPerformer(&blend{of: newMeshWarp(p), ends: map[Look]vision.Image{}}, p.img.Width, r)
	a.acts = wholly
	return a
}
