package gateway

import (
	"context"
	"errors"
	"time"
)

var errSockets = errors.New("the person has too many open sessions")

// join counts the socket for the person of its ticket, who is whoever has the ticket if it names none, instead of for its address.
func (s *session) join(a *admission) error {
	if a.ticket == nil {
		return nil
	}
	name := a.subject
	if name == "" {
		name = a.id
	}
	person, welcome := s.gateway.persons.enter(name)
	if !welcome {
		return errSockets
	}
	s.person = person
	s.uses(person.usage)
	return nil
}

// part undoes join.
func (s *session) part() {
	if s.person != nil {
		s.gateway.persons.leave(s.person)
		s.person = nil
		s.uses(usageOf(s.neighbour))
	}
}

// usageOf returns the usage of a neighbour, or one of its own for the socket of none.
func usageOf(n *neighbour) *usage {
	if n == nil {
		return newUsage(time.Now)
	}
	return n.usage
}

// uses counts the socket in a usage instead of the one before. With nil it is counted in none.
func (s *session) uses(u *usage) {
	if s.usage != nil {
		s.usage.change(-1, 0, 0)
	}
	if s.usage = u; u != nil {
		u.change(1, 0, 0)
	}
}

// wait waits until an image may be judged. done must be called afterwards. There is an error
// when that would take too long.
func (s *session) wait(ctx context.Context, p *picture) (done func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, s.gateway.config.MaxWait)
	defer cancel()
	s.gateway.metrics.waiting.Inc()
	defer s.gateway.metrics.waiting.Dec()
	var after []func()
	done = func() {
		for _, f := range after {
			f()
		}
	}
	for _, n := range []*neighbour{s.neighbour, s.person} {
		leave, err := n.wait(ctx, len(p.data), p.pixels)
		if err != nil {
			done()
			return nil, err
		}
		after = append(after, leave)
	}
	leave, err := s.gateway.line.join(ctx, s.usage)
	if err != nil {
		done()
		return nil, err
	}
	after = append(after, leave)
	return done, nil
}
