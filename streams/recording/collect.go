package recording

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/hashes"
)

// collect fills all spools except that of the frames, and completes the description of the session.
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
	decided := map[string]bool{} // frames, by name
	known := false
	err = spoolAll(decisions, b.sessions.DecisionsOf(ctx, about.Session), func(d *schemas.Decision, _ uint64) {
		known = true
		about.Outcome = schemas.OutcomeName(d.GetOutcome())
		if d.GetFrame() != 0 {
			decided[d.GetName().Key()] = true
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
		delete(decided, f.Message.GetName().Key())
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

// hashes collects the images that other sessions had shown before, because verdicts of virtual-camera depend on them.
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

func spoolAll[M schemas.Message](s *spool, all iter.Seq2[streams.Stored[M], error], visit func(M, uint64)) error {
	for m, err := range all {
		if err != nil {
			return err
		}
		visit(m.Message, m.Sequence)
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
