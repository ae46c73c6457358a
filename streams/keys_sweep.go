package streams

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"iter"
	"strings"
	"time"
)

// StoredKey is the name of a key.
type StoredKey struct {
	Session string
	Class   Class
	File    string // the name of the file, for ClassFile
}

// MadeBefore yields the keys of a class that were made before a time, the oldest first. It reads no others of the class.
func (k *Keys) MadeBefore(ctx context.Context, class Class, before time.Time) iter.Seq2[StoredKey, error] {
	pattern := keyName("*", class)
	if class == ClassFile {
		pattern += ".*"
	}
	return func(yield func(StoredKey, error) bool) {
		for msg, err := range k.bucket.Stream().Read(ctx, Range{Subjects: []string{k.bucket.Subject(pattern)}}) {
			if err != nil {
				yield(StoredKey{}, err)
				return
			}
			if !msg.Stored.Before(before) {
				return
			}
			if msg.Deleted() || bytes.Equal(msg.Data, tombstone) {
				continue
			}
			session, rest, _ := strings.Cut(k.bucket.Key(msg.Subject), ".")
			_, encoded, _ := strings.Cut(rest, ".")
			file, err := base64.RawURLEncoding.DecodeString(encoded)
			if !yield(StoredKey{session, class, string(file)}, err) {
				return
			}
		}
	}
}

// Rewrap encrypts every key with the newest master key, and overwrites what the older ones encrypted. It returns how many there were.
func (k *Keys) Rewrap(ctx context.Context) (n int, err error) {
	if k.master == nil {
		return 0, errNoMaster
	}
	for msg, err := range k.bucket.Stream().Read(ctx, Range{Subjects: []string{k.bucket.Subject(">")}}) {
		if err != nil {
			return n, err
		}
		if msg.Deleted() || bytes.Equal(msg.Data, tombstone) || k.master.IsNewest(msg.Data) {
			continue
		}
		name := k.bucket.Key(msg.Subject)
		key, err := k.master.Unwrap(msg.Data, name)
		if err != nil {
			return n, err
		}
		next, err := k.bucket.Update(ctx, name, k.master.Wrap(key, name), msg.Sequence, 0)
		if errors.Is(err, ErrChanged) { // it was destroyed, or another process does the same
			continue
		}
		if err == nil {
			err = k.destroy(ctx, name, next)
		}
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
