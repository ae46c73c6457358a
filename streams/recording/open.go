package recording

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/streams"
)

// Bundle is an open recording. It is safe for concurrent reading. Close it.
type Bundle struct {
	About  Session
	Frames []Frame // in the order they were stored
	// What Verify has found:
	Chain    []byte    // of the last decision; the token has it in base64url
	Unlinked int       // decisions of versions that made no chain
	Sealed   time.Time // when the session was sealed; zero without a seal

	file    *os.File
	remove  bool // the file when it is closed
	entries map[string]place
	order   []string
	stored  map[uint64]int // index in Frames by Stored
}

// place is the position of an entry's bytes in the file.
type place struct{ offset, size int64 }

var zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}

// Open opens the bundle in a file. It returns an *Error if the file is not a bundle. It verifies nothing: see Verify.
func Open(path string) (*Bundle, error) {
	f, err := os.Open(path) //nolint:gosec // a file that the user of the command names
	if err != nil {
		return nil, fmt.Errorf("open the recording: %w", err)
	}
	return open(f, false)
}

// Receive stores at most limit bytes of a stream in a temporary file and opens it as a bundle.
func Receive(r io.Reader, limit int64) (*Bundle, error) {
	f, err := os.CreateTemp("", "selene-recording-*")
	if err != nil {
		return nil, streams.Blame(streams.Infrastructure, fmt.Errorf("create a temporary file for the recording: %w", err))
	}
	n, err := io.Copy(f, io.LimitReader(r, limit+1))
	if err == nil && n > limit {
		err = problem("", "is larger than %d bytes", limit)
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

// Close closes the file, and removes it if it is temporary.
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
		return nil // not compressed, or too short, which index reports
	}
	compressed, err := b.file.Stat()
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
		return streams.Blame(streams.Infrastructure, fmt.Errorf("create a temporary file for the recording: %w", err))
	}
	limit := min(MaxBytes, max(freeInflation, maxInflation*compressed.Size()))
	n, err := io.Copy(out, io.LimitReader(z, limit+1))
	switch {
	case err != nil:
		err = problem("", "cannot be decompressed: %v", err)
	case n > limit:
		err = problem("", "is larger than %d bytes, %d of them compressed", limit, compressed.Size())
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
			return problem("", "is not a tar file, or is truncated: %v", err)
		}
		switch {
		case h.Typeflag != tar.TypeReg || !entryName.MatchString(h.Name):
			return problem("", "must not have an entry %.60q", h.Name)
		case len(b.order) >= maxEntries:
			return problem("", "has more than %d entries", maxEntries)
		case h.Size < 0:
			return problem(h.Name, "has no size")
		}
		if _, twice := b.entries[h.Name]; twice {
			return problem(h.Name, "exists twice")
		}
		offset, err := b.file.Seek(0, io.SeekCurrent) // only the header has been read so far
		if err != nil {
			return fmt.Errorf("read the recording: %w", err)
		}
		b.entries[h.Name] = place{offset, h.Size}
		b.order = append(b.order, h.Name)
	}
}

// describe reads session.json and frames.jsonl.
func (b *Bundle) describe() error {
	about, err := b.small(sessionFile)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(about, &b.About); err != nil {
		return problem(sessionFile, "%v", err)
	}
	if b.About.Format != Format {
		return problem(sessionFile, "has format %d, but this build reads %d", b.About.Format, Format)
	}
	if err := streams.CheckSession(b.About.Session); err != nil {
		return problem(sessionFile, "%v", err)
	}
	if size := b.entries[framesFile].size; size > maxFrames {
		return problem(framesFile, "has %d bytes, but only %d are allowed", size, maxFrames)
	}
	for line, err := range b.lines(framesFile) {
		if err != nil {
			return err
		}
		var f Frame
		if err := json.Unmarshal(line, &f); err != nil {
			return problem(framesFile, "line %d: %v", len(b.Frames)+1, err)
		}
		if _, exists := b.entries[f.File]; !exists || imagefile.OfMediaType(f.MediaType) == 0 {
			return problem(framesFile, "line %d: image %.60q of type %.30q does not exist", len(b.Frames)+1, f.File, f.MediaType)
		}
		if _, twice := b.stored[f.Stored]; twice {
			return problem(framesFile, "line %d: frame %d exists twice", len(b.Frames)+1, f.Stored)
		}
		b.stored[f.Stored] = len(b.Frames)
		b.Frames = append(b.Frames, f)
	}
	return nil
}
