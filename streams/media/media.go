// Package media stores files: reference faces, best shots, videos and exports. A setting chooses the store: JetStream's
// object store, a directory, or S3. All three behave alike.
package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"regexp"
	"time"
)

// Store keeps objects under names. It is safe for concurrent use. A name is at least one word of letters, digits,
// '.', '_' and '-', several with slashes between them: "video/2026-11-21/<session>.mp4". No word begins with a dot, and
// no object's name is another's folder. For other names every method returns ErrName.
type Store interface {
	// Put stores what r yields until io.EOF and replaces an existing object. Readers see the old object or the new one.
	// When Put fails, or this process dies, the old one stays. Put holds a few megabytes in memory at most.
	Put(ctx context.Context, name, mediaType string, r io.Reader) error
	// Open returns the object, which can be read until ctx is done. It returns fs.ErrNotExist if it does not exist.
	Open(ctx context.Context, name string) (*Object, error)
	// Delete removes the object if it exists.
	Delete(ctx context.Context, name string) error
	// List yields the objects whose names begin with prefix, in any order, without MediaType. Objects may be deleted
	// meanwhile. Those stored meanwhile may be missing.
	List(ctx context.Context, prefix string) iter.Seq2[Info, error]
	// Clean removes pieces of unfinished objects, left behind by writers that died, if they are older than before.
	Clean(ctx context.Context, before time.Time) error
}

// Info describes an object.
type Info struct {
	Name      string
	Size      int64 // bytes
	Stored    time.Time
	MediaType string
	Digest    string // changes when the object is replaced by different content
}

// Object is an object being read, from its beginning or from the position set with Seek. Close it. It is not safe for
// concurrent use.
type Object struct {
	io.ReadSeekCloser
	Info
}

// ErrName is returned for an invalid name.
var ErrName = errors.New("not a valid object name: use letters, digits, '.', '_' and '-', with slashes between words")

const (
	maxName = 512
	maxWord = 200 // file systems allow 255, and temporary names are longer
)

var validName = regexp.MustCompile(fmt.Sprintf(`^[A-Za-z0-9_-][A-Za-z0-9._-]{0,%d}(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,%[1]d})*$`, maxWord-1))

func isName(name string) bool { return len(name) <= maxName && validName.MatchString(name) }

func checkName(name string) error {
	if !isName(name) {
		return fmt.Errorf("%.*q: %w", maxName, name, ErrName)
	}
	return nil
}

func notFound(name string) error {
	return fmt.Errorf("object %s: %w", name, fs.ErrNotExist)
}
