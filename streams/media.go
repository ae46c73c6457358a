package streams

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Object is a stored file. Close it.
type Object struct {
	io.ReadCloser
	Size      int64
	Stored    time.Time
	MediaType string
	Digest    string
}

const headerMediaType = "Content-Type"

// VideoObject is the name of the video of a session that began at start.
func VideoObject(session string, start time.Time, extension string) string {
	return "video/" + start.UTC().Format(time.DateOnly) + "/" + session + extension
}

// ExportObject is the name of a session's file of an export.
func ExportObject(job, session, extension string) string {
	return "export/" + job + "/" + session + extension
}

// BestShotObject is the name of a session's best shot in the object store.
func BestShotObject(session string) string { return "bestshot/" + session }

// ReferenceObject is the name of the face a session is verified against.
func ReferenceObject(session string) string { return "reference/" + session }

// PutObject stores what r gives under name, replacing what was there.
func (c *Conn) PutObject(ctx context.Context, name, mediaType string, r io.Reader) error {
	meta := jetstream.ObjectMeta{Name: name, Headers: nats.Header{headerMediaType: {mediaType}}}
	if _, err := c.media.Put(ctx, meta, r); err != nil {
		return Blame(Infrastructure, fmt.Errorf("store object %s: %w", name, err))
	}
	return nil
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

// OpenObject reads a stored object. It is ErrNotFound when there is none.
func (c *Conn) OpenObject(ctx context.Context, name string) (*Object, error) {
	r, err := c.media.Get(ctx, name)
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return nil, fmt.Errorf("object %s: %w", name, ErrNotFound)
	}
	if err != nil {
		return nil, Blame(Infrastructure, fmt.Errorf("read object %s: %w", name, err))
	}
	info, err := r.Info()
	if err != nil {
		return nil, Blame(Infrastructure, fmt.Errorf("read object %s: %w", name, errors.Join(err, r.Close())))
	}
	return &Object{r, int64(info.Size), info.ModTime, info.Headers.Get(headerMediaType), info.Digest}, nil
}

// DeleteObject removes an object if it is there.
func (c *Conn) DeleteObject(ctx context.Context, name string) error {
	if err := c.media.Delete(ctx, name); err != nil && !errors.Is(err, jetstream.ErrObjectNotFound) {
		return Blame(Infrastructure, fmt.Errorf("delete object %s: %w", name, err))
	}
	return nil
}
