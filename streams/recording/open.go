package recording

import (
	"archive/tar"
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/klauspost/compress/zstd"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/streams"
)

// Bundle is an open recording. It may be read from several goroutines at once. Close it.
type Bundle struct {
	About   Session
	Frames  []Frame // in the order they were stored
	file    *os.File
	remove  bool
	entries map[string]place
	order   []string
	stored  map[uint64]int // index in Frames by Stored
}

// place is where an entry's bytes lie.
type place struct{ at, size int64 }

var zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}

// Open opens the bundle in a file. What is no bundle is an *Error. Nothing is verified yet: see Verify.
func Open(path string) (*Bundle, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the recording: %w", err)
	}
	return open(f, false)
}

// Receive takes a bundle from a stream into a temporary file and opens it, limit bytes at most uncompressed.
func Receive(r io.Reader, limit int64) (*Bundle, error) {
	f, err := os.CreateTemp("", "selene-recording-*")
	if err != nil {
		return nil, streams.Blame(streams.Infrastructure, fmt.Errorf("make room for the recording: %w", err))
	}
	n, err := io.Copy(f, io.LimitReader(r, limit+1))
	if err == nil && n > limit {
		err = fault("", "is larger than %d bytes", limit)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	return open(f, true)
}

func open(f *os.File, remove bool) (_ *Bundle, err error) {
	b := &Bundle{file: f, remove: remove, entries: map[string]place{}, stored: map[uint64]int{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.Close())
		}
	}()
	if err := b.unpack(); err != nil {
		return nil, err
	}
	if err := b.index(); err != nil {
		return nil, err
	}
	return b, b.describe()
}

// Close lets go of the file.
func (b *Bundle) Close() error {
	err := b.file.Close()
	if b.remove {
		err = errors.Join(err, os.Remove(b.file.Name()))
	}
	return err
}

// unpack replaces a compressed file by a temporary one that can be read at any place.
func (b *Bundle) unpack() error {
	magic := make([]byte, len(zstdMagic))
	if _, err := b.file.ReadAt(magic, 0); err != nil || !bytes.Equal(magic, zstdMagic) {
		return nil // too short for one: the index will say so
	}
	packed, err := b.file.Stat()
	if err == nil {
		_, err = b.file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("read the recording: %w", err)
	}
	z, err := zstd.NewReader(b.file, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
	if err != nil {
		return fmt.Errorf("read the recording: %w", err)
	}
	defer z.Close()
	out, err := os.CreateTemp("", "selene-recording-*")
	if err != nil {
		return streams.Blame(streams.Infrastructure, fmt.Errorf("make room for the recording: %w", err))
	}
	limit := min(MaxBytes, max(freelyInflated, mostInflated*packed.Size()))
	n, err := io.Copy(out, io.LimitReader(z, limit+1))
	switch {
	case err != nil:
		err = fault("", "cannot be decompressed: %v", err)
	case n > limit:
		err = fault("", "is larger than %d bytes, and has %d compressed", limit, packed.Size())
	}
	err = errors.Join(err, b.Close())
	b.file, b.remove = out, true
	return err
}

// index finds the entries.
func (b *Bundle) index() error {
	if _, err := b.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read the recording: %w", err)
	}
	t := tar.NewReader(b.file)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fault("", "is no tar file, or is cut off: %v", err)
		}
		switch {
		case h.Typeflag != tar.TypeReg || !entryName.MatchString(h.Name):
			return fault("", "has no place for an entry %.60q", h.Name)
		case len(b.order) >= maxEntries:
			return fault("", "has more than %d entries", maxEntries)
		case h.Size < 0:
			return fault(h.Name, "has no size")
		}
		if _, twice := b.entries[h.Name]; twice {
			return fault(h.Name, "is there twice")
		}
		at, err := b.file.Seek(0, io.SeekCurrent) // the header is read, and nothing beyond it
		if err != nil {
			return fmt.Errorf("read the recording: %w", err)
		}
		b.entries[h.Name] = place{at, h.Size}
		b.order = append(b.order, h.Name)
	}
}

// describe reads what is small.
func (b *Bundle) describe() error {
	about, err := b.small(sessionFile)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(about, &b.About); err != nil {
		return fault(sessionFile, "%v", err)
	}
	if b.About.Format != Format {
		return fault(sessionFile, "is of format %d, this build reads %d", b.About.Format, Format)
	}
	if err := streams.CheckSession(b.About.Session); err != nil {
		return fault(sessionFile, "%v", err)
	}
	if size := b.entries[framesFile].size; size > maxFrames {
		return fault(framesFile, "has %d bytes, %d are allowed", size, maxFrames)
	}
	for line, err := range b.lines(framesFile) {
		if err != nil {
			return err
		}
		var f Frame
		if err := json.Unmarshal(line, &f); err != nil {
			return fault(framesFile, "line %d: %v", len(b.Frames)+1, err)
		}
		if _, there := b.entries[f.File]; !there || imagefile.OfMediaType(f.MediaType) == 0 {
			return fault(framesFile, "line %d: there is no image %.60q of type %.30q", len(b.Frames)+1, f.File, f.MediaType)
		}
		if _, twice := b.stored[f.Stored]; twice {
			return fault(framesFile, "line %d: frame %d is there twice", len(b.Frames)+1, f.Stored)
		}
		b.stored[f.Stored] = len(b.Frames)
		b.Frames = append(b.Frames, f)
	}
	return nil
}

func (b *Bundle) reader(name string) (*io.SectionReader, error) {
	p, there := b.entries[name]
	if !there {
		return nil, fault(name, "is missing")
	}
	return io.NewSectionReader(b.file, p.at, p.size), nil
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
			yield(nil, fault(name, "%v", err))
		}
	}
}

// FrameAt is the frame that had a sequence in the stream of frames, image included. It is streams.ErrNotFound when the
// bundle does not hold it.
func (b *Bundle) FrameAt(stored uint64) (*schemas.Frame, error) {
	i, there := b.stored[stored]
	if !there {
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
	if f.GetMediaType() != b.Frames[i].MediaType { // which is one of an image
		return nil, fault(framesFile, "frame %d is of type %.30q and %.30q", stored, b.Frames[i].MediaType, f.GetMediaType())
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
		return fault(entry, "%v", err)
	}
	session := ""
	switch m := m.(type) {
	case named:
		session = m.GetName().GetSession()
		if m.GetName().GetRun() != "" {
			return fault(entry, "holds a message of a run")
		}
	case *schemas.SessionEvent:
		session = m.GetSession()
	}
	if session != b.About.Session {
		return fault(entry, "holds a message of session %.40q", session)
	}
	return nil
}

// Verdicts yields the verdicts in the order they were stored.
func (b *Bundle) Verdicts() iter.Seq2[streams.Stored[*schemas.Verdict], error] {
	return messages(b, verdictsFile, func() *schemas.Verdict { return &schemas.Verdict{} })
}

// Decisions yields the decisions in the order they were stored.
func (b *Bundle) Decisions() iter.Seq2[streams.Stored[*schemas.Decision], error] {
	return messages(b, decisionsFile, func() *schemas.Decision { return &schemas.Decision{} })
}

// Events yields the steps of the session's life.
func (b *Bundle) Events() iter.Seq2[streams.Stored[*schemas.SessionEvent], error] {
	return messages(b, eventsFile, func() *schemas.SessionEvent { return &schemas.SessionEvent{} })
}

// Reference is the face the session was verified against and its media type, nil when there was none.
func (b *Bundle) Reference() ([]byte, string, error) {
	for _, format := range []imagefile.Format{imagefile.JPEG, imagefile.PNG} {
		name := "reference" + format.Extension()
		if _, there := b.entries[name]; there {
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
					err = fault(hashesFile, "%v", err)
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
					err = fault(entry, "%v", err)
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
