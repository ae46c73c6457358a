package recording

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"iter"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/streams"
)

func (b *Bundle) reader(name string) (*io.SectionReader, error) {
	p, exists := b.entries[name]
	if !exists {
		return nil, problem(name, "is missing")
	}
	return io.NewSectionReader(b.file, p.offset, p.size), nil
}

func (b *Bundle) small(name string) ([]byte, error) {
	r, err := b.reader(name)
	if err != nil {
		return nil, err
	}
	return readAll(r, maxText, name)
}

func (b *Bundle) lines(name string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		r, err := b.reader(name)
		if err != nil {
			yield(nil, err)
			return
		}
		lines := bufio.NewScanner(r)
		lines.Buffer(nil, maxLine)
		for lines.Scan() {
			if !yield(lines.Bytes(), nil) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(nil, problem(name, "%v", err))
		}
	}
}

// FrameAt returns the frame that had a sequence in the stream of frames, with its image. It returns streams.ErrNotFound when
// the bundle does not have it.
func (b *Bundle) FrameAt(stored uint64) (*schemas.Frame, error) {
	i, exists := b.stored[stored]
	if !exists {
		return nil, fmt.Errorf("frame %d of the recording of %s: %w", stored, b.About.Session, streams.ErrNotFound)
	}
	f := &schemas.Frame{}
	if err := b.message(framesFile, b.Frames[i].Message, f); err != nil {
		return nil, err
	}
	r, err := b.reader(b.Frames[i].File)
	if err != nil {
		return nil, err
	}
	if f.GetMediaType() != b.Frames[i].MediaType { // describe has checked the latter
		return nil, problem(
			framesFile,
			"frame %d has type %.30q in its line and %.30q in its message",
			stored,
			b.Frames[i].MediaType,
			f.GetMediaType(),
		)
	}
	f.Image, err = readAll(r, maxImage, b.Frames[i].File)
	return f, err
}

// named is a message of one session.
type named interface {
	schemas.Message
	GetName() *schemas.FrameName
}

func (b *Bundle) message(entry string, data []byte, m schemas.Message) error {
	if err := schemas.Unmarshal(data, m); err != nil {
		return problem(entry, "%v", err)
	}
	session := ""
	switch m := m.(type) {
	case named:
		session = m.GetName().GetSession()
		if m.GetName().GetRun() != "" {
			return problem(entry, "has a message of a run")
		}
	case *schemas.SessionEvent:
		session = m.GetSession()
	}
	if session != b.About.Session {
		return problem(entry, "has a message of session %.40q", session)
	}
	return nil
}

// FrameOf returns the frame that a decision is about, with its image. It returns streams.ErrNotFound when the bundle does not have it.
// A decision of a session that was imported names the frame's sequence in another installation.
func (b *Bundle) FrameOf(d *schemas.Decision) (*schemas.Frame, error) {
	for _, line := range b.Frames {
		if line.Sequence != d.GetName().GetSequence() {
			continue
		}
		f := &schemas.Frame{}
		if err := b.message(framesFile, line.Message, f); err != nil {
			return nil, err
		}
		if f.GetName().Equal(d.GetName()) {
			return b.FrameAt(line.Stored)
		}
	}
	return nil, fmt.Errorf("frame %d of session %s: %w", d.GetName().GetSequence(), b.About.Session, streams.ErrNotFound)
}

// Verdicts yields the verdicts in the order they were stored.
func (b *Bundle) Verdicts() iter.Seq2[streams.Stored[*schemas.Verdict], error] {
	return messages(b, verdictsFile, func() *schemas.Verdict { return &schemas.Verdict{} })
}

// Decisions yields the decisions in the order they were stored.
func (b *Bundle) Decisions() iter.Seq2[streams.Stored[*schemas.Decision], error] {
	return messages(b, decisionsFile, func() *schemas.Decision { return &schemas.Decision{} })
}

// Events yields the events of the session in the order they were stored.
func (b *Bundle) Events() iter.Seq2[streams.Stored[*schemas.SessionEvent], error] {
	return messages(b, eventsFile, func() *schemas.SessionEvent { return &schemas.SessionEvent{} })
}

// Reference returns the face the session was verified against and its media type, or nil if there was none.
func (b *Bundle) Reference() ([]byte, string, error) {
	for _, format := range []imagefile.Format{imagefile.JPEG, imagefile.PNG} {
		name := "reference" + format.Extension()
		if _, exists := b.entries[name]; exists {
			r, err := b.reader(name)
			if err != nil {
				return nil, "", err
			}
			image, err := readAll(r, maxImage, name)
			return image, format.MediaType(), err
		}
	}
	return nil, "", nil
}

// SharedHashes yields the images that other sessions had shown before.
func (b *Bundle) SharedHashes() iter.Seq2[SharedHash, error] {
	return func(yield func(SharedHash, error) bool) {
		for line, err := range b.lines(hashesFile) {
			var h SharedHash
			if err == nil {
				if err = json.Unmarshal(line, &h); err != nil {
					err = problem(hashesFile, "%v", err)
				}
			}
			if !yield(h, err) || err != nil {
				return
			}
		}
	}
}

func messages[M schemas.Message](b *Bundle, entry string, empty func() M) iter.Seq2[streams.Stored[M], error] {
	return func(yield func(streams.Stored[M], error) bool) {
		for line, err := range b.lines(entry) {
			m := empty()
			var l Line
			if err == nil {
				if err = json.Unmarshal(line, &l); err != nil {
					err = problem(entry, "%v", err)
				}
			}
			if err == nil {
				err = b.message(entry, l.Message, m)
			}
			if !yield(streams.Stored[M]{Sequence: l.Stored, Message: m}, err) || err != nil {
				return
			}
		}
	}
}
