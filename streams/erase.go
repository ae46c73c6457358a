package streams

import (
	"context"
	"errors"

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
		Frames:    Subject(KindFrame, session),
		Faces:     Subject(KindFace, session),
		Verdicts:  Subject(KindVerdict, "*", session),
		Decisions: Subject(KindDecision, session),
		Sessions:  Subject(KindSession, session),
		Videos:    Subject(KindVideo, session),

		Announcements: Subject(KindAnnouncement, session),
		Dead:          Subject(KindDead, "*", session),
		Hashes:        Subject(KindHash, "*", session),
	} {
		if stream == Videos && objectsLeft {
			continue // it knows their names, for another try
		}
		errs = append(errs, c.Stream(stream).Purge(ctx, filter, 0))
	}
	errs = append(errs, c.Bucket(BucketLive).Purge(ctx, liveSession+session), c.Bucket(BucketTickets).Purge(ctx, "*."+session))
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return c.PublishSessionEvent(ctx, erased)
}
