package attack

import (
	"math/rand/v2"

	"github.com/selene-liveness/selene/deploy/tools/simulate"
	"github.com/selene-liveness/selene/schemas"
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
	a.acts = func(action string, r *rand.Rand) Look {
		l := act(action, r)
		turn := 30 + 16*r.Float64()
		nod := 22 + 16*r.Float64()
		switch action {
		case schemas.ActionYawLeft:
			l.Yaw = turn
		case schemas.ActionYawRight:
			l.Yaw = -turn
		case schemas.ActionPitchUp:
			l.Pitch = nod
		case schemas.ActionPitchDown:
			l.Pitch = -nod
		}
		return l
	}
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
