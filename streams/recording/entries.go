package recording

import (
	"archive/tar"
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/selene-liveness/selene/streams"
)

// spool collects an entry in a temporary file until its size is known.
type spool struct {
	name string
	file *os.File
	buf  *bufio.Writer
}

func (b *writer) spool(name string) (*spool, error) {
	f, err := os.CreateTemp("", "selene-recording-*")
	if err != nil {
		return nil, streams.Blame(streams.Infrastructure, fmt.Errorf("create a temporary file for the recording: %w", err))
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

func (b *writer) removeSpools(err *error) {
	for _, s := range b.spools {
		*err = errors.Join(*err, s.file.Close(), os.Remove(s.file.Name()))
	}
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
	b.addLink(name, int64(len(data)), sum[:])
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
	b.addLink(s.name, size, sum.Sum(nil))
	return nil
}

func (b *writer) header(name string, size int64) error {
	if err := b.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: size, ModTime: b.at, Typeflag: tar.TypeReg}); err != nil {
		return fmt.Errorf("write the recording: %w", err)
	}
	return nil
}

func (b *writer) addLink(name string, size int64, digest []byte) {
	sum := hex.EncodeToString(digest)
	b.link = nextLink(b.link, name, sum)
	b.chain = append(b.chain, Link{name, size, sum, b.link})
}
