// Package hashes remembers which session showed which image, so that an image that is shown again is recognised.
package hashes

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// Store keeps the hashes of images for as long as frames are kept. Erasing a session erases its hashes. A Store is safe
// for concurrent use.
type Store struct{ conn *streams.Conn }

// New returns the hashes of an installation.
func New(conn *streams.Conn) *Store { return &Store{conn} }

var hexadecimal = regexp.MustCompile(`^[0-9a-f]{8,64}$`)

// FirstSight notes that the session of a frame showed an image with this hash (8 to 64 lowercase hexadecimal digits) and
// returns the session that showed it first: the session itself if no other has. It returns the same answer when called
// again. A frame of a run notes nothing.
func (s *Store) FirstSight(ctx context.Context, name *schemas.FrameName, hash string) (string, error) {
	session := name.GetSession()
	if err := check(session, hash); err != nil {
		return "", err
	}
	if name.GetRun() == "" {
		if err := s.note(ctx, session, hash); err != nil {
			return "", err
		}
	}
	return s.firstToShow(ctx, session, hash)
}

// Note notes that a session showed an image with this hash, as FirstSight does.
func (s *Store) Note(ctx context.Context, session, hash string) error {
	if err := check(session, hash); err != nil {
		return err
	}
	return s.note(ctx, session, hash)
}

func check(session, hash string) error {
	if err := streams.CheckSession(session); err != nil {
		return streams.Blame(streams.Input, err)
	}
	if !hexadecimal.MatchString(hash) {
		return streams.Blame(streams.Input, fmt.Errorf("image hash %.70q must be 8 to 64 lowercase hexadecimal digits", hash))
	}
	return nil
}

func (s *Store) note(ctx context.Context, session, hash string) error {
	// An existing note stays in its place, so that the first session stays the first.
	none := uint64(0)
	_, err := s.conn.Publish(ctx, streams.Subject(streams.KindHash, hash, session), nil, streams.PublishOptions{Last: &none})
	if err != nil && !errors.Is(err, streams.ErrChanged) {
		return fmt.Errorf("note an image hash of %s: %w", session, err)
	}
	return nil
}

// hashToken is the position of the hash in a subject.
const hashToken = 2

// Shared returns the hashes of images that a session showed and another session showed before it, with the ID of the
// other session.
func (s *Store) Shared(ctx context.Context, session string) (map[string]string, error) {
	if err := streams.CheckSession(session); err != nil {
		return nil, err
	}
	subjects, err := s.conn.Stream(streams.Hashes).Subjects(ctx, streams.Subject(streams.KindHash, "*", session))
	if err != nil {
		return nil, fmt.Errorf("list the image hashes of %s: %w", session, err)
	}
	shared := map[string]string{}
	for subject := range subjects {
		hash := strings.Split(subject, ".")[hashToken]
		first, err := s.firstToShow(ctx, session, hash)
		if err != nil {
			return nil, err
		}
		if first != session {
			shared[hash] = first
		}
	}
	return shared, nil
}

// firstToShow returns the session that showed a hash first, or session itself if no other is known to have shown it.
func (s *Store) firstToShow(ctx context.Context, session, hash string) (string, error) {
	first, err := s.conn.Stream(streams.Hashes).First(ctx, streams.Subject(streams.KindHash, hash, "*"))
	if errors.Is(err, streams.ErrNotFound) {
		return session, nil // removed to make place for newer ones, or of a run
	}
	if err != nil {
		return "", fmt.Errorf("look up an image hash of %s: %w", session, err)
	}
	return first.Token(), nil
}
