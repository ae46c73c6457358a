package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/media"
)

// Object is a stored file being read, from the position that Seek sets. It is not swept until closed. Close it.
type Object = media.Object

// Store reads and writes the media of an installation. It is safe for concurrent use.
type Store struct {
	media   media.Store
	keys    *streams.Keys
	readers *streams.Bucket
	markTTL time.Duration
}

// New returns the store that the connection was configured with.
func New(conn *streams.Conn) *Store {
	store, _ := conn.Media()
	return &Store{store, conn.Keys(), conn.Bucket(streams.BucketReaders), markTTL}
}

// Put stores what r yields under a name and replaces what was there. When it fails, what was there stays. It returns
// streams.ErrErased when the session was erased.
func (s *Store) Put(ctx context.Context, name, mediaType string, r io.Reader) error {
	release, err := s.markWriter(ctx, name)
	if err != nil {
		return err
	}
	defer release()
	if r, err = s.seal(ctx, name, r); err != nil {
		return err
	}
	return blame("store", name, s.media.Put(ctx, name, mediaType, r))
}

// PutFile stores a file under a name and replaces what was there.
func (s *Store) PutFile(ctx context.Context, name, mediaType, path string) error {
	f, err := os.Open(path) //nolint:gosec // a file that the caller has made
	if err != nil {
		return streams.Blame(streams.Infrastructure, fmt.Errorf("store object %s: %w", name, err))
	}
	defer f.Close()
	return s.Put(ctx, name, mediaType, f)
}

// Open returns a stored object, which can be read until ctx is done. It returns streams.ErrNotFound when there is no such
// object, or when it is about to be swept.
func (s *Store) Open(ctx context.Context, name string) (*Object, error) {
	release, err := s.markReader(ctx, name)
	if err != nil {
		return nil, err
	}
	o, err := s.media.Open(ctx, name)
	if err != nil {
		release()
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("object %s: %w", name, streams.ErrNotFound)
		}
		return nil, blame("read", name, err)
	}
	o.ReadSeekCloser = &marked{o.ReadSeekCloser, release}
	if err := s.open(ctx, o); err != nil {
		return nil, errors.Join(err, o.Close())
	}
	return o, nil
}

// marked is an object with a mark of its reader.
type marked struct {
	io.ReadSeekCloser
	release func()
}

func (m *marked) Close() error {
	defer m.release()
	return m.ReadSeekCloser.Close()
}

// Delete removes an object if it exists, even while it is read, and destroys its key.
func (s *Store) Delete(ctx context.Context, name string) error {
	if err := s.media.Delete(ctx, name); err != nil {
		return blame("delete", name, err)
	}
	if session := sessionOf(name); session != "" {
		return s.keys.DestroyFile(ctx, session, name)
	}
	return nil
}

// RemoveUnread removes an object if due reports true for it as it is stored now, and reports whether it did. It leaves an
// object that another process reads, writes or sweeps.
func (s *Store) RemoveUnread(ctx context.Context, name string, due func(media.Info) (bool, error)) (removed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.markTTL/2) // while its mark holds
	defer cancel()
	release, ok, err := s.claim(ctx, name)
	if err != nil || !ok {
		return false, err
	}
	defer release()
	o, err := s.media.Open(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		err = o.Close()
	}
	if err != nil {
		return false, blame("sweep", name, err)
	}
	if is, err := due(o.Info); err != nil || !is {
		return false, err
	}
	if err := s.Delete(ctx, name); err != nil {
		return false, err
	}
	return true, nil
}

// blame returns nil for nil.
func blame(verb, name string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, media.ErrName):
		return streams.Blame(streams.Input, fmt.Errorf("%s object: %w", verb, err))
	}
	return streams.Blame(streams.Infrastructure, fmt.Errorf("%s object %s: %w", verb, name, err))
}
