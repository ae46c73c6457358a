package streams

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/selene-liveness/selene/schemas"
)

var hexToken = regexp.MustCompile(`^[0-9a-f]{8,64}$`)

// FirstSight notes that the session of a frame showed an image with this hash (8 to 64 lower-case hexadecimal digits)
// and returns the session that showed it first, as far back as hashes are kept: the session itself when nobody did
// before. Asking again gives the same answer. A frame of a run notes nothing. Erasing a session erases its hashes.
func (c *Conn) FirstSight(ctx context.Context, name *schemas.FrameName, hash string) (string, error) {
	session := name.GetSession()
	if err := CheckSession(session); err != nil {
		return "", Blame(Input, err)
	}
	if !hexToken.MatchString(hash) {
		return "", Blame(Input, fmt.Errorf("image hash %.70q is not 8 to 64 hexadecimal digits", hash))
	}
	if name.GetRun() == "" {
		if err := c.noteHash(ctx, session, hash); err != nil {
			return "", err
		}
	}
	return c.firstToShow(ctx, session, hash)
}

// SharedHashes are the hashes of images that a session showed and another showed before it, with that other's id.
func (c *Conn) SharedHashes(ctx context.Context, session string) (map[string]string, error) {
	if err := CheckSession(session); err != nil {
		return nil, err
	}
	subjects, err := c.Stream(Hashes).Subjects(ctx, Subject(KindHash, "*", session))
	if err != nil {
		return nil, fmt.Errorf("list the image hashes of %s: %w", session, err)
	}
	shared := map[string]string{}
	for subject := range subjects {
		hash := strings.Split(subject, ".")[hashToken]
		first, err := c.firstToShow(ctx, session, hash)
		if err != nil {
			return nil, err
		}
		if first != session {
			shared[hash] = first
		}
	}
	return shared, nil
}

// hashToken is where the hash stands in a subject.
const hashToken = 2

// NoteHash notes that a session showed an image with this hash, as FirstSight does.
func (c *Conn) NoteHash(ctx context.Context, session, hash string) error {
	if err := CheckSession(session); err != nil {
		return Blame(Input, err)
	}
	if !hexToken.MatchString(hash) {
		return Blame(Input, fmt.Errorf("image hash %.70q is not 8 to 64 hexadecimal digits", hash))
	}
	return c.noteHash(ctx, session, hash)
}

// firstToShow is the session that showed a hash first, session itself when nobody is known to have.
func (c *Conn) firstToShow(ctx context.Context, session, hash string) (string, error) {
	first, err := c.Stream(Hashes).First(ctx, Subject(KindHash, hash, "*"))
	if errors.Is(err, ErrNotFound) {
		return session, nil // pushed out by younger ones in the meantime, or of a run
	}
	if err != nil {
		return "", fmt.Errorf("look up an image hash of %s: %w", session, err)
	}
	return first.Token(), nil
}

func (c *Conn) noteHash(ctx context.Context, session, hash string) error {
	// The note stays where it was when there is one, so that who came first stays first.
	none := uint64(0)
	_, err := c.Publish(ctx, Subject(KindHash, hash, session), nil, PublishOptions{Last: &none})
	if err != nil && !errors.Is(err, ErrChanged) {
		return fmt.Errorf("note an image hash of %s: %w", session, err)
	}
	return nil
}
