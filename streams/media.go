package streams

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/selene-liveness/selene/streams/media"
)

// Object is a stored file being read, from wherever Seek says. It is not swept until closed. Close it.
type Object = media.Object

// The first words of objects' names.
const (
	kindVideo     = "video"
	kindExport    = "export"
	kindBestShot  = "bestshot"
	kindReference = "reference"
)

// VideoObject is the name of the video of a session that began at start.
func VideoObject(session string, start time.Time, extension string) string {
	return kindVideo + "/" + start.UTC().Format(time.DateOnly) + "/" + session + extension
}

// ExportObject is the name of a session's file of an export.
func ExportObject(job, session, extension string) string {
	return kindExport + "/" + job + "/" + session + extension
}

// BestShotObject is the name of a session's best shot.
func BestShotObject(session string) string { return kindBestShot + "/" + session }

// ReferenceObject is the name of the face a session is verified against.
func ReferenceObject(session string) string { return kindReference + "/" + session }

// Media returns the store of media that Connect opened, and how long each kind of object is kept.
func (c *Conn) Media() (media.Store, media.TTL) { return c.media, c.ttl }

// openMedia opens the store that the configuration names.
func (c *Conn) openMedia(ctx context.Context, m media.Config, l Limits) (err error) {
	if err := m.Check(); err != nil {
		return err
	}
	c.ttl = m.TTL
	if m.Store != media.StoreObjects {
		c.media, err = media.Open(ctx, m)
		return err
	}
	if _, err := c.js.CreateOrUpdateObjectStore(ctx, mediaStore(l)); err != nil {
		return fmt.Errorf("create object store %s: %w", storeMedia, err)
	}
	c.media, err = media.Objects(ctx, c.js, storeMedia)
	return err
}

// blameMedia is nil for nil.
func blameMedia(what, name string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, media.ErrName):
		return Blame(Input, fmt.Errorf("%s object: %w", what, err))
	}
	return Blame(Infrastructure, fmt.Errorf("%s object %s: %w", what, name, err))
}

// PutObject stores what r gives under name, replacing what was there. When it fails, what was there stays.
func (c *Conn) PutObject(ctx context.Context, name, mediaType string, r io.Reader) error {
	release, err := c.announceWriter(ctx, name)
	if err != nil {
		return err
	}
	defer release()
	return blameMedia("store", name, c.media.Put(ctx, name, mediaType, r))
}

// PutFile stores a file under name, replacing what was there.
func (c *Conn) PutFile(ctx context.Context, name, mediaType, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return Blame(Infrastructure, fmt.Errorf("store object %s: %w", name, err))
	}
	defer f.Close()
	return c.PutObject(ctx, name, mediaType, f)
}

// OpenObject reads a stored object until ctx is done. It is ErrNotFound when there is none, or it is about to be swept.
func (c *Conn) OpenObject(ctx context.Context, name string) (*Object, error) {
	release, err := c.announceReader(ctx, name)
	if err != nil {
		return nil, err
	}
	o, err := c.media.Open(ctx, name)
	if err != nil {
		release()
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("object %s: %w", name, ErrNotFound)
		}
		return nil, blameMedia("read", name, err)
	}
	o.ReadSeekCloser = &announced{o.ReadSeekCloser, release}
	return o, nil
}

// announced is an object that others know to be read.
type announced struct {
	io.ReadSeekCloser
	release func()
}

func (a *announced) Close() error {
	defer a.release()
	return a.ReadSeekCloser.Close()
}

// DeleteObject removes an object if it is there, whoever reads it.
func (c *Conn) DeleteObject(ctx context.Context, name string) error {
	return blameMedia("delete", name, c.media.Delete(ctx, name))
}
