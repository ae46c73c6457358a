package attack

import (
	"errors"
	"fmt"

	"github.com/selene-liveness/selene/deploy/tools/simulate"
)

const (
	photoSide = 512 // pixels
	tries     = 8   // photos, until one will do
)

// Kinds are the attackers of this package, for the simulator's table.
var Kinds = []simulate.Kind{
	ofPhoto("photo-still", "one photo for everything", Still),
	ofPhoto("photo-moved", "a print that is moved and tilted by hand as requested", Moved),
	ofPhoto("photo-patch", "closed eyes put over those of one photo", Patch),
	ofPhoto("warp-crude", "a photo, and jumps to an ellipsoid with a nose and painted eyes", CrudeWarp),
	ofPhoto("warp-ellipsoid", "the ellipsoid, at the speed of a head and with lids that move", SmoothEllipsoid),
	ofPhoto("warp-mesh", "a photo bent as its own mesh turns in space", MeshWarp),
	ofPhoto("warp-sway", "the same, swaying, with a light that changes", MeshSway),
	ofPhoto("warp-faded", "a photo, faded to one warped picture for each action", Interpolated),
	ofPhoto("screen-still", "a photo on a screen, moved by hand", ScreenStill),
	ofPhoto("screen-warp", "a bent photo on a screen", ScreenWarp),
	{Name: "morph", About: "a face between two persons leads from one to the other", Attack: true, New: castMorph},
}

func ofPhoto(name, about string, act func(*Photo, uint64) simulate.Actor) simulate.Kind {
	return simulate.Kind{Name: name, About: about, Attack: true, New: func(m *simulate.Material, seed uint64) (*simulate.Cast, error) {
		p, victim, err := open(m, seed)
		if err != nil {
			return nil, err
		}
		return &simulate.Cast{Actor: act(p, seed), Subject: victim}, nil
	}}
}

func castMorph(m *simulate.Material, seed uint64) (*simulate.Cast, error) {
	first, victim, err := open(m, seed)
	if err != nil {
		return nil, err
	}
	for n := range uint64(tries) {
		second, other, err := open(m, seed+seed/7+1+n)
		if err != nil {
			return nil, err
		}
		if other != victim {
			return &simulate.Cast{Actor: Morph(first, second, seed), Subject: victim}, nil
		}
	}
	return nil, fmt.Errorf("%w: two photos", simulate.ErrNoMaterial)
}

// open returns a photo of the victim that a seed names, or of the next one whose photo will do.
func open(m *simulate.Material, seed uint64) (*Photo, string, error) {
	for n := range uint64(tries) {
		data, victim, err := m.Photo(int((seed + n) % (1 << 31)))
		if err != nil {
			return nil, "", err
		}
		p, err := Open(m.Models, data, photoSide)
		if errors.Is(err, ErrUnusable) {
			continue
		}
		return p, victim, err
	}
	return nil, "", fmt.Errorf("%w: a photo", simulate.ErrNoMaterial)
}
