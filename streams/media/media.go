// Package media keeps files: reference faces, best shots, videos, exports. Where is a setting: JetStream's object store,
// a directory, or S3. All three do the same, byte for byte.
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
// no object's name is another's folder. Other names are ErrName.
type Store interface {
	// Put stores what r gives until io.EOF, replacing what was there. Readers see the old object or the new one; when it
	// fails, or this process dies, the old one stays. It holds a few megabytes in memory at most.
	Put(ctx context.Context, name, mediaType string, r io.Reader) error
	// Open is for reading the object until ctx is done. It is fs.ErrNotExist when there is none.
	Open(ctx context.Context, name string) (*Object, error)
	// Delete removes the object if it is there.
	Delete(ctx context.Context, name string) error
	// List yields the objects whose names begin with prefix, in no order, without MediaType. Objects may be deleted
	// meanwhile; those stored meanwhile may be missing.
	List(ctx context.Context, prefix string) iter.Seq2[Info, error]
	// Clean removes what writers that died left behind: pieces of unfinished objects that are older than before.
	Clean(ctx context.Context, before time.Time) error
}

// Info describes an object.
type Info struct {
	Name      string
	Size      int64 // bytes
	Stored    time.Time
	MediaType string
	Digest    string // another one when the object was replaced by something else
}

// Object is an object being read, from its beginning or from wherever Seek says. Close it. It is for one goroutine.
type Object struct {
	io.ReadSeekCloser
	Info
}

// ErrName is returned for names that no object can have.
var ErrName = errors.New("not the name of an object")

const (
	maxName = 512
	maxWord = 200 // a file system takes 255, and temporary names are longer
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
