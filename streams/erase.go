package streams

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/selene-liveness/selene/schemas"
)

// Erase removes every trace of a session: frames, faces, verdicts, decisions, dead letters, video states, image
// hashes, media, ticket, reference face and presence. What stays is one event that says when it was erased.
func (c *Conn) Erase(ctx context.Context, session string, erased *schemas.SessionEvent) error {
	if err := c.ForgetExports(ctx, session); err != nil {
		return err
	}
	var errs []error
	objects := []string{ReferenceObject(session), BestShotObject(session), ImportedObject(session)}
	for v, err := range c.VideosOf(ctx, session) {
		if err != nil {
			return err
		}
		if name := v.Message.GetObject(); name != "" {
			objects = append(objects, name)
		}
	}
	for _, name := range objects {
		errs = append(errs, c.DeleteObject(ctx, name))
	}
	objectsLeft := errors.Join(errs...) != nil
	for stream, filter := range map[string]string{
		Frames:    subject(KindFrame, session),
		Faces:     subject(KindFace, session),
		Verdicts:  verdictSubject("*", session),
		Decisions: subject(KindDecision, session),
		Sessions:  subject(KindSession, session),
		Videos:    subject(KindVideo, session),

		Announcements: subject(KindAnnouncement, session),
		Dead:          subject(KindDead, "*") + "." + session,
		Hashes:        hashSubject("*", session),
		liveStream:    liveSubject(liveSession + session),
		ticketStream:  ticketSubject("*", session),
	} {
		if stream == Videos && objectsLeft {
			continue // it knows their names, for another try
		}
		s, err := c.js.Stream(ctx, stream)
		if err == nil {
			err = s.Purge(ctx, jetstream.WithPurgeSubject(filter))
		}
		if err != nil {
			errs = append(errs, Blame(Infrastructure, fmt.Errorf("purge %s from %s: %w", filter, stream, err)))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return c.PublishSessionEvent(ctx, erased)
}
