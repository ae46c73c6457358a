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

// ErrExists is returned for a session that the installation already has.
var ErrExists = errors.New("the installation already has this session")

// Import stores the session of a bundle, which should have been verified before. The session can be viewed like any other,
// and workers do not judge it. Import returns ErrExists for a session that exists, and an *Error for a bundle that cannot be
// read. After any failure nothing of the session is left.
func Import(ctx context.Context, conn *streams.Conn, b *Bundle) (err error) {
	id := b.About.Session
	for _, err := range sessions.New(conn).EventsOf(ctx, id) {
		return errors.Join(err, fmt.Errorf("session %s: %w", id, ErrExists))
	}
	if _, err := sessions.New(conn).LastDecision(ctx, id); !errors.Is(err, streams.ErrNotFound) {
		return errors.Join(err, fmt.Errorf("session %s: %w", id, ErrExists))
	}
	if erased, err := conn.Keys().IsErased(ctx, id); err != nil || erased {
		return errors.Join(err, fmt.Errorf("session %s was erased here: %w", id, ErrExists))
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, sessions.New(conn).Discard(context.WithoutCancel(ctx), id))
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
	for e, err := range b.Events() { // last, because the session is found by them
		if err == nil {
			err = sessions.New(conn).StoreImported(ctx, e.Message)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// About returns session.json of the bundle that a session was imported from. It returns streams.ErrNotFound for a session
// that was not imported.
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
		return nil, problem(sessionFile, "%v", err)
	}
	return about, nil
}

// SettingsOf returns the settings by which a session was judged, given the revision that its state names.
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

// importImages stores the best shot and the reference face if the bundle has them.
func importImages(ctx context.Context, conn *streams.Conn, b *Bundle, best uint64) error {
	frame, err := b.FrameAt(best)
	switch {
	case errors.Is(err, streams.ErrNotFound):
	case err != nil:
		return err
	default:
		if err := objects.New(conn).
			Put(ctx, objects.BestShotName(b.About.Session), frame.GetMediaType(), bytes.NewReader(frame.GetImage())); err != nil {
			return err
		}
	}
	image, mediaType, err := b.Reference()
	if err != nil || image == nil {
		return err
	}
	return objects.New(conn).Put(ctx, objects.ReferenceName(b.About.Session), mediaType, bytes.NewReader(image))
}
