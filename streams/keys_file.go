package streams

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/selene-liveness/selene/streams/seal"
)

// ForFile returns the key that encrypts a file of a session, which it makes if the file has none. It returns nil on a connection that
// has no master key, and ErrErased when the session was erased.
func (k *Keys) ForFile(ctx context.Context, session, name string) (*seal.Key, error) {
	if k.master == nil {
		return nil, nil
	}
	if erased, err := k.IsErased(ctx, session); err != nil || erased {
		return nil, errors.Join(err, fmt.Errorf("store %s: %w", name, ErrErased))
	}
	k.cache.forget(fileKey(session, name)) // another process may have destroyed it with the file
	return k.use(ctx, fileKey(session, name))
}

// OfFile returns the key of a sealed file. It returns ErrErased when the key has been destroyed.
func (k *Keys) OfFile(ctx context.Context, session, name string) (*seal.Key, error) {
	if k.master == nil {
		return nil, errNoMaster
	}
	key, err := k.find(ctx, fileKey(session, name))
	if errors.Is(err, errNoKey) {
		err = k.missing(ctx, fileKey(session, name))
	}
	return key, err
}

// DestroyFile destroys the key of a file, if there is one.
func (k *Keys) DestroyFile(ctx context.Context, session, name string) error {
	return k.destroy(ctx, fileKey(session, name), 0)
}

// Files returns the names of the files of a session that have keys.
func (k *Keys) Files(ctx context.Context, session string) (names []string, err error) {
	before := k.bucket.Subject(keyName(session, ClassFile)) + "."
	subjects, err := k.bucket.Stream().Subjects(ctx, before+"*")
	for subject := range subjects {
		name, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(subject, before))
		if err != nil {
			return nil, fmt.Errorf("key %s: %w", subject, err)
		}
		names = append(names, string(name))
	}
	return names, err
}
