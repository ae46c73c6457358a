package sessions

import (
	"context"

	"github.com/selene-liveness/selene/streams"
)

// Holds reports whether anything is stored that the session's key of a class encrypts.
func (s *Store) Holds(ctx context.Context, session string, class streams.Class) (bool, error) {
	var in []string
	var keys []string
	switch class {
	case streams.ClassFrames:
		in = []string{streams.Frames, streams.Verdicts, streams.Dead}
	case streams.ClassDecisions:
		in = []string{streams.Decisions, streams.Sessions, streams.Videos, streams.Announcements}
		keys = []string{ticketKey, attemptsKey}
	case streams.ClassReference:
		keys = []string{referenceKey}
	}
	filters := storedOf(session)
	for _, name := range in {
		for _, filter := range filters[name] {
			if found, err := s.conn.Stream(name).Subjects(ctx, filter); err != nil || len(found) > 0 {
				return true, err
			}
		}
	}
	for _, key := range keys {
		if found, err := s.tickets().Stream().Subjects(ctx, s.tickets().Subject(key+session)); err != nil || len(found) > 0 {
			return true, err
		}
	}
	return false, nil
}
