package recording

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/objects"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/settings"
)

// ErrThere is returned for a session that the installation already knows.
var ErrThere = errors.New("the installation has this session already")

// Import stores a bundle's session, which should have been verified before: it can be looked at like any other, and nobody
// judges it again. It is ErrThere for a session that is there, and an *Error for a bundle that cannot be read; then, as after
// any other failure, nothing of it is left.
func Import(ctx context.Context, conn *streams.Conn, b *Bundle) (err error) {
	id := b.About.Session
	for _, err := range sessions.New(conn).EventsOf(ctx, id) {
		return errors.Join(err, fmt.Errorf("session %s: %w", id, ErrThere))
	}
	if _, err := sessions.New(conn).LastDecision(ctx, id); !errors.Is(err, streams.ErrNotFound) {
		return errors.Join(err, fmt.Errorf("session %s: %w", id, ErrThere))
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, sessions.New(conn).Erase(context.WithoutCancel(ctx), id, &schemas.SessionEvent{
				Version: schemas.Version, Session: id, Kind: schemas.SessionEventKind_SESSION_ERASED,
			}))
		}
	}()
	for _, f := range b.Frames {
		frame, err := b.FrameAt(f.Stored)
		if err != nil {
			return err
		}
		if err := sessions.New(conn).StoreImported(ctx, frame); err != nil {
			return err
		}
	}
	best := uint64(0)
	for v, err := range b.Verdicts() {
		if err == nil {
			err = sessions.New(conn).StoreImported(ctx, v.Message)
		}
		if err != nil {
			return err
		}
	}
	for d, err := range b.Decisions() {
		if err == nil {
			err = sessions.New(conn).StoreImported(ctx, d.Message)
		}
		if err != nil {
			return err
		}
		if d.Message.GetBestShot() != 0 {
			best = d.Message.GetBestShot()
		}
	}
	about, err := b.small(sessionFile)
	if err != nil {
		return err
	}
	if err := objects.New(conn).Put(ctx, objects.ImportedName(id), "application/json", bytes.NewReader(about)); err != nil {
		return err
	}
	if err := importImages(ctx, conn, b, best); err != nil {
		return err
	}
	for e, err := range b.Events() { // the last: by them the session is found
		if err == nil {
			err = sessions.New(conn).StoreImported(ctx, e.Message)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// About is session.json of the bundle that a session was imported from. It is streams.ErrNotFound for one that was judged here.
func About(ctx context.Context, conn *streams.Conn, session string) (*Session, error) {
	o, err := objects.New(conn).Open(ctx, objects.ImportedName(session))
	if err != nil {
		return nil, err
	}
	defer o.Close()
	text, err := readAll(o, maxText, sessionFile)
	if err != nil {
		return nil, err
	}
	about := &Session{}
	if err := json.Unmarshal(text, about); err != nil {
		return nil, fault(sessionFile, "%v", err)
	}
	return about, nil
}

// SettingsOf are the settings a session was judged by, of the revision its state names.
func SettingsOf(ctx context.Context, conn *streams.Conn, session string, revision uint64) (*schemas.Settings, error) {
	about, err := About(ctx, conn, session)
	if errors.Is(err, streams.ErrNotFound) {
		return settings.New(conn).At(ctx, revision)
	}
	if err != nil {
		return nil, err
	}
	if about.Settings == nil {
		return nil, fmt.Errorf("settings of the imported session %s: %w", session, streams.ErrNotFound)
	}
	return about.Settings, nil
}

// importImages stores the best shot and the reference face, as far as they are there.
func importImages(ctx context.Context, conn *streams.Conn, b *Bundle, best uint64) error {
	frame, err := b.FrameAt(best)
	switch {
	case errors.Is(err, streams.ErrNotFound):
	case err != nil:
		return err
	default:
		if err := objects.New(conn).Put(ctx, objects.BestShotName(b.About.Session), frame.GetMediaType(), bytes.NewReader(frame.GetImage())); err != nil {
			return err
		}
	}
	image, mediaType, err := b.Reference()
	if err != nil || image == nil {
		return err
	}
	return objects.New(conn).Put(ctx, objects.ReferenceName(b.About.Session), mediaType, bytes.NewReader(image))
}
