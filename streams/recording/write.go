package recording

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/evidence"
	"github.com/selene-liveness/selene/streams/objects"
	"github.com/selene-liveness/selene/streams/sessions"
)

// Write writes the bundle of a session, as it is stored now, to w. The head of its chain is signed with sign, which returns
// a compact JWS (EdDSA) of the claims it is given. Write returns streams.ErrNotFound for a session of which nothing is
// stored. Entries of unknown size are collected in temporary files, not in memory.
func Write(ctx context.Context, w io.Writer, conn *streams.Conn, session string, sign func(jwt.Claims) (string, error)) (err error) {
	if err := streams.CheckSession(session); err != nil {
		return err
	}
	b := &writer{
		conn:     conn,
		sessions: sessions.New(conn),
		objects:  objects.New(conn),
		tar:      tar.NewWriter(w),
		at:       time.Now().UTC().Truncate(time.Second),
		link:     firstLink,
	}
	about := &Session{Format: Format, Session: session, Recorded: b.at, Packs: map[string][]string{}}
	defer b.removeSpools(&err)
	if err := b.collect(ctx, about); err != nil {
		return err
	}
	if err := b.writeJSON(sessionFile, about); err != nil {
		return err
	}
	if err := b.images(ctx, session, about.Frames); err != nil {
		return err
	}
	for _, s := range b.spools {
		if err := b.writeSpool(s); err != nil {
			return err
		}
	}
	if err := b.reference(ctx, session); err != nil {
		return err
	}
	head := Head{Session: session, Head: b.link, Entries: len(b.chain), IssuedAt: b.at.Unix()}
	var chain []byte
	for _, l := range b.chain {
		line, err := json.Marshal(l)
		if err != nil {
			return fmt.Errorf("encode the chain: %w", err)
		}
		chain = append(append(chain, line...), '\n')
	}
	if err := b.write(chainFile, chain); err != nil {
		return err
	}
	signature, err := sign(evidence.Claims[Head]{Content: head})
	if err != nil {
		return fmt.Errorf("sign the recording: %w", err)
	}
	if err := b.write(signatureFile, []byte(signature)); err != nil {
		return err
	}
	if err := b.tar.Close(); err != nil {
		return fmt.Errorf("write the recording: %w", err)
	}
	return nil
}

type writer struct {
	conn     *streams.Conn
	sessions *sessions.Store
	objects  *objects.Store
	tar      *tar.Writer
	at       time.Time
	link     string
	chain    []Link
	spools   []*spool
	frames   *spool
}

// images writes the first count frames and collects their descriptions in a spool. Frames that arrived in the meantime are
// left to the next recording.
func (b *writer) images(ctx context.Context, session string, count int) error {
	n := 0
	for f, err := range b.sessions.FramesOf(ctx, session) {
		if err != nil {
			return err
		}
		if n++; n > count {
			break
		}
		m := f.Message
		image := m.GetImage()
		line := Frame{
			File: fmt.Sprintf(
				"frames/%06d%s",
				n,
				imagefile.OfMediaType(m.GetMediaType()).Extension(),
			),
			Sequence:  m.GetName().GetSequence(),
			Stored:    f.Sequence,
			Attempt:   m.GetAttempt(),
			Received:  time.Unix(0, m.GetReceivedUnixNanos()).UTC(),
			MediaType: m.GetMediaType(),
		}
		m.Image = nil
		if line.Message, err = schemas.Marshal(m); err != nil {
			return err
		}
		if err := b.frames.line(line); err != nil {
			return err
		}
		if err := b.write(line.File, image); err != nil {
			return err
		}
	}
	return nil
}

// reference writes the face the session was verified against, if there was one.
func (b *writer) reference(ctx context.Context, session string) error {
	o, err := b.objects.Open(ctx, objects.ReferenceName(session))
	if errors.Is(err, streams.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	defer o.Close()
	image, err := readAll(o, maxImage, "reference")
	if err != nil {
		return err
	}
	return b.write("reference"+imagefile.OfMediaType(o.MediaType).Extension(), image)
}
