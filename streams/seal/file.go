package seal

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A sealed file begins with fileMark and a random salt. Then follow chunks, each encrypted with AES-256-GCM under a key that HKDF
// (RFC 5869) derives from the session's key, the salt and the file's name. The nonce is the number of the chunk and whether it is
// the last, so that chunks can be opened in any order, but not moved, left out or cut off: the STREAM construction of Hoang,
// Reyhanitabar, Rogaway and Vizár (2015).
const (
	saltSize  = 32
	headSize  = int64(len(fileMark) + saltSize)
	chunkSize = 64 << 10 // of data, without the tag
	tagSize   = 16
)

const fileMark = "SELENE\x00\x01"

// fileAEAD returns the cipher of one file.
func (k *Key) fileAEAD(salt []byte, name string) (cipher.AEAD, error) {
	secret, err := hkdf.Key(sha256.New, k.secret, salt, "selene: file, 1: "+name, KeySize)
	if err != nil {
		return nil, fmt.Errorf("derive the key of %s: %w", name, err)
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// nonceOf returns the nonce of a chunk: 11 bytes of its number, and whether it is the last.
func nonceOf(chunk int64, last bool) []byte {
	nonce := make([]byte, 12)
	binary.BigEndian.PutUint64(nonce[3:11], uint64(chunk)) //nolint:gosec // chunks count from 0
	if last {
		nonce[11] = 1
	}
	return nonce
}

// SealFile returns a reader of the sealed file with the data of r. It holds two chunks in memory.
func (k *Key) SealFile(r io.Reader, name string) (io.Reader, error) {
	head := append([]byte(fileMark), make([]byte, saltSize)...)
	salt := head[len(fileMark):]
	rand.Read(salt)
	aead, err := k.fileAEAD(salt, name)
	if err != nil {
		return nil, err
	}
	return &fileSealer{from: bufio.NewReaderSize(r, chunkSize+1), aead: aead, ready: head}, nil
}

type fileSealer struct {
	from  *bufio.Reader
	aead  cipher.AEAD
	chunk int64
	ready []byte // sealed, to be read
	data  [chunkSize]byte
	ended bool
}

func (s *fileSealer) Read(p []byte) (int, error) {
	if len(s.ready) == 0 {
		if s.ended {
			return 0, io.EOF
		}
		if err := s.seal(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.ready)
	s.ready = s.ready[n:]
	return n, nil
}

// seal reads and seals the next chunk. Only the last one is shorter than the others, and only that of an empty file is empty.
func (s *fileSealer) seal() error {
	n, err := io.ReadFull(s.from, s.data[:])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	switch _, err = s.from.Peek(1); {
	case errors.Is(err, io.EOF):
		s.ended = true
	case err != nil:
		return err
	}
	s.ready = s.aead.Seal(s.ready[:0], nonceOf(s.chunk, s.ended), s.data[:n], nil)
	s.chunk++
	return nil
}

// FileSize returns the size of the data in a sealed file of so many bytes; of one that is too short, 0.
func FileSize(sealed int64) int64 {
	return max(0, sealed-headSize-tagSize*chunks(sealed))
}

func chunks(sealed int64) int64 {
	return (sealed - headSize + chunkSize + tagSize - 1) / (chunkSize + tagSize)
}

// File is a sealed file being read, from its beginning or from the position set with Seek. It is not safe for concurrent use.
type File struct {
	from   io.ReadSeeker
	name   string
	aead   cipher.AEAD
	chunks int64
	size   int64
	at     int64 // in from
	want   int64 // in the data, of the next Read
	opened int64 // the chunk in data, -1 = none
	data   []byte
	sealed [chunkSize + tagSize]byte
}

// IsFile reports whether a file is a sealed one. It reads the first bytes.
func IsFile(from io.ReadSeeker) (bool, error) {
	mark := make([]byte, len(fileMark))
	_, err := io.ReadFull(from, mark)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false, err
	}
	_, err = from.Seek(0, io.SeekStart)
	return bytes.Equal(mark, []byte(fileMark)), err
}

// OpenFile reads the sealed file of size bytes. Read returns ErrAltered for one that was altered, cut off, or sealed under another name.
func (k *Key) OpenFile(from io.ReadSeeker, size int64, name string) (*File, error) {
	head := make([]byte, headSize)
	if _, err := io.ReadFull(from, head); err != nil || !bytes.HasPrefix(head, []byte(fileMark)) || size < headSize+tagSize {
		return nil, fmt.Errorf("%s: %w", name, ErrAltered)
	}
	aead, err := k.fileAEAD(head[len(fileMark):], name)
	if err != nil {
		return nil, err
	}
	return &File{from: from, name: name, aead: aead, chunks: chunks(size), size: FileSize(size), at: headSize, opened: -1}, nil
}

// Seek sets the position of the next Read, which costs nothing before that.
func (f *File) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.want
	case io.SeekEnd:
		offset += f.size
	}
	if offset < 0 {
		return f.want, errors.New("seek before the beginning")
	}
	f.want = offset
	return offset, nil
}

// Read reads at most to the end of a chunk.
func (f *File) Read(p []byte) (int, error) {
	chunk := min(f.want/chunkSize, f.chunks-1)
	if err := f.open(chunk); err != nil { // at the end, too: the last chunk shows that nothing was cut off
		return 0, err
	}
	if f.want >= f.size {
		return 0, io.EOF
	}
	n := copy(p, f.data[f.want-chunk*chunkSize:])
	f.want += int64(n)
	return n, nil
}

// open reads a chunk, unless it is the one at hand.
func (f *File) open(chunk int64) error {
	if f.opened == chunk {
		return nil
	}
	if from := headSize + chunk*(chunkSize+tagSize); f.at != from {
		if _, err := f.from.Seek(from, io.SeekStart); err != nil {
			return err
		}
		f.at = from
	}
	n, err := io.ReadFull(f.from, f.sealed[:])
	f.at += int64(n)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	f.opened = -1
	if f.data, err = f.aead.Open(f.data[:0], nonceOf(chunk, chunk == f.chunks-1), f.sealed[:n], nil); err != nil {
		return fmt.Errorf("%s: %w", f.name, ErrAltered)
	}
	f.opened = chunk
	return nil
}
