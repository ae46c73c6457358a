package attack

import (
	"math/rand/v2"

	"github.com/selene-liveness/selene/deploy/tools/simulate"
	"github.com/selene-liveness/selene/workers/vision"
)

// seeded returns the source of all that is random in an attacker.
func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x5e1e7e)) }

// Still holds up one photo for everything.
func Still(p *Photo, seed uint64) simulate.Actor { return still(p, seed) }

func still(p *Photo, seed uint64) *performer {
	r := seeded(seed)
	a := newPerformer(flat{p}, p.img.Width, r)
	a.camera.shake, a.sudden = 1+r.Float64(), true
	return a
}

// CrudeWarp jumps from the photo to an ellipsoid with a nose, and paints or stretches skin over the eyes.
func CrudeWarp(p *Photo, seed uint64) simulate.Actor { return crudeWarp(p, seed) }

func crudeWarp(p *Photo, seed uint64) *performer {
	r := seeded(seed)
	a := newPerformer(newEllipsoid(p, paintedLids(p, r.IntN(3) > 0), false), p.img.Width, r)
	a.sudden = true
	return a
}

// SmoothEllipsoid plays the same at the speed of a head, and moves the lids.
func SmoothEllipsoid(p *Photo, seed uint64) simulate.Actor { return smoothEllipsoid(p, seed) }

func smoothEllipsoid(p *Photo, seed uint64) *performer {
	r := seeded(seed)
	a := newPerformer(newEllipsoid(p, movedLids(p), true), p.img.Width, r)
	a.sway = newSway(r, 0.8, 0.006)
	return a
}

// MeshWarp bends the photo as its own mesh turns in space.
func MeshWarp(p *Photo, seed uint64) simulate.Actor { return meshWarped(p, seed) }

func meshWarped(p *Photo, seed uint64) *performer {
	r := seeded(seed)
	a := newPerformer(newMeshWarp(p), p.img.Width, r)
	a.sway = newSway(r, 0.8, 0.006)
	return a
}

// Moved holds a print before the camera and moves it by hand as requested.
func Moved(p *Photo, seed uint64) simulate.Actor { return byHand(p, seed) }

func byHand(p *Photo, seed uint64) *performer {
	r := seeded(seed)
	a := newPerformer(newPlane(p), p.img.Width, r)
	a.acts = func(action string, _ *rand.Rand) Look { return a.byHand(action) }
	a.sway = newSway(r, 1.5, 0.015)
	return a
}

// MeshSway is [MeshWarp] with a head that moves as a whole while it turns, and a light that changes with the angle.
func MeshSway(p *Photo, seed uint64) simulate.Actor { return meshSway(p, seed) }

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

// Patch answers blinks alone, with closed eyes put over those of the photo.
func Patch(p *Photo, seed uint64) simulate.Actor { return patched(p, seed) }

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

// Interpolated fades between the photo and one warped picture for each action.
func Interpolated(p *Photo, seed uint64) simulate.Actor { return interpolated(p, seed) }

func interpolated(p *Photo, seed uint64) *performer {
	r := seeded(seed)
	a := newPerformer(&blend{of: newMeshWarp(p), ends: map[Look]vision.Image{}}, p.img.Width, r)
	a.acts = wholly
	return a
}
