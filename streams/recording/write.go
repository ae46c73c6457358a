package recording

import (
	"archive/tar"
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/hashes"
	"github.com/selene-liveness/selene/streams/objects"
	"github.com/selene-liveness/selene/streams/sessions"
)

// Write writes the bundle of a session as it is stored now to w, with a signature over the head of its chain:
// a compact JWS of algorithm EdDSA, which sign makes of the claims it is given. It is
// streams.ErrNotFound for a session nothing is stored of. What has to be known before it is written waits in temporary
// files, not in memory.
func Write(ctx context.Context, w io.Writer, conn *streams.Conn, session string, sign func(jwt.Claims) (string, error)) (err error) {
	if err := streams.CheckSession(session); err != nil {
		return err
	}
	b := &writer{conn: conn, sessions: sessions.New(conn), objects: objects.New(conn), tar: tar.NewWriter(w), at: time.Now().UTC().Truncate(time.Second), link: firstLink}
	about := &Session{Format: Format, Session: session, Recorded: b.at, Packs: map[string][]string{}}
	defer b.forget(&err)
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
	signature, err := sign(claims{head})
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

// spool is an entry that grows before its size is known.
type spool struct {
	name string
	file *os.File
	buf  *bufio.Writer
}

func (b *writer) spool(name string) (*spool, error) {
	f, err := os.CreateTemp("", "selene-recording-*")
	if err != nil {
		return nil, streams.Blame(streams.Infrastructure, fmt.Errorf("make room for the recording: %w", err))
	}
	s := &spool{name, f, bufio.NewWriter(f)}
	b.spools = append(b.spools, s)
	return s, nil
}

func (s *spool) line(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode a line of %s: %w", s.name, err)
	}
	_, err = s.buf.Write(append(line, '\n'))
	return err
}

func (b *writer) forget(err *error) {
	for _, s := range b.spools {
		*err = errors.Join(*err, s.file.Close(), os.Remove(s.file.Name()))
	}
}

// collect fills the spools but that of the frames, and says what the bundle is of.
func (b *writer) collect(ctx context.Context, about *Session) error {
	var err error
	if b.frames, err = b.spool(framesFile); err != nil {
		return err
	}
	verdicts, err := b.spool(verdictsFile)
	if err != nil {
		return err
	}
	err = spoolAll(verdicts, b.sessions.VerdictsOf(ctx, about.Session), func(v *schemas.Verdict, _ uint64) {
		if pack := v.GetPack(); pack != "" && !slices.Contains(about.Packs[v.GetWorker()], pack) {
			about.Packs[v.GetWorker()] = append(about.Packs[v.GetWorker()], pack)
		}
	})
	if err != nil {
		return err
	}
	decisions, err := b.spool(decisionsFile)
	if err != nil {
		return err
	}
	decided := map[uint64]bool{} // frames
	known := false
	err = spoolAll(decisions, b.sessions.DecisionsOf(ctx, about.Session), func(d *schemas.Decision, _ uint64) {
		known = true
		about.Outcome = schemas.OutcomeName(d.GetOutcome())
		if d.GetFrame() != 0 {
			decided[d.GetFrame()] = true
		}
		if about.Revision == 0 {
			about.Revision = d.GetState().GetSettingsRevision()
		}
	})
	if err != nil {
		return err
	}
	events, err := b.spool(eventsFile)
	if err != nil {
		return err
	}
	err = spoolAll(events, b.sessions.EventsOf(ctx, about.Session), func(e *schemas.SessionEvent, _ uint64) {
		switch e.GetKind() {
		case schemas.SessionEventKind_SESSION_OPENED:
			known = true
			about.Opened = time.Unix(0, e.GetAtUnixNanos()).UTC()
		}
	})
	if err != nil {
		return err
	}
	if err := b.hashes(ctx, about.Session); err != nil {
		return err
	}
	if !known {
		return fmt.Errorf("session %s: %w", about.Session, streams.ErrNotFound)
	}
	for f, err := range b.sessions.FramesOf(ctx, about.Session) {
		if err != nil {
			return err
		}
		about.Frames++
		delete(decided, f.Sequence)
	}
	about.Missing = len(decided)
	if about.Revision != 0 {
		var settings *schemas.Settings
		settings, err = SettingsOf(ctx, b.conn, about.Session, about.Revision)
		if err == nil {
			about.Settings = settings.Mask()
		}
	}
	if errors.Is(err, streams.ErrNotFound) {
		return nil // no longer kept
	}
	return err
}

// hashes notes which images others had shown before: a verdict of virtual-camera follows from that too.
func (b *writer) hashes(ctx context.Context, session string) error {
	s, err := b.spool(hashesFile)
	if err != nil {
		return err
	}
	shared, err := hashes.New(b.conn).Shared(ctx, session)
	if err != nil {
		return err
	}
	for _, hash := range slices.Sorted(maps.Keys(shared)) {
		if err := s.line(SharedHash{hash, shared[hash]}); err != nil {
			return err
		}
	}
	return nil
}

func spoolAll[M schemas.Message](s *spool, all iter.Seq2[streams.Stored[M], error], see func(M, uint64)) error {
	for m, err := range all {
		if err != nil {
			return err
		}
		see(m.Message, m.Sequence)
		text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(m.Message)
		if err != nil {
			return fmt.Errorf("encode a line of %s: %w", s.name, err)
		}
		exact, err := schemas.Marshal(m.Message)
		if err != nil {
			return err
		}
		if err := s.line(Line{m.Sequence, text, exact}); err != nil {
			return err
		}
	}
	return nil
}

// images writes so many frames; one that came in the meantime is of the next recording. Their descriptions wait in a spool.
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
			File: fmt.Sprintf("frames/%06d%s", n, imagefile.OfMediaType(m.GetMediaType()).Extension()), Sequence: m.GetName().GetSequence(), Stored: f.Sequence,
			Attempt: m.GetAttempt(), Received: time.Unix(0, m.GetReceivedUnixNanos()).UTC(), MediaType: m.GetMediaType(),
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

func (b *writer) writeJSON(name string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", name, err)
	}
	return b.write(name, append(data, '\n'))
}

func (b *writer) write(name string, data []byte) error {
	sum := sha256.Sum256(data)
	if err := b.header(name, int64(len(data))); err != nil {
		return err
	}
	if _, err := b.tar.Write(data); err != nil {
		return fmt.Errorf("write the recording: %w", err)
	}
	b.chained(name, int64(len(data)), sum[:])
	return nil
}

func (b *writer) writeSpool(s *spool) error {
	if err := s.buf.Flush(); err != nil {
		return fmt.Errorf("write %s: %w", s.name, err)
	}
	size, err := s.file.Seek(0, io.SeekCurrent)
	if err == nil {
		_, err = s.file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", s.name, err)
	}
	if err := b.header(s.name, size); err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.Copy(b.tar, io.TeeReader(s.file, sum)); err != nil {
		return fmt.Errorf("write the recording: %w", err)
	}
	b.chained(s.name, size, sum.Sum(nil))
	return nil
}

func (b *writer) header(name string, size int64) error {
	if err := b.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: size, ModTime: b.at, Typeflag: tar.TypeReg}); err != nil {
		return fmt.Errorf("write the recording: %w", err)
	}
	return nil
}

func (b *writer) chained(name string, size int64, digest []byte) {
	sum := hex.EncodeToString(digest)
	b.link = next(b.link, name, sum)
	b.chain = append(b.chain, Link{name, size, sum, b.link})
}
