package objects

import (
	"context"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/seal"
)

// sessionOf returns the session of an object by its name, empty when it has none.
func sessionOf(name string) string {
	session, _, _ := strings.Cut(path.Base(name), ".")
	if streams.CheckSession(session) != nil {
		return ""
	}
	return session
}

// seal returns a reader of the sealed object.
func (s *Store) seal(ctx context.Context, name string, r io.Reader) (io.Reader, error) {
	session := sessionOf(name)
	if session == "" {
		return r, nil
	}
	key, err := s.keys.ForFile(ctx, session, name)
	if err != nil || key == nil {
		return r, err
	}
	return key.SealFile(r, name)
}

// open lets an object be read as it was before it was sealed. One that was stored before there were keys is read as it is.
func (s *Store) open(ctx context.Context, o *Object) error {
	sealed, err := seal.IsFile(o)
	if err != nil || !sealed {
		return blame("read", o.Name, err)
	}
	key, err := s.keys.OfFile(ctx, sessionOf(o.Name), o.Name)
	if err != nil {
		return fmt.Errorf("read object %s: %w", o.Name, err)
	}
	f, err := key.OpenFile(o.ReadSeekCloser, o.Size, o.Name)
	if err != nil {
		return blame("read", o.Name, err)
	}
	o.Size = seal.FileSize(o.Size)
	o.ReadSeekCloser = &opened{f, o.ReadSeekCloser}
	return nil
}

// opened is a sealed object being read.
type opened struct {
	*seal.File
	io.Closer
}
