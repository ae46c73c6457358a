package sessions

import (
	"context"
	"errors"

	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/exports"
	"github.com/selene-liveness/selene/streams/objects"
)

// Erase removes every trace of a session, and of every later attempt under its ID: frames, faces, verdicts, decisions, dead letters,
// video states, image hashes, media, ticket, reference face and presence. It first destroys the keys by which they are sealed, and
// overwrites what is not sealed. Afterwards it stores one event of each with the time of erasure. For as long as decisions are kept,
// nobody can open any of them again. It can be repeated.
func (s *Store) Erase(ctx context.Context, session string, erased *schemas.SessionEvent) error {
	attempts, err := s.CloseAttempts(ctx, session)
	if err != nil {
		return err
	}
	for _, id := range append(attempts.Later, session) { // the first last: it has the list of the others
		if err := s.remove(ctx, id, s.conn.Keys().Erase); err != nil {
			return err
		}
		e := proto.CloneOf(erased)
		e.Session = id
		if err := s.conn.PublishSessionEvent(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// Discard removes everything that is stored about a session that was never complete. Its ID can be used again.
func (s *Store) Discard(ctx context.Context, session string) error {
	return s.remove(ctx, session, s.conn.Keys().Discard)
}

func (s *Store) remove(ctx context.Context, session string, destroy func(ctx context.Context, session string) error) error {
	if err := exports.New(s.conn).Forget(ctx, session); err != nil {
		return err
	}
	err := s.eraseFiles(ctx, session, objects.ReferenceName(session), objects.BestShotName(session), objects.ImportedName(session))
	if err := errors.Join(err, destroy(ctx, session)); err != nil {
		return err // the keys of objects that are left have their names, for another try
	}
	var errs []error
	for stream, filters := range storedOf(session) {
		for _, filter := range filters {
			errs = append(errs, s.conn.Stream(stream).Erase(ctx, filter))
		}
	}
	// Faces are in memory.
	errs = append(errs, s.conn.Stream(streams.Faces).Purge(ctx, streams.Subject(streams.KindFace, session), 0))
	errs = append(errs, s.live().Purge(ctx, liveSession+session), s.tickets().Purge(ctx, "*."+session))
	return errors.Join(errs...)
}

// EraseVideos removes the videos of a session that were stored while it was being erased, and their states.
func (s *Store) EraseVideos(ctx context.Context, session string) error {
	if err := s.eraseFiles(ctx, session); err != nil {
		return err
	}
	return s.conn.Stream(streams.Videos).Erase(ctx, streams.Subject(streams.KindVideo, session))
}

// eraseFiles removes the files of a session that have keys, its videos, and the named ones.
func (s *Store) eraseFiles(ctx context.Context, session string, names ...string) error {
	sealed, err := s.conn.Keys().Files(ctx, session)
	if err != nil {
		return err
	}
	names = append(sealed, names...)
	for v, err := range s.VideosOf(ctx, session) {
		if err != nil {
			return err
		}
		if name := v.Message.GetObject(); name != "" {
			names = append(names, name)
		}
	}
	var errs []error
	for _, name := range names {
		errs = append(errs, objects.New(s.conn).Delete(ctx, name))
	}
	return errors.Join(errs...)
}

// storedOf returns the subjects of what is stored of a session, by stream.
func storedOf(session string) map[string][]string {
	return map[string][]string{
		streams.Frames:    {streams.Subject(streams.KindFrame, session)},
		streams.Verdicts:  {streams.Subject(streams.KindVerdict, "*", "*", session)},
		streams.Decisions: {streams.Subject(streams.KindDecision, session), importedDecision(session)},
		streams.Sessions:  {streams.Subject(streams.KindSession, session)},
		streams.Videos:    {streams.Subject(streams.KindVideo, session)},

		streams.Announcements: {streams.Subject(streams.KindAnnouncement, session)},
		streams.Dead:          {streams.Subject(streams.KindDead, "*", session)},
		streams.Hashes:        {streams.Subject(streams.KindHash, "*", session)},
	}
}
