// Package settings keeps the revisions of the settings document and of its variants. A revision never changes, and its
// number is unique over all variants.
package settings

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// Store reads and changes the settings of an installation. It is safe for concurrent use.
type Store struct {
	conn   *streams.Conn
	bucket *streams.Bucket
	cache  cache
}

// New returns the settings of an installation.
func New(conn *streams.Conn) *Store {
	return &Store{conn: conn, bucket: conn.Bucket(streams.BucketSettings)}
}

// Revision is one revision of the document or of a variant.
type Revision struct {
	Number   uint64            `json:"revision"`
	Created  time.Time         `json:"created"`
	Variant  string            `json:"variant,omitempty"` // its tag; empty = the document itself
	Author                     // of the revision
	Settings *schemas.Settings `json:"settings"`
}

// Author names the person who changed the settings, and the reason.
type Author struct {
	By   string `json:"by,omitempty"`
	Note string `json:"note,omitempty"`
}

// The keys of the bucket, of which those of runs of recorded sessions are in run.go.
const (
	documentKey = "document"
	variantKey  = "variant." // and the tag
)

// headerAuthor carries the author beside the document.
const headerAuthor = "Selene-Author"

var variantTag = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

// keyOf returns the key of a variant; the empty variant is the document itself.
func keyOf(variant string) (string, error) {
	if variant == "" {
		return documentKey, nil
	}
	if !variantTag.MatchString(variant) {
		return "", invalid(
			"the tag of a variant must have 1 to 64 letters, digits, - and _, and begin with a letter or digit, not %.70q",
			variant,
		)
	}
	return variantKey + variant, nil
}

func invalid(format string, args ...any) error {
	return streams.Blame(streams.Input, &schemas.DocumentError{Document: "settings", Message: fmt.Sprintf(format, args...)})
}

// At returns the settings document of a revision of any variant, from memory after the first time; 0 is the newest revision
// of the document itself. The document must not be changed.
func (s *Store) At(ctx context.Context, revision uint64) (*schemas.Settings, error) {
	if revision == 0 {
		r, err := s.Newest(ctx, "")
		if err != nil {
			return nil, err
		}
		return r.Settings, nil
	}
	if found := s.cache.get(revision); found != nil {
		return found, nil
	}
	r, err := s.Revision(ctx, revision)
	if err != nil {
		return nil, err
	}
	return r.Settings, nil
}

// Revision returns the revision with a number. It returns streams.ErrNotFound when there is no such revision, or no longer.
func (s *Store) Revision(ctx context.Context, number uint64) (*Revision, error) {
	msg, err := s.bucket.Stream().At(ctx, number)
	if err == nil && msg.Deleted() {
		err = streams.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("settings revision %d: %w", number, err)
	}
	return s.decode(msg)
}

// Newest returns the newest revision of a variant; the empty one is the document itself, whose first revision are the
// defaults. It returns streams.ErrNotFound for a variant that does not exist.
func (s *Store) Newest(ctx context.Context, variant string) (*Revision, error) {
	key, err := keyOf(variant)
	if err != nil {
		return nil, err
	}
	msg, last, err := s.newest(ctx, key)
	if err != nil {
		return nil, err
	}
	if msg != nil {
		return s.decode(msg)
	}
	if variant != "" {
		return nil, fmt.Errorf("settings variant %s: %w", variant, streams.ErrNotFound)
	}
	r, err := s.store(ctx, "", schemas.DefaultSettings(), Author{}, last)
	if err != nil { // another process was first, or this one may not store settings
		if msg, _, again := s.newest(ctx, key); again == nil && msg != nil {
			return s.decode(msg)
		}
	}
	return r, err
}

// newest returns the newest message of a key, nil if the key does not exist, and the sequence that the next one comes after.
func (s *Store) newest(ctx context.Context, key string) (*streams.Message, uint64, error) {
	msg, err := s.bucket.Stream().Last(ctx, s.bucket.Subject(key))
	switch {
	case errors.Is(err, streams.ErrNotFound):
		return nil, 0, nil
	case err != nil:
		return nil, 0, fmt.Errorf("read settings: %w", err)
	case msg.Deleted():
		return nil, msg.Sequence, nil
	}
	return msg, msg.Sequence, nil
}

// store stores a document as the revision after last of its key.
func (s *Store) store(ctx context.Context, variant string, document *schemas.Settings, author Author, last uint64) (*Revision, error) {
	key, err := keyOf(variant)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(document)
	if err != nil {
		return nil, fmt.Errorf("encode settings: %w", err)
	}
	by, err := json.Marshal(author)
	if err != nil {
		return nil, fmt.Errorf("encode the author of settings: %w", err)
	}
	number, err := s.conn.Publish(
		ctx,
		s.bucket.Subject(key),
		data,
		streams.PublishOptions{Last: &last, Header: map[string]string{headerAuthor: string(by)}},
	)
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	s.cache.put(number, document)
	return &Revision{Number: number, Created: time.Now().UTC(), Variant: variant, Author: author, Settings: document}, nil
}

// decode reads a stored revision and keeps it in memory.
func (s *Store) decode(msg *streams.Message) (*Revision, error) {
	r, err := s.revisionOf(msg)
	if err != nil {
		return nil, err
	}
	s.cache.put(r.Number, r.Settings)
	return r, nil
}

// revisionOf reads a stored revision. It returns one that this version cannot read without its settings, and an error.
func (s *Store) revisionOf(msg *streams.Message) (*Revision, error) {
	r := &Revision{Number: msg.Sequence, Created: msg.Stored.UTC()}
	if tag, ok := strings.CutPrefix(s.bucket.Key(msg.Subject), variantKey); ok {
		r.Variant = tag
	}
	var wrong error
	if author := msg.Header.Get(headerAuthor); author != "" {
		wrong = json.Unmarshal([]byte(author), &r.Author)
	}
	var err error
	r.Settings, err = schemas.ParseStoredSettings(msg.Data)
	if err = errors.Join(err, wrong); err != nil {
		return r, streams.Blame(streams.Input, fmt.Errorf("read settings revision %d: %w", msg.Sequence, err))
	}
	return r, nil
}
