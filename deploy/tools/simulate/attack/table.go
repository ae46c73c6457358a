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

// Simulated returns the kinds of this package for the simulator's table, named photo- and then the name of the kind.
func Simulated() []simulate.Kind {
	var out []simulate.Kind
	for i := range Kinds {
		k := &Kinds[i]
		out = append(out, simulate.Kind{Name: "photo-" + k.Name, About: k.About, Attack: true, New: k.cast})
	}
	return out
}

// cast returns the attacker on photos of as many persons as the kind needs.
func (k *Kind) cast(m *simulate.Material, seed uint64) (*simulate.Cast, error) {
	var photos []*Photo
	var victims []string
	for n := uint64(0); len(photos) < k.Photos; n++ {
		if n == tries {
			return nil, fmt.Errorf("%w: photos of %d persons", simulate.ErrNoMaterial, k.Photos)
		}
		data, victim, err := m.Photo(int((seed + n) % (1 << 31)))
		if err != nil {
			return nil, err
		}
		if len(victims) > 0 && victims[0] == victim {
			continue
		}
		p, err := Open(m.Models, data, photoSide)
		if errors.Is(err, ErrUnusable) {
			continue
		}
		if err != nil {
			return nil, err
		}
		photos, victims = append(photos, p), append(victims, victim)
	}
	return &simulate.Cast{Actor: k.New(photos, seed), Subject: victims[len(victims)-1]}, nil
}
