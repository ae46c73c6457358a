package simulate

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

// seeded returns the source of all that is random in an actor.
func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x5e1e7e)) }

// pick returns a clip in turn, so that every one is played about equally often, of those that can do something.
func pick(clips []*clip, seed uint64) (*clip, error) {
	able := slices.DeleteFunc(slices.Clone(clips), func(c *clip) bool { return len(c.segments) == 0 })
	if len(able) == 0 {
		return nil, fmt.Errorf("%w: a clip with an action", ErrNoMaterial)
	}
	return able[seed%uint64(len(able))], nil
}

func (c *clip) can() []string { return slices.Sorted(maps.Keys(c.segments)) }

func newPerson(m *Material, seed uint64) (*Cast, error) {
	c, err := pick(m.People, seed)
	if err != nil {
		return nil, err
	}
	p := newPlayer(c, seeded(seed))
	if m.lit {
		p.screen = newScreen(m, 0, seed)
	}
	return &Cast{p, c.identity, c.can()}, nil
}

func newRecording(m *Material, seed uint64) (*Cast, error) { return cutFrom(m.People, seed) }

func newPresented(m *Material, seed uint64) (*Cast, error) { return cutFrom(m.Fakes, seed) }

func cutFrom(clips []*clip, seed uint64) (*Cast, error) {
	c, err := pick(clips, seed)
	if err != nil {
		return nil, err
	}
	p := newPlayer(c, seeded(seed))
	p.cut, p.habits.reaction, p.habits.lost, p.habits.glance = true, recording, 0, 0
	return &Cast{p, c.identity, c.can()}, nil
}

// two returns a victim and another person who can do something.
func two(m *Material, seed uint64) (a, b *clip, err error) {
	if b, err = pick(m.People, seed); err != nil {
		return nil, nil, err
	}
	for i := range m.People {
		a = m.People[(seed+seed/7+uint64(i)+1)%uint64(len(m.People))]
		if a.identity != b.identity {
			return a, b, nil
		}
	}
	return nil, nil, fmt.Errorf("%w: two people", ErrNoMaterial)
}

// foreign shows a photo of the victim, and another person for the actions.
type foreign struct {
	*player
	photo  []byte
	victim *camera
}

func newForeign(m *Material, seed uint64) (*Cast, error) {
	a, b, err := two(m, seed)
	if err != nil {
		return nil, err
	}
	photo, err := a.picture(a.best())
	if err != nil {
		return nil, err
	}
	r := seeded(seed)
	p := newPlayer(b, r)
	p.cut, p.habits.reaction, p.habits.lost, p.habits.glance = true, recording, 0, 0
	return &Cast{&foreign{p, photo, newCamera(r)}, a.identity, b.can()}, nil
}

// Next shows the photo while the other person rests.
func (f *foreign) Next(last Reply) (Picture, error) {
	p, err := f.player.Next(last)
	if err == nil && f.doing == resting {
		p.Image, err = f.victim.film(f.photo, f.now)
	}
	return p, err
}

// swap is a person until a moment, or until they have done everything, and then another. Somebody whose frames do not count stays.
type swap struct {
	now, then *player
	at        time.Duration
	swapped   bool
}

func newSwap(m *Material, seed uint64) (*Cast, error) {
	a, b, err := two(m, seed)
	if err != nil {
		return nil, err
	}
	r := seeded(seed)
	s := &swap{newPlayer(a, r), newPlayer(b, r), between(r, time.Second, 5*time.Second), false}
	s.then.habits.gap = s.now.habits.gap
	return &Cast{s, a.identity, b.can()}, nil
}

// Next shows the person whose turn it is.
func (s *swap) Next(last Reply) (Picture, error) {
	a := last.ActiveLiveness
	if !s.swapped && (a == nil || s.now.now < s.at && a.GetDone() < a.GetTotal()) {
		return s.now.Next(last)
	}
	if !s.swapped {
		s.swapped, s.then.now = true, s.now.now
	}
	return s.then.Next(last)
}
