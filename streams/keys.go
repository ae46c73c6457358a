package streams

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/selene-liveness/selene/streams/seal"
)

// Keys are the keys that encrypt what is stored about sessions. Each session has one for each Class of what is stored, and one for
// each of its files, all in the bucket of keys, encrypted with the master key. What a destroyed key encrypted can no longer be read:
// not from the streams and stores, nor from blocks of the disk that they no longer use. It is safe for concurrent use.
type Keys struct {
	bucket *Bucket      // nil on a connection that has none
	master *seal.Master // nil on a connection that may not read what is sealed
	keep   time.Duration
	cache  keyCache
}

// Class is what one key of a session encrypts. It is kept for the same time.
type Class string

// The classes. The key of a file is ClassFile and the file's name.
const (
	ClassFrames    Class = "frames"    // frames, verdicts and dead letters
	ClassDecisions Class = "decisions" // decisions, events, states of videos, announcements and the ticket
	ClassReference Class = "reference" // the reference face, until its session opens
	ClassFile      Class = "file"
)

// erasable lists the classes that a session can store until it is erased.
var erasable = []Class{ClassDecisions, ClassFrames, ClassReference}

// ErrErased is returned for what was stored of a session whose key has been destroyed. It is an ErrNotFound.
var ErrErased = fmt.Errorf("the session was erased, or what is stored of it has expired: %w", ErrNotFound)

// errNoKey is returned for a key that does not exist.
var errNoKey = errors.New("no such key")

// tombstone is the value in place of each key of an erased session. It keeps anybody from making new ones.
var tombstone = []byte("erased")

// checkKey is the name of a key that shows whether the master key is the right one. It encrypts nothing.
const checkKey = "master"

// keyTries is how often a key is looked for that another process is making.
const keyTries = 10

// Keys returns the keys of sessions.
func (c *Conn) Keys() *Keys { return c.keys }

// openKeys checks that the master key is that of the installation.
func (c *Conn) openKeys(ctx context.Context, master *seal.Master, l Limits) error {
	if c.buckets[BucketKeys] == nil { // the role may not read what is sealed
		return nil
	}
	c.keys.bucket, c.keys.master, c.keys.keep = c.buckets[BucketKeys], master, l.DecisionsAge
	if master == nil {
		return nil
	}
	check := c.keys.use
	if !c.role.manages() && c.role.Name != RoleEdge {
		check = c.keys.find // which another role makes
	}
	_, err := awaitMade(ctx, c.role, "the key "+checkKey, func() (*seal.Key, error) { return check(ctx, checkKey) })
	if err != nil {
		if errors.Is(err, seal.ErrMaster) || errors.Is(err, seal.ErrAltered) {
			err = fmt.Errorf("%w: set SELENE_MASTER_KEY to the right one, or add that one to SELENE_MASTER_KEYS_OLD to replace it", err)
		}
		return err
	}
	return nil
}

// Authenticate returns the HMACs of a text by the master keys, for a purpose, that of the newest first.
func (k *Keys) Authenticate(purpose, text string) ([][]byte, error) {
	if k.master == nil {
		return nil, errNoMaster
	}
	return k.master.Authenticate(purpose, text), nil
}

func keyName(session string, class Class) string { return session + "." + string(class) }

// fileKey returns the name of the key of a file.
func fileKey(session, name string) string {
	return keyName(session, ClassFile) + "." + base64.RawURLEncoding.EncodeToString([]byte(name))
}

// find returns a key. It returns errNoKey for one that does not exist on the server that answers, which may be behind, and ErrErased
// when the session was erased.
func (k *Keys) find(ctx context.Context, name string) (*seal.Key, error) {
	if key := k.cache.get(name, time.Now()); key != nil {
		return key, nil
	}
	v, err := k.bucket.Get(ctx, name)
	if errors.Is(err, ErrNotFound) {
		return nil, errNoKey
	}
	if err != nil {
		return nil, err
	}
	if bytes.Equal(v.Data, tombstone) {
		return nil, ErrErased
	}
	key, err := k.master.Unwrap(v.Data, name)
	if err != nil {
		return nil, Blame(Infrastructure, err)
	}
	k.cache.put(name, key, time.Now())
	return key, nil
}

// missing returns ErrErased when a key that a server did not find does not exist on the leader of the bucket either.
func (k *Keys) missing(ctx context.Context, name string) error {
	subject := k.bucket.Subject(name)
	found, err := k.bucket.Stream().Subjects(ctx, subject)
	switch {
	case err != nil:
		return err
	case found[subject] == 0:
		return ErrErased
	}
	last, err := k.bucket.Stream().Last(ctx, subject)
	if errors.Is(err, ErrNotFound) || err == nil && !last.Deleted() {
		return Blame(Infrastructure, fmt.Errorf("key %s has not reached every server of the broker yet", name))
	}
	if err != nil {
		return err
	}
	return ErrErased // only its marker is left
}

// use returns a key, and makes it if it does not exist. It returns ErrErased when the session was erased.
func (k *Keys) use(ctx context.Context, name string) (*seal.Key, error) {
	for try := 1; ; try++ {
		key, err := k.find(ctx, name)
		if !errors.Is(err, errNoKey) {
			if err == nil || errors.Is(err, ErrErased) || try == keyTries {
				return key, err
			}
		} else {
			key = seal.NewKey()
			_, err = k.bucket.Update(ctx, name, k.master.Wrap(key, name), 0, 0)
			if err == nil {
				k.cache.put(name, key, time.Now())
				return key, nil
			}
			if !errors.Is(err, ErrChanged) || try == keyTries {
				return nil, err
			}
		}
		retries.Wait(ctx, 1) // another process has just made it
		if ctx.Err() != nil {
			return nil, Blame(Infrastructure, ctx.Err())
		}
	}
}

// IsErased reports whether a session was erased and can therefore store nothing any more.
func (k *Keys) IsErased(ctx context.Context, session string) (bool, error) {
	v, err := k.bucket.Get(ctx, keyName(session, erasable[0]))
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return bytes.Equal(v.Data, tombstone), err
}

// Erase destroys the keys of a session, other than those of files, and keeps anybody from making new ones for as long as decisions
// are kept.
func (k *Keys) Erase(ctx context.Context, session string) error {
	for _, class := range erasable {
		name := keyName(session, class)
		last, err := k.bucket.Put(ctx, name, tombstone, k.keep)
		if err != nil {
			return err
		}
		if err := k.destroy(ctx, name, last); err != nil {
			return err
		}
	}
	return nil
}

// Discard destroys the keys of a session, other than those of files. New ones can be made.
func (k *Keys) Discard(ctx context.Context, session string) error {
	var errs []error
	for _, class := range erasable {
		errs = append(errs, k.Destroy(ctx, session, class))
	}
	return errors.Join(errs...)
}

// Destroy destroys the key of one class of a session.
func (k *Keys) Destroy(ctx context.Context, session string, class Class) error {
	return k.destroy(ctx, keyName(session, class), 0)
}

// destroy overwrites the values of a key, of revisions before one unless that is 0, and then removes them.
func (k *Keys) destroy(ctx context.Context, name string, before uint64) error {
	k.cache.forget(name)
	r := Range{Subjects: []string{k.bucket.Subject(name)}}
	for msg, err := range k.bucket.Stream().Read(ctx, r) {
		if err != nil {
			return err
		}
		if before > 0 && msg.Sequence >= before {
			break
		}
		if err := k.bucket.Stream().Overwrite(ctx, msg.Sequence); err != nil {
			return err
		}
	}
	return nil
}
